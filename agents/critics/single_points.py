"""Single points: what nothing stands against, what several parts share, and who alone can mend it."""

from collections.abc import Iterator

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.findings import Finding, Severity
from agents.domain.month import minutes_down
from agents.domain.outputs import SystemArchitecture
from agents.expert.bottlenecks import SHARD_EVENTS
from agents.patterns.evaluated import Failure

REGIONAL = " in the region"
"""Failure domains of a whole service; two zones do not help against them, a second region does."""
AWAKE_SHARE = 0.33
"""Share of a week in which one person is at work or awake beside it (56 of 168 hours, judgement)."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings."""
    return (*_domains(facts), *_region(facts), *_shard(facts), *_key(facts), *_person(facts))


def shared_domains(facts: CriticFacts) -> dict[str, list[tuple[str, Failure]]]:
    """Failure domain to the slots it takes down: patterns that name the same one fail together."""
    found: dict[str, list[tuple[str, Failure]]] = {}
    for slot, part in facts.evaluated().items():
        for failure in part.failures:
            found.setdefault(failure.name, []).append((slot, failure))
    return found


def _domains(facts: CriticFacts) -> Iterator[Finding]:
    """Domains without anything against them: a warning where answers stop or several slots fall together."""
    quiet = []
    for name, hit in shared_domains(facts).items():
        bare = [(slot, f) for slot, f in hit if f.mitigated_by is None]
        if not bare or name.endswith(REGIONAL):
            continue
        stops = ", ".join(dict.fromkeys(f"{f.takes_down} ({slot})" for slot, f in bare))
        if len(bare) > 1 or any(f.takes_down == "answers" for _, f in bare):
            yield technical(
                "single-point",
                Severity.WARNING,
                bare[0][0],
                f"{name}: nothing stands against it, and it stops {stops}",
                f"Rehearse the loss of the {name} in staging, and write what to do into the runbook.",
                "availability_target",
            )
        else:
            quiet.append(f"{name} stops {stops}")
    if quiet:
        yield technical(
            "single-point",
            Severity.INFO,
            "system_architecture",
            f"without a measure against them: {'; '.join(quiet)}",
            "Name for each who notices it, and how.",
            "availability_target",
        )


def _region(facts: CriticFacts) -> Iterator[Finding]:
    """Services that fail as a whole in the one region there is: its loss takes all paths at once, whatever each reaches."""
    r, budget = facts.requirements, minutes_down(facts.requirements.availability_target)
    names = [name for name in shared_domains(facts) if name.endswith(REGIONAL)]
    architecture = facts.output("system_architecture", SystemArchitecture)
    if not names or len(r.regions) > 1 or not facts.live:
        return
    mended = f", mended in {architecture.recovery_time_hours:g} hours" if architecture else ""
    yield technical(
        "single-point",
        Severity.WARNING if r.availability_target > 99.95 else Severity.INFO,
        "system_architecture",
        f"{r.primary_region} is the only region: {', '.join(names)} have no second place{mended};"
        f" {r.availability_target:g} % leaves {budget:g} minutes a month",
        "Name a second region in regions, or promise at most 99.95 %.",
        "regions",
    )


def _shard(facts: CriticFacts) -> Iterator[Finding]:
    """One shard: a doubled rate is refused while it is split."""
    shards, rate = facts.number("ingest.streaming", "shards"), facts.requirements.events_per_second
    if shards == 1 and 2 * rate > SHARD_EVENTS:
        wait = facts.evaluated()["ingest.streaming"].scale_out_seconds or 0.0
        yield technical(
            "single-point",
            Severity.WARNING,
            "ingest.streaming",
            f"one shard takes all {rate:,.0f} events a second of its {SHARD_EVENTS:,.0f}: at twice the rate"
            f" {2 * rate - SHARD_EVENTS:,.0f} a second are refused for the {wait:g} seconds that a split takes",
            "Let producers keep refused events and try again, and alarm at 70 % of the shard.",
            "throughput.events_per_second",
        )


def _key(facts: CriticFacts) -> Iterator[Finding]:
    if facts.number("govern", "keys") == 1 and facts.provided >= {"encryption"}:
        yield technical(
            "single-point",
            Severity.INFO,
            "govern",
            f"one key encrypts everything of {facts.requirements.slug}: who schedules its deletion makes all of it"
            " unreadable",
            "Deny kms:ScheduleKeyDeletion to every role but one, and alarm on the call.",
            "data_classification",
        )


def _person(facts: CriticFacts) -> Iterator[Finding]:
    """A team of one: an incident at any hour, answered within the error budget by one person."""
    r = facts.requirements
    if r.team_size == 1 and facts.live:
        yield technical(
            "single-point",
            Severity.WARNING,
            None,
            f"one person answers every page; {1 - AWAKE_SHARE:.0%} of incidents begin while they are away, and"
            f" {r.availability_target:g} % leaves {minutes_down(r.availability_target):g} minutes a month",
            "Name a second person for pages, or lower availability_target to what working hours allow.",
            "team_constraints.size",
        )


CRITIC = Critic(name="single_points", stage="plan", judge=judge)
