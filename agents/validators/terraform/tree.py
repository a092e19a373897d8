"""What Terraform will find in a tree: its root modules, the types it uses, and what must not be evaluated here."""

import posixpath
import re
from collections.abc import Iterator, Mapping

from agents.validators.validator import Note

_TESTS = (".tftest.hcl", ".tftest.json", ".tfmock.hcl", ".tfmock.json")
ENDINGS = (".tf", ".tf.json", *_TESTS)
_MODULE_SOURCE = re.compile(r'"?source"?\s*[=:]\s*"(\.{1,2}/[^"$]*)"')
_WORD = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9_]+)?")
_DECLARED = re.compile(r'\b(?:resource|data|ephemeral)[\s"]+([a-z]\w*_\w+)')
_GAP = r"(?:\s|/\*.*?\*/|#[^\n]*\n|//[^\n]*\n)*"
_READS = re.compile(
    r"\b(?:file(?:base64|exists|set|md5|sha1|sha256|sha512|base64sha256|base64sha512)?|templatefile)" + _GAP + r"\(",
    re.S,
)
_LITERAL = re.compile(r'\s*"\$\{path\.(?P<base>module|root)\}(?P<rest>/[^"$%\\]*)?"')
_ESCAPED = re.compile(r"\\u00[2-7]")
"""An ASCII character written as an escape: in JSON a way to hide a function's name."""
_RUNS = re.compile(r"\b(?:provisioner|terraform_remote_state|external)\b")


def copied(path: str) -> bool:
    """False for what stands for earlier runs on other machines: lock files hold hashes of real plugins."""
    return ".terraform" not in path.split("/") and not path.endswith(".terraform.lock.hcl")


def texts(files: Mapping[str, bytes]) -> dict[str, str]:
    """Everything that Terraform reads as configuration."""
    return {
        path: content.decode("utf-8", "replace")
        for path, content in sorted(files.items())
        if path.endswith(ENDINGS) and copied(path)
    }


def roots(configuration: Mapping[str, str]) -> tuple[str, ...]:
    """Folders that nobody calls as a module, sorted; where modules call each other in a circle, the first of it."""
    folders = sorted({posixpath.dirname(path) for path in configuration if path.endswith((".tf", ".tf.json"))})
    calls: dict[str, set[str]] = {folder: set() for folder in folders}
    for path, text in configuration.items():
        here = posixpath.dirname(path)
        if here in calls and path.endswith((".tf", ".tf.json")):
            found = {posixpath.normpath(posixpath.join(here, source)) for source in _MODULE_SOURCE.findall(text)}
            calls[here] |= {"" if target == "." else target for target in found} - {here}
    called = {target for targets in calls.values() for target in targets} | _test_modules(configuration)
    chosen = [folder for folder in folders if folder not in called]
    reached = _reached(chosen, calls) | _test_modules(configuration)
    for folder in folders:
        if folder not in reached:
            chosen.append(folder)
            reached |= _reached([folder], calls)
    return tuple(sorted(chosen))


def _reached(start: list[str], calls: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        folder = waiting.pop()
        if folder not in seen:
            seen.add(folder)
            waiting.extend(calls.get(folder, ()))
    return seen


def _test_modules(configuration: Mapping[str, str]) -> set[str]:
    """Modules that only tests use: `terraform init` of the tested root reads them."""
    found = set()
    for path, text in configuration.items():
        if path.endswith((".tftest.hcl", ".tftest.json")):
            home = posixpath.dirname(path)
            base = posixpath.dirname(home) if posixpath.basename(home) == "tests" else home
            found |= {posixpath.normpath(posixpath.join(base, source)) for source in _MODULE_SOURCE.findall(text)}
    return found


def runnable_tests(configuration: Mapping[str, str], folders: tuple[str, ...]) -> tuple[str, ...]:
    """Root modules with tests, where nothing in the tree would run a program or read a state in them."""
    if any(_RUNS.search(text) for text in configuration.values()):
        return ()
    if any("backend" in text for path, text in configuration.items() if path.endswith(_TESTS)):
        return ()  # a test's own backend is written to, wherever it is
    return tuple(folder for folder in folders if with_tests(configuration, folder))


def with_tests(configuration: Mapping[str, str], folder: str) -> bool:
    """Whether `terraform test` would find a test for that root."""
    places = {folder, posixpath.join(folder, "tests")}
    return any(
        path.endswith((".tftest.hcl", ".tftest.json")) and posixpath.dirname(path) in places for path in configuration
    )


def words(configuration: Mapping[str, str]) -> tuple[str, ...]:
    """Every word that may name a provider or a type."""
    return tuple(sorted({word for text in configuration.values() for word in _WORD.findall(text)}))


def declared(configuration: Mapping[str, str]) -> tuple[str, ...]:
    """The types of resources and data sources, by their blocks."""
    return tuple(sorted({name for text in configuration.values() for name in _DECLARED.findall(text)}))


def reading_outside(configuration: Mapping[str, str], folders: tuple[str, ...]) -> Iterator[Note]:
    """Calls that may read a file beside the tree: Terraform evaluates them, and what it quotes would reach a report.

    Allowed is a plain path under `path.module` or `path.root` that stays in the tree.
    """
    for path, text in configuration.items():
        if path.endswith(".json") and (hidden := _ESCAPED.search(text)):
            line = text.count("\n", 0, hidden.start()) + 1
            yield Note("reads-outside", path, "hides characters that could name a file", line=line)
        for call in _READS.finditer(text):
            place = _LITERAL.match(text, call.end())
            if place is None or not _inside(place, posixpath.dirname(path), folders):
                line = text.count("\n", 0, call.start()) + 1
                yield Note("reads-outside", path, "reads a file whose place is not plain to see", line=line)


def _inside(place: re.Match[str], module: str, folders: tuple[str, ...]) -> bool:
    bases = (module,) if place["base"] == "module" else folders
    rest = (place["rest"] or "").lstrip("/")
    return all(not posixpath.normpath(posixpath.join(base, rest)).startswith("..") for base in bases)
