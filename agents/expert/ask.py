"""Building questions: confidence with its reasons, what critics said, and the pattern slots of the
catalogue."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.domain.agent import Brief
from agents.domain.constraints import Capability
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.findings import Finding, Severity
from agents.domain.requirements import Assumption
from agents.expert.project import constraint
from agents.expert.words import number

DOUBT = {Severity.ERROR: 0.10, Severity.WARNING: 0.05, Severity.INFO: 0.0}
"""Points that the leading candidate loses when a critic doubts this decision: enough to turn a near tie,
never a clear lead."""
UNMEASURED = 0.04
"""Nothing of the plan has run yet: no decision on paper is certain."""
UNKNOWN = 0.3
"""Lost if every fact that a decision rests on is assumed; an unnamed one counts half."""
CLOSE = 0.3
"""A lead, in points of the score, from which a runner-up is no doubt; a tie costs `TIE`."""
TIE = 0.2
DOUBTED = 0.1
"""Lost for each finding of a critic against the decision."""
TOLD = ("data.", "objective.", "team_constraints.skills", "existing_stack", "budget_band.")
"""Keys that only people can tell: where they say nothing, a decision rests on less. None of the others is ever empty."""
SILENT = frozenset({"none", "none declared", "none named", "no limit"})
"""What `constraint` says of such a key that nobody gave."""


def ask(
    brief: Brief,
    agent: str,
    key: str,
    text: str,
    candidates: Sequence[Candidate],
    *,
    rests_on: Sequence[str],
    flips: Mapping[str, str] | Iterable[str],
    risks: Iterable[Risk] | Callable[[str], Risk] = (),
    policies: Iterable[str] = (),
    certainty: float = 1.0,
    reasons: Iterable[str] = (),
) -> Question:
    """A question whose confidence follows from its evidence, its lead and its doubts (`_confidence`), and is at most
    `certainty`: what the caller's own evidence allows. `risks` may be a function of the leading candidate's id: a risk is
    that of what is about to be chosen."""
    doubts = doubts_about(brief, agent, key)
    weighed = _doubted(_ruled_out(tuple(candidates), doubts), doubts)
    lowered, why = _confidence(brief, weighed, rests_on, doubts)
    return Question(
        key=key,
        text=text,
        candidates=weighed,
        rests_on=tuple(rests_on),
        policies=tuple(policies),
        confidence=round(max(0.05, min(certainty, 1.0 - lowered + DOUBTED * len(doubts)) - DOUBTED * len(doubts)), 2),
        confidence_reasons=(*reasons, *why),
        risks=(
            *((risks(_leader(weighed)),) if callable(risks) else risks),
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
    leader = _leader(candidates)
    return tuple(f"to {name} {when}" for name, when in flips.items() if name != leader)


def _leader(candidates: tuple[Candidate, ...]) -> str:
    """The candidate that would be chosen; nobody's id where none is feasible, which `Question` refuses."""
    return max((c for c in candidates if c.feasible), key=lambda c: c.score, default=candidates[0]).id


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
    """One question a slot with the search's candidates and flips. Answers so far go along: one that the best plan would
    not have by itself (an agent refused or a critic doubted the leader) counts like a pin of the constraint file."""
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
    """Findings addressed to `agent` about `key`, or about no decision of its own in particular; each once, though a
    critic may have said it in several rounds."""
    found = (f for f in brief.findings if f.agent == agent and (f.key == key or not _is_decision(f.key)))
    return tuple(dict.fromkeys(found))


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


def _ruled_out(candidates: tuple[Candidate, ...], doubts: tuple[Finding, ...]) -> tuple[Candidate, ...]:
    """Candidates that a finding proves impossible are refused in its words, unless nothing would be left to choose:
    then they stand, and the critic's word stays on the record."""
    proofs = {name: doubt.message for doubt in doubts for name in doubt.rules_out}
    if not any(c.feasible and c.id not in proofs for c in candidates):
        return candidates
    return tuple(
        c.model_copy(update={"refusals": (*c.refusals, proofs[c.id])})
        if c.id in proofs and proofs[c.id] not in c.refusals
        else c
        for c in candidates
    )


def _doubted(candidates: tuple[Candidate, ...], doubts: tuple[Finding, ...]) -> tuple[Candidate, ...]:
    """The leader loses points for doubts that rule nothing out; those that do have had their effect."""
    doubts = tuple(d for d in doubts if not d.rules_out)
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
    """What is taken off 1.0, with the reasons: `UNMEASURED` + `UNKNOWN` x the share of `rests_on` that is assumed (or,
    counted half, unnamed) + `TIE` x (1 - lead / `CLOSE`), at least 0, + `DOUBTED` for each doubt."""
    assumed = _assumed(brief.assumptions, rests_on)
    why = [f"{a.id} is assumed: {a.key} = {a.value}" for a in assumed]
    taken = {a.key.split(".")[-1] for a in assumed}
    unnamed = [
        key
        for key in rests_on
        if key.startswith(TOLD) and key.split(".")[-1] not in taken and constraint(brief.requirements, key) in SILENT
    ]
    if unnamed:
        why.append(f"not named: {', '.join(unnamed)}")
    lost = UNMEASURED + UNKNOWN * (len(taken) + 0.5 * len(unnamed)) / max(1, len(rests_on))
    feasible = sorted((c for c in candidates if c.feasible), key=lambda c: -c.score)
    if len(feasible) == 1:
        why.append(f"only {feasible[0].id} is feasible: {len(candidates) - 1} refused, nothing was weighed")
    else:
        lead = round(feasible[0].score - feasible[1].score, 3)
        lost += TIE * max(0.0, 1 - lead / CLOSE)
        figures = f"{number(feasible[0].score)} to {number(feasible[1].score)}"
        runner = feasible[1].id
        why.append(
            f"leads {runner} by {number(lead)} ({figures})" if lead >= CLOSE else f"{runner} is close: {figures}"
        )
    why += [f"{d.source or 'a critic'} sent this back: {d.message}" for d in doubts]
    return lost + DOUBTED * len(doubts), tuple(why)


def _assumed(assumptions: Iterable[Assumption], rests_on: Sequence[str]) -> list[Assumption]:
    leaves = {key.split(".")[-1] for key in rests_on} | set(rests_on)
    return [a for a in assumptions if not a.confirmed and (a.key in leaves or a.key.split(".")[-1] in leaves)]
