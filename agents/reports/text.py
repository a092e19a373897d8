"""Pieces of Markdown that every view shares: money, tables, folds, fences, and cutting that breaks none."""

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from agents.reports.neutralise import clean, neutralise, one_line

__all__ = [
    "cell",
    "clean",
    "code",
    "count",
    "fence",
    "fold",
    "length",
    "money",
    "neutralise",
    "one_line",
    "percent",
    "share",
    "signed_money",
    "table",
    "truncate",
]

Unit = Literal["utf8", "utf16"]
MINUS = "\N{MINUS SIGN}"
_CENT = Decimal("0.01")
_MARKER = re.compile(r"<(?=!--\s*/?mlwright)")


def money(amount: Decimal) -> str:
    """USD for people: `$1,086`; cents only below ten dollars (`$0.42`); `-$214` when negative (with a true
    minus sign).
    """
    whole = abs(amount) >= 10 or amount == amount.to_integral_value()
    rounded = abs(amount).quantize(Decimal(1) if whole else _CENT, ROUND_HALF_UP)
    if amount and not rounded:
        return "under $0.01"
    return f"{MINUS if amount < 0 else ''}${rounded:,}"


def signed_money(amount: Decimal) -> str:
    """A difference in USD: `+$344`, `-$214`, `±$0`."""
    if not amount.quantize(_CENT, ROUND_HALF_UP):
        return "±$0"
    return f"+{money(amount)}" if amount > 0 else money(amount)


def percent(value: Decimal | float) -> str:
    """A difference in per cent: `+46 %`, `-3 %`, `±0 %`; one decimal below ten."""
    number = Decimal(str(value))
    rounded = abs(number).quantize(Decimal("0.1") if abs(number) < 10 else Decimal(1), ROUND_HALF_UP)
    text = f"{rounded:,}".removesuffix(".0")
    return f"±{text} %" if not rounded else f"{'+' if number > 0 else MINUS}{text} %"


def share(part: Decimal, whole: Decimal) -> str:
    """`part` of `whole` in whole per cent: `72 %`; a dash where the whole is not positive."""
    if whole <= 0:
        return "-"
    return f"{(part * 100 / whole).quantize(Decimal(1), ROUND_HALF_UP)} %"


def count(number: float, noun: str, plural: str = "") -> str:
    """`1 file`, `3 files`, `0.5 hours`, `2,000 policies`."""
    shown = f"{number:,.0f}" if number == int(number) else f"{number:,.6g}"
    return f"{shown} {noun if number == 1 else plural or noun + 's'}"


def cell(text: str, limit: int = 300) -> str:
    """Untrusted text for a table cell: one line, neutralised, pipes escaped."""
    return re.sub(r"\\(?=\|)", "\\\\\u200b", one_line(text, limit)).replace("|", "\\|")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. Cells are written as they are: give untrusted text through `cell`. "" if no rows."""
    body = ["| " + " | ".join(row) + " |" for row in rows]
    if not body:
        return ""
    return "\n".join(["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *body])


def _no_marker(text: str) -> str:
    """Code shows text as it is, and who looks for our markers reads the source: a copy of one is not one."""
    return _MARKER.sub("<\u200b", text)


def code(text: str, *, in_table: bool = False) -> str:
    """Text as an inline code span, whatever backticks it holds. Mentions and references do nothing in
    there.
    """
    text = _no_marker(" ".join(clean(text).split())) or " "
    text = text.replace("|", "\\|") if in_table else text
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Text in a fenced block that it cannot leave: the fence is longer than any run of backticks inside."""
    text = _no_marker(clean(text)).rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def fold(summary: str, body: str, *, opened: bool = False) -> str:
    """A `<details>` fold that always closes, even if its body was cut inside a fence or an inner fold."""
    flag = " open" if opened else ""
    inner = body.rstrip("\n")
    return f"<details{flag}><summary>{summary}</summary>\n\n{inner}{_closers(_state(inner))}\n\n</details>"


def length(text: str, unit: Unit = "utf8") -> int:
    """Size of a text in bytes of UTF-8 (the safe bound for every limit of GitHub) or in UTF-16 units."""
    if unit == "utf8":
        return len(text.encode("utf-8", "replace"))
    return len(text.encode("utf-16-le", "replace")) // 2


_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})(.*)$")
_TAG = re.compile(r"<(/?)details\b", re.IGNORECASE)
_State = tuple[str, int]
"""Mark of the open fence ("" if none), and how many folds are open."""


def _step(state: _State, line: str) -> _State:
    mark, depth = state
    found = _FENCE.match(line)
    if mark:
        closes = found and found[1][0] == mark[0] and len(found[1]) >= len(mark) and not found[2].strip()
        return ("", depth) if closes else state
    if found and not (found[1][0] == "`" and "`" in found[2]):
        return found[1], depth
    for tag in _TAG.finditer(re.sub(r"(`+).*?\1", "", line)):
        depth = max(0, depth - 1) if tag[1] else depth + 1
    return "", depth


def _state(text: str) -> _State:
    state: _State = ("", 0)
    for line in text.split("\n"):
        state = _step(state, line)
    return state


def _closers(state: _State) -> str:
    mark, depth = state
    return (f"\n{mark}" if mark else "") + "\n\n</details>" * depth


def truncate(text: str, limit: int, tail: str, unit: Unit = "utf8") -> str:
    """The text if it fits `limit`, else its first whole lines, every open fence and fold closed, then `tail`.

    `tail` says what was left out and where to read it. The result never exceeds `limit` (counted in
    `unit`); a first line that is too long by itself is cut between characters.
    """
    if length(text, unit) <= limit:
        return text
    ending = f"\n\n{tail}" if tail else ""
    room = limit - length(ending, unit)
    if room <= 0:
        return _cut(tail, limit, unit)
    kept, used, best = [], 0, ""
    state: _State = ("", 0)
    for line in text.split("\n"):
        used += length(line, unit) + 1
        if used - 1 > room:
            break
        kept.append(line)
        state = _step(state, line)
        if used - 1 + length(_closers(state), unit) <= room:
            best = "\n".join(kept).rstrip() + _closers(state)
    return ((best or _first_words(text, room, unit)) + ending).lstrip("\n")


def _first_words(text: str, limit: int, unit: Unit) -> str:
    """The beginning of a first line that is too long; nothing of it if markup would be cut."""
    first = text.split("\n", 1)[0]
    return "" if "<" in first or _FENCE.match(first) else _cut(first, limit, unit)


def _cut(text: str, limit: int, unit: Unit) -> str:
    if length(text, unit) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length(text[:middle], unit) <= limit else (low, middle - 1)
    return text[:low]
