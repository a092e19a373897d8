"""Agent 10: where training runs, how often, on how much history, and when a run gives up."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Problem
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, ModelDevelopment, ModelTraining, PipelinesBlueprint
from agents.domain.outputs.model_development import Family
from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.domain.requirements import Requirements
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.project import freshest_hours, load
from agents.expert.schedule import NIGHT_HOUR, PERIOD_HOURS, RUNS_PER_MONTH, cron
from agents.expert.weigh import Fact, option
from agents.expert.words import number, plural

NAME = "model_training"
FAST = frozenset({Problem.RECOMMENDATION, Problem.ANOMALY_DETECTION, Problem.FORECASTING})
"""Problems whose world moves within weeks."""
MEMORY_FACTOR = 3
"""Frame, encoded matrix and the library's own copy."""


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
                probe="train once on a tenth of the rows and once on a third; memory grows in a line",
            ),
        ),
    )
    return (*slot_questions(brief, NAME, (where,)), _cadence(brief))


def _every(brief: Brief, cadence: Cadence) -> Candidate:
    r = brief.requirements
    priced, fresh = load(r, "trainings_month"), freshest_hours(r) or 24.0
    wait = brief.read("data_sourcing", DataSourcing).label_delay_days
    runs, days = RUNS_PER_MONTH[cadence], PERIOD_HOURS[cadence] / 24
    return option(
        cadence,
        f"{plural(runs, 'training')} a month",
        (
            Fact(runs == priced, 0.3, f"the bill prices {plural(priced, 'run')} a month"),
            Fact(runs > priced, -0.1, f"{number(runs - priced)} runs a month more than the bill prices"),
            Fact(
                PERIOD_HOURS[cadence] < fresh,
                -0.3,
                f"sources change every {number(fresh)} hours: nothing new",
            ),
            Fact(
                wait > 0 and days < wait / 4,
                -0.15,
                f"outcomes take {number(wait)} days; {number(days)} days bring few new ones",
            ),
            Fact(r.problem in FAST and days <= 7, 0.15, f"{r.problem.value}: last month's world is gone"),
            Fact(r.problem not in FAST and days >= 28, 0.05, "a slow world; each release costs attention"),
            Fact(r.team_size <= 2 and days < 7, -0.1, f"a team of {r.team_size} judges each challenger"),
        ),
        tradeoffs=(f"the live model is up to {number(days)} days old when {r.slug} trains the next",),
        parameters={"cron": cron(cadence, r.slug, NIGHT_HOUR + 2), "runs_per_month": runs},
    )


def _cadence(brief: Brief) -> Question:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    fresh = freshest_hours(r) or 24.0
    wait = data.label_delay_days

    return ask(
        brief,
        NAME,
        "training.cadence",
        f"How often is the model of {r.slug} trained anew?",
        tuple(_every(brief, c) for c in (Cadence.DAILY, Cadence.TWICE_WEEKLY, Cadence.WEEKLY, Cadence.MONTHLY)),
        rests_on=("data.sources", "data.label", "project.problem", "team_constraints.size"),
        flips={
            Cadence.DAILY: "with hourly sources and outcomes within a day (now every "
            f"{number(fresh)} hours, {number(wait)} days)",
            Cadence.TWICE_WEEKLY: "with hourly or live sources",
            Cadence.WEEKLY: "with daily or weekly sources",
            Cadence.MONTHLY: f"with monthly sources, or outcomes later than four weeks (now {number(wait)} days)",
        },
        reasons=() if data.label_delay_basis != "assumption" else (f"the delay of {number(wait)} days is assumed",),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> ModelTraining:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    data = brief.read("data_sourcing", DataSourcing)
    pattern = chosen["train"]
    cadence = Cadence(chosen["training.cadence"].id)
    hours = float(pattern.parameters.get("hours_per_run", 1.0))
    rows = _rows_that_fit(r, float(pattern.parameters.get("memory_gb", 0.0)))
    spot = "spot" in pattern.id
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    step = plan.pipeline("model_training")
    rounds = {Family.GRADIENT_BOOSTING: 50 if r.training_rows < 1_000_000 else 30, Family.NEURAL: 3}
    return ModelTraining(
        pattern=pattern.id,
        parameters=dict(pattern.parameters),
        cadence=cadence,
        cron=str(chosen["training.cadence"].parameters["cron"]),
        runs_per_month=RUNS_PER_MONTH[cadence],
        window_days=_window_days(r.problem, data.label_delay_days),
        rows_per_run=rows,
        memory_gb=_memory_gb(r, rows),
        timeout_minutes=max(ceil(3 * hours * 60), min(30, step.deadline_minutes if step else 30)),
        early_stop_rounds=rounds.get(model.family, 0),
        checkpoint_minutes=int(pattern.parameters.get("checkpoint_minutes", 10)) if spot and hours > 0.5 else 0,
        spot=spot,
    )


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


def _window_days(problem: Problem, delay: float) -> int:
    """History a run reads: two seasons for forecasts (as far as 395 days are kept), else a year less for
    fast worlds,
    and never under six label delays."""
    base = 395 if problem is Problem.FORECASTING else 90 if problem in FAST else 365
    return min(395, max(base, ceil(6 * delay)))


AGENT = Agent(
    number=10,
    name=NAME,
    title="Model training pipeline",
    reads=("data_sourcing", "pipelines_blueprint", "model_development"),
    writes=("train", "training"),
    output=ModelTraining,
    options=options,
    conclude=conclude,
    slots=("train",),
)
