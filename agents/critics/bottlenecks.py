"""Bottlenecks, computed: what each stage carries by its rates and limits against what the requirements ask of it.

Rates of AWS are those of its quota pages (unverified here); a pattern plans a task at `PLANNED_USE` of its processor.
"""

from collections.abc import Iterator
from math import ceil, log

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.constraints import WorkloadType
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import DeploymentServing, ModelTraining, PipelinesBlueprint
from agents.expert.bottlenecks import SHARD_EVENTS, SHARD_MB
from agents.expert.consumers import Consumers, consumers_of
from agents.expert.project import load
from agents.expert.schedule import PERIOD_HOURS
from agents.patterns.answer_time import PLANNED_USE

SHARD_FULL = 0.9
"""Use of the shards above which an ordinary burst is refused; patterns plan 80 %."""
KEY_READS = 3000.0
"""Read units a second of one DynamoDB key: what its partition gives (AWS, DynamoDB developer guide,
bp-partition-key-design)."""
EULER = 0.5772
START_HOURS = 0.05
"""Three minutes to start a container or a cluster (unverified)."""
REPEATABLE = 0.5
"""Share of its period that a run may take, so that a failed one can be repeated."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings, in the order data flows."""
    return (
        *_shards(facts),
        *_hot_key(facts),
        *_consumers(facts),
        *_chain(facts),
        *_training(facts),
        *_replicas(facts),
        *_zone(facts),
        *_store_key(facts),
    )


def _shards(facts: CriticFacts) -> Iterator[Finding]:
    """Records and megabytes a second against what the shards take; the tighter of both counts."""
    shards, r = facts.number("ingest.streaming", "shards"), facts.requirements
    if not shards:
        return
    records, megabytes = r.events_per_second / shards, load(r, "event_mb_per_second") / shards
    use = max(records / SHARD_EVENTS, megabytes / SHARD_MB)
    if use > SHARD_FULL:
        yield technical(
            "bottleneck",
            Severity.ERROR if use > 1 else Severity.WARNING,
            "ingest.streaming",
            f"{shards:g} shard(s) take {records:,.0f} records and {megabytes:.2g} MB a second each at the peak; a shard"
            f" carries {SHARD_EVENTS:,.0f} and {SHARD_MB:g} ({use:.0%})",
            f"Plan {ceil(shards * use / 0.8)} shards, or a stream that grows by itself.",
            "ingest.streaming",
            (facts.composition.slots["ingest.streaming"],) if use > 1 else (),
        )


def top_share(entities: float) -> float:
    """Share of all traffic that the busiest of `entities` keys gets, if traffic falls as 1/rank (Zipf): 1 / (ln n +
    0.5772). That it does is an assumption (unverified); it is the usual shape of customers, products and devices."""
    return 1.0 if entities <= 1 else 1 / (log(entities) + EULER)


def _entities(facts: CriticFacts) -> float:
    return float(facts.requirements.data.series or load(facts.requirements, "entities"))


def _hot_key(facts: CriticFacts) -> Iterator[Finding]:
    """Order holds by key, so the busiest key stays on one shard, however many there are."""
    rate = facts.requirements.events_per_second * top_share(_entities(facts))
    if facts.number("ingest.streaming", "shards") and rate > SHARD_EVENTS:
        yield technical(
            "hot-key",
            Severity.WARNING,
            "ingest.streaming",
            f"the busiest of {_entities(facts):,.0f} keys brings about {rate:,.0f} events a second if traffic falls as"
            f" 1/rank; its shard takes {SHARD_EVENTS:,.0f}, and more shards do not help it",
            "Count events by key for an hour; spread a key above the limit over several by a suffix.",
            "throughput.events_per_second",
        )


def _consumers(facts: CriticFacts) -> Iterator[Finding]:
    """A consumer waits for the others of its shard or partition: what the readers carry is not what tasks could."""
    r, capacity = facts.requirements, consumer_capacity(facts)
    if not r.has(WorkloadType.STREAMING) or capacity is None or r.events_per_second <= 0:
        return
    carried = capacity.carried
    use = r.events_per_second / carried
    if use <= 0.7:
        return
    backlog = (r.events_per_second - carried) * 3600
    yield technical(
        "consumer-lag",
        Severity.ERROR if use > 1 else Severity.WARNING,
        "serve.streaming",
        f"{capacity.who} score {carried:,.0f} events a second at full use, {r.events_per_second:,.0f} come at the peak"
        + (f": an hour of it leaves {backlog:,.0f} waiting" if use > 1 else f" ({use:.0%})"),
        f"{capacity.remedy.capitalize()}, or take another pattern for serve.streaming.",
        "serve.streaming",
        (facts.composition.slots["serve.streaming"],) if use > 1 else (),
    )


def consumer_capacity(facts: CriticFacts) -> Consumers | None:
    """What the plan's consumers carry, by the rule of the scale steps; None if the parameters do not tell."""
    parameters = facts.composition.parameters
    return consumers_of(parameters.get("ingest.streaming", {}), parameters.get("serve.streaming", {}))


def day_hours(facts: CriticFacts) -> tuple[tuple[str, float], ...]:
    """Hours that each stage of the batch chain works on a day's data, by slot; unknown ones are left out."""
    minutes = facts.number("ingest.batch", "minutes_per_run") or 0.0
    machine_hours = facts.number("serve.batch", "instance_hours_per_run") or 0.0
    found = {
        "ingest.batch": facts.number("ingest.batch", "hours_per_run") or minutes / 60,
        "transform": facts.number("transform", "hours_per_run"),
        "serve.batch": facts.number("serve.batch", "hours_per_run")
        or machine_hours / max(1.0, facts.number("serve.batch", "instances") or 1.0),
    }
    return tuple((slot, hours) for slot, hours in found.items() if hours)


def chain_hours(facts: CriticFacts, runs_per_day: float) -> float:
    """Hours from the first file to the last score: each stage's hours for a day's data over the runs of a day, and at
    least `START_HOURS` to start."""
    return sum(max(START_HOURS, hours / runs_per_day) for _, hours in day_hours(facts))


def _chain(facts: CriticFacts) -> Iterator[Finding]:
    """The chain of a run against the time between two runs. Rarer runs help only where starting takes the time."""
    plan, stages = facts.output("pipelines_blueprint", PipelinesBlueprint), day_hours(facts)
    if plan is None or not stages or plan.runs_per_day <= 0:
        return
    period, chain = 24 / plan.runs_per_day, chain_hours(facts, plan.runs_per_day)
    if chain <= REPEATABLE * period:
        return
    slowest = max(stages, key=lambda stage: stage[1])[0]
    told = ", ".join(f"{slot} {h / plan.runs_per_day:.3g} h" for slot, h in stages)
    work = sum(h for _, h in stages)
    if chain <= period:
        yield technical(
            "batch-window",
            Severity.WARNING,
            "pipelines_blueprint",
            f"a run takes {chain:.3g} of the {period:g} hours to the next ({told}): a failed one cannot be repeated",
            f"Shorten {slowest}, which takes most of it.",
            "throughput.batch_gb_per_day",
        )
    elif work <= 24:
        late = tuple(str(c) for c, every in PERIOD_HOURS.items() if chain_hours(facts, 24 / every) > every)
        yield technical(
            "batch-window",
            Severity.ERROR,
            "pipelines_blueprint",
            f"a run takes {chain:.3g} hours ({told}) and starts every {period:g}: starts pile up",
            f"Run so seldom that {chain:.3g} hours fit between two runs.",
            "pipelines.frequency",
            late,
        )
    else:
        day = ", ".join(f"{slot} {h:.3g} h" for slot, h in stages)
        yield technical(
            "batch-window",
            Severity.ERROR,
            slowest,
            f"a day's data take {work:.3g} hours ({day}): the backlog grows every day",
            f"Take a pattern for {slowest} that works with more machines.",
            slowest,
            (facts.composition.slots[slowest],),
        )


def _training(facts: CriticFacts) -> Iterator[Finding]:
    """A training ends before the next begins, and sees its rows: working set against the instance's memory."""
    training, hours = facts.output("model_training", ModelTraining), facts.number("train", "hours_per_run")
    if training is None:
        return
    if hours and hours > PERIOD_HOURS[training.cadence]:
        yield technical(
            "training-overrun",
            Severity.ERROR,
            "model_training",
            f"a training takes {hours:.3g} hours and one starts every {PERIOD_HOURS[training.cadence]:g}"
            f" ({training.cadence.value}): runs overlap, and the newest model is never the live one",
            f"Train at most every {hours:.3g} hours, or on fewer rows.",
            "training.cadence",
            tuple(str(c) for c, period in PERIOD_HOURS.items() if hours > period),
        )
    rows = facts.requirements.training_rows
    if training.rows_per_run < rows:
        yield technical(
            "memory",
            Severity.WARNING,
            "model_training",
            f"{training.memory_gb:g} GB of {training.rows_per_run:,} rows fit into the instance: of {rows:,} rows"
            f" {1 - training.rows_per_run / rows:.0%} are left out",
            "Check on a third of the rows whether more rows still help; if so, take a larger instance.",
            "throughput.training_rows",
        )


def _replicas(facts: CriticFacts) -> Iterator[Finding]:
    """Whether the replicas that were planned carry the peak that the pattern was sized for."""
    serving, rate = facts.output("deployment_serving", DeploymentServing), facts.requirements.requests_per_second
    each = facts.number("serve.online", "rps_per_task", "rps_per_instance")
    if serving is None or not each or serving.max_replicas * each >= rate:
        return
    yield technical(
        "bottleneck",
        Severity.ERROR,
        "serve.online",
        f"{serving.max_replicas} replicas at {each:g} requests a second carry {serving.max_replicas * each:,.0f}, the"
        f" peak is {rate:,.0f}",
        f"Let it grow to {ceil(rate / each)} replicas.",
        "throughput.requests_per_second",
    )


def _zone(facts: CriticFacts) -> Iterator[Finding]:
    """Half of the replicas are left when a zone is lost: at full use they should carry the peak."""
    r = facts.requirements
    each, count = (
        facts.number("serve.online", "rps_per_task", "rps_per_instance"),
        facts.number("serve.online", "tasks", "instances"),
    )
    if not each or not count or r.availability_target < 99.9:
        return
    left = count - ceil(count / 2)
    carried = left * each / PLANNED_USE
    if carried < r.requests_per_second:
        wait = facts.evaluated()["serve.online"].scale_out_seconds or 0.0
        yield technical(
            "zone-loss",
            Severity.WARNING,
            "serve.online",
            f"with one of two zones lost {left:g} of {count:g} replicas carry {carried:,.0f} of"
            f" {r.requests_per_second:,.0f} requests a second at full use, for {wait:g} seconds until others stand",
            f"Keep {ceil(2 * r.requests_per_second * PLANNED_USE / each)} replicas at the peak, or shed load by priority.",
            "availability_target",
        )


def _store_key(facts: CriticFacts) -> Iterator[Finding]:
    """Reads of the busiest key against what one key of the online store gives."""
    item = facts.number("feature", "item_kb")
    if item is None or not facts.is_a("feature", "dynamodb"):
        return
    r = facts.requirements
    reads = (r.requests_per_second if r.has(WorkloadType.ONLINE) else 0.0) + (
        r.events_per_second if r.has(WorkloadType.STREAMING) else 0.0
    )
    units = reads * top_share(_entities(facts)) * ceil(item / 4) * 0.5
    if units > KEY_READS:
        yield technical(
            "hot-key",
            Severity.WARNING,
            "feature",
            f"the busiest of {_entities(facts):,.0f} keys is read with about {units:,.0f} units a second if traffic falls"
            f" as 1/rank; one key gives {KEY_READS:,.0f}",
            "Keep the busiest rows in the service for a second, or write them under several keys.",
            "throughput.requests_per_second",
        )


CRITIC = Critic(name="bottlenecks", stage="plan", judge=judge)
