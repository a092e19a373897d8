"""Technical review of a plan, computed from rates and limits: headroom, latency, availability, cold starts, gaps."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from agents.critics.critic import Critic, CriticFacts
from agents.domain.constraints import WorkloadType
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import DeploymentServing, FeatureEngineering, InferencePipeline, PipelinesBlueprint
from agents.domain.plan import AgentOutput
from agents.patterns import Catalogue, Evaluated
from agents.patterns.slots import slots_of

T = TypeVar("T", bound=AgentOutput)
HEADROOM = 0.7
"""Use of a hard limit above which the next doubling is a surprise."""
LATENCY_SHARE = 0.8
AGENTS: Mapping[str, str] = {
    "ingest.batch": "data_engineering",
    "ingest.streaming": "data_engineering",
    "store": "data_engineering",
    "transform": "data_engineering",
    "feature": "feature_engineering",
    "train": "model_training",
    "serve.online": "deployment_serving",
    "serve.batch": "deployment_serving",
    "serve.streaming": "deployment_serving",
    "observe": "monitoring_observability",
    "govern": "governance_ethics",
}
"""Who chose the pattern of a slot, and so must think again."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings, in the order data flows."""
    evaluated = _evaluated(facts)
    return (
        *_slots_filled(facts),
        *_refusals(evaluated),
        *_headroom(evaluated),
        *_latency(facts, evaluated),
        *_availability(facts, evaluated),
        *_capacity(facts),
        *_gaps(facts),
    )


def _evaluated(facts: CriticFacts) -> dict[str, Evaluated]:
    """Each chosen pattern anew from its formulas: the critic trusts the catalogue, not what the plan says of it."""
    catalogue, slots = Catalogue.load(), facts.composition.slots
    families = frozenset(("g5", "g4dn"))  # whether they are sold here was the search's question, not this one's
    return {
        slot: catalogue.evaluate(i, facts.requirements, families) for slot, i in slots.items() if i in catalogue.ids
    }


def _finding(rule: str, severity: Severity, slot: str, message: str, remediation: str, key: str) -> Finding:
    return Finding(
        rule=f"tech.{rule}",
        severity=severity,
        message=message,
        remediation=remediation,
        source="critic_tech",
        agent=AGENTS.get(slot, slot),
        key=key,
    )


def _slots_filled(facts: CriticFacts) -> Iterator[Finding]:
    """Every slot has a pattern, and what a pattern requires is provided by another: the flow of data has no gap."""
    catalogue, slots = Catalogue.load(), facts.composition.slots
    for slot in slots_of(facts.requirements):
        if slots.get(slot) not in catalogue.ids:
            yield _finding(
                "gap", Severity.ERROR, slot, f"no pattern fills {slot}", f"Choose a pattern for {slot}.", slot
            )
    patterns = {slot: catalogue.get(i) for slot, i in slots.items() if i in catalogue.ids}
    provided = {tag for p in patterns.values() for tag in p.provides}
    for slot, pattern in patterns.items():
        for tag in pattern.requires:
            if tag not in provided:
                makers = [i for i in catalogue.ids if tag in catalogue.get(i).provides]
                yield _finding(
                    "gap",
                    Severity.ERROR,
                    slot,
                    f"{pattern.id} needs {tag}, and nothing in the plan provides it",
                    f"Take one of {', '.join(makers)}, or another pattern for {slot}.",
                    slot,
                )


def _refusals(evaluated: Mapping[str, Evaluated]) -> Iterator[Finding]:
    for slot, part in evaluated.items():
        for why in part.refusals:
            yield _finding(
                "refused",
                Severity.ERROR,
                slot,
                f"{part.pattern}: {why}",
                f"Choose another pattern for {slot}.",
                slot,
            )


def _headroom(evaluated: Mapping[str, Evaluated]) -> Iterator[Finding]:
    """Rate asked against the rate carried at full scale-out, at each stage."""
    for slot, part in evaluated.items():
        if part.throughput is None or part.demand is None or part.demand <= 0:
            continue
        use = part.demand / part.throughput
        if HEADROOM < use <= 1:
            yield _finding(
                "headroom",
                Severity.WARNING,
                slot,
                f"{part.pattern} is asked for {part.demand:,.0f} a second of the {part.throughput:,.0f} it carries"
                f" ({use:.0%})",
                f"Ask for a higher quota before launch, or plan {slot} by another pattern.",
                "throughput",
            )


def _latency(facts: CriticFacts, evaluated: Mapping[str, Evaluated]) -> Iterator[Finding]:
    """The latency budget part by part, and cold starts against it."""
    sla, p95 = facts.requirements.sla_latency_ms, facts.composition.p95_latency_ms
    if sla is None or p95 is None:
        return
    online = facts.requirements.has(WorkloadType.ONLINE)
    path = ("feature", "serve.online") if online else ("ingest.streaming", "feature", "serve.streaming")
    parts = {s: evaluated[s].p95_latency_ms for s in path if s in evaluated and evaluated[s].p95_latency_ms is not None}
    spent = ", ".join(f"{slot} {ms:g} ms" for slot, ms in parts.items())
    if p95 > sla * LATENCY_SHARE:
        slot = max(parts, key=lambda s: parts[s] or 0.0)
        yield _finding(
            "latency",
            Severity.ERROR if p95 > sla else Severity.WARNING,
            slot,
            f"p95 {p95:g} ms uses {p95 / sla:.0%} of sla_latency_ms {sla:g} ({spent})",
            f"Shorten {slot}, which takes most of it, or raise sla_latency_ms.",
            "sla_latency_ms",
        )
    serve = evaluated.get("serve.online")
    cold = float(serve.parameters.get("cold_start_ms", 0)) if serve else 0.0
    if serve and cold > sla and not serve.parameters.get("provisioned"):
        yield _finding(
            "cold-start",
            Severity.ERROR,
            "serve.online",
            f"a cold start of {serve.pattern} takes {cold:,.0f} ms, sla_latency_ms is {sla:g}, nothing is kept warm",
            "Provision concurrency, or serve from containers.",
            "sla_latency_ms",
        )
    elif serve and cold > sla:
        yield _finding(
            "cold-start",
            Severity.INFO,
            "serve.online",
            f"bursts above {serve.parameters['provisioned']} warm instance(s) of {serve.pattern} meet cold starts of"
            f" {cold:,.0f} ms; sla_latency_ms is {sla:g}",
            "Watch the share of cold starts and raise provisioned concurrency if it passes 5 %.",
            "sla_latency_ms",
        )


def _availability(facts: CriticFacts, evaluated: Mapping[str, Evaluated]) -> Iterator[Finding]:
    """What the parts in series reach against the target, and single points on the way."""
    target, reached = facts.requirements.availability_target, facts.composition.availability_pct
    if reached < target:
        yield _finding(
            "availability",
            Severity.ERROR,
            "serve.online" if "serve.online" in evaluated else "ingest.streaming",
            f"the parts in series reach {reached:g} %, availability_target is {target:g} %",
            "Take a part with a better agreement, or lower availability_target.",
            "availability_target",
        )
    stream = evaluated.get("ingest.streaming")
    if stream and "serve.online" in evaluated and stream.availability_pct < target:
        yield _finding(
            "availability",
            Severity.WARNING,
            "ingest.streaming",
            f"{stream.pattern} is agreed at {stream.availability_pct:g} %: events may wait longer than the"
            f" {target:g} % of the online path promises",
            "Let producers retry with a local buffer, and alarm on the age of the oldest event.",
            "availability_target",
        )
    nat = any(line.service == "nat_gateway" for line in facts.composition.bom)
    if nat and facts.requirements.availability_target < 99.9:
        yield _finding(
            "single-point",
            Severity.INFO,
            next((line.slot for line in facts.composition.bom if line.service == "nat_gateway"), "serve.online"),
            f"one NAT gateway carries all outgoing traffic: enough for {target:g} %, a single point above 99.9 %",
            "Set availability_target to 99.9 or more for one gateway in each zone.",
            "availability_target",
        )


def _capacity(facts: CriticFacts) -> Iterator[Finding]:
    """Whether replicas planned by agents carry the peak that the pattern was sized for."""
    serving = facts.outputs.get("deployment_serving")
    parameters = facts.composition.parameters.get("serve.online", {})
    needed = parameters.get("tasks") or parameters.get("instances")
    if not isinstance(serving, DeploymentServing) or not isinstance(needed, int | float):
        return
    if serving.max_replicas < needed:
        yield _finding(
            "bottleneck",
            Severity.ERROR,
            "serve.online",
            f"max_replicas is {serving.max_replicas}, the peak of {facts.requirements.requests_per_second:g}"
            f" requests a second needs {needed:g}",
            "Raise max_replicas to the tasks of the pattern.",
            "throughput.requests_per_second",
        )


def _gaps(facts: CriticFacts) -> Iterator[Finding]:
    """What one agent needs and no other delivers: lookups without a store, workloads without a pipeline."""
    inference = _output(facts, "inference_pipeline", InferencePipeline)
    lookup = facts.composition.parameters.get("feature", {}).get("lookup")
    if inference and inference.features_from == "online-store" and lookup != "dynamodb":
        yield _finding(
            "data-flow",
            Severity.ERROR,
            "inference_pipeline",
            f"inference looks features up, and {facts.composition.slots.get('feature')} has no online store",
            "Send features in the request, or choose feature: aws-dynamodb-online.",
            "feature",
        )
    blueprint = _output(facts, "pipelines_blueprint", PipelinesBlueprint)
    names = {"batch": "batch_inference", "online": "online_inference", "streaming": "stream_inference"}
    for workload in facts.requirements.workloads:
        if blueprint and blueprint.pipeline(names[workload]) is None:
            yield _finding(
                "data-flow",
                Severity.ERROR,
                "pipelines_blueprint",
                f"workload {workload} has no {names[workload]} pipeline",
                f"Add a {names[workload]} pipeline.",
                "workload_types",
            )
    features = _output(facts, "feature_engineering", FeatureEngineering)
    label = facts.requirements.data.label
    leaks = [f.name for f in features.features if label and f.column == label] if features else []
    if leaks:
        yield _finding(
            "leakage",
            Severity.ERROR,
            "feature_engineering",
            f"{', '.join(leaks)} is made from the label {label}: it is not known when a prediction is asked",
            "Leave the label out of the features.",
            "data.label",
        )


def _output(facts: CriticFacts, name: str, kind: type[T]) -> T | None:
    found = facts.outputs.get(name)
    return found if isinstance(found, kind) else None


CRITIC = Critic(name="technical", stage="plan", judge=judge)
