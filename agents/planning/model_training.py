"""Agent 10: where training runs, how often, on how much history, what it starts with, and when it gives up."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Freshness, Problem, Source
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import (
    DataSourcing,
    ModelDevelopment,
    ModelTraining,
    PipelinesBlueprint,
    VersioningGovernance,
)
from agents.domain.outputs.model_development import Family
from agents.domain.outputs.model_training import TrainingStart
from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.domain.requirements import Requirements
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.formulas import rows_without_a_miss
from agents.expert.measured import tolerance
from agents.expert.project import freshest_hours, load
from agents.expert.schedule import NIGHT_HOUR, PERIOD_HOURS, RUNS_PER_MONTH, cron
from agents.expert.weigh import Fact, option
from agents.expert.words import listed, number, plural
from agents.patterns.facts import FAST, SMALL_TEAM, TRAINING_STEPS, trainings_a_month
from agents.patterns.kept import retention_days

NAME = "model_training"
MEMORY_FACTOR = 3
"""Frame, encoded matrix and the library's own copy."""
CADENCES = (Cadence.MONTHLY, Cadence.WEEKLY, Cadence.TWICE_WEEKLY, Cadence.DAILY)
"""In the order of `TRAINING_STEPS`."""
SEARCH_EVERY = 4
"""Runs of which one searches anew where the others take the champion's settings (judgement, unverified)."""
OFTEN = 8.0
"""Runs a month from which a new search in each is mostly repetition (judgement, unverified)."""
MISMATCH_SHARE = 0.01
"""Share of different scores that the comparison of a stored model with the one in memory must not miss."""


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    where = SlotAsk(
        "train",
        f"Where does {r.slug} train {model.family.value} on {number(r.training_rows)} rows?",
        (
            "throughput.training_rows",
            "project.problem",
            "budget_band.monthly_usd_max",
            "team_constraints.skills",
        ),
        (
            Risk(
                risk=f"a run on {number(round(load(r, 'training_gb'), 2))} GB does not fit in memory",
                probe=f"train on a tenth of {number(r.training_rows)} rows: more than "
                f"{number(round(MEMORY_FACTOR * load(r, 'training_gb') / 10 * 1024, 1))} MB of peak memory deny the size planned",
            ),
        ),
    )
    return (*slot_questions(brief, NAME, (where,)), _cadence(brief), _start(brief))


def _every(brief: Brief, cadence: Cadence) -> Candidate:
    """Scored by its distance from the rule that the bill is made with, so that plan and bill agree."""
    r = brief.requirements
    step, due = CADENCES.index(cadence), TRAINING_STEPS.index(trainings_a_month(r))
    runs, days = RUNS_PER_MONTH[cadence], PERIOD_HOURS[cadence] / 24
    why, off = _pace(r), abs(step - due)
    return option(
        cadence,
        f"{plural(runs, 'training')} a month",
        (
            Fact(step == due, 0.35, why),
            Fact(
                step > due, round(-0.12 * off, 2), f"{number(runs - TRAINING_STEPS[due])} runs more a month than {why}"
            ),
            Fact(step < due, round(-0.12 * off, 2), f"{number(TRAINING_STEPS[due] - runs)} runs fewer than {why}"),
        ),
        tradeoffs=(f"the live model is up to {plural(days, 'day')} old when {r.slug} trains the next",),
        parameters={"cron": cron(cadence, r.slug, NIGHT_HOUR + 2), "runs_per_month": runs},
    )


def _pace(r: Requirements) -> str:
    """What the rule rests on, in words."""
    fresh = freshest_hours(r)
    words = [f"sources renewed every {plural(fresh, 'hour')}" if fresh else "sources that name no freshness"]
    if r.problem in FAST:
        words.append(f"{r.problem.value}, whose world moves within weeks")
    if r.team_size <= SMALL_TEAM:
        words.append(f"a team of {r.team_size} that judges each challenger")
    return f"the pace of {listed(words)}"


def _cadence(brief: Brief) -> Question:
    r = brief.requirements
    rests = ("data.sources", "project.problem", "team_constraints.size")
    return ask(
        brief,
        NAME,
        "training.cadence",
        f"How often is the model of {r.slug} trained anew?",
        tuple(_every(brief, c) for c in reversed(CADENCES)),
        rests_on=rests,
        flips=_turns(r),
        risks=(
            Risk(
                risk=f"a model of {r.slug} decays faster than {number(trainings_a_month(r))} trainings a month mend",
                probe=f"score last quarter with models {number(round(30.4 / trainings_a_month(r), 1))} and "
                f"{number(round(60.8 / trainings_a_month(r), 1))} days old; a fall of more than {tolerance(r):g} asks for more trainings",
            ),
        ),
    )


def _turns(r: Requirements) -> dict[str, str]:
    """The rule asked again with one thing changed: what would make each other cadence the right one."""
    found: dict[str, str] = {}
    changes: list[tuple[str, dict[str, Any]]] = [(f"with {f.value} sources", _fresh(r, f)) for f in Freshness]
    if r.team_size <= SMALL_TEAM:
        changes.insert(0, (f"with a team of {SMALL_TEAM + 1}", {"team_size": SMALL_TEAM + 1}))
    for when, change in changes:
        runs = trainings_a_month(r.model_copy(update=change))
        found.setdefault(CADENCES[TRAINING_STEPS.index(runs)], f"{when} (now {number(trainings_a_month(r))} a month)")
    return found


def _fresh(r: Requirements, freshness: Freshness) -> dict[str, Any]:
    declared = r.data.sources or (Source(name="rows"),)
    sources = tuple(s.model_copy(update={"freshness": freshness}) for s in declared)
    return {"data": r.data.model_copy(update={"sources": sources})}


def _start(brief: Brief) -> Question:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    runs, trials = trainings_a_month(r), model.trials
    return ask(
        brief,
        NAME,
        "training.start",
        f"Does each of {number(runs)} runs a month of {r.slug} search the settings of {model.family.value} anew?",
        (
            option(
                TrainingStart.FRESH_SEARCH,
                f"{trials} trials in every run",
                (Fact(runs < OFTEN, 0.3, f"{number(runs)} runs a month: between two of them the data have changed"),),
                tradeoffs=(f"never stuck with old settings; {number(runs * trials)} trials a month",),
                burden=1.0,
            ),
            option(
                TrainingStart.CHAMPION_SETTINGS,
                f"the champion's settings; a search in one run of {SEARCH_EVERY}",
                (
                    Fact(
                        runs >= OFTEN,
                        0.3,
                        f"{number(runs)} runs a month: {SEARCH_EVERY - 1} of {SEARCH_EVERY} searches repeat",
                    ),
                ),
                tradeoffs=(
                    f"about {number(round(runs * trials / SEARCH_EVERY))} trials a month; settings lag behind data",
                ),
                burden=1.5,
            ),
        ),
        rests_on=("data.sources", "throughput.training_rows"),
        flips={
            TrainingStart.FRESH_SEARCH: f"below {number(OFTEN)} runs a month (now {number(runs)})",
            TrainingStart.CHAMPION_SETTINGS: f"from {number(OFTEN)} runs a month (now {number(runs)})",
        },
        risks=(
            Risk(
                risk=f"{number(trials)} trials that found the settings grow old over {SEARCH_EVERY - 1} runs, and nobody sees it",
                probe=f"compare the run that searches with the {SEARCH_EVERY - 1} before it: a lead of more than "
                f"{tolerance(r):g} comes late",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> ModelTraining:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    data = brief.read("data_sourcing", DataSourcing)
    versions = brief.read("versioning_governance", VersioningGovernance)
    pattern = chosen["train"]
    cadence = Cadence(chosen["training.cadence"].id)
    start = TrainingStart(chosen["training.start"].id)
    hours = float(pattern.parameters.get("hours_per_run", 1.0))
    memory = float(pattern.parameters.get("memory_gb", 0.0))
    rows = _rows_that_fit(r, memory)
    step = brief.read("pipelines_blueprint", PipelinesBlueprint).pipeline("model_training")
    rounds = {Family.GRADIENT_BOOSTING: 50 if r.training_rows < 1_000_000 else 30, Family.NEURAL: 3}
    timeout = max(ceil(3 * hours * 60), min(30, step.deadline_minutes if step else 30))
    runs = RUNS_PER_MONTH[cadence]
    share = 1.0 if start is TrainingStart.FRESH_SEARCH else _share(model.trials)
    return ModelTraining(
        hours_per_run=hours,
        available_gb=memory,
        cadence=cadence,
        cron=str(chosen["training.cadence"].parameters["cron"]),
        runs_per_month=runs,
        window_days=_window_days(r.problem, data.label_delay_days, retention_days(r)),
        rows_per_run=rows,
        memory_gb=_memory_gb(r, rows),
        timeout_minutes=timeout,
        early_stop_rounds=rounds.get(model.family, 0),
        start=start,
        search_days=0 if start is TrainingStart.FRESH_SEARCH else ceil(SEARCH_EVERY * 30.4 / runs),
        max_attempts=int(pattern.parameters.get("attempts", 0)) or _attempts(PERIOD_HOURS[cadence], timeout),
        snapshot_days=versions.data_versions_days,
        validation_rows=rows_without_a_miss(MISMATCH_SHARE),
        train_hours_per_month=round(runs * hours * share, 2),
    )


def _share(trials: int) -> float:
    """Part of a searching run's time that a mean run takes: one in `SEARCH_EVERY` has all trials, the others one."""
    return (trials + SEARCH_EVERY - 1) / (SEARCH_EVERY * trials)


def _attempts(period_hours: float, timeout_minutes: int) -> int:
    """As many as end within a tenth of the period, two at least and five at most. Capacity that may be taken away has
    its own number, a parameter of its pattern."""
    return max(2, min(5, int(0.1 * period_hours * 60 / timeout_minutes)))


def _rows_that_fit(r: Requirements, memory_gb: float) -> int:
    """All rows, or as many as fit into nine tenths of the pattern's memory; networks read batches and need
    not fit."""
    if memory_gb <= 0 or load(r, "deep"):
        return r.training_rows
    return min(r.training_rows, int(0.9 * memory_gb / MEMORY_FACTOR * 1e9 / load(r, "row_bytes")))


def _memory_gb(r: Requirements, rows: int) -> float:
    """Working set of a run, at least 2 GB; for networks batches and their queue, at most 16."""
    needed = max(2.0, MEMORY_FACTOR * rows * load(r, "row_bytes") / 1e9)
    return round(min(needed, 16.0) if load(r, "deep") else needed, 1)


def _window_days(problem: Problem, delay: float, kept: int) -> int:
    """History a run reads: two seasons for forecasts (as far as rows are `kept`), else a year, less for fast worlds,
    and never under six label delays."""
    base = 395 if problem is Problem.FORECASTING else 90 if problem in FAST else 365
    return min(kept, max(base, ceil(6 * delay)))


AGENT = Agent(
    number=10,
    name=NAME,
    title="Model training pipeline",
    reads=("versioning_governance", "data_sourcing", "pipelines_blueprint", "model_development"),
    writes=("train", "training"),
    output=ModelTraining,
    options=options,
    conclude=conclude,
    slots=("train",),
)
