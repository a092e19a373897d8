"""Gaps in the flow of data: what is read and nobody writes, columns that no contract has, labels that come too late."""

from collections.abc import Iterator

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import (
    DataEngineering,
    DataSourcing,
    FeatureEngineering,
    GovernanceEthics,
    InferencePipeline,
    ModelTraining,
    MonitoringObservability,
    PipelinesBlueprint,
    SystemArchitecture,
)

PIPELINES = {"batch": "batch_inference", "online": "online_inference", "streaming": "stream_inference"}


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings."""
    return (
        *_unwritten(facts),
        *_pipelines(facts),
        *_lookup(facts),
        *_columns(facts),
        *_label(facts),
        *_edges(facts),
    )


def _gap(who: str, message: str, remediation: str, key: str, rules_out: tuple[str, ...] = ()) -> Finding:
    return technical("data-flow", Severity.ERROR, who, message, remediation, key, rules_out)


def _unwritten(facts: CriticFacts) -> Iterator[Finding]:
    """An agent that read what no agent concluded."""
    for agent, sources in facts.reads.items():
        missing = [source for source in sources if source not in facts.outputs]
        if agent in facts.outputs and missing:
            yield _gap(agent, f"it reads {', '.join(missing)}, and nobody writes that", "Ask the writer first.", agent)


def _pipelines(facts: CriticFacts) -> Iterator[Finding]:
    """Each workload has its pipeline, and each pipeline waits for pipelines that there are."""
    plan = facts.output("pipelines_blueprint", PipelinesBlueprint)
    if plan is None:
        return
    names = {pipeline.name for pipeline in plan.pipelines}
    for workload in facts.requirements.workloads:
        if PIPELINES[workload] not in names:
            yield _gap(
                "pipelines_blueprint",
                f"workload {workload} has no {PIPELINES[workload]} pipeline",
                f"Add a {PIPELINES[workload]} pipeline.",
                "workload_types",
            )
    for pipeline in plan.pipelines:
        for before in pipeline.after:
            if before not in names:
                yield _gap(
                    "pipelines_blueprint",
                    f"{pipeline.name} waits for {before}, which nobody runs",
                    f"Add {before}, or let {pipeline.name} wait for one of {', '.join(sorted(names))}.",
                    "workload_types",
                )


def _lookup(facts: CriticFacts) -> Iterator[Finding]:
    """What inference reads is written: rows of an online store by the feature pipeline, a table by batch runs."""
    inference = facts.output("inference_pipeline", InferencePipeline)
    plan = facts.output("pipelines_blueprint", PipelinesBlueprint)
    lookup = facts.composition.parameters.get("feature", {}).get("lookup", "request")
    if inference is None:
        return
    if inference.features_from == "online-store" and lookup == "request":
        chosen = facts.composition.slots.get("feature")
        yield _gap(
            "feature_engineering",
            f"inference looks features up, and {chosen} has no online store",
            "Send features in the request, or take a feature pattern with an online store.",
            "feature",
            (chosen,) if chosen else (),
        )
    if inference.features_from != "request" and plan and plan.pipeline("feature_engineering") is None:
        yield _gap(
            "pipelines_blueprint",
            f"inference reads features from the {inference.features_from}, and no pipeline writes them",
            "Add a feature_engineering pipeline.",
            "workload_types",
        )


def _columns(facts: CriticFacts) -> Iterator[Finding]:
    """Every column that is used stands in the contract of its source, and none of them is the answer or a person."""
    data, features = (
        facts.output("data_sourcing", DataSourcing),
        facts.output("feature_engineering", FeatureEngineering),
    )
    if data is None or features is None:
        return
    known, label = {(c.source, c.name) for c in data.columns}, facts.requirements.data.label or data.label
    unknown = [f.name for f in features.features if (f.source, f.column) not in known]
    if unknown:
        yield _gap(
            "feature_engineering",
            f"{', '.join(unknown)}: the column is in no contract of data.sources",
            "Declare the column, or leave the feature out.",
            "data.sources",
        )
    leaks = [f.name for f in features.features if label and f.column == label and f.transform not in PAST]
    if leaks:
        yield technical(
            "leakage",
            Severity.ERROR,
            "feature_engineering",
            f"{', '.join(leaks)} is made from the label {label}: it is not known when a prediction is asked",
            "Leave the label out of the features.",
            "data.label",
        )
    yield from _personal(facts, features)
    yield from _watched(facts, features)


PAST = frozenset(("lag", "window-mean"))
"""Transforms that read rows before the moment of a prediction only: a series may be made of its own past."""


def _personal(facts: CriticFacts, features: FeatureEngineering) -> Iterator[Finding]:
    governance = facts.output("governance_ethics", GovernanceEthics)
    people = [f.name for f in features.features if governance and f.column in governance.personal_columns]
    if people:
        yield _gap(
            "feature_engineering",
            f"{', '.join(people)} is made from a personal column, which agent 15 keeps out of curated data",
            "Leave it out: it will not be there.",
            "data_classification",
        )


def _watched(facts: CriticFacts, features: FeatureEngineering) -> Iterator[Finding]:
    watch = facts.output("monitoring_observability", MonitoringObservability)
    blind = [c for c in watch.drift_columns if c not in {f.column for f in features.features}] if watch else []
    if blind:
        yield _gap(
            "monitoring_observability",
            f"drift of {', '.join(blind)} is watched, and no feature is made from it: it is logged nowhere",
            "Watch the columns that features are made from.",
            "data.sources",
        )


def _label(facts: CriticFacts) -> Iterator[Finding]:
    """A run reads `window_days` of rows; the newest `label_delay_days` of them have no outcome yet. Rows that the lake
    has let go have none any more."""
    data, training = facts.output("data_sourcing", DataSourcing), facts.output("model_training", ModelTraining)
    lake = facts.output("data_engineering", DataEngineering)
    if data is None or training is None or data.label is None:
        return
    reach = min(training.window_days, lake.curated_retention_days) if lake else training.window_days
    if data.label_delay_days >= reach:
        yield _gap(
            "data_sourcing",
            f"{data.label} is known {data.label_delay_days:g} days late, and a training reads {reach} days: none of its rows"
            " has an outcome",
            f"Predict an outcome that is known within {reach // 2} days.",
            "sourcing.labels",
        )
    elif data.label_delay_days > reach / 2:
        yield technical(
            "late-label",
            Severity.WARNING,
            "data_sourcing",
            f"{data.label} is known {data.label_delay_days:g} days late: of {reach} days that a training reads,"
            f" {1 - data.label_delay_days / reach:.0%} have an outcome",
            "Predict an earlier sign of the outcome as well.",
            "data.label",
        )


def _edges(facts: CriticFacts) -> Iterator[Finding]:
    """The blueprint draws no line from or to what is not there."""
    whole = facts.output("system_architecture", SystemArchitecture)
    if whole is None:
        return
    nodes = {node.id for node in whole.nodes}
    loose = [f"{e.source} to {e.target}" for e in whole.edges if e.source not in nodes or e.target not in nodes]
    if loose:
        yield _gap(
            "system_architecture",
            f"the blueprint draws {', '.join(loose)}, and one end is not there",
            "Draw lines between parts of the plan.",
            "workload_types",
        )


CRITIC = Critic(name="data_flow", stage="plan", judge=judge)
