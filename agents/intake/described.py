"""Numbers in the project's description that its fields do not repeat: only fields are planned with."""

from collections.abc import Iterator
from dataclasses import replace

from agents.domain.constraints import Constraints
from agents.intake.conflict import Conflict, warning
from agents.intake.known import value_at
from agents.intake.phrases import sentences
from agents.intake.quantities import quantities

FIELDS = frozenset(
    {
        "budget_band.monthly_usd_max",
        "sla_latency_ms",
        "availability_target",
        "throughput.requests_per_second",
        "throughput.events_per_second",
        "throughput.batch_gb_per_day",
        "throughput.training_rows",
        "team_constraints.size",
    }
)
"""Fields with one number that a sentence can state."""
SAME = 0.01
"""Up to this apart, one is the other rounded."""


def described(constraints: Constraints) -> Iterator[Conflict]:
    """What the description states in numbers and the file does not, or otherwise."""
    for sentence in sentences(constraints.project.description or ""):
        for found in quantities(sentence.text):
            if found.key not in FIELDS or not isinstance(found.value, int | float):
                continue
            written = value_at(constraints, found.key)
            if written is not None and abs(float(written) - found.value) <= SAME * found.value:
                continue
            said = sentence.text[found.start : found.end].strip()
            stands = "is not given" if written is None else f"is {written:,.10g}"
            clash = warning(
                "description",
                "project.description",
                f'The description says "{said}", and {found.key} {stands}; the plan follows the field.',
                f"Write {found.key}: {found.value:.10g}, or change the description.",
                found.key,
            )
            yield replace(clash, gap=found.key if written is None else None)
