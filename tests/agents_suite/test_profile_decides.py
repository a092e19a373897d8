"""What `mlwright profile` measured decides: each figure, in two projects that differ by it alone."""

from typing import Any, TypeVar

import pytest

from agents.domain.constraints import (
    ColumnProfile,
    ColumnType,
    DataSection,
    Freshness,
    Leak,
    Problem,
    Source,
    SourceFormat,
)
from agents.domain.outputs import (
    ContinualLearning,
    DataIngestion,
    DataSourcing,
    FeatureEngineering,
    ModelDevelopment,
    MonitoringObservability,
    TestingStrategy,
    TrainingPipeline,
)
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Requirements
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import CHURN, C, requirements
from tests.agents_suite.walking import Walk, walk
from tests.render.projects import plan, rendered

K = TypeVar("K", bound=AgentOutput)
COLUMNS = {
    "account_id": C.ID,
    "day": C.DATE,
    "amount": C.FLOAT,
    "age": C.INTEGER,
    "shop": C.CATEGORY,
    "ticket_no": C.ID,
    "email": C.PII,
    "fraud_3d": C.BOOLEAN,
}
ROWS = 2_000_000


def project(rows: int = ROWS, changes: dict[str, Any] | None = None, **seen: ColumnProfile) -> Requirements:
    """A project of one profiled table."""
    table = Source(
        name="txns", format=SourceFormat.CSV, freshness=Freshness.DAILY, owner="pay", columns=COLUMNS, rows=rows,
        profile=seen,
    )  # fmt: skip
    data = DataSection(entity="account_id", label="fraud_3d", event_time="day", sources=(table,))
    return requirements(data=data, training_rows=rows, objective=CHURN["objective"], **(changes or {}))


def planned(*args: Any, **seen: Any) -> Walk:
    r = project(*args, **seen)
    return walk(r, FakeComposer(r))


def of(kind: type[K], done: Walk) -> K:
    return next(out for out in done.outputs.values() if isinstance(out, kind))


def shares(rare: float) -> ColumnProfile:
    return ColumnProfile(missing=0, distinct=2, shares={"0": 1 - rare, "1": rare})


def features(done: Walk) -> dict[str, tuple[str, int, bool]]:
    return {f.name: (f.transform, f.width, f.missing_flag) for f in of(FeatureEngineering, done).features}


@pytest.mark.parametrize(
    ("missing", "there", "flag"),
    [(0.0, True, False), (0.049, True, False), (0.05, True, True), (0.3, True, True), (0.72, False, False)],
)
def test_missing_shares_fill_flag_or_refuse_a_column(missing: float, there: bool, flag: bool) -> None:
    done = planned(age=ColumnProfile(missing=missing, distinct=90))
    assert ("age" in features(done)) is there
    if there:
        assert features(done)["age"][2] is flag
    else:
        reasons = {x.column: x.reason for x in of(FeatureEngineering, done).excluded}
        assert reasons["age"] == "missing in 72% of the profiled rows, limit 50%"


@pytest.mark.parametrize(
    ("levels", "rare", "encoding"),
    [(5, 0.1, ("one-hot", 6)), (2_000, 0.1, ("target-mean", 32)), (2_000, 1 / 400, ("hash", 32))],
)
def test_cardinality_and_balance_choose_the_encoding(levels: int, rare: float, encoding: tuple[str, int]) -> None:
    # 2,000,000 rows over 2,000 levels are 1,000 each; a rarest class of 1 in 400 asks for 5 x 400 = 2,000.
    done = planned(shop=ColumnProfile(missing=0, distinct=levels), fraud_3d=shares(rare))
    assert features(done)["shop"][:2] == encoding


def test_a_level_has_the_rows_that_steady_its_mean_outcome() -> None:
    """The mean of n outcomes of 0 or 1 moves by 1 / (2 sqrt(n)) at most: with 50 rows by 7 points. With even
    classes, rarity asks for 5 / 0.5 = 10 rows only."""
    for rows, encoding in ((40 * 50, "target-mean"), (40 * 50 - 1, "hash")):
        done = planned(rows, shop=ColumnProfile(missing=0, distinct=40), fraud_3d=shares(0.5))
        assert features(done)["shop"][0] == encoding


def test_a_constant_and_a_category_that_names_rows_are_left_out() -> None:
    assert "shop" in features(planned(shop=ColumnProfile(missing=0, distinct=2)))
    assert "shop" not in features(planned(shop=ColumnProfile(missing=0, distinct=1)))
    assert "shop" not in features(planned(shop=ColumnProfile(missing=0, distinct=1_900_000)))


@pytest.mark.parametrize("way", list(Leak))
def test_a_leak_is_no_feature_and_the_repository_tests_that(way: Leak) -> None:
    done = planned(age=ColumnProfile(missing=0, leak=way))
    assert "age" not in features(done) and "age" in features(planned(age=ColumnProfile(missing=0)))
    rules = [(check.column, check.rule) for check in of(DataSourcing, done).leakage]
    assert ("age", "exclude") in rules
    _, files = rendered(plan(project(age=ColumnProfile(missing=0, leak=way))))
    assert b'{column: "age", rule: "exclude"' in files["configs/project.yaml"]
    assert b"used & forbidden" in files["tests/features/test_point_in_time.py"]
    assert b'name: "age"' in files["contracts/txns.yaml"]


def test_ranges_become_checks_of_the_contract() -> None:
    seen = {"amount": ColumnProfile(min=10, max=110), "age": ColumnProfile(min=-5.0, max=5.0)}
    checks = {c.name: c.threshold for c in of(DataSourcing, planned(**seen)).checks if c.rule.startswith("value_")}
    assert checks == {
        "txns_amount_min": 0, "txns_amount_max": 210, "txns_age_min": -15, "txns_age_max": 15,
    }  # fmt: skip
    assert not [c for c in of(DataSourcing, planned()).checks if c.rule.startswith("value_")]


def test_ids_that_are_mostly_empty_are_no_key() -> None:
    assert of(DataSourcing, planned()).key == ("account_id", "day", "ticket_no")
    sparse = {"ticket_no": ColumnProfile(missing=0.9)}
    assert of(DataSourcing, planned(**sparse)).key == ("account_id", "day")
    _, files = rendered(plan(project(**sparse)))
    assert b'key: ["account_id", "day"]\n' in files["contracts/txns.yaml"]


def test_balance_decides_metric_weights_rows_and_folds() -> None:
    even, rare = planned(fraud_3d=shares(0.45)), planned(120_000, fraud_3d=shares(1 / 400))
    assert (even.choices["model.metric"], rare.choices["model.metric"]) == ("roc_auc", "average_precision")
    assert of(ModelDevelopment, even).folds == 1 and of(TrainingPipeline, rare).folds == 5
    tests = of(TestingStrategy, rare)
    assert tests.test_fraction == 0.2 and not tests.evaluation_power_reached  # a tenth would hold 30 of the rarest
    assert of(TestingStrategy, even).test_fraction == 0.1
    loop = of(ContinualLearning, planned(fraud_3d=shares(1 / 100_000)))
    assert loop.min_new_labels == 10_000_000  # a hundred of one in a hundred thousand


def test_few_rare_rows_ask_for_a_linear_model() -> None:
    plenty, few = planned(120_000, fraud_3d=shares(0.05)), planned(120_000, fraud_3d=shares(20 / 120_000))
    assert (plenty.choices["model.family"], few.choices["model.family"]) == ("gradient-boosting", "linear")


def test_a_trigger_by_outcomes_needs_enough_of_the_rarest() -> None:
    slow = {"requests_per_second": 0.01, "batch_gb_per_day": 0.00001}
    common, rare = planned(ROWS, slow, fraud_3d=shares(0.3)), planned(ROWS, slow, fraud_3d=shares(0.001))
    by = {c.id: c for c in rare.questions["continual.trigger"].candidates}
    assert not by["performance"].feasible and "rarest class" in by["performance"].refusals[0]
    assert {c.id: c for c in common.questions["continual.trigger"].candidates}["performance"].feasible


def test_history_decides_windows_and_split() -> None:
    long = ColumnProfile(min="2024-01-01", max="2026-01-01")
    short = ColumnProfile(min="2026-01-01", max="2026-01-04")
    rolling = {"problem": Problem.ANOMALY_DETECTION}
    windows = {f.window_days for f in of(FeatureEngineering, planned(ROWS, rolling, day=long)).features}
    assert {7, 28} <= windows
    few = planned(ROWS, rolling, day=short)
    assert few.choices["features.scope"] == "latest-values"
    assert planned(day=long).choices["model.split"] == "time"
    assert planned(day=short).choices["model.split"] != "time"  # three days before an outcome that takes three


def test_one_row_an_entity_has_no_course() -> None:
    rolling = {"problem": Problem.ANOMALY_DETECTION}
    one = planned(ROWS, rolling, account_id=ColumnProfile(missing=0, distinct=1_950_000))
    many = planned(ROWS, rolling, account_id=ColumnProfile(missing=0, distinct=2_000))
    assert (one.choices["features.scope"], many.choices["features.scope"]) == ("latest-values", "rolling-windows")


def test_rows_without_key_or_time_are_expected_in_the_quarantine() -> None:
    whole, lacking = planned(), planned(day=ColumnProfile(missing=0.08))
    assert of(DataIngestion, whole).quarantine_max_percent == 1.0
    assert of(DataIngestion, lacking).quarantine_max_percent == 16.0
    by = {c.id: c for c in lacking.questions["ingestion.contract"].candidates}
    assert not by["reject-batch"].feasible
    hourly = {c.id: c for c in lacking.questions["lake.partitioning"].candidates}["date-hour"]
    assert not hourly.feasible and "8%" in hourly.refusals[-1]


def test_a_gappy_column_widens_the_window_of_drift() -> None:
    few = {"requests_per_second": 0.007, "batch_gb_per_day": 0.0}  # about 240 predictions a day, 200 needed
    whole = of(MonitoringObservability, planned(ROWS, few)).drift_window_hours
    gappy = of(MonitoringObservability, planned(ROWS, few, age=ColumnProfile(missing=0.4))).drift_window_hours
    assert whole < gappy


def test_slices_have_rows() -> None:
    assert of(ModelDevelopment, planned(shop=ColumnProfile(missing=0, distinct=40))).slices == ("shop",)
    assert of(ModelDevelopment, planned(shop=ColumnProfile(missing=0, distinct=4_000))).slices == ()


@pytest.mark.parametrize(("kind", "there"), [(ColumnType.TEXT, True), (ColumnType.CATEGORY, False)])
def test_only_a_category_is_taken_for_an_identifier_by_its_values(kind: ColumnType, there: bool) -> None:
    r = project(shop=ColumnProfile(missing=0, distinct=1_990_000))
    table = r.data.sources[0].model_copy(update={"columns": {**COLUMNS, "shop": kind}})
    other = requirements(**{**r.model_dump(), "data": r.data.model_copy(update={"sources": (table,)})})
    assert ("shop" in features(walk(other, FakeComposer(other)))) is there


@pytest.mark.parametrize(
    ("rare", "there", "absent"),
    [(0.1, b"TargetEncoder(cv=StratifiedKFold(", b"FeatureHasher"), (1 / 400, b"FeatureHasher(", b"TargetEncoder")],
)
def test_the_generated_encoder_has_the_step_that_was_chosen(rare: float, there: bytes, absent: bytes) -> None:
    r = project(shop=ColumnProfile(missing=0, distinct=2_000), fraud_3d=shares(rare))
    _, files = rendered(plan(r))
    code = files["src/churn/training/encoding.py"]
    assert there in code and absent not in code and b"OneHotEncoder" not in code
    # The encoder takes a splitter from that version on; before it shuffled by a seed.
    assert (b"scikit-learn>=1.9" in files["pyproject.toml"]) is (b"TargetEncoder" in there)


def test_the_generated_encoder_knows_every_transform_that_is_planned() -> None:
    columns = {"id": C.ID, "at": C.DATE, "balance_used": C.FLOAT, "credit_limit": C.FLOAT, "left": C.BOOLEAN}
    table = Source(name="rows", columns=columns, freshness=Freshness.DAILY)
    r = requirements(data=DataSection(entity="id", event_time="at", label="left", sources=(table,), series=1_000))
    found = {f.transform for f in of(FeatureEngineering, walk(r, FakeComposer(r))).features}
    code = rendered(plan(r))[1]["src/churn/training/encoding.py"].decode()
    assert "ratio" in found and all(f'"{name}"' in code for name in found)
