"""Fixtures of the publisher's tests; what they give is made in `proposals.py`."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.domain.change import ChangeSummary
from bot.publish.publish import Published
from bot.publish.rehearsal import MemoryRepository
from tests.publish.proposals import (
    CONSTRAINTS,
    Maker,
    card,
    estimate,
    later_change,
    policy_report,
    put,
    validation_report,
)

Put = Callable[..., Published]


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def memory() -> MemoryRepository:
    return MemoryRepository({"constraints.yaml": CONSTRAINTS, "NOTES.md": b"ours\n"})


@pytest.fixture(name="put")
def _put() -> Put:
    return put


@pytest.fixture
def later() -> ChangeSummary:
    return later_change()


@pytest.fixture
def reports() -> dict[str, Callable[..., Any]]:
    """Makers of parts that single tests change."""
    return {"policy": policy_report, "validation": validation_report, "cost": estimate, "card": card}
