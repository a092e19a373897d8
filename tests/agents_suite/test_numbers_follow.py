"""Figures of the outputs, computed by hand from the requirements: a changed formula fails here."""

from decimal import Decimal

import pytest

from agents.cost.pricebook import Price, PriceBook
from agents.domain.constraints import (
    ColumnType,
    Compliance,
    DataSection,
    WorkloadType,
)
from agents.domain.month import minutes_down
from agents.domain.outputs import (
    ContinualLearning,
    ContinualLearningSetup,
    DataEngineering,
    DataIngestion,
    DeploymentServing,
    FeaturePipeline,
    GovernanceEthics,
    InferencePipeline,
    InferenceService,
    ModelDevelopment,
    ModelTraining,
    MonitoringObservability,
    MonitoringSetup,
    PipelinesBlueprint,
    ProjectStages,
    SystemArchitecture,
    TechStack,
    TestingStrategy,
    TrainingPipeline,
    VersioningGovernance,
)
from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.expert import formulas
from agents.expert.schedule import cron, minute_of
from agents.expert.words import usd
from agents.patterns.facts import trainings_a_month
from agents.planning.pipelines_blueprint import event_patience_seconds
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import SCENARIOS, requirements, source
from tests.agents_suite.walked import CHURN_WALK, FRAUD_WALK, of
from tests.agents_suite.walking import walk


def test_sample_sizes() -> None:
    assert formulas.rows_to_see_drop(0.62, 0.013) == 10_943  # (1.96 + 0.8416)^2 x 0.62 x 0.38 / 0.013^2
    assert formulas.rows_to_see_drop(0.999, 0.01) == formulas.rows_to_see_drop(0.95, 0.01)
    assert formulas.requests_to_see_doubling(0.001) == 23_547  # 7.849 x 3 / 0.001
    assert formulas.sample_for_share(0.005) == 38_416
    assert formulas.psi_min_rows(10, 0.2) == 200  # 3 x 9 / 0.2 = 135, but at least 20 a bin
    assert formulas.psi_min_rows(10, 0.05) == 540
    assert minutes_down(99.9) == 43.8
    assert [formulas.power_of_two(x, 2, 64) for x in (0, 2.1, 9, 500)] == [2, 4, 16, 64]


@pytest.mark.parametrize("wrong", [0.0, 1.0, -0.1])
def test_impossible_drops_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        formulas.rows_to_see_drop(0.5, wrong)
    with pytest.raises(ValueError, match="cannot double"):
        formulas.requests_to_see_doubling(0)


def test_stages_and_versions() -> None:
    stages = of(ProjectStages)
    assert [s.id for s in stages.stages] == [
        "ideation",
        "experimentation",
        "pipelines",
        "deployment",
        "monitoring",
    ]
    assert stages.release_target == 0.685  # half way from 0.62 to 0.75
    # 1.5, 8, 8, 6 and 2 person-weeks over four hands; the last stage waits 30 days for outcomes
    assert [s.person_weeks for s in stages.stages] == [1.5, 8, 8, 6, 2]
    assert stages.total_weeks == 1 + 2 + 2 + 2 + (1 + 5)
    measures = {m.metric: m.threshold for s in stages.stages for m in s.measures}
    assert measures["runs_in_a_row"] == 7  # a week of daily runs
    assert measures["rollback_minutes"] == 21.9  # half of 43.8
    versions = of(VersioningGovernance)
    assert (versions.data_versions_days, versions.required_reviews) == (90, 1)
    fraud = of(VersioningGovernance, FRAUD_WALK)
    assert (fraud.data_versions_days, fraud.required_reviews) == (365, 2)
    assert of(ProjectStages, FRAUD_WALK).shadow_days == 14  # three days of delay and a week, at least two weeks
    alone = requirements(team_size=1)
    assert of(VersioningGovernance, walk(alone, FakeComposer(alone))).required_reviews == 0


def test_schedule_chains() -> None:
    plan = of(PipelinesBlueprint)
    minute = minute_of("churn")
    assert plan.ingest_cron == f"{minute} 1 * * *"
    assert (plan.runs_per_day, plan.gb_per_run) == (1.0, 12.0)
    assert [p.name for p in plan.pipelines if p.trigger == "request"] == ["online_inference"]
    known = {p.name for p in plan.pipelines}
    assert all(set(p.after) <= known for p in plan.pipelines)
    assert cron(Cadence.SIX_HOURLY, "churn", 1) == f"{minute} 1-23/6 * * *"
    assert cron(Cadence.SIX_HOURLY, "churn", 7) == f"{minute} 1-23/6 * * *"
    assert cron(Cadence.DAILY, "churn", 23, 120) == f"{minute} 1 * * *"
    fraud = of(PipelinesBlueprint, FRAUD_WALK)
    assert fraud.pipeline("data_ingestion") is None and fraud.pipeline("stream_ingestion") is not None


def test_stack_reuses_what_exists() -> None:
    stack = of(TechStack)
    assert stack.unused == ()
    known = {layer.layer for layer in stack.layers if layer.known}
    assert {"ci-cd", "infrastructure", "store"} <= known and "orchestration" not in known
    layers = [layer.layer for layer in stack.layers]
    assert {"packaging", "registry", "secrets", "data-quality", "serving", "observability"} <= set(layers)
    assert stack.tool("secrets") == "secrets-manager"
    plain = requirements(data_classification="internal", compliance=(), existing_stack=("s3", "Looker"))
    other = of(TechStack, walk(plain, FakeComposer(plain)))
    assert (other.tool("secrets"), other.unused) == ("ssm-parameter-store", ("Looker",))


def test_the_stack_quotes_prices_of_the_book() -> None:
    told = CHURN_WALK.questions["stack.orchestrator"].candidate("airflow").refusals[0]
    price = PriceBook.load().price("mwaa", "environment.small", "eu-west-1", Decimal(730))
    assert isinstance(price, Price) and f"costs {usd(price.usd)} a month" in told


def test_tests_are_sized_by_the_objective() -> None:
    tests = of(TestingStrategy)
    assert tests.tolerance == 0.013  # a tenth of 0.75 - 0.62
    assert (tests.evaluation_rows, tests.evaluation_power_reached) == (10_943, True)
    # 1.96^2 x 0.95 x 0.05 / 0.01^2 = 1,825 requests at 30 a second are 61 seconds
    assert (tests.load_test_rps, tests.load_test_p95_ms, tests.load_test_seconds) == (30.0, 150.0, 61)
    assert (tests.test_fraction, tests.coverage_percent, tests.replay_rows) == (0.1, 75, 2401)
    model = of(ModelDevelopment)
    assert tests.test_fraction == model.test_fraction
    assert formulas.rows_to_hold(10_943) == 109_430 and formulas.rows_to_hold(5000) == 25_000
    assert formulas.rows_to_hold(9_999) == 49_995 and formulas.rows_to_hold(10_000) == 100_000
    assert tests.min_slice_rows == 385
    few = requirements(training_rows=1000)
    assert of(TestingStrategy, walk(few, FakeComposer(few))).evaluation_rows == 200


def test_lake() -> None:
    lake = of(DataEngineering)
    assert (lake.partition_mb, lake.rows_per_file) == (6000.0, 2_560_000)  # 12 GB x 0.5; 256 MB / (200 B x 0.5)
    assert (lake.raw_retention_days, lake.curated_retention_days) == (90, 395)  # GDPR and personal data
    assert (lake.stream_shards, lake.dead_letter) == (0, False)
    assert lake.stream is None
    design = of(DataEngineering, FRAUD_WALK).stream
    assert design is not None
    assert (design.partition_key, design.watermark_seconds, design.replay_hours) == ("card_id", 90, 24)  # 0.25 h / 10
    assert (design.consumer_records_per_second, design.backlog_records) == (1875.0, 7500)  # 1,500 x 1.25; x 5 s
    stream = of(DataEngineering, FRAUD_WALK)
    assert (stream.stream_shards, stream.stream_retention_hours, stream.dead_letter) == (2, 24, True)


def test_model_and_training() -> None:
    model, training = of(ModelDevelopment), of(ModelTraining)
    assert (model.threshold, model.threshold_is_lift) == (0.052, True)  # (0.685 - 0.62) / 0.62 / 2
    assert (model.gap_days, model.split_column, model.trials) == (30.0, "snapshot_date", 25)
    assert (model.validation_fraction, model.calibrate, model.slices) == (0.1, True, ("plan",))
    assert (training.memory_gb, training.window_days, training.timeout_minutes) == (2.0, 365, 45)
    assert (training.early_stop_rounds, training.hours_per_run, training.available_gb) == (30, 0.25, 8.0)
    # 45 minutes of a week's tenth (1,008) would allow 22: five at most; 300 rows show a mismatch of 1 %
    assert (training.max_attempts, training.validation_rows, training.snapshot_days) == (5, 300, 90)
    assert (training.train_hours_per_month, training.search_days) == (1.0, 0)  # 4 runs of a quarter hour
    assert (model.imbalance.value, model.error_rows, model.question_count) == ("as-is", 100, 0)  # 25 for each of four
    assert [i.name for i in model.iterations][:2] == ["baseline and first model", "against linear"]
    fraud = of(ModelDevelopment, FRAUD_WALK)
    assert (fraud.metric, fraud.threshold, fraud.threshold_is_lift) == ("average_precision", 0.45, False)


def test_serving_and_inference() -> None:
    serving, inference = of(DeploymentServing), of(InferencePipeline)
    # 23,547 requests at 20 x 0.4 x 5 % = 0.4 a second are 982 minutes
    assert (serving.canary_percent, serving.bake_minutes) == (5, 982)
    assert (serving.min_replicas, serving.max_replicas, serving.target_utilisation_percent) == (2, 6, 80)
    assert serving.rollback_error_percent == 0.2
    assert inference.budget_ms == {"network": 15.0, "features": 10.0, "model": 62.5, "reserve": 62.5}
    assert inference.timeout_ms == 135.0 and inference.max_attempts == 1
    assert [f.name for f in inference.fields if f.required] == ["subscriber_id"], "the store has the rest"
    r = SCENARIOS["churn"]
    sent = of(InferencePipeline, walk(r, FakeComposer(r, first=("feature:aws-s3-offline",))))
    assert [(f.name, f.type) for f in sent.fields if f.required] == [
        ("subscriber_id", ColumnType.ID),
        ("minutes", ColumnType.FLOAT),
        ("data_mb", ColumnType.FLOAT),
        ("plan", ColumnType.CATEGORY),
    ]


def test_monitoring() -> None:
    watch = of(MonitoringObservability)
    assert {(s.id, s.objective_percent) for s in watch.slos} == {
        ("availability", 99.9),
        ("latency", 95.0),
        ("freshness", 99.0),
    }
    assert [(b.severity, b.factor) for b in watch.burn_alerts] == [
        ("page", 14.4),
        ("page", 6.0),
        ("ticket", 1.0),
    ]
    assert (watch.drift_window_hours, watch.drift_min_rows, watch.error_budget_minutes) == (
        24,
        200,
        40.3,
    )  # 0.1 % of 28 days
    assert watch.drift_columns == ("minutes", "data_mb", "plan")
    names = [a.id for a in watch.alerts]
    assert len(set(names)) == len(names) and "consumer-lag" not in names and "latency" in names
    streamed = of(MonitoringObservability, FRAUD_WALK)
    assert "consumer-lag" in [a.id for a in streamed.alerts]
    assert ("stream-latency", SCENARIOS["fraud"].sla_latency_ms) in [(s.id, s.threshold) for s in streamed.slos]
    quiet = requirements(requests_per_second=0.01)
    kept = of(MonitoringObservability, walk(quiet, FakeComposer(quiet))).burn_alerts
    assert [b.severity for b in kept] == ["ticket"]


def test_loop() -> None:
    loop, setup = of(ContinualLearning), of(ContinualLearningSetup)
    assert (loop.feedback_days, loop.comparison_days) == (31.0, 32)  # 30 + 1, and 10,943 of 691,200 a day
    assert loop.min_new_labels == 20_000  # one per cent of two million
    assert (loop.challenger_min_gain, loop.cooldown_hours, loop.max_retrains_per_month) == (0.0065, 46, 8)
    assert {rule.id for rule in loop.rules} == {"age", "drift"}
    assert setup.consecutive_breaches == 2  # 30.4 windows x 0.143 = 4.3 alarms; x 0.143 = 0.6
    assert (setup.evaluation_rows, setup.feedback_join_column) == (10_943, "subscriber_id")


def test_governance() -> None:
    guard = of(GovernanceEthics)
    assert [o.law for o in guard.obligations] == ["gdpr"] * 5
    assert (guard.erasure_days, guard.oversight.value, guard.audit_retention_days) == (30, "none", 365)
    r = SCENARIOS["credit"]
    credit = of(GovernanceEthics, walk(r, FakeComposer(r)))
    assert [f.column for f in credit.fairness] == ["gender"]
    assert (credit.oversight.value, credit.review_band) == ("near-threshold", 0.05)  # 69,120 a day, 160 could be read
    assert (credit.appeal_days, credit.retire_after_days, credit.risk_class.value) == (30, 90, "high-risk")
    assert "approver" in {role.name for role in credit.roles}


def test_architecture() -> None:
    whole = of(SystemArchitecture)
    # copies once a day; three tasks stand in the plan, autoscaling keeps two
    assert (whole.recovery_point_hours, whole.standing_replicas) == (24.0, 2)
    assert {o.kind for o in whole.optimisations} == {"cost", "performance"}
    tight = {b.stage: b.headroom for b in whole.bottlenecks}
    assert tight["serve.online"] == 18.0  # six tasks of 60 over 20
    assert tight["train"] == 4.0 and [b.headroom for b in whole.bottlenecks] == sorted(tight.values())
    ids = {n.id for n in whole.nodes}
    assert all({e.source, e.target} <= ids for e in whole.edges)
    assert all(i.replace("_", "").isalnum() and not i[0].isdigit() for i in ids)
    stream = of(SystemArchitecture, FRAUD_WALK)
    assert {b.stage: b.headroom for b in stream.bottlenecks}["ingest.streaming"] == round(2000 / 1500, 3)


def test_implementation() -> None:
    loader, features, training = of(DataIngestion), of(FeaturePipeline), of(TrainingPipeline)
    # 30 minutes / 4: pauses of 1, 2 and 4 minutes fit
    assert (loader.watermark_column, loader.lookback_days, loader.max_attempts) == ("snapshot_date", 2.0, 4)
    assert (features.memory_gb, features.task_cpu, features.task_memory_mb) == (2.0, 1024, 4096)
    assert features.recompute_days == 365
    late = of(FeaturePipeline, FRAUD_WALK)
    assert (late.memory_gb, late.task_cpu, late.task_memory_mb, late.recompute_days) == (12.0, 2048, 16384, 1)
    assert training.estimator == "sklearn.ensemble.HistGradientBoostingClassifier"
    assert training.hyperparameters["max_leaf_nodes"] == 63 and training.hyperparameters["min_samples_leaf"] == 200
    service, watch = of(InferenceService), of(MonitoringSetup)
    assert (service.workers, service.threads, service.drain_seconds) == (1, 4, 5)
    assert watch.release_min_events == round(23_547 * 1.3)
    alerts = of(MonitoringObservability).alerts
    assert set(watch.metrics) == {a.metric for a in alerts}


def test_release_answers_and_limits() -> None:
    serving, inference = of(DeploymentServing), of(InferencePipeline)
    assert (serving.warm_up_predictions, serving.rollback.value) == (20, "automatic")  # 43.8 minutes are under an hour
    assert [(s.slot, s.metric, s.target) for s in serving.scaling][-1] == (
        "serve.online",
        "requests-per-replica",
        48.0,  # 60 a task at 80 %
    )
    assert (inference.score_decimals, inference.max_missing_share, inference.batch_min_share) == (3, 0.5, 0.9)
    watch, loop = of(MonitoringObservability), of(ContinualLearning)
    assert (watch.trace_percent, watch.acknowledge_minutes, watch.escalate_minutes) == (
        12.5,
        10,
        20,
    )  # 1 of 8; 43.8 / 4
    assert (watch.cost_alarm_percent, watch.kpi) == (50, "retained-revenue")  # 510 of 1,500, at least a half
    assert (loop.holdout_percent, loop.review_rows, loop.stop.value) == (0.1, 0, "fall-back")
    limits = {a.id: a.threshold for a in watch.alerts}
    assert (limits["contract-broken"], limits["batch-missing"], limits["business"]) == (1.3, 36.0, 0.62)


def test_small_windows_have_limits_above_their_noise() -> None:
    assert formulas.noise_of_psi(10, 900) == 0.01
    assert round(formulas.noise_of_ks(185), 3) == 0.1
    assert round(formulas.noise_of_ks(10_000), 6) == 0.0136  # 1.36 / sqrt(n): 95 %
    assert round(formulas.noise_of_js(10, 162.3), 2) == 0.1
    few = requirements(requests_per_second=0.0001, workloads=(WorkloadType.ONLINE,), batch_gb_per_day=0.0)
    quiet = of(MonitoringObservability, walk(few, FakeComposer(few)))
    assert quiet.drift_threshold > 0.2 and quiet.drift_min_rows < 200


def test_cadence_is_the_rule_of_the_bill() -> None:
    for r in SCENARIOS.values():
        training = of(ModelTraining, walk(r, FakeComposer(r)))
        assert training.runs_per_month == trainings_a_month(r), r.slug


def test_the_shorter_promise_to_erase_holds() -> None:
    r = requirements(compliance=(Compliance.CCPA,))
    assert of(GovernanceEthics, walk(r, FakeComposer(r))).erasure_days == 45
    both = requirements(compliance=(Compliance.CCPA, Compliance.GDPR))
    assert of(GovernanceEthics, walk(both, FakeComposer(both))).erasure_days == 30


def test_risks_of_another_project_are_told_in_its_own_figures() -> None:
    """Risk and probe together differ between two projects, question by question."""
    other = SCENARIOS["fraud"]
    churn, fraud = (walk(r, FakeComposer(r)).questions for r in (SCENARIOS["churn"], other))
    for key in ("versioning.infrastructure", "testing.gate", "store", "deploy.rollback", "monitoring.drift", "govern",
                "governance.oversight", "monitoring_setup.release_test"):  # fmt: skip
        told = [{(x.risk, x.probe) for x in asked[key].risks} for asked in (churn, fraud)]
        assert told[0] and not told[0] & told[1], key
    few = next(x.probe for x in churn["store"].risks)
    assert (
        few == "count raw objects after a week: more than 5,250 for 84 GB are smaller than 16 MB on average"
    )  # 7 x 12 GB / 16 MB


def test_a_source_that_names_no_freshness_is_taken_as_daily_and_said_to_be() -> None:
    """Twenty-four hours, so a run a day, an event that may wait a quarter of it, and seven runs in the week that is measured."""
    nameless = requirements(data=DataSection(sources=(source("usage", None, subscriber_id=ColumnType.ID),)))
    done = walk(nameless, FakeComposer(nameless))
    asked = done.questions["pipelines.frequency"]
    told = [*asked.confidence_reasons, *(text for c in asked.candidates for text in c.tradeoffs)]
    assert done.choices["pipelines.frequency"] == "daily" and of(PipelinesBlueprint, done).runs_per_day == 1
    assert event_patience_seconds(nameless) == 6 * 3600
    assert any("names its freshness, so 24 hours are assumed" in text for text in told)
    assert not any("source changes every" in text for text in told)
    stages = of(ProjectStages, done)
    assert {m.metric: m.threshold for s in stages.stages for m in s.measures}["runs_in_a_row"] == 7


@pytest.mark.parametrize(("target", "choice"), [(99.908, "restore-from-backup"), (99.91, "pilot-light")])
def test_a_rebuild_is_planned_while_a_year_leaves_time_for_one(target: float, choice: str) -> None:
    """Eight of 8,760 hours are 0.0913 %: 99.9087 % leaves one rebuild a year."""
    two = requirements(regions=("eu-west-1", "eu-central-1"), availability_target=target)
    done = walk(two, FakeComposer(two))
    assert done.choices["architecture.recovery"] == choice
    reasons = [text for c in done.questions["architecture.recovery"].candidates for text in c.tradeoffs]
    assert any(f"8 hours against {(100 - target) * 87.6:.1f} hours" in text for text in reasons), reasons
