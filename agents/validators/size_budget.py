"""Size and count: a generated repository can be read in a pull request, and holds no file that cannot.

Beyond 150 files and 600 KB (DESIGN §4, GitHub surface) it warns; a pull request's diff shows at most 300 files, 20 000
lines and 1 MB, and beyond that it fails: https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits.
"""

from agents.validators.validator import Checkout, Level, Note, Outcome, Validator

LATE_FILES = 32
"""Reports, decision records and the lock, which are written after this is judged."""
MAX_FILES = 150 - LATE_FILES
MAX_BYTES = 600 * 1024
SHOWN_FILES = 300 - LATE_FILES
SHOWN_BYTES = 700 * 1024
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
        text = f"{len(sizes)} files; more than {MAX_FILES} are tiring to review, {SHOWN_FILES} is the most GitHub shows"
        notes.append(Note("too-many-files", largest, text, level=_level(len(sizes), SHOWN_FILES)))
    total = sum(sizes.values())
    if total > MAX_BYTES:
        text = f"{total:,} bytes in all; more than {MAX_BYTES:,} are tiring to review; this file is the largest"
        notes.append(Note("tree-too-large", largest, text, level=_level(total, SHOWN_BYTES)))
    return Outcome(notes=tuple(notes), covered=f"{len(sizes)} files, {total:,} bytes")


def _level(amount: int, shown: int) -> Level:
    return "error" if amount > shown else "warning"


VALIDATOR = Validator("size-budget", True, "size", lambda path: True, _run, whole=True)
