"""What is wrong with a provider's answers, in words that a model can use to repair them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agents.domain.agent import Agent, Brief
from agents.domain.decision import Answer, Question
from agents.errors import Defect

LONGEST = 1500
"""Characters of a justification: four sentences with figures take half of that."""
LONGEST_RISK = 400
MOST_RISKS = 3
_REFUSED = (
    (
        re.compile(
            r"(?i)\b(?:[a-z][a-z0-9+.-]*://|(?:javascript|vbscript|data|file|mailto|xmpp):\S)|\bwww\."
            r"|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|xyz|example|invalid)\b"
            r"|\b\d{1,3}(?:\.\d{1,3}){3}[:/]|[\w.+-]@[a-z0-9-]+\.[a-z]{2,}"
        ),
        "holds an address; leave addresses out",
    ),
    (re.compile(r"<[A-Za-z/!?]"), "holds HTML; write plain sentences"),
    (re.compile(r"!\[|\]\(|^\s*\[[^\]]+\]:"), "holds Markdown links; write plain sentences"),
    (re.compile(r"```|~~~"), "holds a code fence; write plain sentences"),
    (re.compile(r"(?<![\w@])@[A-Za-z0-9]"), "names somebody with @; leave people out"),
    (
        re.compile(r"(?i)\b(?:clos|fix|resolv)(?:e|es|ed)?\b\s*:?\s*(?:[\w.-]+/[\w.-]+)?#\d|[\w.-]/[\w.-]+#\d|\bgh-\d"),
        "refers to an issue; leave issues and pull requests out",
    ),
    (re.compile(r"\$\{|\{\{|\{%|%\{|<%"), "holds an expression of a workflow or a template; write plain sentences"),
    (
        re.compile(r"(?:^|\s)::[a-z-]+(?:\s[^:]*)?::|##\["),
        "holds a command for a workflow's runner; write plain sentences",
    ),
    (re.compile(r"^\s*/[A-Za-z]+\b(?!/)"), "begins like a command; write plain sentences"),
)
"""What never is part of a reason or a risk. Everything else that people or models write is made inert where it is shown."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")


def _nothing(text: str) -> str:
    return ""


@dataclass(frozen=True)
class Grounds:
    """What an answer must rest on: ids that exist, and a screen that says what is wrong with a text ("" if nothing)."""

    known_ids: frozenset[str] = frozenset()
    screen: Callable[[str], str] = _nothing


def named(text: str) -> str:
    """An id as a model wrote it, for people to read: quoted if it is one at all, for anything else would be prose by another door."""
    return repr(text) if _ID.fullmatch(text) else "what is no id"


def faults(
    agent: Agent,
    brief: Brief,
    questions: tuple[Question, ...],
    answers: tuple[Answer, ...],
    grounds: Grounds | None = None,
) -> dict[str, str]:
    """What is wrong by question key; empty if nothing is. Without `grounds` an answer need not cite anything."""
    wrong: dict[str, str] = {}
    by_key: dict[str, list[Answer]] = {}
    for answer in answers:
        by_key.setdefault(answer.key, []).append(answer)
    for question in questions:
        wrong |= _fault(question, by_key.pop(question.key, []), grounds)
    wrong |= dict.fromkeys(by_key, "no such question was asked")
    if not wrong:
        wrong |= _combination(agent, brief, {a.key: a.candidate for a in answers})
    return wrong


def _fault(question: Question, answers: list[Answer], grounds: Grounds | None) -> dict[str, str]:
    ids = [c.id for c in question.candidates]
    if len(answers) != 1:
        return {question.key: f"{len(answers)} answers were given, one is needed"}
    answer = answers[0]
    if answer.candidate not in ids:
        return {question.key: f"{named(answer.candidate)} is not a candidate; choose one of {', '.join(ids)}"}
    refusals = question.candidate(answer.candidate).refusals
    if refusals:
        return {question.key: f"{answer.candidate} is not feasible: {refusals[0]}"}
    if not answer.justification.strip():
        return {question.key: "the justification is empty"}
    said = _ungrounded(answer, grounds) if grounds is not None else ""
    return {question.key: said} if said else {}


def _ungrounded(answer: Answer, grounds: Grounds) -> str:
    if not answer.cites:
        return "cites is empty; name the constraint keys or policy ids that the choice rests on"
    unknown = [cited for cited in answer.cites if cited not in grounds.known_ids]
    if unknown:
        return f"cites {', '.join(map(named, unknown[:5]))}, which is neither a constraint key nor a policy id of known_ids"
    if len(answer.risks) > MOST_RISKS:
        return f"{len(answer.risks)} risks are too many; give at most {MOST_RISKS}"
    texts = [("the justification", answer.justification, LONGEST)]
    texts += [(f"risk {n}", text, LONGEST_RISK) for n, r in enumerate(answer.risks, 1) for text in (r.risk, r.probe)]
    for name, text, most in texts:
        said = _text_fault(text, most, grounds.screen)
        if said:
            return f"{name} {said}"
    return ""


def _text_fault(text: str, most: int, screen: Callable[[str], str]) -> str:
    if not text.strip():
        return "is empty"
    if len(text) > most:
        return f"has {len(text)} characters; at most {most}"
    return next((why for pattern, why in _REFUSED if pattern.search(text)), "") or screen(text)


def _combination(agent: Agent, brief: Brief, choices: Mapping[str, str]) -> dict[str, str]:
    """Patterns are feasible one by one under the pins; together they must have a complete plan as well."""
    slots = {key: choice for key, choice in choices.items() if is_slot(agent, key)}
    if len(slots) < 2:
        return {}
    try:
        brief.composer.best({**brief.pins, **slots})
    except Defect as error:
        return dict.fromkeys(slots, f"no complete plan has {', '.join(slots.values())} together: {error.message}")
    return {}


def is_slot(agent: Agent, key: str) -> bool:
    """True if the question `key` chooses a pattern: `serve.online` for an agent with the slot prefix `serve`."""
    return any(key == slot or key.startswith(f"{slot}.") for slot in agent.slots)
