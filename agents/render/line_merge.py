"""Three-way merge of one text: bytes in, bytes out, line endings as the person has them, and never a lost
line.
"""

from collections import Counter
from dataclasses import dataclass

from agents.domain.files import ConflictPlace

MAX_BYTES = 1_000_000
MAX_LINES = 20_000
"""Above these a line merge could take minutes (difflib is quadratic in bad cases); both sides changed is a
conflict.
"""


MAX_PLACES = 20
MAX_SHOWN_LINES = 40
MAX_SHOWN_CHARACTERS = 4_000
MAX_COMPARED = 5_000
"""Lines of two texts that are compared to show where they differ."""


@dataclass(frozen=True)
class Merged:
    """`content` is None on a conflict: `reason` says why, `places` show both sides of it."""

    content: bytes | None
    reason: str = ""
    places: tuple[ConflictPlace, ...] = ()


def is_text(content: bytes) -> bool:
    """True for UTF-8 without NUL bytes: what can be merged line by line."""
    if b"\0" in content:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def merge_text(base: bytes, theirs: bytes, generated: bytes) -> Merged:
    """Both sides' changes since `base`, or a conflict if they touch the same or neighbouring lines.

    `theirs` is the person's text. If it uses CRLF where the base did not (or the reverse), the merge
    compares lines without their endings and keeps the person's.
    """
    if not all(map(is_text, (base, theirs, generated))):
        return Merged(None, "not UTF-8 text, and changed on both sides")
    if max(map(len, (base, theirs, generated))) > MAX_BYTES:
        return Merged(None, "too large to merge line by line, and changed on both sides")
    ending = _ending(theirs)
    sides = [_lines(content, ending) for content in (base, theirs, generated)]
    if max(map(len, sides)) > MAX_LINES:
        return Merged(None, "too many lines to merge, and changed on both sides")
    merged, places = _merge_lines(*sides)
    if merged is None:
        return Merged(None, "the same place was changed on both sides", places or differences(theirs, generated))
    return Merged(b"".join(merged))


def _merge_lines(
    base: list[bytes], theirs: list[bytes], generated: list[bytes]
) -> tuple[list[bytes] | None, tuple[ConflictPlace, ...]]:
    """The merged lines, or None with the places that both changed."""
    from merge3 import Merge3  # only when there is something to merge

    merge = Merge3(base, theirs, generated)
    merged: list[bytes] = []
    for group in merge.merge_groups():
        if group[0] == "conflict":
            clashes = [region[3:] for region in merge.merge_regions() if region[0] == "conflict"]
            return None, tuple(_place(i + 1, theirs[i:j], generated[k:m]) for i, j, k, m in clashes[:MAX_PLACES])
        merged.extend(group[1])
    lost = (Counter(theirs) - Counter(base)) - Counter(merged)
    glued = any(not line.endswith((b"\n", b"\r")) for line in merged[:-1])
    return (None if lost or glued else merged), ()


def differences(theirs: bytes, generated: bytes) -> tuple[ConflictPlace, ...]:
    """Where two whole texts differ, both sides of each place; nothing for what is no text or too long to compare."""
    import difflib

    if not (is_text(theirs) and is_text(generated)):
        return ()
    ending = _ending(theirs)
    left, right = _lines(theirs, ending), _lines(generated, ending)
    if max(len(left), len(right)) > MAX_COMPARED:
        return ()
    codes = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    found = [_place(i + 1, left[i:j], right[k:m]) for tag, i, j, k, m in codes if tag != "equal"]
    return tuple(found[:MAX_PLACES])


def _place(line: int, theirs: list[bytes], generated: list[bytes]) -> ConflictPlace:
    return ConflictPlace(line=line, yours=_shown(theirs), generated=_shown(generated))


def _shown(lines: list[bytes]) -> str:
    """The first lines as text, and how many more there are."""
    text = "\n".join(line.decode("utf-8", "replace").rstrip("\r\n") for line in lines[:MAX_SHOWN_LINES])
    if len(text) > MAX_SHOWN_CHARACTERS:
        return text[:MAX_SHOWN_CHARACTERS] + "…"
    more = len(lines) - MAX_SHOWN_LINES
    return text + (f"\n… {more} more lines" if more > 0 else "")


def _ending(content: bytes) -> bytes | None:
    """The one line ending of a text; None if it has none or several."""
    crlf, lf = content.count(b"\r\n"), content.count(b"\n")
    bare = content.count(b"\r") - crlf
    if bare or not lf or crlf not in (0, lf):
        return None
    return b"\r\n" if crlf else b"\n"


def _lines(content: bytes, ending: bytes | None) -> list[bytes]:
    """Lines with their ends; where the person's text has one ending and this one another, rewritten to the
    person's.
    """
    own = _ending(content)
    if ending and own and own != ending:
        content = content.replace(own, ending)
    return content.splitlines(keepends=True)


def count_edits(base: bytes, theirs: bytes) -> int:
    """In how many places a person changed a generated text; 1 for binary content or a mere change of line
    endings.
    """
    if not (is_text(base) and is_text(theirs)) or max(len(base), len(theirs)) > MAX_BYTES:
        return 1
    ending = _ending(theirs)
    return max(1, _hunks(_lines(base, ending), _lines(theirs, ending)))


def _hunks(before: list[bytes], after: list[bytes]) -> int:
    import difflib

    codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return sum(code[0] != "equal" for code in codes)
