"""The five stages of a project: effort in person-weeks, weeks for this team, and exit criteria with their formulas."""

from math import ceil

from agents.domain.month import minutes_down
from agents.domain.outputs.project_stages import Measure, Path, Stage
from agents.domain.requirements import Requirements
from agents.expert.project import label_delay_days, refresh_hours, regulated
from agents.expert.words import listed, number, plural

TITLES = {
    "ideation": "Ideation and planning",
    "experimentation": "Experimentation and prototyping",
    "pipelines": "Pipelines",
    "deployment": "Deployment and serving",
    "monitoring": "Monitoring and continual learning",
}
HANDS = 4
"""People who work on one project at once without waiting for each other (unverified)."""
SOURCE_WEEKS, FIRST_WEEKS, MODEL_WEEKS, PROTOTYPE_WEEKS, CHAIN_WEEKS, SERVE_WEEKS, WATCH_WEEKS = 0.5, 1, 4, 8, 4, 2, 2
"""Person-weeks (unverified orders of magnitude): a source to agree on, scoping, a first model, one that is the open
question, one pipeline chain, one way of serving, alerts and the learning loop."""


def shadow_days(r: Requirements) -> int:
    """Days of silent running: the label's delay plus a full week, at least 14."""
    return max(14, ceil((label_delay_days(r.data.label) or 0) + 7))


def stages_of(r: Requirements, path: Path, target: float | None, environments: tuple[str, ...]) -> tuple[Stage, ...]:
    """The stages in order; `target` is the figure of the first release."""
    hands = min(r.team_size, HANDS)
    days = shadow_days(r) if path is Path.SHADOW_FIRST else 0
    effort = _effort(r, path, environments)
    waiting = {"deployment": ceil(days / 7), "monitoring": ceil((label_delay_days(r.data.label) or 0) / 7)}
    by_person = {"ideation", "monitoring"} | ({"deployment"} if days or regulated(r) else set())
    criteria, measures = _criteria(r, target), _measures(r, path, target, days)
    return tuple(
        Stage(
            id=stage,
            title=title,
            person_weeks=effort[stage][0],
            effort_formula=f"{effort[stage][1]}; weeks: over {plural(hands, 'person', 'people')}"
            + (f" and {plural(waiting[stage], 'week')} of waiting for outcomes" if waiting.get(stage) else ""),
            weeks=ceil(effort[stage][0] / hands) + waiting.get(stage, 0),
            exit_criteria=(*criteria.get(stage, ()), *(_said(m) for m in measures[stage])),
            measures=measures[stage],
            gate="person" if stage in by_person else "metric",
        )
        for stage, title in TITLES.items()
    )


def _effort(r: Requirements, path: Path, environments: tuple[str, ...]) -> dict[str, tuple[float, str]]:
    """Person-weeks with their formula, by stage."""
    sources, ways, places = max(1, len(r.data.sources)), len(r.workloads), len(environments)
    model = PROTOTYPE_WEEKS if path is Path.PROTOTYPE_FIRST else MODEL_WEEKS
    chains = 2 + ways
    return {
        "ideation": (FIRST_WEEKS + SOURCE_WEEKS * sources, f"{FIRST_WEEKS} + {SOURCE_WEEKS} x {sources} sources"),
        "experimentation": (
            model,
            f"{model} on the path {path.value}",
        ),
        "pipelines": (
            CHAIN_WEEKS / 2 * chains,
            f"{CHAIN_WEEKS / 2:g} x {chains} chains (data, training, {ways} of scores)",
        ),
        "deployment": (
            SERVE_WEEKS * ways + places,
            f"{SERVE_WEEKS} x {ways} ways of serving + 1 x {places} environments",
        ),
        "monitoring": (WATCH_WEEKS, f"{WATCH_WEEKS} for alerts, drift and one retraining"),
    }


def _criteria(r: Requirements, target: float | None) -> dict[str, tuple[str, ...]]:
    """What people judge; measured criteria come on top."""
    kpi = r.objective.kpi
    named = listed((s.name for s in r.data.sources), empty="sources nobody has named yet")
    live = f"p95 at most {number(r.sla_latency_ms or 0)} ms at {plural(r.requests_per_second, 'request')} a second"
    return {
        "ideation": (
            f"the owners of {named} agree to their contracts",
            f"somebody answers for {kpi}" if kpi else "objective.kpi is named",
        ),
        "experimentation": (f"{kpi} of {number(target)} on held-out rows",) if kpi and target is not None else (),
        "deployment": (live,) if r.sla_latency_ms and r.requests_per_second else (),
    }


def _measures(r: Requirements, path: Path, target: float | None, days: int) -> dict[str, tuple[Measure, ...]]:
    period = refresh_hours(r)
    runs = max(3, min(28, round(168 / period)))
    minutes = min(60.0, round(minutes_down(r.availability_target) / 2, 1))
    goal = target is not None and path is not Path.WALKING_SKELETON
    week = f"a week of runs every {plural(period, 'hour')}, within 3 and 28"
    half = f"half of the error budget of {r.availability_target:g} %, at most an hour"
    return {
        "ideation": (_measure("open_gaps", 0, False, "facts of the sources that nobody has told, in contracts/"),),
        "experimentation": (
            _measure("baseline_lead", 0, True, "the model's lead over the trivial rule on held-out rows"),
            *((_measure("release_metric", 1, True, "1 if the verdict reaches evaluation.threshold"),) if goal else ()),
        ),
        "pipelines": (_measure("runs_in_a_row", runs, True, week),),
        "deployment": (
            _measure("rollback_minutes", minutes, False, half),
            *((_measure("shadow_days", days, True, "label delay and a week, at least 14"),) if days else ()),
        ),
        "monitoring": (_measure("retrainings", 1, True, "a second version was trained and judged"),),
    }


def _measure(metric: str, threshold: float, at_least: bool, formula: str) -> Measure:
    return Measure(metric=metric, threshold=threshold, at_least=at_least, formula=formula)


def _said(measure: Measure) -> str:
    way = "at least" if measure.at_least else "at most"
    return f"{measure.metric.replace('_', ' ')}: {way} {number(measure.threshold)} ({measure.formula})"
