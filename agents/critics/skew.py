"""Skew between training and serving: features that are not the same value, or not the same age, in both."""

from collections.abc import Iterator

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.constraints import ColumnType, WorkloadType
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import (
    DataSourcing,
    FeatureEngineering,
    InferencePipeline,
    ModelDevelopment,
    PipelinesBlueprint,
)
from agents.domain.outputs.feature_engineering import FeatureScope
from agents.domain.outputs.model_development import Split
from agents.expert.schedule import PERIOD_HOURS

STALE = 0.5
"""Share of a window that may be missing online: beyond it the online value describes another period than training's."""
STALE_WARNS = 0.25
HISTORY_OF = frozenset(("window-mean", "lag"))


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings; nothing without features."""
    features = facts.output("feature_engineering", FeatureEngineering)
    if features is None:
        return ()
    return (
        *_missing_online(facts, features),
        *_stale_windows(facts, features),
        *_expiry(facts, features),
        *_days(facts, features),
        *_gap(facts),
    )


def _missing_online(facts: CriticFacts, features: FeatureEngineering) -> Iterator[Finding]:
    """A feature made from history is trained on, and a request brings one row and no store has the rest. Windows can be
    left out; what a problem lives on (a series' own past) needs a store."""
    inference = facts.output("inference_pipeline", InferencePipeline)
    names = [f.name for f in features.features if f.transform in HISTORY_OF and not f.online]
    if not names or inference is None or not facts.requirements.has(WorkloadType.ONLINE):
        return
    if inference.features_from == "request":
        windows = features.scope is FeatureScope.ROLLING_WINDOWS
        store = facts.composition.slots.get("feature", "")
        yield technical(
            "skew",
            Severity.ERROR,
            "feature_engineering",
            f"{', '.join(names[:3])}{' and more' if len(names) > 3 else ''} are made from history in training; an online"
            f" request brings one row and {store} looks nothing up: they are missing in every answer",
            "Use the newest row alone, or look its history up in an online store.",
            "features.scope" if windows else "feature",
            (FeatureScope.ROLLING_WINDOWS.value,) if windows else (store,),
        )


def _stale_windows(facts: CriticFacts, features: FeatureEngineering) -> Iterator[Finding]:
    """Training ends each window at the moment of its row; online the window ended at the last refresh. Missing is
    refresh period / window."""
    plan = facts.output("pipelines_blueprint", PipelinesBlueprint)
    windows = [f for f in features.features if f.window_days and f.online and f.transform in HISTORY_OF]
    if plan is None or not windows:
        return
    period, shortest = PERIOD_HOURS[plan.ingest_cadence], min(windows, key=lambda f: f.window_days or 0)
    hours = 24 * (shortest.window_days or 1)
    missing = period / hours
    if missing < STALE_WARNS:
        return
    wrong = tuple(str(c) for c, every in PERIOD_HOURS.items() if every / hours >= STALE)
    yield technical(
        "skew",
        Severity.ERROR if missing >= STALE else Severity.WARNING,
        "pipelines_blueprint",
        f"{shortest.name} looks back {hours:g} hours and is refreshed every {period:g}: online up to"
        f" {min(1.0, missing):.0%} of its window is missing, in training nothing is",
        f"Refresh at least every {hours * STALE_WARNS:g} hours, or look back further.",
        "pipelines.frequency" if missing >= STALE else "data.sources",
        wrong if missing >= STALE else (),
    )


def _expiry(facts: CriticFacts, features: FeatureEngineering) -> Iterator[Finding]:
    """An online value lives until the next refresh at least, or requests between find nothing."""
    plan = facts.output("pipelines_blueprint", PipelinesBlueprint)
    if plan is None or not features.online_store:
        return
    period = PERIOD_HOURS[plan.ingest_cadence]
    if features.ttl_hours < period:
        yield technical(
            "skew",
            Severity.ERROR,
            "feature_engineering",
            f"online values expire after {features.ttl_hours} hours and are refreshed every {period:g}:"
            f" {1 - features.ttl_hours / period:.0%} of the time they are missing",
            f"Keep them {2 * period:g} hours.",
            "feature",
        )


def _days(facts: CriticFacts, features: FeatureEngineering) -> Iterator[Finding]:
    """A date without a time has no zone: batch windows end at the source's midnight, schedules at that of UTC."""
    data = facts.output("data_sourcing", DataSourcing)
    when = next((c for c in data.columns if c.name == data.event_time), None) if data else None
    windows = [f.name for f in features.features if f.window_days and f.online]
    if when is None or when.type is not ColumnType.DATE or not windows:
        return
    yield technical(
        "skew",
        Severity.INFO,
        "feature_engineering",
        f"{when.name} is a date without a zone: the day of {windows[0]} ends at the source's midnight in training and at"
        " 00:00 UTC online",
        f"Say in the contract in which zone {when.name} is written, or send a timestamp.",
        "data.event_time",
    )


def _gap(facts: CriticFacts) -> Iterator[Finding]:
    """Rows whose outcome is still open at the split stand on both sides of it: the gap must be the label's delay. Without
    an event time rows have no order, and no split can leave a gap."""
    data, model = facts.output("data_sourcing", DataSourcing), facts.output("model_development", ModelDevelopment)
    when = facts.requirements.data.event_time
    if data is None or model is None or not data.label_delay_days or when is None:
        return
    if model.split is Split.TIME and model.gap_days >= data.label_delay_days:
        return
    by_time = model.split is Split.TIME
    yield technical(
        "leakage",
        Severity.ERROR,
        "model_development",
        f"outcomes are known {data.label_delay_days:g} days late, and the split by {model.split.value} leaves"
        f" {model.gap_days:g} days between training and evaluation: what training learns reaches into the evaluation",
        f"Split by {when} with a gap of {data.label_delay_days:g} days.",
        "model.split",
        () if by_time else (model.split.value,),
    )


CRITIC = Critic(name="skew", stage="plan", judge=judge)
