"""Constraints to requirements: every unknown becomes a listed, confirmable assumption, or a refusal if it may not."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.domain.constraints import Constraints
from agents.domain.findings import Finding, Location, Severity
from agents.domain.requirements import Assumption, Requirements
from agents.errors import BadInput
from agents.intake.assume import read_assume
from agents.intake.assumption_table import ASSUMABLE
from agents.intake.conflict import Conflict
from agents.intake.known import value_at
from agents.intake.package_name import package_name
from agents.intake.picture import Picture
from agents.intake.pins import Nearest, SlotsOf, read_pins

BLOCKING: Mapping[str, str] = {
    "cloud": "every pattern, price and permission belongs to one cloud",
    "regions": "where data may be stored, what exists there and what it costs",
    "data_classification": "encryption, access, retention and the laws that apply",
}
"""Fields that are never assumed (SPEC §20), and what hangs on each."""


@dataclass(frozen=True)
class Resolved:
    """`requirements` have no accidental unknowns; `findings` are warnings (an `assume:` entry without effect)."""

    requirements: Requirements
    assumptions: tuple[Assumption, ...]
    findings: tuple[Finding, ...] = ()


def resolve(
    constraints: Constraints,
    slot_of: SlotsOf | None = None,
    locations: Mapping[str, Location] | None = None,
    nearest: Nearest | None = None,
) -> Resolved:
    """Fills every unknown with a default that follows from what is known.

    `slot_of` answers the slots that a pattern id can fill (`Catalogue.slots_of`; KeyError or () for an unknown id); it
    is needed only for `choose: {serve: …}` and `{ingest: …}`. `nearest` names the patterns for a slot when a wrong one is
    named (`Catalogue.nearest`). Raises BadInput, with located findings, if cloud,
    regions or data class are unknown, or if `assume:` or `choose:` name what does not exist.
    """
    places = locations or {}
    missing = [key for key in BLOCKING if value_at(constraints, key) is None]
    if missing:
        raise BadInput(
            f"{', '.join(missing)} must be known before anything is planned",
            [_missing(key, places) for key in missing],
            remedy="Answer: " + ", ".join(f"`{key}: …`" for key in missing),
        )
    overrides, conflicts = read_assume(constraints)
    picture = Picture(constraints, overrides).complete()
    pins, refused = read_pins(constraints, picture, slot_of, nearest)
    findings = [_finding(conflict, places) for conflict in (*conflicts, *refused)]
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise BadInput(errors[0].message, errors, remedy=errors[0].remediation)
    return Resolved(_requirements(constraints, picture, pins), listed(picture), tuple(findings))


def assumptions_of(constraints: Constraints) -> tuple[Assumption, ...]:
    """The assumptions alone, also while cloud, regions or data class are unknown."""
    return listed(Picture(constraints, read_assume(constraints)[0]).complete())


def listed(picture: Picture) -> tuple[Assumption, ...]:
    """The guesses of a complete picture as assumptions, in the order of the schema."""
    return tuple(
        Assumption(
            id=entry.id,
            key=key,
            value=guess.value,
            reason=guess.reason,
            blast_radius=entry.blast_radius,
            confirmed=guess.confirmed,
        )
        for key, entry in ASSUMABLE.items()
        if (guess := picture.guesses.get(key)) is not None
    )


def _requirements(constraints: Constraints, picture: Picture, pins: dict[str, str]) -> Requirements:
    assert constraints.cloud is not None and constraints.data_classification is not None
    regions = tuple(dict.fromkeys(constraints.regions))
    team = constraints.team_constraints
    return Requirements(
        slug=constraints.project.name,
        package=package_name(constraints.project.name),
        description=constraints.project.description,
        problem=picture.problem,
        domain=picture.domain,
        cloud=constraints.cloud,
        regions=regions,
        primary_region=regions[0],
        budget_usd_max=picture.budget,
        budget_usd_target=constraints.budget_band.target,
        data_classification=constraints.data_classification,
        compliance=picture.compliance,
        workloads=picture.workloads,
        sla_latency_ms=picture.latency,
        availability_target=picture.availability,
        requests_per_second=picture.requests,
        events_per_second=picture.events,
        batch_gb_per_day=picture.batch_gb,
        training_rows=picture.rows,
        deployment_pref=picture.deployment,
        storage_prefs=constraints.storage_prefs,
        observability_prefs=constraints.observability_prefs,
        languages=team.languages,
        skills=team.skills,
        team_size=picture.team_size,
        existing_stack=constraints.existing_stack,
        data=picture.data,
        objective=constraints.objective,
        pins=pins,
        assumed_columns=picture.completed.columns,
        assumed_sources=picture.completed.sources,
    )


def _missing(key: str, places: Mapping[str, Location]) -> Finding:
    return Finding(
        rule="constraints.missing-field",
        severity=Severity.ERROR,
        message=f"{key}: missing, and never assumed: {BLOCKING[key]}.",
        location=places.get(key) or places.get("project"),
        remediation=f"Write `{key}: …`.",
        source="constraints",
        key=key,
    )


def _finding(conflict: Conflict, places: Mapping[str, Location]) -> Finding:
    key, place = conflict.key, None
    while key and place is None:
        place, key = places.get(key), key.rpartition(".")[0]
    return Finding(
        rule=f"constraints.{conflict.rule}",
        severity=conflict.severity,
        message=f"{conflict.key}: {conflict.what}",
        location=place,
        remediation=conflict.remedy,
        source="constraints",
        key=conflict.key,
    )
