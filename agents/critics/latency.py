"""Latency against its limit: the budget part by part, cold starts, and what a burst meets before capacity is added."""

from collections.abc import Iterator

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.constraints import WorkloadType
from agents.domain.findings import Finding, Severity
from agents.expert.project import load
from agents.patterns.answer_time import PLANNED_USE

LATENCY_SHARE = 0.8
COLD_SHARE = 0.05
"""p95 holds while fewer than 5 % of answers are cold."""
BURSTS_PER_MONTH = 30
"""One jump from the mean to the peak a day (judgement)."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """Nothing without a latency limit."""
    if facts.requirements.sla_latency_ms is None:
        return ()
    sla = facts.requirements.sla_latency_ms
    return (*_budget(facts, sla), *_cold(facts, sla), *_burst(facts))


def _budget(facts: CriticFacts, sla: float) -> Iterator[Finding]:
    p95, evaluated = facts.composition.p95_latency_ms, facts.evaluated()
    if p95 is None or p95 <= sla * LATENCY_SHARE:
        return
    online = facts.requirements.has(WorkloadType.ONLINE)
    path = ("feature", "serve.online") if online else ("ingest.streaming", "feature", "serve.streaming")
    parts = {s: ms for s in path if s in evaluated and (ms := evaluated[s].p95_latency_ms) is not None}
    slot = max(parts, key=lambda s: parts[s])
    spent = ", ".join(f"{slot} {ms:g} ms" for slot, ms in parts.items())
    yield technical(
        "latency",
        Severity.ERROR if p95 > sla else Severity.WARNING,
        slot,
        f"p95 {p95:g} ms uses {p95 / sla:.0%} of sla_latency_ms {sla:g} ({spent})",
        f"Shorten {slot}, which takes most of it, or raise sla_latency_ms.",
        slot if p95 > sla else "sla_latency_ms",
    )


def _cold(facts: CriticFacts, sla: float) -> Iterator[Finding]:
    """A first call on a new instance pays the cold start; traffic that keeps instances warm makes it rare."""
    cold, warm = facts.number("serve.online", "cold_start_ms"), facts.number("serve.online", "provisioned") or 0.0
    if not cold or cold <= sla:
        return
    pattern = facts.composition.slots["serve.online"]
    busy = facts.requirements.requests_per_second * load(facts.requirements, "load_factor") >= 2
    if not warm and not busy:
        yield technical(
            "cold-start",
            Severity.ERROR,
            "serve.online",
            f"a cold start of {pattern} takes {cold:,.0f} ms, sla_latency_ms is {sla:g}, nothing is kept warm",
            "Provision concurrency, or serve from containers.",
            "serve.online",
            (pattern,),
        )
    else:
        yield technical(
            "cold-start",
            Severity.INFO,
            "serve.online",
            f"bursts above {warm:g} warm instance(s) of {pattern} meet cold starts of {cold:,.0f} ms; sla_latency_ms is"
            f" {sla:g}",
            f"Watch the share of cold starts and raise provisioned concurrency if it passes {COLD_SHARE:.0%}.",
            "sla_latency_ms",
        )


def _burst(facts: CriticFacts) -> Iterator[Finding]:
    """From the mean to the peak at once: what the standing replicas cannot carry waits for `scale_out_seconds`. Lost if
    (peak - carried) x seconds x bursts a month is more than the error budget of the month's requests."""
    r = facts.requirements
    standing = facts.number("serve.online", "min_tasks", "min_instances")
    each = facts.number("serve.online", "rps_per_task", "rps_per_instance")
    part = facts.evaluated().get("serve.online")
    if not standing or not each or part is None or not part.scale_out_seconds:
        return
    carried = standing * each / PLANNED_USE
    late = max(0.0, r.requests_per_second - carried) * part.scale_out_seconds * BURSTS_PER_MONTH
    budget = load(r, "requests_month") * (100 - r.availability_target) / 100
    if late > budget:
        yield technical(
            "scale-out",
            Severity.WARNING,
            "serve.online",
            f"{standing:g} standing replicas carry {carried:,.0f} requests a second at full use; a jump to"
            f" {r.requests_per_second:,.0f} waits {part.scale_out_seconds:g} seconds for more: one a day makes"
            f" {late:,.0f} late answers a month, the error budget is {budget:,.0f}",
            f"Let {r.requests_per_second * PLANNED_USE / each:.0f} replicas stand, or scale by the clock before the peak.",
            "availability_target",
        )


CRITIC = Critic(name="latency", stage="plan", judge=judge)
