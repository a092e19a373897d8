"""What is said of data, label and features follows from what the project declares and what was measured."""

import pytest

from agents.domain.constraints import (
    ColumnProfile,
    DataSection,
    Freshness,
    Objective,
    Problem,
)
from agents.domain.outputs import (
    DataSourcing,
    FeatureEngineering,
)
from agents.expert.metrics import METRICS, metric_named
from agents.expert.project import label_delay_days
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import CHURN, SCENARIOS, C, requirements, source
from tests.agents_suite.walked import of
from tests.agents_suite.walking import walk


@pytest.mark.parametrize(
    ("label", "days"),
    [
        ("churned_within_30d", 30),
        ("fraud_72h", 3),
        ("default_12m", 360),
        ("returned_2_weeks", 14),
        ("churned_30d_flag", 30),
        ("churned", None),
        ("top10", None),
        ("class_3", None),
        (None, None),
    ],
)
def test_delay_is_read_from_the_labels_name(label: str | None, days: float | None) -> None:
    assert label_delay_days(label) == days


@pytest.mark.parametrize(
    ("kpi", "problem", "metric"),
    [
        ("AUC", Problem.BINARY_CLASSIFICATION, "roc_auc"),
        ("ROC-AUC", Problem.BINARY_CLASSIFICATION, "roc_auc"),
        ("average precision", Problem.BINARY_CLASSIFICATION, "average_precision"),
        ("recall at 10", Problem.RECOMMENDATION, "recall_at_10"),
        ("F1", Problem.MULTICLASS_CLASSIFICATION, "macro_f1"),
        ("wape", Problem.FORECASTING, "wape"),
        ("wape", Problem.BINARY_CLASSIFICATION, None),
        ("retained-revenue", Problem.BINARY_CLASSIFICATION, None),
        (None, Problem.REGRESSION, None),
    ],
)
def test_a_kpi_is_a_metric_or_a_business_figure(kpi: str | None, problem: Problem, metric: str | None) -> None:
    found = metric_named(kpi, problem)
    assert (found.name if found else None) == metric
    assert all(first.name != second.name for first, second in METRICS.values())


def test_schema_features_and_leaks_use_declared_columns_only() -> None:
    data, features = of(DataSourcing), of(FeatureEngineering)
    declared = set(CHURN["data"].sources[0].columns) | {"churned_within_30d"}
    assert {c.name for c in data.columns} == declared and data.schema_declared and not data.schema_note
    assert [(f.name, f.transform, f.online) for f in features.features] == [
        ("minutes", "scale", True),
        ("data_mb", "scale", True),
        ("plan", "one-hot", True),
    ]
    assert {e.column for e in features.excluded} == {
        "subscriber_id",
        "snapshot_date",
        "email",
        "churned_within_30d",
    }
    assert data.personal_columns == ("email",)
    assert [(k.column, k.rule, k.threshold) for k in data.leakage] == [
        ("churned_within_30d", "exclude", None),
        ("snapshot_date", "before-event-time", None),
        ("snapshot_date", "gap-days", 30.0),
    ]
    assert (features.ttl_hours, features.online_store, features.point_in_time) == (48, True, True)


@pytest.mark.parametrize("problem", list(Problem))
def test_without_columns_a_documented_schema_stands_in(problem: Problem) -> None:
    r = requirements(problem=problem, data=DataSection(), objective=Objective())
    done = walk(r, FakeComposer(r))
    data, features = of(DataSourcing, done), of(FeatureEngineering, done)
    assert not data.schema_declared
    assert all(c.name in data.schema_note and not c.declared for c in data.columns)
    assert features.features and not any(f.name.startswith("feature_") for f in features.features)
    assert done.questions["features.scope"].confidence < 0.7


def test_a_label_that_nobody_declared_is_said_so() -> None:
    r = requirements(data=CHURN["data"].model_copy(update={"label": None}))
    data = of(DataSourcing, walk(r, FakeComposer(r)))
    assert data.label == "label" and "No label is declared" in data.schema_note
    assert [c.declared for c in data.columns if c.name == "label"] == [False]


def test_thresholds_of_checks_follow_the_profile() -> None:
    seen = {"minutes": ColumnProfile(missing=0.1), "plan": ColumnProfile(distinct=5)}
    usage = CHURN["data"].sources[0].model_copy(update={"profile": seen})
    r = requirements(data=CHURN["data"].model_copy(update={"sources": (usage,)}))
    checks = {c.name: c for c in of(DataSourcing, walk(r, FakeComposer(r))).checks}
    assert checks["usage_daily_minutes_present"].threshold == 0.205  # 2 x 0.1 + 0.005
    assert checks["usage_daily_data_mb_present"].basis == "not profiled: an assumption"
    assert checks["usage_daily_plan_levels"].threshold == 9  # 1.5 x 5, rounded up, + 1
    assert "usage_daily_data_mb_levels" not in checks
    assert checks["key_unique"].basis.startswith("subscriber_id and snapshot_date name a row")


def test_the_discovery_plan_names_what_nobody_has_told() -> None:
    item = of(DataSourcing).discovery[0]
    assert item.feeds == ("raw_usage_daily", "curated_usage_daily") and "data-platform" in item.ask
    assert [gap.split(":")[0] for gap in item.gaps] == ["missing shares and ranges"]
    bare = of(DataSourcing, walk(SCENARIOS["bare"], FakeComposer(SCENARIOS["bare"]))).discovery[0]
    assert "its owner" in bare.gaps and len(bare.gaps) > 3


def test_features_of_two_columns_and_of_the_past() -> None:
    columns = {"id": C.ID, "at": C.DATE, "balance_used": C.FLOAT, "credit_limit": C.FLOAT, "defaulted_90d": C.BOOLEAN}
    rows = source("accounts", Freshness.DAILY, **columns)
    r = requirements(
        data=DataSection(entity="id", event_time="at", label="defaulted_90d", sources=(rows,), series=50_000)
    )
    found = of(FeatureEngineering, walk(r, FakeComposer(r)))
    assert [(f.name, f.divisor) for f in found.features if f.transform == "ratio"] == [
        ("balance_used_per_credit_limit", "credit_limit")
    ]
    windows = {f.window_days for f in found.features if f.transform == "window-mean"}
    assert windows == {7, 91} and found.backfill_days == 91 + 90  # 13 weeks see the 90 days the label asks about
    forecast = of(FeatureEngineering, walk(SCENARIOS["forecast"], FakeComposer(SCENARIOS["forecast"])))
    assert {"lag", "window-mean", "calendar"} <= {f.transform for f in forecast.features}


def test_names_of_features_are_told_apart_without_case() -> None:
    one = source("one", Freshness.DAILY, id=C.ID, at=C.DATE, Spend=C.FLOAT, spend_mean_7d=C.FLOAT, y=C.BOOLEAN)
    two = source("two", Freshness.DAILY, id=C.ID, spend=C.FLOAT, used=C.FLOAT)
    r = requirements(data=DataSection(entity="id", event_time="at", label="y", sources=(one, two)))
    features = of(FeatureEngineering, walk(r, FakeComposer(r))).features
    names = [f.name for f in features]
    assert {"one__Spend", "two__spend"} <= set(names) and len({n.lower() for n in names}) == len(names)
    alone = requirements(data=r.data.model_copy(update={"sources": (one,)}))
    seen = {f.name.lower(): f for f in of(FeatureEngineering, walk(alone, FakeComposer(alone))).features}
    assert seen["spend_mean_7d"].column == "spend_mean_7d", "a declared column is not replaced by what follows from one"
