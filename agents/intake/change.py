"""Changes to a constraint file as people write them, `key=value`: read, checked against the file, never applied halfway."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any

import yaml

from agents.domain.findings import Severity
from agents.errors import BadInput
from agents.intake.edit import set_values
from agents.intake.parse import parse

MAX_VALUES = 500
MOST, TARGET = "budget_band.monthly_usd_max", "budget_band.target"


def read_change(change: str, example: str = "sla_latency_ms=80") -> tuple[str, Any]:
    """`key=value` with the value as YAML reads it. Raises BadInput for another form."""
    key, separator, text = change.partition("=")
    if not separator or not key.strip():
        raise BadInput(f"{change}: write key=value.", remedy=f"Example: {example}")
    try:
        return key.strip(), _plain(yaml.load(text, Loader=yaml.CSafeLoader), change)
    except UnicodeError:
        raise BadInput(f"{change!a}: the value is not UTF-8.", remedy="Write it in UTF-8.") from None
    except RecursionError:
        raise BadInput(f"{change[:80]}: the value is nested too deeply.", remedy="Change the file itself.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise BadInput(f"{change}: the value cannot be read: {str(error).splitlines()[0]}") from None


def _plain(value: Any, change: str) -> Any:
    """The value, if it is text, numbers, lists and mappings of bearable size: references to itself are a bomb, and dates
    are text here. Raises BadInput."""
    budget = MAX_VALUES

    def walked(node: Any) -> Any:
        nonlocal budget
        budget -= 1
        if budget < 0:
            raise BadInput(
                f"{change[:80]}: the value has more than {MAX_VALUES} parts.", remedy="Change the file itself."
            )
        if isinstance(node, list):
            return [walked(item) for item in node]
        if isinstance(node, dict):
            return {str(walked(name)): walked(inner) for name, inner in node.items()}
        if isinstance(node, date):
            return node.isoformat()
        if (isinstance(node, float) and not isfinite(node)) or not isinstance(node, str | int | float | None):
            raise BadInput(f"{change[:80]}: the value cannot be used here.", remedy="Write text or a number.")
        return node

    return walked(value)


def read_changes(changes: Sequence[str], example: str = "sla_latency_ms=80") -> dict[str, Any]:
    """All of them by key; the last one of a key counts."""
    return dict(read_change(change, example) for change in changes)


def checked_changes(content: bytes, name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes, with what must go with them: a target above a new maximum is taken out, since it would only be refused.

    Raises BadInput for the file's own mistakes, or for those that the changes bring, each where it stands.
    """
    standing = parse(content, name)
    if standing.constraints is None:
        raise BadInput(f"{name} has mistakes.", standing.findings, remedy="Mend them first: mlwright check")
    wanted = dict(changes)
    target, most = standing.constraints.budget_band.target, wanted.get(MOST)
    if TARGET not in wanted and target is not None and isinstance(most, int | float) and most < target:
        wanted[TARGET] = None
    changed = parse(set_values(content, wanted), name)
    if changed.constraints is None:
        wrong = [f for f in changed.findings if f.severity is Severity.ERROR]
        keys = ", ".join(wanted)
        raise BadInput(
            f"{keys}: the changed file would be refused.", wrong, remedy="`mlwright schema` names all fields."
        )
    return wanted
