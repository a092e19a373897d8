"""No number, condition or word of a pattern file changes unseen (`pattern_figures.py`)."""

import json

import pytest

from agents.patterns import Catalogue
from tests.plancore.pattern_figures import FILE, figures

CATALOGUE = Catalogue.load()
KEPT = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("pattern_id", sorted(CATALOGUE.ids))
def test_a_pattern_comes_to_what_it_did(pattern_id: str) -> None:
    now = figures(CATALOGUE, pattern_id)
    moved = sorted(axis for axis in {**now, **KEPT[pattern_id]} if now.get(axis) != KEPT[pattern_id].get(axis))
    assert not moved, f"{pattern_id} moved; if that is meant: python -m tests.plancore.pattern_figures"


def test_every_pattern_is_held() -> None:
    assert KEPT.keys() == set(CATALOGUE.ids)
