"""Coupling: choices that are sound one by one and contradict each other together."""

from collections.abc import Iterator

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import (
    ContinualLearning,
    InferencePipeline,
    ModelTraining,
    MonitoringObservability,
    PipelinesBlueprint,
    TechStack,
    VersioningGovernance,
)
from agents.domain.outputs.continual_learning import RetrainTrigger
from agents.domain.outputs.inference_pipeline import Batching, Fallback
from agents.domain.outputs.tech_stack import Orchestrator, Tracking
from agents.domain.outputs.versioning_governance import DataVersioning
from agents.expert.formulas import DAYS_PER_MONTH
from agents.expert.volume import predictions_per_day

RUNNER_HOURS = 6.0
"""Longest job of a GitHub-hosted runner (https://docs.github.com/en/actions/reference/limits, unverified here)."""
LONGEST_WINDOW_DAYS = 30


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings."""
    return (
        *_batching(facts),
        *_fallback(facts),
        *_versions(facts),
        *_registry(facts),
        *_runner(facts),
        *_drift(facts),
        *_comparison(facts),
    )


def _batching(facts: CriticFacts) -> Iterator[Finding]:
    """A Lambda environment has one request at a time: there is never company to wait for."""
    inference = facts.output("inference_pipeline", InferencePipeline)
    if inference and inference.batching is Batching.MICRO_BATCH and facts.is_a("serve.online", "lambda"):
        yield technical(
            "coupling",
            Severity.ERROR,
            "inference_pipeline",
            f"requests wait up to {inference.max_wait_ms:g} ms for company, and {facts.composition.slots['serve.online']}"
            f" gives each environment one request at a time: all wait, and every batch is of one",
            "Predict requests one by one, or serve from containers.",
            "inference.batching",
            (Batching.MICRO_BATCH.value,),
        )


def _fallback(facts: CriticFacts) -> Iterator[Finding]:
    """The last score can only be given where something scored before and left it."""
    inference, plan = (
        facts.output("inference_pipeline", InferencePipeline),
        facts.output("pipelines_blueprint", PipelinesBlueprint),
    )
    if inference and plan and inference.fallback is Fallback.LAST_SCORE and plan.pipeline("batch_inference") is None:
        yield technical(
            "coupling",
            Severity.ERROR,
            "inference_pipeline",
            "the fallback gives the last score, and no pipeline leaves scores behind",
            "Fall back to the baseline, or refuse.",
            "inference.fallback",
            (Fallback.LAST_SCORE.value,),
        )


def _versions(facts: CriticFacts) -> Iterator[Finding]:
    """A training set named by a snapshot is gone when the store expires the snapshot."""
    versions = facts.output("versioning_governance", VersioningGovernance)
    if versions is None or versions.data_versioning is not DataVersioning.TABLE_SNAPSHOTS:
        return
    kept, store = facts.number("store", "snapshot_days") or 0.0, facts.composition.slots.get("store")
    if kept < versions.data_versions_days:
        yield technical(
            "coupling",
            Severity.ERROR,
            "versioning_governance",
            f"training sets are named by table snapshots for {versions.data_versions_days} days, and {store} keeps"
            + (f" snapshots {kept:g} days" if kept else " none"),
            "Name training sets by dated partitions, or keep snapshots as long.",
            "versioning.data",
            (DataVersioning.TABLE_SNAPSHOTS.value,),
        )


def _registry(facts: CriticFacts) -> Iterator[Finding]:
    """Model stages are kept in a registry that something in the plan provides."""
    stack = facts.output("tech_stack", TechStack)
    if stack and stack.tracking is Tracking.SAGEMAKER_REGISTRY and "model.registry" not in facts.provided:
        yield technical(
            "coupling",
            Severity.ERROR,
            "tech_stack",
            f"model versions are recorded in the SageMaker registry, and {facts.composition.slots.get('train')} provides none",
            "Record versions as MLflow files, or train with SageMaker.",
            "stack.tracking",
            (Tracking.SAGEMAKER_REGISTRY.value,),
        )


def _runner(facts: CriticFacts) -> Iterator[Finding]:
    """A workflow that waits for a training ends after six hours."""
    stack, hours = facts.output("tech_stack", TechStack), facts.number("train", "hours_per_run") or 0.0
    if stack and stack.orchestrator is Orchestrator.GITHUB_ACTIONS and hours > RUNNER_HOURS:
        yield technical(
            "coupling",
            Severity.ERROR,
            "tech_stack",
            f"a training takes {hours:.3g} hours, and a workflow that waits for it is stopped after {RUNNER_HOURS:g}",
            "Let a service with its own clock start and watch the runs.",
            "stack.orchestrator",
            (Orchestrator.GITHUB_ACTIONS.value,),
        )


def _drift(facts: CriticFacts) -> Iterator[Finding]:
    """A statistic that needs more rows than the longest window brings is never judged; nothing may rest on it."""
    watch = facts.output("monitoring_observability", MonitoringObservability)
    loop = facts.output("continual_learning", ContinualLearning)
    if watch is None:
        return
    rows = predictions_per_day(facts.requirements) * LONGEST_WINDOW_DAYS
    if rows >= watch.drift_min_rows:
        return
    rests = loop is not None and loop.trigger is RetrainTrigger.DRIFT
    yield technical(
        "drift-unseen",
        Severity.ERROR if rests else Severity.WARNING,
        "continual_learning" if rests else "monitoring_observability",
        f"{watch.drift_statistic.value} needs {watch.drift_min_rows:,} predictions, {LONGEST_WINDOW_DAYS} days bring"
        f" {rows:,.0f}: drift is never judged" + (", and retraining waits for it" if rests else ""),
        "Look at the inputs by eye once a month, and train by the calendar.",
        "continual.trigger" if rests else "throughput.requests_per_second",
        (RetrainTrigger.DRIFT.value,) if rests else (),
    )


def _comparison(facts: CriticFacts) -> Iterator[Finding]:
    """A challenger is judged before the next one comes."""
    loop, training = (
        facts.output("continual_learning", ContinualLearning),
        facts.output("model_training", ModelTraining),
    )
    if loop is None or training is None:
        return
    period = DAYS_PER_MONTH / training.runs_per_month
    waiting = loop.comparison_days / period
    if waiting > 3:
        yield technical(
            "slow-verdict",
            Severity.WARNING,
            "continual_learning",
            f"a challenger is judged after {loop.comparison_days} days on {loop.evaluation_rows:,} outcomes, and one comes"
            f" every {period:.2g} days: {waiting:.0f} wait at the same time",
            "Compare only every few trainings, or judge by a measure that is known sooner.",
            "data.label",
        )


CRITIC = Critic(name="coupling", stage="plan", judge=judge)
