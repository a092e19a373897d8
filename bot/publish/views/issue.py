"""What is said on an issue in plain words: what was understood and from which words, what is asked, what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from agents.domain.coverage import ClarifyingQuestion
from agents.intake.assume import REST
from agents.intake.conversation import Draft, Said, Told
from agents.reports.text import cell, code, count, fence, fold, one_line, table, truncate
from bot.issue_messages import IssueOutcome
from bot.publish.issue_answer import outcome_text
from bot.publish.issue_boxes import PLAN, answer, choice
from bot.publish.limits import BODY

GO_ON = f"assume.{REST}"
SHOWN = 15
CUT = "… cut at GitHub's limit; all of it is in the issue and its replies."


@dataclass(frozen=True)
class Understood:
    """Everything the comment shows. `taken`: why nothing can be proposed there, in Markdown; `may_not`: why the person who
    asked cannot have it planned. `kept` is what became of the last plan, whether or not it is of these constraints.
    """

    number: int
    project: str
    path: str
    digest: str
    draft: Draft
    answers: tuple[Told, ...] = ()
    problems: tuple[str, ...] = ()
    taken: str = ""
    may_not: str = ""
    kept: IssueOutcome | None = None

    @property
    def outcome(self) -> IssueOutcome | None:
        """What became of these very constraints."""
        return self.kept if self.kept is not None and self.kept.constraints == self.digest else None


def comment(seen: Understood) -> str:
    kept = seen.kept
    shown = seen.outcome
    parts = [
        "" if shown is not None and not seen.taken else f"> {_status(seen)}",
        outcome_text(kept if shown is not None else kept.model_copy(update={"text": ""})) if kept is not None else "",
        _permit(seen),
        _said(seen.draft.said),
        _listed("**Left out**", (*seen.problems, *seen.draft.left_out)),
        _listed("**Not understood** Nothing was taken from these words; put them otherwise, or leave them.",
                [f"“{one_line(words, 200)}”" for words in seen.draft.not_understood], raw=True),
        *_questions(seen.draft),
        _answered(seen.answers),
        fold(f"{one_line(seen.path)} as it stands now", fence(seen.draft.content.decode("utf-8"), "yaml")),
        _next(seen),
    ]  # fmt: skip
    return truncate("\n\n".join(part for part in parts if part), BODY - 500, CUT)


def _status(seen: Understood) -> str:
    draft = seen.draft
    if seen.taken:
        return f"❌ Nothing is proposed: {seen.taken}"
    if not draft.ready:
        asked = count(len(draft.coverage.questions), "question")
        known = f"{draft.coverage.score * 100:.0f} % of what could change the plan is known"
        return f"⏸ Nothing is planned yet: {known}, {draft.coverage.threshold * 100:.0f} % is asked for. {asked} below."
    if seen.kept is not None and seen.kept.state == "planning":
        return "⏳ What this said before is being planned; what stands below follows."
    since = f" It is not what #{seen.kept.pull} proposes." if seen.kept is not None and seen.kept.pull else ""
    return f"⏸ Enough is known to plan {code(seen.project)}, but nothing is written to the repository.{since}"


def _permit(seen: Understood) -> str:
    """The box by which a permitted person has exactly these constraints planned."""
    if not seen.draft.ready or seen.taken or seen.outcome is not None or not seen.may_not:
        return ""
    box = choice(PLAN, seen.digest, "**Plan this**: propose the file below and everything that follows from it")
    return f"{one_line(seen.may_not, 400)} Somebody who may can tick this, or comment `/replan`:\n\n{box}"


def _said(said: tuple[Said, ...]) -> str:
    rows = [(code(one.key, in_table=True), cell(_value(one.value), 120), _source(one)) for one in said]
    return "**Understood**\n\n" + table(("field", "value", "from"), rows) if rows else ""


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _source(said: Said) -> str:
    who = code(said.who, in_table=True) if said.who else ""
    words = f"“{cell(said.quote, 160)}”" if said.quote else ""
    if words or who:
        return " ".join(part for part in (words, f"by {who}" if who else "") if part)
    return "a ticked box"


def _listed(head: str, lines: list[str] | tuple[str, ...], *, raw: bool = False) -> str:
    if not lines:
        return ""
    shown = [f"- {line if raw else one_line(line, 400)}" for line in lines[:SHOWN]]
    more = [f"- and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([head, *shown, *more])


def _questions(draft: Draft) -> Iterator[str]:
    if draft.ready:
        return
    for question in draft.coverage.questions:
        yield _question(question)
    if draft.coverage.questions:
        yield choice(GO_ON, "true", "**Go on** with what is known; the rest is assumed, and listed in the pull request")


def _question(question: ClarifyingQuestion) -> str:
    head = f"**{one_line(question.text, 200)}** {one_line(question.why, 300)}"
    head += f" ({code(question.key)}{', needed before anything can be planned' if question.blocking else ''})"
    boxes = [
        choice(question.key, one.value, f"{one_line(one.label, 120)}: {one_line(one.effect, 300)}")
        for one in question.choices
    ]
    return "\n".join([head, *boxes])


def _answered(answers: tuple[Told, ...]) -> str:
    lines = [
        answer(told.key, told.text, "go on with what is known" if told.key == GO_ON else _plain(told))
        for told in answers
    ]
    return "\n".join(["**Answered** Untick to take it back.", *lines]) if lines else ""


def _plain(told: Told) -> str:
    return f"{code(told.key)} = {one_line(told.text, 200)}"


def _next(seen: Understood) -> str:
    steps = ["edit the issue: it is read again"]
    if not seen.taken or seen.outcome is None:
        steps.append("tick boxes, or reply in words, with `key=value` on a line of its own, or `/assume A4=…`")
    if seen.kept is None or not seen.kept.pull:
        steps.append(f"another name or place than {code(seen.path)}: `project.name=…`, `folder=…`")
    else:
        steps.append(f"what is proposed is discussed in #{seen.kept.pull}")
    return "**Next** " + " · ".join(steps) + "."
