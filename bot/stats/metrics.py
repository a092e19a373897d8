"""The metrics: each with its definition, so that whoever reads a number can say what it counts. Rates are shares of 1."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from statistics import median
from typing import Literal

from bot.stats.history import DecisionSetHistory

Unit = Literal["share", "questions", "constraints", "files", "seconds"]
DECIDED = ("approved", "rejected")
WAITS = frozenset({"awaiting_input", "awaiting_review"})
"""States in which people are waited for: not counted as time that the work took."""


@dataclass(frozen=True)
class Definition:
    """`window`: the moment that must not lie before `--since` for a case to count."""

    name: str
    title: str
    unit: Unit
    numerator: str
    denominator: str
    window: str


@dataclass(frozen=True)
class Metric:
    """A value, or None while there is no case to count. `p90`: nine of ten cases are at most this; medians only."""

    definition: Definition
    value: float | None
    numerator: int | None
    denominator: int
    p90: float | None = None


@dataclass(frozen=True)
class _Proposal:
    """All versions that were put up in one pull request."""

    sets: tuple[DecisionSetHistory, ...]

    @property
    def decision(self) -> tuple[str, datetime] | None:
        """The last word on it; a rejected one that was reopened is undecided again."""
        moves = sorted((at, s.number, to) for s in self.sets for to, at in s.moves if to in (*DECIDED, "proposed"))
        merged = [(to, at) for at, _, to in moves if to == "approved"]
        last = merged[-1] if merged else (moves[-1][2], moves[-1][0]) if moves else None
        return last if last is not None and last[0] in DECIDED else None

    @property
    def plans(self) -> int:
        """Different plans that it showed."""
        return len({s.plan for s in self.sets if s.reached("proposed") is not None})


DECIDED_WORDS = "pull requests of ours that were merged or closed"
WHEN_DECIDED = "when the pull request was merged or closed"
WHEN_PROPOSED = "when the version was proposed"
VERSIONS = "versions that were proposed"
ACCEPTANCE = Definition("acceptance_rate", "Proposals accepted", "share", "those merged", DECIDED_WORDS, WHEN_DECIDED)
FIRST_PLAN = Definition(
    "first_plan_acceptance_rate",
    "First plans accepted",
    "share",
    "those merged that never showed a second plan",
    DECIDED_WORDS,
    WHEN_DECIDED,
)
REWORK = Definition(
    "rework_rate", "Proposals reworked", "share", "those that showed more than one plan", DECIDED_WORDS, WHEN_DECIDED
)
QUESTIONS = Definition(
    "questions_per_session",
    "Questions asked",
    "questions",
    "different constraints asked for, by session",
    "sessions: a pull request of ours with the runs before it that asked for input, or such runs that led to none yet;"
    " questions on an issue before its first run are not among them",
    "when the last run of the session began",
)
FIRST_SIZE = Definition(
    "first_size",
    "Files of a first version",
    "files",
    "median of the files that it adds or changes",
    f"first {VERSIONS}",
    WHEN_PROPOSED,
)
DIFF_SIZE = Definition(
    "diff_size",
    "Diff of a later version",
    "files",
    "median of the files added, changed or removed against the version before",
    f"{VERSIONS} after a first one",
    WHEN_PROPOSED,
)
TIME = Definition(
    "time_to_artifact",
    "Time to artifact",
    "seconds",
    "median of the time from the beginning of the run to its pull request, without waiting for people",
    VERSIONS,
    WHEN_PROPOSED,
)
UNRESOLVED = Definition(
    "unresolved_constraints",
    "Constraints unresolved",
    "constraints",
    "constraints that were missing, ambiguous or in conflict when the plan was made",
    VERSIONS,
    WHEN_PROPOSED,
)
LLM_ERRORS = Definition(
    "llm_error_rate",
    "Model errors",
    "share",
    "those whose answer did not stand after repair, or that got none",
    "consultations of a model by an agent",
    "when the run began",
)


def measure(histories: Iterable[DecisionSetHistory], since: datetime | None = None) -> tuple[Metric, ...]:
    """Every metric over those decision sets, whose projects must be whole: what came before `since` is needed to judge the rest."""
    known = sorted(histories, key=lambda one: (one.project, one.number))
    proposals = [_Proposal(tuple(sets)) for sets in _by_pull_request(known)]
    decided = [(p, p.decision[0]) for p in proposals if p.decision is not None and _within(p.decision[1], since)]
    proposed = [s for s in known if _within(s.reached("proposed"), since)]
    merged = [p for p, how in decided if how == "approved"]
    sessions = [s for s in _sessions(known) if _within(s[-1].created_at, since)]
    begun = [s for s in known if _within(s.created_at, since)]
    sized = [s for s in proposed if s.files_changed is not None]
    return (
        _share(ACCEPTANCE, len(merged), len(decided)),
        _share(FIRST_PLAN, sum(p.plans <= 1 for p in merged), len(decided)),
        _share(REWORK, sum(p.plans > 1 for p, _ in decided), len(decided)),
        _mean(QUESTIONS, [len(asked) for s in sessions if (asked := _asked(s)) is not None]),
        _median(TIME, [_worked(s) for s in proposed]),
        _median(FIRST_SIZE, [s.files_changed or 0 for s in sized if s.first]),
        _median(DIFF_SIZE, [s.files_changed or 0 for s in sized if not s.first]),
        _mean(UNRESOLVED, [len(s.unresolved) for s in proposed if s.unresolved is not None]),
        _share(LLM_ERRORS, sum(s.unanswered for s in begun), sum(s.asked for s in begun)),
    )


def _within(at: datetime | None, since: datetime | None) -> bool:
    return at is not None and (since is None or at >= since)


def _by_pull_request(known: Sequence[DecisionSetHistory]) -> Iterator[Iterator[DecisionSetHistory]]:
    key: Callable[[DecisionSetHistory], tuple[str, int]] = lambda s: (s.project, s.pull_request or 0)  # noqa: E731
    for (_, number), sets in groupby(sorted(known, key=key), key=key):
        if number:
            yield sets


def _sessions(known: Sequence[DecisionSetHistory]) -> list[tuple[DecisionSetHistory, ...]]:
    """The runs of each pull request, with those before it that asked for input."""
    found: list[tuple[DecisionSetHistory, ...]] = []
    for _, sets in groupby(known, key=lambda s: s.project):
        opened: dict[int, list[DecisionSetHistory]] = {}
        waiting: list[DecisionSetHistory] = []
        for one in sets:
            if one.pull_request is not None:
                opened.setdefault(one.pull_request, []).extend((*waiting, one))
                waiting = []
            elif one.outcome == "needs_input":
                waiting.append(one)
        found += [tuple(runs) for runs in (*opened.values(), waiting) if runs]
    return found


def _asked(session: Sequence[DecisionSetHistory]) -> frozenset[str] | None:
    """What a session asked for; None if not all of its runs tell."""
    told = [run.questions for run in session if run.questions is not None]
    return frozenset[str]().union(*told) if len(told) == len(session) else None


def _worked(one: DecisionSetHistory) -> float:
    """Seconds until it was proposed, without those in which people were waited for."""
    moments = [("received", one.created_at), *one.moves]
    total = 0.0
    for (status, at), (following, until) in pairwise(moments):
        total += 0.0 if status in WAITS else (until - at).total_seconds()
        if following == "proposed":
            break
    return total


def _share(definition: Definition, part: int, whole: int) -> Metric:
    return Metric(definition, round(part / whole, 4) if whole else None, part if whole else None, whole)


def _mean(definition: Definition, cases: Sequence[int]) -> Metric:
    return _share(definition, sum(cases), len(cases))


def _median(definition: Definition, cases: Sequence[float]) -> Metric:
    if not cases:
        return Metric(definition, None, None, 0)
    ranked = sorted(cases)
    highest = ranked[math.ceil(0.9 * len(ranked)) - 1]
    return Metric(definition, round(float(median(ranked)), 1), None, len(ranked), round(float(highest), 1))
