"""Size and count: a generated repository can be read in a pull request, and holds no file that cannot.

150 files and 600 KB are DESIGN §4, GitHub surface; a pull request's diff shows at most 300 files, 20 000
lines and 1 MB: https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits.
"""

from agents.validators.validator import Checkout, Note, Outcome, Validator

MAX_FILES = 150
MAX_BYTES = 600 * 1024
MAX_FILE_BYTES = 256 * 1024


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    sizes = {path: len(content) for path, content in checkout.files.items()}
    largest = max(sizes, key=lambda path: (sizes[path], path), default="")
    notes = [
        Note("file-too-large", path, f"{size:,} bytes; at most {MAX_FILE_BYTES:,} are allowed")
        for path, size in sorted(sizes.items())
        if size > MAX_FILE_BYTES
    ]
    if len(sizes) > MAX_FILES:
        notes.append(Note("too-many-files", largest, f"{len(sizes)} files; at most {MAX_FILES} are allowed"))
    total = sum(sizes.values())
    if total > MAX_BYTES:
        text = f"{total:,} bytes in all; at most {MAX_BYTES:,} are allowed; this file is the largest"
        notes.append(Note("tree-too-large", largest, text))
    return Outcome(notes=tuple(notes), covered=f"{len(sizes)} files, {total:,} bytes")


VALIDATOR = Validator("size-budget", True, "size", lambda path: True, _run, whole=True)
