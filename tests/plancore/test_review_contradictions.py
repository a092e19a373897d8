"""Choices that contradict each other: coupling, gaps in the flow of data, skew between training and serving."""

from typing import Any

import pytest

from agents.critics import coupling, data_flow, skew
from agents.critics.critic import CriticFacts
from agents.domain.constraints import ColumnType, DataSection
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import OUTPUTS
from agents.domain.outputs.continual_learning import RetrainTrigger
from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec
from agents.domain.outputs.feature_engineering import FeatureScope, FeatureSpec
from agents.domain.outputs.inference_pipeline import Batching, Fallback
from agents.domain.outputs.model_development import Split
from agents.domain.outputs.monitoring_observability import DriftStatistic
from agents.domain.outputs.pipelines_blueprint import Cadence, PipelineSpec
from agents.domain.outputs.system_architecture import Edge, Node, Recovery
from agents.domain.outputs.tech_stack import Orchestrator, Tracking
from agents.domain.outputs.versioning_governance import DataVersioning
from tests.plancore.reviewing import ECS, none, one, plan, said, step, with_parameters

# --- coupling ---


def test_nobody_waits_for_company_on_lambda() -> None:
    batching = {"batching": Batching.MICRO_BATCH, "max_wait_ms": 15.0, "fallback": Fallback.BASELINE}
    facts = with_parameters(plan(), "serve.online", "serve:aws-lambda-container")
    found = one(coupling.judge(said(facts, inference_pipeline=batching)), "coupling")
    assert (found.agent, found.key, found.rules_out) == ("inference_pipeline", "inference.batching", ("micro-batch",))
    assert none(coupling.judge(said(plan(**ECS), inference_pipeline=batching)), "coupling")
    assert none(coupling.judge(said(facts, inference_pipeline={**batching, "batching": Batching.SINGLE})), "coupling")


def test_the_last_score_needs_a_run_that_leaves_one() -> None:
    last = {"batching": Batching.SINGLE, "fallback": Fallback.LAST_SCORE}
    scored = said(plan(), inference_pipeline=last, pipelines_blueprint={"pipelines": (step("batch_inference"),)})
    assert none(coupling.judge(scored), "coupling")
    empty = said(plan(), inference_pipeline=last, pipelines_blueprint={"pipelines": ()})
    assert one(coupling.judge(empty), "coupling").rules_out == ("last-score",)


def test_snapshots_live_as_long_as_training_sets_are_named_by_them() -> None:
    def versions(kept: int, days: int) -> tuple[Finding, ...]:
        facts = with_parameters(plan(), "store", "store:aws-s3-iceberg", snapshot_days=kept)
        return coupling.judge(
            said(
                facts,
                versioning_governance={"data_versioning": DataVersioning.TABLE_SNAPSHOTS, "data_versions_days": days},
            )
        )

    assert none(versions(90, 90), "coupling")
    found = one(versions(89, 90), "coupling")
    assert (found.agent, found.key, found.rules_out) == (
        "versioning_governance",
        "versioning.data",
        ("table-snapshots",),
    )
    assert "keeps none" in one(versions(0, 90), "coupling").message


def test_a_registry_that_nothing_provides_and_a_runner_that_stops() -> None:
    def stack(tracking: Tracking, orchestrator: Orchestrator, train: str, hours: float) -> tuple[Finding, ...]:
        facts = with_parameters(plan(), "train", train, hours_per_run=hours)
        return coupling.judge(said(facts, tech_stack={"tracking": tracking, "orchestrator": orchestrator}))

    spot, managed = "train:aws-batch-spot", "train:aws-sagemaker-training"
    steps, actions, files, registry = (
        Orchestrator.STEP_FUNCTIONS,
        Orchestrator.GITHUB_ACTIONS,
        Tracking.MLFLOW_FILES,
        Tracking.SAGEMAKER_REGISTRY,
    )
    assert stack(registry, steps, managed, 1) == stack(files, steps, spot, 99) == stack(files, actions, spot, 6) == ()
    assert one(stack(registry, steps, spot, 1), "coupling").key == "stack.tracking"
    assert one(stack(files, actions, spot, 6.1), "coupling").rules_out == ("github-actions",)


def drift(rate: float, needed: int, trigger: RetrainTrigger) -> tuple[Finding, ...]:
    facts = plan(requests_per_second=rate, workloads=["online"])
    return coupling.judge(
        said(
            facts,
            monitoring_observability={"drift_min_rows": needed, "drift_statistic": DriftStatistic.PSI},
            continual_learning={"trigger": trigger},
        )
    )


def test_drift_that_too_few_rows_could_show() -> None:
    """0.001 requests a second at 40 % are 34.56 a day, 1,037 in thirty days."""
    assert none(drift(0.001, 1036, RetrainTrigger.DRIFT), "drift-unseen")
    found = one(drift(0.001, 1037, RetrainTrigger.DRIFT), "drift-unseen")
    assert (found.severity, found.agent, found.rules_out) == (Severity.ERROR, "continual_learning", ("drift",))
    assert one(drift(0.001, 1037, RetrainTrigger.SCHEDULE), "drift-unseen").severity is Severity.WARNING


def test_challengers_that_wait_for_their_verdict() -> None:
    def waiting(days: int) -> tuple[Finding, ...]:
        loop = {"comparison_days": days, "evaluation_rows": 1000}
        return coupling.judge(said(plan(), continual_learning=loop, model_training={"runs_per_month": 4.0}))

    assert none(waiting(22), "slow-verdict")
    assert "every 7.6 days" in one(waiting(23), "slow-verdict").message


# --- data flow ---


COLUMNS = tuple(
    ColumnSpec(source="s", name=name, type=kind, role=role, declared=True)
    for name, kind, role in (
        ("id", ColumnType.ID, ColumnRole.ENTITY),
        ("day", ColumnType.DATE, ColumnRole.EVENT_TIME),
        ("x", ColumnType.FLOAT, ColumnRole.INPUT),
        ("y", ColumnType.FLOAT, ColumnRole.LABEL),
        ("mail", ColumnType.PII, ColumnRole.PERSONAL),
    )
)
DATA = {"columns": COLUMNS, "label": "y", "label_delay_days": 0.0, "event_time": "day"}


def feature(
    name: str, column: str, transform: str = "scale", days: int | None = None, online: bool = False
) -> FeatureSpec:
    return FeatureSpec(name=name, source="s", column=column, transform=transform, window_days=days, online=online)


def flows(*features: FeatureSpec, **outputs: dict[str, Any]) -> list[Finding]:
    facts = said(plan(data=DataSection()), data_sourcing=DATA, feature_engineering={"features": features}, **outputs)
    return list(data_flow.judge(facts))


def test_columns_stand_in_a_contract_and_are_neither_answer_nor_person() -> None:
    assert flows(feature("x", "x"), feature("y_lag", "y", "lag", 7)) == []
    (unknown,) = flows(feature("z", "z"))
    assert unknown.agent == "feature_engineering" and "in no contract" in unknown.message
    (leak,) = flows(feature("y", "y"))
    assert leak.rule == "tech.leakage" and leak.severity is Severity.ERROR
    (person,) = flows(feature("mail", "mail"), governance_ethics={"personal_columns": ("mail",)})
    assert "personal column" in person.message
    (blind,) = flows(feature("x", "x"), monitoring_observability={"drift_columns": ("x", "w")})
    assert blind.agent == "monitoring_observability" and "drift of w" in blind.message


def test_pipelines_wait_for_pipelines_that_there_are() -> None:
    def blueprint(*pipelines: PipelineSpec) -> list[str]:
        facts = said(plan(workloads=["online"]), pipelines_blueprint={"pipelines": pipelines})
        return [f.message for f in data_flow.judge(facts)]

    assert blueprint(step("online_inference")) == []
    assert blueprint() == ["workload online has no online_inference pipeline"]
    assert blueprint(step("online_inference", "training")) == ["online_inference waits for training, which nobody runs"]


def test_what_inference_reads_is_written() -> None:
    def reading(source: str, lookup: str, *pipelines: PipelineSpec) -> list[Finding]:
        facts = with_parameters(plan(workloads=["batch"], sla_latency_ms=None), "feature", lookup=lookup)
        blueprint = {"pipelines": (step("batch_inference"), *pipelines)}
        return list(
            data_flow.judge(said(facts, inference_pipeline={"features_from": source}, pipelines_blueprint=blueprint))
        )

    made = step("feature_engineering")
    assert (
        reading("online-store", "dynamodb", made)
        == reading("batch-table", "request", made)
        == reading("request", "request")
        == []
    )
    (no_store,) = reading("online-store", "request", made)
    assert no_store.agent == "feature_engineering" and no_store.key == "feature" and no_store.rules_out
    (no_writer,) = reading("batch-table", "request")
    assert no_writer.agent == "pipelines_blueprint"


def test_an_agent_that_reads_what_nobody_writes() -> None:
    facts = said(plan(data=DataSection()), model_training={})
    reads = {"feature_engineering": ("data_sourcing",), "data_sourcing": ()}
    given = CriticFacts(
        facts.requirements,
        facts.composition,
        {"feature_engineering": OUTPUTS["feature_engineering"].model_construct(features=())},
        reads=reads,
    )
    (found,) = data_flow.judge(given)
    assert found.agent == "feature_engineering" and "it reads data_sourcing" in found.message


def label(delay: float, window: int, kept: int = 395) -> list[Finding]:
    facts = said(
        plan(data=DataSection()),
        data_sourcing={**DATA, "label_delay_days": delay},
        model_training={"window_days": window},
        data_engineering={"curated_retention_days": kept},
    )
    return list(data_flow.judge(facts))


def test_a_label_that_comes_after_the_window() -> None:
    assert label(197, 395) == []
    (late,) = label(198, 395)
    assert late.rule == "tech.late-label" and "50% have an outcome" in late.message
    (never,) = label(395, 395)
    assert (never.severity, never.agent, never.key) == (Severity.ERROR, "data_sourcing", "sourcing.labels")
    assert len(label(100, 395, kept=100)) == 1


def test_the_blueprint_draws_lines_between_what_is_there() -> None:
    def drawn(target: str) -> list[Finding]:
        nodes = (Node(id="a", label="A", group="data"), Node(id="b", label="B", group="data"))
        whole = {
            "nodes": nodes,
            "edges": (Edge(source="a", target=target, label="", kind="data"),),
            "recovery": Recovery.RESTORE,
        }
        return list(data_flow.judge(said(plan(data=DataSection()), system_architecture=whole)))

    assert drawn("b") == []
    assert "a to c" in drawn("c")[0].message


# --- skew ---


def online(
    *features: FeatureSpec, source: str = "online-store", scope: str = "rolling-windows", **outputs: dict[str, Any]
) -> tuple[Finding, ...]:
    return skew.judge(
        said(
            plan(data=DataSection()),
            data_sourcing=DATA,
            feature_engineering={
                "features": features,
                "online_store": True,
                "ttl_hours": 48,
                "scope": FeatureScope(scope),
            },
            inference_pipeline={"features_from": source},
            **outputs,
        )
    )


def test_history_that_an_online_request_does_not_bring() -> None:
    assert none(online(feature("x", "x"), source="request"), "skew")
    found = one(online(feature("x_7d", "x", "window-mean", 7), source="request"), "skew")
    assert (found.agent, found.key, found.rules_out) == ("feature_engineering", "features.scope", ("rolling-windows",))
    assert none(online(feature("x_7d", "x", "window-mean", 7)), "skew")
    past = one(online(feature("x_lag", "x", "lag", 7), source="request", scope="latest-values"), "skew")
    assert past.key == "feature" and past.rules_out == (plan(data=DataSection()).composition.slots["feature"],)


def test_a_window_that_ended_at_the_last_refresh() -> None:
    def refreshed(cadence: Cadence, days: int) -> tuple[Finding, ...]:
        found = online(
            feature("x_w", "x", "window-mean", days, online=True), pipelines_blueprint={"ingest_cadence": cadence}
        )
        return tuple(f for f in found if f.severity is not Severity.INFO)

    assert refreshed(Cadence.DAILY, 7) == refreshed(Cadence.HOURLY, 1) == ()
    stale = one(refreshed(Cadence.DAILY, 1), "skew")
    assert (stale.severity, stale.agent, stale.key) == (Severity.ERROR, "pipelines_blueprint", "pipelines.frequency")
    assert Cadence.DAILY in stale.rules_out and Cadence.SIX_HOURLY not in stale.rules_out and "100%" in stale.message
    half = one(refreshed(Cadence.DAILY, 2), "skew")
    assert half.severity is Severity.ERROR and Cadence.DAILY in half.rules_out and half.key == "pipelines.frequency"
    assert one(refreshed(Cadence.DAILY, 3), "skew").severity is Severity.WARNING
    assert one(refreshed(Cadence.DAILY, 4), "skew").severity is Severity.WARNING  # a quarter
    assert refreshed(Cadence.DAILY, 5) == ()


def test_values_that_expire_before_they_are_refreshed() -> None:
    weekly = {"ingest_cadence": Cadence.WEEKLY}
    assert "71% of the time" in one(online(feature("x", "x"), pipelines_blueprint=weekly), "skew").message
    assert none(online(feature("x", "x"), pipelines_blueprint={"ingest_cadence": Cadence.DAILY}), "skew")


def test_a_date_has_no_zone() -> None:
    (told,) = [f for f in online(feature("x_7d", "x", "window-mean", 7, online=True)) if f.severity is Severity.INFO]
    assert told.key == "data.event_time"


@pytest.mark.parametrize(
    ("split", "gap", "delay", "wrong"),
    [
        (Split.TIME, 30.0, 30.0, None),
        (Split.TIME, 29.0, 30.0, ()),
        (Split.RANDOM, 0.0, 30.0, ("random",)),
        (Split.ENTITY, 0.0, 30.0, ("entity",)),
        (Split.RANDOM, 0.0, 0.0, None),
    ],
)
def test_the_split_leaves_the_labels_delay(
    split: Split, gap: float, delay: float, wrong: tuple[str, ...] | None
) -> None:
    facts = said(
        plan(data=DataSection(event_time="day")),
        data_sourcing={**DATA, "label_delay_days": delay},
        feature_engineering={"features": (), "online_store": False, "ttl_hours": 1},
        model_development={"split": split, "gap_days": gap},
    )
    found = skew.judge(facts)
    assert none(found, "leakage") if wrong is None else one(found, "leakage").rules_out == wrong


def test_without_an_event_time_no_split_can_leave_a_gap() -> None:
    facts = said(
        plan(data=DataSection()),
        data_sourcing={**DATA, "label_delay_days": 30.0},
        feature_engineering={"features": (), "online_store": False, "ttl_hours": 1},
        model_development={"split": Split.ENTITY, "gap_days": 0.0},
    )
    assert skew.judge(facts) == ()
