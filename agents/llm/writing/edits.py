"""What is wrong with a model's edits, in words that it can use to repair them: what it may write where, in what form and size."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from agents.domain.points import ExtensionPoint, PointEdit
from agents.llm.fence import visible
from agents.llm.writing.python_rules import python_fault

LONGEST_LINE = 400
LONGEST_REASON = 400
_EVERYWHERE = (
    (re.compile(r"[\x00-\x08\x0b-\x1f\x7f]"), "holds control characters"),
    (
        re.compile(r"\$\{\{|\{\{|\{%|\{#"),
        "holds a template's or a workflow's expression (`${{`, `{{`, `{%`); leave it out",
    ),
    (
        re.compile(r"(?i)\b(?:https?|ftp|file|javascript|data|s3)://|\bwww\.|\bjavascript:"),
        "holds an address; leave addresses out",
    ),
    (re.compile(r"(?i)mlwright:"), "holds a mark of mlwright's own"),
)
_PROSE = (
    (re.compile(r"<[A-Za-z/!?]|!\[|\]\s*[(\[:]"), "holds HTML, images or links; write plain Markdown"),
    (re.compile(r"^\s*(?:```|~~~)", re.MULTILINE), "holds a code fence"),
    (re.compile(r"^\s*#|^\s*(?:=+|-{2,}|\*{3,}|_{3,})\s*$", re.MULTILINE), "holds a heading or a rule"),
    (re.compile(r"^\s*\|", re.MULTILINE), "holds a table; write paragraphs and bullets"),
    (re.compile(r"^(?:\t| {4})", re.MULTILINE), "holds an indented code block"),
    (re.compile(r"(?<![\w.])@[\w-]"), "mentions somebody (@…); name roles in words"),
    (re.compile(r"^\s*>\s*\[!|^\[", re.MULTILINE), "holds an alert or a link's definition"),
)
_CODE = (
    (
        re.compile(r"(?i)#.*\b(?:noqa|nosec|pragma|type: *ignore|fmt:|isort:|ruff:|mypy:|pylint:|gitleaks)"),
        "holds a comment that would silence a tool",
    ),
)
_PROMPT = (
    (re.compile(r"[{}]"), "holds braces, which are blanks of the prompt"),
    (re.compile(r"^(?!- \S)", re.MULTILINE), 'has a line that does not begin with "- "'),
)


@dataclass(frozen=True)
class Permit:
    """What edits must rest on: decision ids that exist, distributions of the repository's lock, and a screen that says what is
    wrong with a text ("" if nothing)."""

    decisions: frozenset[str]
    locked: frozenset[str]
    screen: Callable[[str], str]


def edit_faults(
    points: Collection[ExtensionPoint], edits: Sequence[PointEdit], permit: Permit
) -> tuple[dict[str, PointEdit], dict[str, str]]:
    """(edits that may be tried, what is wrong with the others), both by the id that the model named. Edits that leave a text as it
    is are neither."""
    mine = {point.id: point for point in points}
    good: dict[str, PointEdit] = {}
    wrong: dict[str, str] = {}
    for edit in edits:
        if edit.point not in mine:
            shown = visible(edit.point)[:60]
            wrong[shown] = f"is no extension point of yours; yours are {', '.join(mine) or 'none'}"
        elif edit.point in good or edit.point in wrong:
            good.pop(edit.point, None)
            wrong[edit.point] = "was edited twice; give its whole text once"
        else:
            tried = edit.model_copy(update={"text": as_written(mine[edit.point], edit.text)})
            why = _fault(mine[edit.point], tried, permit)
            if why:
                wrong[edit.point] = why
            elif tried.text != mine[edit.point].text:
                good[edit.point] = tried
    return good, wrong


def as_written(point: ExtensionPoint, text: str) -> str:
    """The text as it stands in the file: no blanks at the ends of lines, and set apart where it is a paragraph of its own."""
    body = "\n".join(line.rstrip() for line in text.strip("\n").split("\n")).rstrip()
    if not body:
        return ""
    return f"\n{body}\n" if point.declared.kind == "markdown" else f"{body}\n"


def _fault(point: ExtensionPoint, edit: PointEdit, permit: Permit) -> str:
    text, declared = edit.text, point.declared
    lines = text.strip("\n").split("\n")
    if len(lines) > declared.most_lines or any(len(line) > LONGEST_LINE for line in lines):
        longest = max(map(len, lines))
        return f"has {len(lines)} lines, the longest of {longest} characters; at most {declared.most_lines} and {LONGEST_LINE}"
    if not edit.reason.strip() or len(edit.reason) > LONGEST_REASON:
        return f"needs a reason of at most {LONGEST_REASON} characters"
    if not edit.decisions or not permit.decisions.issuperset(edit.decisions):
        return "cites no decision, or one that is not there; cite ids of the decisions that you were told"
    said = _text_fault(edit.reason, _PROSE, permit)
    if said:
        return f"its reason {said}"
    if declared.kind == "python":
        return _text_fault(text, _CODE, permit) or python_fault(point, text, permit.locked)
    return _text_fault(text, _PROMPT if declared.kind == "prompt" else (), permit, _PROSE)


def _text_fault(
    text: str,
    rules: Sequence[tuple[re.Pattern[str], str]],
    permit: Permit,
    more: Sequence[tuple[re.Pattern[str], str]] = (),
) -> str:
    if visible(text) != text:
        return "holds HTML comments or characters that nobody can see"
    body = text.strip("\n")
    found = next((why for pattern, why in (*_EVERYWHERE, *rules, *more) if body and pattern.search(body)), "")
    return found or permit.screen(text)


def told(wrong: Mapping[str, str]) -> str:
    """What is sent back, a line each."""
    return "\n".join(f"- {point}: {why}" for point, why in sorted(wrong.items()))
