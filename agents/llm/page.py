"""What a model is told, in the order that lets calls share a prompt cache: the same prefix first, then one agent's own part."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.domain.base import Frozen
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.points import ExtensionPoint, PointEdit
from agents.llm.expert import expert_answer
from agents.llm.fence import fenced
from agents.llm.provider import Ask, Asked, Turn, Work

MOST_PATHS = 200
"""Paths of an existing repository that are named; the others are counted."""


class ModelAnswer(Frozen):
    """One answer as a model writes it."""

    key: str
    candidate: str
    justification: str
    cites: tuple[str, ...]
    risks: tuple[Risk, ...]


class ModelAnswers(Frozen):
    """All that a model may say. The same schema for every agent: another one would give every agent a cache of its own, since the
    schema stands before the prompt. Which keys, candidates and ids exist is judged by `agents.llm.checks`."""

    answers: tuple[ModelAnswer, ...]


class ModelEdits(Frozen):
    """All that a model may write. What may stand where is judged by `agents.llm.writing`."""

    edits: tuple[PointEdit, ...]


def form(ask: Asked) -> type[ModelAnswers] | type[ModelEdits]:
    """What is asked for."""
    return ModelEdits if isinstance(ask, Work) else ModelAnswers


def system(ask: Asked) -> tuple[str, str]:
    """The prefix that all agents of a node share, byte for byte, and the agent's own pages."""
    if isinstance(ask, Work):
        return ask.shared, ""
    own = "\n\n".join((ask.prompt.system, *(f"## {name}\n\n{text}" for name, text in ask.prompt.pages)))
    return ask.shared, own


def brief(ask: Ask) -> str:
    """The agent's own part: what it reads, what it must answer, what it may choose from."""
    b = ask.brief
    parts = [
        f"You are agent {ask.agent.number}, {ask.agent.title} (`{ask.agent.name}`).",
        fenced(
            "conclusions of the agents you read", {n: o.model_dump(mode="json") for n, o in sorted(b.upstream.items())}
        ),
        fenced("patterns chosen so far", dict(sorted(b.pins.items()))),
    ]
    if b.existing:
        more = len(b.existing) - MOST_PATHS
        shown = [*b.existing[:MOST_PATHS], *([f"and {more} more"] if more > 0 else [])]
        parts.append(fenced("files that people already have", shown))
    if b.findings:
        parts.append(fenced("findings that you must answer", [_finding(f) for f in b.findings]))
    if b.comments:
        parts.append(fenced("comments of people", list(b.comments)))
    parts.append(fenced("questions", [_question(q, ask) for q in ask.questions]))
    parts.append(f"Answer {', '.join(f'`{q.key}`' for q in ask.questions)}.")
    return "\n\n".join(parts)


def commission(work: Work) -> str:
    """The agent's own part where it writes: what it concluded, its extension points, and the files around them."""
    files: dict[str, list[ExtensionPoint]] = {}
    for point in work.points:
        files.setdefault(point.path, []).append(point)
    parts = [
        f"You are agent {work.agent.number}, {work.agent.title} (`{work.agent.name}`).",
        fenced("your conclusions and those of the agents you read", dict(sorted(work.conclusions.items()))),
        *(fenced(f"file {path}", found[0].filled(found[0].text)) for path, found in sorted(files.items())),
        fenced("extension points", [_point(point) for point in work.points]),
        f"Write {', '.join(f'`{point.id}`' for point in work.points)}, or leave out those that the template's text serves as well.",
    ]
    return "\n\n".join(parts)


def _point(point: ExtensionPoint) -> dict[str, Any]:
    declared = point.declared
    return {
        "id": point.id,
        "file": point.path,
        "kind": declared.kind,
        "about": " ".join(declared.about.split()),
        "most_lines": declared.most_lines,
        "must_define": list(declared.defines),
        "begins_at_line": point.before.count("\n") + 1,
        "text_of_the_template": point.text,
    }


def repair(turn: Turn) -> str:
    """What is said to an answer that was refused."""
    return (
        "That answer cannot be taken:\n"
        + fenced("what is wrong", turn.wrong.splitlines())
        + "\nGive the whole answer again, with this mended and everything else as you meant it."
    )


def _finding(finding: Any) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "remediation": finding.remediation,
        "key": finding.key,
    }


def _question(question: Question, ask: Ask) -> dict[str, Any]:
    expert = expert_answer(question, ask.brief)
    return {
        "key": question.key,
        "text": question.text,
        "rests_on": list(question.rests_on),
        "policies": list(question.policies),
        "confidence": question.confidence,
        "confidence_reasons": list(question.confidence_reasons),
        "risks_listed": [risk.model_dump() for risk in question.risks],
        "flips": list(question.flips),
        "candidates": [_candidate(c) for c in question.candidates],
        "expert": {"candidate": expert.candidate, "justification": expert.justification},
    }


def _candidate(candidate: Candidate) -> Mapping[str, Any]:
    """A candidate without what is empty."""
    whole = candidate.model_dump(mode="json", exclude={"impacts", "weighed"})
    impacts = {n: v for n, v in candidate.impacts.model_dump(mode="json").items() if v is not None}
    kept = {name: value for name, value in whole.items() if value not in ([], {}, None)}
    return {**kept, "feasible": candidate.feasible, **({"impacts": impacts} if impacts else {})}


def conversation(ask: Asked, refused: Sequence[Turn]) -> list[tuple[str, str]]:
    """(role, text) of every message, the answers that were refused among them."""
    said: list[tuple[str, str]] = [("user", commission(ask) if isinstance(ask, Work) else brief(ask))]
    for turn in refused:
        said += [("assistant", turn.said), ("user", repair(turn))]
    return said
