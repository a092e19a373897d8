"""Bytes of a constraint file to text, or a refusal: size, encoding, characters that no YAML file may hold."""

import re

from agents.intake.problem import Mark, Refused, refuse

MAX_BYTES = 256 * 1024
"""A large real file has 8 kB; RELIABILITY.md §0.8 asks for this bound before anything is parsed."""
MAX_LINE = 10_000
"""Characters in a line. Twice the longest text a field takes; keeps every scanner loop short."""

MAX_LINES = 10_000
MAX_DEPTH = 32

_NESTED = re.compile(r"(?:[\[{]\s*){" + str(MAX_DEPTH) + r"}[\[{]")
"""A run of opening brackets: refused before the scanner, which takes quadratic time over them."""
_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is outside the printable set of YAML 1.2, §5.1."""
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Direction overrides: they let a text read otherwise than it is (CVE-2021-42574)."""
_LINE_END = re.compile("\r\n|\r|\n")


def mark_at(text: str, index: int) -> Mark:
    """Line and column of a character."""
    ends = [m.end() for m in _LINE_END.finditer(text, 0, index)]
    return Mark(len(ends) + 1, index - (ends[-1] if ends else 0) + 1, index)


def forbidden(text: str) -> tuple[str, int] | None:
    """The first character that no field may hold: what it is, and its index."""
    for pattern, what in ((_FORBIDDEN, "a control character"), (_DIRECTION, "an invisible direction mark")):
        if found := pattern.search(text):
            return what, found.start()
    return None


def too_large(size: int) -> Refused:
    """The refusal of a file of `size` bytes, for whoever knows its size without having read it."""
    return refuse(
        "too-large",
        f"the file has {size:,} bytes; at most {MAX_BYTES:,} are read.",
        "Keep constraints only; data, logs and notes belong in other files.",
        Mark(1, 1, 0),
    )


def decode(content: bytes) -> str:
    """The text without byte order mark; CRLF is left as it is. Raises Refused."""
    if len(content) > MAX_BYTES:
        raise too_large(len(content))
    text = _decode(content)
    if found := forbidden(text):
        raise refuse(
            "forbidden-character",
            f"{found[0]} (U+{ord(text[found[1]]):04X}) is not allowed.",
            "Delete that character; an editor that shows invisible characters finds it.",
            mark_at(text, found[1]),
        )
    _check_lines(_LINE_END.split(text))
    if nested := _NESTED.search(text):
        at = mark_at(text, nested.end() - 1)
        what = f"values are nested more than {MAX_DEPTH} deep."
        raise refuse("too-deep", what, "Close the brackets, or write the value flat.", at)
    return text


def _check_lines(lines: list[str]) -> None:
    if len(lines) > MAX_LINES + 1:
        what = f"the file has {len(lines):,} lines; at most {MAX_LINES:,} are read."
        mark = Mark(MAX_LINES + 1, 1, 0)
        raise refuse("too-large", what, "Keep constraints only; data belongs in other files.", mark)
    seen = False
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE:
            what = f"the line has {len(line):,} characters; at most {MAX_LINE:,} are read."
            mark = Mark(number, MAX_LINE + 1, 0)
            raise refuse("long-line", what, "Break the line; long text can be folded with >.", mark)
        if line.startswith("%"):
            if seen or line.rstrip() != "%YAML 1.2":
                what = "directives are not used here."
                raise refuse("directive", what, "Remove the line that starts with %.", Mark(number, 1, 0))
            seen = True


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(content, error.start) from None


def _not_utf8(content: bytes, offset: int) -> Refused:
    named = next((name for bom, name in _BOMS.items() if content.startswith(bom)), None)
    before = content[:offset].decode("utf-8-sig", errors="replace")
    seen = f"the file is {named}" if named else f"byte {offset} (0x{content[offset]:02x}) is not UTF-8"
    return refuse("encoding", f"{seen}; only UTF-8 is read.", "Save the file as UTF-8.", mark_at(before, len(before)))
