"""What a model is told, in the order that lets calls share a prompt cache: the same prefix first, then one agent's own part.

An agent is told what its questions rest on and nothing else: an answer is kept for as long as nothing of that changes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from agents.domain.agent import Agent, Brief
from agents.domain.base import Frozen
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.points import ExtensionPoint, PointEdit
from agents.llm.fence import fenced
from agents.llm.memory import Entry, Memory, remembered
from agents.llm.provider import Ask, Asked, Turn, Work

MOST_PATHS = 200
"""Paths of an existing repository that are named; the others are counted."""
ABOUT = "project.domain"
"""Where this is rested on, what the project is for has a say, and people's description of it is told."""
STEP = 20
"""Parts of a score's range that are told apart."""
DIGITS = {"p95_latency_ms": 0, "availability_pct": 3, "burden": 1}
"""Impact to the decimals that are told of it; of money, a hundredth of the plan's power of ten: estimates are no better, and a
dollar more elsewhere would have everybody asked again."""
FIGURE = re.compile(r"\d[\d,.]*")


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


def memory(
    agent: Agent,
    brief: Brief,
    questions: Sequence[Question],
    requirements: Mapping[str, str],
    read: Mapping[str, Mapping[str, str]],
    most_tokens: int,
) -> Memory:
    """What the agent is told of the project, within its share of the context window (`agents.llm.memory`). `requirements` are those
    its questions rest on, `read` the decisions of agents whose conclusions they were made from, by agent and question."""
    about = any(ABOUT in question.rests_on for question in questions)
    return remembered(tuple(_entries(agent, brief, about, requirements, read)), most_tokens)


def _entries(
    agent: Agent, brief: Brief, about: bool, requirements: Mapping[str, str], read: Mapping[str, Mapping[str, str]]
) -> Iterator[Entry]:
    """In the order in which they are read; the rank says what is shortened first."""
    r = brief.requirements
    project = {"name": r.slug, "cloud": r.cloud.value, "workload_types": [kind.value for kind in r.workloads]}
    if about:
        project |= {"problem": r.problem.value, "domain": r.domain, "description": r.description}
    yield Entry("the project", project, 0)
    yield Entry("requirements", dict(requirements), 0)
    assumed = [a for a in brief.assumptions if a.key in requirements]
    if assumed:
        reasons = [{"key": a.key, "value": a.value, "reason": a.reason, "confirmed": a.confirmed} for a in assumed]
        yield Entry("assumptions", reasons, 1, {a.key: a.value for a in assumed})
    if read:
        yield Entry("decisions of the agents you read", read, 2)
    if agent.sees_patterns:
        yield Entry("patterns chosen so far", dict(sorted(brief.pins.items())), 0)
    if brief.existing:
        more = len(brief.existing) - MOST_PATHS
        shown = [*brief.existing[:MOST_PATHS], *([f"and {more} more"] if more > 0 else [])]
        yield Entry("files that people already have", shown, 3, f"{len(brief.existing)} files")


def brief(ask: Ask) -> str:
    """The agent's own part: what it reads, what it must answer, what it may choose from."""
    b = ask.brief
    parts = [f"You are agent {ask.agent.number}, {ask.agent.title} (`{ask.agent.name}`).", ask.memory.text]
    if ask.previous:
        parts.append(fenced("your choices in the previous version", dict(sorted(ask.previous.items()))))
    if b.findings:
        parts.append(fenced("findings that you must answer", [_finding(f) for f in b.findings]))
    if b.comments:
        parts.append(fenced("comments of people", list(b.comments)))
    parts.append(fenced("questions", [_question(q) for q in ask.questions]))
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


def _question(question: Question) -> dict[str, Any]:
    """The question with what can be chosen. Where the expert's choice would turn, how sure it is, and why a candidate is refused are
    for people: there is nothing in them to weigh, and they name every figure of the project."""
    return {
        "key": question.key,
        "text": question.text,
        "rests_on": list(question.rests_on),
        "policies": list(question.policies),
        "risks_listed": [FIGURE.sub("…", risk.risk) for risk in question.risks],
        "candidates": [_candidate(c, question.best) for c in question.candidates if c.feasible],
        "refused": [c.id for c in question.candidates if not c.feasible],
        "expert": {"candidate": question.best.id},
    }


def _candidate(candidate: Candidate, best: Candidate) -> dict[str, Any]:
    """What it is and what speaks for it. Its impacts are told against the best one's: that is what there is to weigh, and what other
    decisions cost is the same for both."""
    impacts = dict(_against(candidate, best))
    return {
        "id": candidate.id,
        "summary": candidate.summary,
        "tradeoffs": list(candidate.tradeoffs),
        "score": round(round(candidate.score * STEP) / STEP, 2),
        **({"impacts": impacts} if impacts else {}),
    }


def _against(candidate: Candidate, best: Candidate) -> Iterator[tuple[str, str]]:
    """The figures in which the candidate differs from the best one, as finely as it matters."""
    total = best.impacts.monthly_usd
    money = 2 - total.adjusted() if total else 0
    for name, digits in {"monthly_usd": min(money, 0), **DIGITS}.items():
        own, other = getattr(candidate.impacts, name), getattr(best.impacts, name)
        if own is not None and other is not None:
            differs = round(Decimal(str(own)) - Decimal(str(other)), digits)
            if differs:
                yield name, f"{differs:+f}"


def conversation(ask: Asked, refused: Sequence[Turn]) -> list[tuple[str, str]]:
    """(role, text) of every message, the answers that were refused among them."""
    said: list[tuple[str, str]] = [("user", commission(ask) if isinstance(ask, Work) else brief(ask))]
    for turn in refused:
        said += [("assistant", turn.said), ("user", repair(turn))]
    return said
