"""Building questions: confidence with its reasons, what critics said, and the pattern slots of the
catalogue."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.domain.agent import Brief
from agents.domain.constraints import Capability
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.findings import Finding, Severity
from agents.domain.requirements import Assumption
from agents.expert.words import number

DOUBT = {Severity.ERROR: 0.10, Severity.WARNING: 0.05, Severity.INFO: 0.0}
"""Points that the leading candidate loses when a critic doubts this decision: enough to turn a near tie,
never a clear lead."""
ASSUMED = 0.08
CLOSE = 0.1


def ask(
    brief: Brief,
    agent: str,
    key: str,
    text: str,
    candidates: Sequence[Candidate],
    *,
    rests_on: Sequence[str],
    flips: Mapping[str, str] | Iterable[str],
    risks: Iterable[Risk] = (),
    policies: Iterable[str] = (),
    certainty: float = 0.92,
    reasons: Iterable[str] = (),
) -> Question:
    """A question whose confidence is `certainty` less what is assumed, close or doubted, each with its
    reason."""
    doubts = doubts_about(brief, agent, key)
    weighed = _doubted(tuple(candidates), doubts)
    lowered, why = _confidence(brief, weighed, rests_on, doubts)
    return Question(
        key=key,
        text=text,
        candidates=weighed,
        rests_on=tuple(rests_on),
        policies=tuple(policies),
        confidence=round(max(0.05, certainty - lowered), 2),
        confidence_reasons=(*reasons, *why),
        risks=(
            *risks,
            *(Risk(risk=d.message, probe=d.remediation or f"look at {key} again") for d in doubts),
        ),
        flips=_flips(weighed, flips),
    )


def _flips(candidates: tuple[Candidate, ...], flips: Mapping[str, str] | Iterable[str]) -> tuple[str, ...]:
    if not isinstance(flips, Mapping):
        return tuple(flips)
    unknown = set(flips) - {c.id for c in candidates}
    if unknown:
        raise ValueError(f"flips to what is no candidate: {sorted(unknown)}")
    feasible = [c for c in candidates if c.feasible]
    leader = max(feasible, key=lambda c: c.score).id if feasible else None
    return tuple(f"to {name} {when}" for name, when in flips.items() if name != leader)


@dataclass(frozen=True)
class SlotAsk:
    """One slot to be filled: what is asked, what it rests on, and the risks worth a probe. `adjust` may
    refuse candidates
    for reasons that the search cannot see (an earlier agent's conclusion)."""

    slot: str
    text: str
    rests_on: tuple[str, ...]
    risks: tuple[Risk, ...] = ()
    policies: tuple[str, ...] = ()
    adjust: Callable[[tuple[Candidate, ...]], tuple[Candidate, ...]] = tuple


def slot_questions(brief: Brief, agent: str, asked: Iterable[SlotAsk]) -> tuple[Question, ...]:
    """One question a slot with the search's candidates and flips; each sees the best answer of those before
    it as a pin."""
    pins = dict(brief.pins)
    questions = []
    for item in asked:
        question = ask(
            brief,
            agent,
            item.slot,
            item.text,
            item.adjust(brief.composer.candidates(item.slot, pins)),
            rests_on=item.rests_on,
            flips=brief.composer.flips(item.slot, pins),
            risks=item.risks,
            policies=item.policies,
        )
        pins[item.slot] = question.best.id
        questions.append(question)
    return tuple(questions)


def doubts_about(brief: Brief, agent: str, key: str) -> tuple[Finding, ...]:
    """Findings addressed to `agent` about `key`, or about no decision of its own in particular."""
    return tuple(f for f in brief.findings if f.agent == agent and (f.key == key or not _is_decision(f.key)))


def _is_decision(key: str | None) -> bool:
    """Decision keys have a dot or are a pattern slot; `budget_band.monthly_usd_max` and the like are
    constraints."""
    if key is None:
        return False
    head = key.split(".")[0]
    constraints = {
        "budget_band",
        "throughput",
        "data",
        "objective",
        "team_constraints",
        "project",
        "approval",
    }
    return head not in constraints and ("." in key or key in set(Capability))


def _doubted(candidates: tuple[Candidate, ...], doubts: tuple[Finding, ...]) -> tuple[Candidate, ...]:
    penalty = sum(DOUBT[d.severity] for d in doubts)
    feasible = [c for c in candidates if c.feasible]
    if not penalty or not feasible:
        return candidates
    leader = max(feasible, key=lambda c: c.score)
    note = f"a critic doubts it: {doubts[0].message} ({-penalty:+.2f})"
    return tuple(
        c.model_copy(update={"score": round(max(0.0, c.score - penalty), 3), "tradeoffs": (*c.tradeoffs, note)})
        if c.id == leader.id
        else c
        for c in candidates
    )


def _confidence(
    brief: Brief, candidates: tuple[Candidate, ...], rests_on: Sequence[str], doubts: tuple[Finding, ...]
) -> tuple[float, tuple[str, ...]]:
    lowered, why = 0.0, []
    for assumption in _assumed(brief.assumptions, rests_on):
        lowered += ASSUMED
        why.append(f"{assumption.id} is assumed: {assumption.key} = {assumption.value}")
    feasible = sorted((c for c in candidates if c.feasible), key=lambda c: -c.score)
    if len(feasible) == 1:
        why.append(f"only {feasible[0].id} is feasible, so there was nothing to weigh")
    elif feasible[0].score - feasible[1].score < CLOSE:
        lowered += 0.1
        why.append(f"{feasible[1].id} is close: {number(feasible[1].score)} against {number(feasible[0].score)}")
    else:
        why.append(f"leads {feasible[1].id} by {number(round(feasible[0].score - feasible[1].score, 2))}")
    for doubt in doubts:
        lowered += 0.1
        why.append(f"{doubt.source or 'a critic'} sent this back: {doubt.message}")
    return lowered, tuple(why)


def _assumed(assumptions: Iterable[Assumption], rests_on: Sequence[str]) -> list[Assumption]:
    leaves = {key.split(".")[-1] for key in rests_on} | set(rests_on)
    return [a for a in assumptions if not a.confirmed and (a.key in leaves or a.key.split(".")[-1] in leaves)]
