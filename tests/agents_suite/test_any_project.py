"""Any valid project gets 22 conclusions: no agent raises, no number is impossible."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.domain.constraints import (
    Cloud,
    ColumnType,
    Compliance,
    DataClass,
    DataSection,
    DeploymentPref,
    Freshness,
    Objective,
    Problem,
    Source,
    SourceFormat,
    WorkloadType,
)
from agents.domain.outputs import (
    ContinualLearning,
    InferencePipeline,
    MonitoringObservability,
    SystemArchitecture,
    TestingStrategy,
)
from agents.domain.requirements import Requirements
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.walking import walk

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,9}", fullmatch=True)
WORDS = st.sampled_from(["airflow", "mlflow", "kafka", "opentofu", "polars", "dvc", "iceberg", "sql", "Rust 2024"])
COLUMNS = st.dictionaries(NAMES, st.sampled_from(list(ColumnType)), max_size=8)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False) | st.sampled_from([0.0, 0.5, 1.0])


SOURCES = st.lists(
    st.builds(
        Source,
        name=NAMES,
        format=st.sampled_from([None, *SourceFormat]),
        columns=COLUMNS,
        freshness=st.sampled_from([None, *Freshness]),
        owner=st.sampled_from([None, "data-platform"]),
    ),
    max_size=3,
    unique_by=lambda s: s.name,
)


@st.composite
def projects(draw: st.DrawFn) -> Requirements:
    sources = draw(SOURCES)
    known = [name for source in sources for name in source.columns]
    column = st.sampled_from([None, *known, "churned_within_30d", "elsewhere"])
    workloads = tuple(draw(st.lists(st.sampled_from(list(WorkloadType)), min_size=1, max_size=3, unique=True)))
    online = WorkloadType.ONLINE in workloads
    return Requirements(
        slug="any",
        package="any_",
        description=draw(st.text(max_size=20)),
        problem=draw(st.sampled_from(list(Problem))),
        domain=draw(st.sampled_from(["retail", "credit", "health", "x"])),
        cloud=Cloud.AWS,
        regions=("eu-west-1", "eu-central-1")[: draw(st.integers(1, 2))],
        primary_region="eu-west-1",
        budget_usd_max=draw(st.sampled_from([None, Decimal(0), Decimal(100), Decimal(10**6)])),
        budget_usd_target=draw(st.sampled_from([None, Decimal(50)])),
        data_classification=draw(st.sampled_from(list(DataClass))),
        compliance=tuple(draw(st.lists(st.sampled_from(list(Compliance)), unique=True, max_size=3))),
        workloads=workloads,
        sla_latency_ms=draw(st.floats(0.5, 86_400_000)) if online or draw(st.booleans()) else None,
        availability_target=draw(st.sampled_from([90.0, 95.5, 99.0, 99.9, 99.99, 99.9999])),
        requests_per_second=draw(st.sampled_from([0.0, 0.001, 3.0, 1e6])),
        events_per_second=draw(st.sampled_from([0.0, 0.01, 50.0, 1e7])),
        batch_gb_per_day=draw(st.sampled_from([0.0, 1e-6, 3.0, 1e6])),
        training_rows=draw(st.sampled_from([0, 1, 20, 5000, 10**6, 10**12])),
        deployment_pref=draw(st.sampled_from(list(DeploymentPref))),
        storage_prefs=(),
        observability_prefs=(),
        languages=("python",),
        skills=tuple(draw(st.lists(WORDS, max_size=3))),
        team_size=draw(st.sampled_from([1, 2, 5, 9, 10_000])),
        existing_stack=tuple(draw(st.lists(WORDS, max_size=3))),
        data=DataSection(entity=draw(column), label=draw(column), event_time=draw(column), sources=tuple(sources)),
        objective=Objective(
            kpi=draw(st.sampled_from([None, "auc", "wape", "revenue"])),
            baseline=draw(st.none() | NUMBERS),
            target=draw(st.none() | NUMBERS),
        ),
        pins={},
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(projects())
def test_any_project_is_concluded_with_possible_numbers(r: Requirements) -> None:
    done = walk(r, FakeComposer(r))
    tests, loop = done.outputs["testing_strategy"], done.outputs["continual_learning"]
    watch, inference = done.outputs["monitoring_observability"], done.outputs["inference_pipeline"]
    whole = done.outputs["system_architecture"]
    assert isinstance(tests, TestingStrategy) and isinstance(loop, ContinualLearning)
    assert isinstance(watch, MonitoringObservability) and isinstance(inference, InferencePipeline)
    assert isinstance(whole, SystemArchitecture)
    assert tests.evaluation_rows >= 1 and loop.comparison_days >= 1 and loop.cooldown_hours >= 24
    assert watch.drift_window_hours > 0 and 1 <= watch.log_sample_percent <= 100
    assert all(ms >= 0 for ms in inference.budget_ms.values()) and inference.batch_chunk_rows >= 1000
    assert len({f.name for f in inference.fields}) == len(inference.fields)
    assert len({n.id for n in whole.nodes}) == len(whole.nodes)
    assert all(0 < q.confidence <= 1 for q in done.questions.values())
