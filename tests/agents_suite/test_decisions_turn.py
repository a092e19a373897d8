"""Each decision comes out differently in two projects that differ by the cause named, and by nothing else."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from agents.domain.constraints import (
    Compliance,
    DataClass,
    DataSection,
    Freshness,
    Objective,
    Problem,
)
from agents.patterns.kept import label_delay_days, retention_days, versions_days
from agents.planning.model_training import _window_days
from tests.agents_suite.fakes import PARAMETERS, FakeComposer
from tests.agents_suite.scenarios import (
    BATCH,
    CHURN,
    NIGHTLY,
    ONLINE,
    SCENARIOS,
    STREAM,
    C,
    requirements,
    source,
)
from tests.agents_suite.walking import walk
from tests.render.projects import CATALOGUE, plan, rendered

Changes = dict[str, Any]
PLAIN = {"data_classification": DataClass.INTERNAL, "compliance": ()}
STREAMING = {
    "workloads": (STREAM,),
    "events_per_second": 500.0,
    "requests_per_second": 0.0,
    "sla_latency_ms": None,
}


def data(**changes: Any) -> DataSection:
    base: DataSection = CHURN["data"]
    return base.model_copy(update=changes)


def table(freshness: Freshness | None, **columns: C) -> tuple[Any, ...]:
    return (source("rows", freshness, **columns),)


KEYS = {"subscriber_id": C.ID, "snapshot_date": C.DATE}
SHORT = data(label="refused_3d")
ONE_COLUMN = data(sources=table(Freshness.DAILY, **KEYS, minutes=C.FLOAT))
CATEGORIES = data(sources=table(Freshness.DAILY, **KEYS, plan=C.CATEGORY, region=C.CATEGORY, shop=C.CATEGORY))
PERSONAL_KEY = data(entity="email", sources=table(Freshness.DAILY, email=C.PII, snapshot_date=C.DATE, minutes=C.FLOAT))
HOURLY = data(sources=table(Freshness.HOURLY, **KEYS, minutes=C.FLOAT))
WEEKLY = data(sources=table(Freshness.WEEKLY, **KEYS, minutes=C.FLOAT))
MONTHLY = data(sources=table(Freshness.MONTHLY, **KEYS, minutes=C.FLOAT))
TEXT: Changes = {"problem": Problem.NLP_CLASSIFICATION}
ASKED: Changes = {
    "problem": Problem.RAG, "data": DataSection(), "objective": Objective(), "sla_latency_ms": 6000.0,
    "requests_per_second": 0.05, "budget_usd_max": Decimal(5000), "data_classification": DataClass.INTERNAL,
    "compliance": (), "domain": "engineering",
}  # fmt: skip
RAG: Changes = {"problem": Problem.RAG, "data": DataSection(), "objective": Objective()}
NEAR = Objective(kpi="auc", baseline=0.70, target=0.72)

TURNS: tuple[tuple[str, Changes, str, Changes, str], ...] = (
    ("stages.path", {}, "prototype-first", {"objective": NEAR}, "walking-skeleton"),
    (
        "stages.path",
        {"objective": NEAR},
        "walking-skeleton",
        {"objective": NEAR, "domain": "credit"},
        "shadow-first",
    ),
    ("stages.environments", {}, "dev-prod", {"compliance": (Compliance.SOC2,)}, "dev-staging-prod"),
    ("versioning.data", {}, "dated-partitions", {"skills": ("dvc",), **TEXT}, "dvc-manifests"),
    ("versioning.branches", {}, "trunk", {"compliance": (Compliance.ISO27001,)}, "release-branches"),
    ("versioning.prompts", RAG, "files-by-hash", {**RAG, "team_size": 14}, "registry"),
    ("sourcing.labels", {}, "delayed-join", {"data": data(label="churned")}, "declared-column"),
    ("sourcing.labels", {}, "delayed-join", {"data": data(label=None)}, "annotation"),
    (
        "sourcing.labels",
        {"data": data(label=None)},
        "annotation",
        {"data": data(label=None), "problem": Problem.ANOMALY_DETECTION},
        "unsupervised",
    ),
    ("sourcing.exploration", {}, "full-scan", {"training_rows": 60_000_000}, "sample"),
    ("versioning.infrastructure", {}, "apply-on-merge", {"domain": "health"}, "approved-plan"),
    ("pipelines.streaming", {}, "batch", {"events_per_second": 5.0}, "micro-batch"),
    ("pipelines.streaming", {}, "batch", {**STREAMING, "sla_latency_ms": 200.0}, "streaming"),
    (
        "pipelines.streaming",
        {"events_per_second": 5.0, "data": HOURLY},
        "micro-batch",
        {"events_per_second": 5.0, "data": HOURLY, **STREAMING, "sla_latency_ms": 50.0},
        "streaming",
    ),
    ("pipelines.frequency", {}, "daily", {"data": HOURLY}, "hourly"),
    ("pipelines.frequency", {"data": HOURLY}, "hourly", {**NIGHTLY, "data": HOURLY}, "six-hourly"),
    ("pipelines.frequency", {}, "daily", {"data": MONTHLY}, "monthly"),
    ("pipelines.frequency", {}, "daily", {"data": WEEKLY}, "weekly"),
    ("stack.packaging", {}, "uv", {"team_size": 2}, "pip"),
    ("testing.online", {}, "replay", NIGHTLY, "smoke"),
    (
        "lake.late_events",
        {**STREAMING, "sla_latency_ms": 200.0},
        "accept-and-mark",
        {**STREAMING, "sla_latency_ms": 200.0, "domain": "credit"},
        "set-aside",
    ),
    ("stack.orchestrator", {}, "step-functions", {"existing_stack": ("Apache Airflow",)}, "airflow"),
    (
        "stack.orchestrator",
        {},
        "step-functions",
        {"team_size": 2, "availability_target": 99.0},
        "github-actions",
    ),
    ("stack.tracking", {}, "mlflow-files", {"existing_stack": ("mlflow",)}, "mlflow-server"),
    (
        "stack.tracking",
        {},
        "mlflow-files",
        {"existing_stack": ("sagemaker",), "team_size": 6},
        "sagemaker-registry",
    ),
    # 0.05 answers a second are 52,560 a month: 158 USD with Haiku of 5,000; ten times as many are 1,577
    ("stack.llm", ASKED, "claude-haiku-4.5", {**ASKED, "requests_per_second": 0.5}, "nova-lite"),
    ("stack.llm", ASKED, "claude-haiku-4.5", {**ASKED, "domain": "health"}, "claude-sonnet-4.5"),
    ("stack.llm", ASKED, "claude-haiku-4.5", {**ASKED, "skills": ("vllm",)}, "llama3.3-70b"),
    ("stack.iac", {}, "terraform", {"skills": ("opentofu",)}, "opentofu"),
    ("testing.depth", {}, "standard", NIGHTLY, "essential"),
    ("testing.depth", {}, "standard", {"domain": "insurance"}, "regulated"),
    ("testing.gate", {}, "threshold-and-champion", {"training_rows": 20_000}, "threshold"),
    ("testing.gate", {}, "threshold-and-champion", {"objective": Objective()}, "no-worse-than-champion"),
    ("lake.partitioning", {}, "date", {"batch_gb_per_day": 0.01}, "month"),
    ("lake.partitioning", {}, "date", {"batch_gb_per_day": 60.0}, "date-hour"),
    ("features.scope", {}, "latest-values", {"problem": Problem.FORECASTING}, "rolling-windows"),
    ("model.family", {}, "gradient-boosting", {"training_rows": 3000}, "linear"),
    ("model.family", TEXT, "neural", {**TEXT, "training_rows": 1000}, "linear"),
    ("model.split", {}, "time", {"data": data(event_time=None)}, "entity"),
    ("model.metric", {}, "average_precision", {"objective": Objective(kpi="AUC", target=0.8)}, "roc_auc"),
    ("training.cadence", {}, "weekly", {"data": HOURLY}, "twice-weekly"),
    ("deploy.rollout", {}, "canary", {"requests_per_second": 0.2}, "blue-green"),
    ("deploy.rollout", {}, "canary", NIGHTLY, "versioned-swap"),
    ("deploy.rollout", {}, "canary", {"domain": "credit", "objective": NEAR}, "shadow-then-canary"),
    ("inference.fallback", {}, "last-score", {"workloads": (ONLINE,)}, "baseline"),
    (
        "inference.fallback",
        {"workloads": (ONLINE,)},
        "baseline",
        {"workloads": (ONLINE,), "domain": "credit"},
        "refuse",
    ),
    ("inference.batching", TEXT, "single", {**TEXT, "requests_per_second": 900.0}, "micro-batch"),
    ("monitoring.drift", {}, "psi", {"data": CATEGORIES}, "jensen-shannon"),
    (
        "monitoring.drift",
        {},
        "psi",
        {**NIGHTLY, "data": ONE_COLUMN, "training_rows": 5000},
        "kolmogorov-smirnov",
    ),
    ("monitoring.sampling", {}, "log-all", {"requests_per_second": 500.0}, "log-sample"),
    ("continual.trigger", {}, "drift", {"data": SHORT}, "performance"),
    ("continual.promotion", {}, "person", {**PLAIN, "data": HOURLY}, "automatic"),
    ("governance.personal_data", {}, "drop", {"data": PERSONAL_KEY}, "keyed-hash"),
    ("governance.personal_data", {}, "drop", {**PLAIN, "data": ONE_COLUMN}, "none"),
    (
        "governance.personal_data",
        {"data_classification": DataClass.PCI},
        "drop",
        {"data_classification": DataClass.PCI, "data": data(entity="card_id")},
        "keyed-hash",
    ),
    ("governance.explanation", {}, "global", {"domain": "health"}, "per-prediction"),
    ("architecture.scaling", {}, "autoscale", {"sla_latency_ms": 20.0}, "headroom"),
    ("architecture.scaling", {}, "autoscale", NIGHTLY, "scheduled"),
    (
        "architecture.recovery",
        {"regions": ("eu-west-1", "eu-central-1")},
        "restore-from-backup",
        {"regions": ("eu-west-1", "eu-central-1"), "availability_target": 99.95},
        "pilot-light",
    ),
    ("ingestion.loader", {}, "incremental-watermark", {"batch_gb_per_day": 0.5}, "full-snapshot"),
    ("ingestion.contract", {}, "quarantine-rows", {"domain": "credit"}, "reject-batch"),
    ("feature_pipeline.dataframe", {}, "pandas", {"training_rows": 20_000_000}, "polars"),
    ("feature_pipeline.materialisation", {}, "full", {"training_rows": 20_000_000}, "incremental"),
    ("training_pipeline.library", {}, "scikit-learn", {"training_rows": 6_000_000}, "lightgbm"),
    ("training_pipeline.search", {}, "successive-halving", {"training_rows": 400_000}, "random"),
    ("training_pipeline.search", {}, "successive-halving", {"training_rows": 4000}, "fixed"),
    ("inference_service.concurrency", {}, "threads", NIGHTLY, "processes"),
    ("monitoring_setup.drift_runner", {}, "scheduled-job", {"requests_per_second": 900.0}, "in-service"),
    ("monitoring_setup.release_test", {}, "sequential", {"availability_target": 95.0}, "fixed-horizon"),
    (
        "continual_setup.trigger_logic",
        {},
        "consecutive-breaches",
        {**NIGHTLY, "training_rows": 20},
        "first-breach",
    ),
    ("continual_setup.challenger_test", {}, "paired-bootstrap", {"data": SHORT}, "two-proportions"),
    ("training.cadence", {}, "weekly", {"data": HOURLY, "problem": Problem.RECOMMENDATION}, "daily"),
    ("training.start", {}, "fresh-search", {"data": HOURLY}, "champion-settings"),
    ("model.imbalance", {}, "as-is", {"data": data(label="fraud_30d"), "objective": Objective()}, "class-weights"),
    ("model.answers", RAG, "people", {**RAG, "team_size": 2}, "known-item"),
    ("deploy.rollback", {}, "automatic", {"availability_target": 99.0}, "person"),
    ("inference.caching", {}, "none", {"domain": "credit"}, "by-request"),
    (
        "inference.caching",
        {},
        "none",
        {"problem": Problem.NLP_CLASSIFICATION, "requests_per_second": 5000.0},
        "by-features",
    ),
    ("monitoring.on_call", {}, "rotation", {"team_size": 2}, "working-hours"),
    ("continual.experiment", {}, "holdout", {"domain": "credit"}, "before-after"),
    ("continual.feedback", {}, "outcomes", {"data": data(label=None)}, "uncertain-review"),
    (
        "continual.feedback",
        {},
        "outcomes",
        {"data": data(label=None), "problem": Problem.ANOMALY_DETECTION},
        "random-review",
    ),
    ("continual.stop", {}, "fall-back", {"workloads": (ONLINE,)}, "freeze"),
    ("governance.oversight", {}, "none", {"domain": "credit"}, "near-threshold"),
    (
        "governance.oversight",
        {},
        "none",
        {"domain": "credit", "workloads": (ONLINE,), "requests_per_second": 0.002},
        "every-adverse",
    ),
    (
        "governance.mitigation",
        {"data": CATEGORIES},
        "gate-only",
        {"data": CATEGORIES, "domain": "credit"},
        "reweigh",
    ),
)


def chosen(key: str, changes: Changes) -> str:
    r = requirements(**changes)
    return walk(r, FakeComposer(r, first=("serve:aws-ecs-fargate",))).choices[key]


@pytest.mark.parametrize(("key", "before", "was", "after", "becomes"), TURNS, ids=[f"{t[0]}-{t[4]}" for t in TURNS])
def test_the_cause_turns_the_decision(key: str, before: Changes, was: str, after: Changes, becomes: str) -> None:
    assert chosen(key, before) == was
    assert chosen(key, after) == becomes


def test_every_decision_that_is_no_pattern_has_a_turn() -> None:
    asked = {key for r in SCENARIOS.values() for key in walk(r, FakeComposer(r)).questions}
    turned = {key for key, _, was, _, becomes in TURNS if was != becomes}
    assert asked - set(PARAMETERS) - turned == set()


@pytest.mark.parametrize("slot", PARAMETERS)
def test_the_composer_turns_the_pattern_of_its_slot(slot: str) -> None:
    r = requirements(workloads=(BATCH, ONLINE, STREAM), events_per_second=50.0)
    picks = {walk(r, FakeComposer(r, first=(name,))).choices[slot] for name in PARAMETERS[slot]}
    assert picks == set(PARAMETERS[slot])


def test_snapshots_of_agent_2_refuse_stores_without_them() -> None:
    r = requirements(skills=("iceberg",), batch_gb_per_day=100.0)
    composer = FakeComposer(r, first=("store:aws-s3-iceberg",))
    done = walk(r, composer)
    assert done.choices["versioning.data"] == "table-snapshots"
    parquet = done.questions["store"].candidate("store:aws-s3-parquet")
    assert not parquet.feasible and "snapshots" in parquet.refusals[0]


@pytest.mark.parametrize(("label", "kept", "window"), [("left_30d", 395, 365), ("defaulted_24m", 1085, 1085)])
def test_rows_are_kept_until_they_have_an_outcome(label: str, kept: int, window: int) -> None:
    r = requirements(data=data(label=label))
    assert (retention_days(r), _window_days(r.problem, label_delay_days(label) or 0.0, retention_days(r))) == (
        kept,
        window,
    )
    made = plan(r)
    _, files = rendered(made)
    wiring = files["infra/terraform/modules/project/patterns.tf"].decode()
    assert f'"tables/raw_"         = {kept}' in wiring and '"landing/"            = 90' in wiring
    assert CATALOGUE.evaluate(CATALOGUE.get(made.slots["store"]), r).parameters["retention_days"] == kept


def test_the_same_month_last_year_is_whole_on_the_last_day_of_this_one() -> None:
    """From 1 January 2026 to 31 January 2027 are 395 days: a label that is known at once asks for no more."""
    longest = max((date(2027, month, monthrange(2027, month)[1]) - date(2026, month, 1)).days for month in range(1, 13))
    assert retention_days(requirements(data=data(label="left"))) == longest == 395


@pytest.mark.parametrize(("compliance", "days"), [((Compliance.GDPR,), 90), ((Compliance.SOC2,), 365)])
def test_snapshots_live_as_long_as_training_sets_are_found_by_them(compliance: Any, days: int) -> None:
    r = requirements(compliance=compliance)
    assert CATALOGUE.evaluate(CATALOGUE.get("store:aws-s3-iceberg"), r).parameters["snapshot_days"] == days
    assert versions_days(r) == days


@pytest.mark.parametrize(
    ("train", "stack", "there"),
    [
        ("train:aws-sagemaker-training", (), True),
        ("train:aws-batch-spot", ("sagemaker",), True),
        ("train:aws-batch-spot", (), False),
    ],
)
def test_a_registry_of_a_service_that_nothing_else_uses_is_coupling(
    train: str, stack: tuple[str, ...], there: bool
) -> None:
    r = requirements(compliance=(Compliance.SOC2,), team_size=8, existing_stack=stack)
    done = walk(r, FakeComposer(r, first=(train, "serve:aws-ecs-fargate")))
    assert (done.choices["stack.tracking"] == "sagemaker-registry") is there
