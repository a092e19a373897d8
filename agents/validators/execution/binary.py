"""Tools that are binaries: found or honestly skipped, run with limits, their version known without a
second run.
"""

import importlib.metadata
from collections.abc import Callable
from pathlib import Path

from agents.validators.execution.process import Finished, find_binary, run
from agents.validators.validator import Checkout, Outcome, Said

Read = Callable[[Checkout, Finished], Outcome]


def distribution_version(name: str) -> str:
    """The installed version of the wheel that brings a binary; "" if it did not come as that wheel."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def missing(tool: str, remedy: str) -> Outcome:
    """The outcome of a tool that is not on this machine."""
    return Outcome(skipped=f"{tool} is not installed", remedy=remedy)


def shown(arguments: list[str], checkout: Checkout) -> tuple[str, ...]:
    """Arguments as reports hold them: own paths of this run become names."""
    places = {str(checkout.folder): "TREE", str(checkout.scratch): "SCRATCH"}
    out = []
    for argument in arguments:
        for place, name in places.items():
            argument = argument.replace(place, name)
        out.append(argument)
    return tuple(out)


def relative(path: str, checkout: Checkout) -> str:
    """A path that a tool printed, relative to the tree with forward slashes."""
    candidate = Path(path)
    if candidate.is_absolute():
        for root in (checkout.folder, checkout.folder.resolve()):
            if candidate.is_relative_to(root):
                return candidate.relative_to(root).as_posix()
    return candidate.as_posix().removeprefix("./")


def first_line(output: bytes, checkout: Checkout) -> str:
    """The first line of what a tool said, without paths of this machine: the reason of a failure."""
    text = output.decode("utf-8", "replace").replace(f"{checkout.folder}/", "").replace(str(checkout.scratch), "")
    lines = [line.strip() for line in text.splitlines() if line.strip(" ╷│╵\t")]
    return lines[0][:300] if lines else "it said nothing"


def execute(
    name: str,
    arguments: list[str],
    checkout: Checkout,
    *,
    seconds: int = 30,
    memory_mb: int = 4096,
    extra: dict[str, str] | None = None,
    network: bool = False,
) -> Finished | None:
    """Runs the binary in the tree; None if it is not on this machine."""
    binary = find_binary(name, checkout.search_path)
    if binary is None:
        return None
    done = run(
        [binary, *arguments],
        cwd=checkout.folder,
        scratch=checkout.scratch,
        seconds=seconds,
        memory_mb=memory_mb,
        extra=extra,
        network=network,
    )
    checkout.said.append(Said(_command(name, arguments), done.exit_code, done.stdout, done.stderr))
    return done


def _command(name: str, arguments: list[str]) -> str:
    """As raw outputs show it: a list of files after `--` is counted."""
    if "--" in arguments:
        own = arguments.index("--")
        files = len(arguments) - own - 1
        arguments = [*arguments[:own], "--", f"[{files} files]"]
    return " ".join([name, *arguments])
