"""Every limit in a pattern file is held on both of its sides (`pattern_edges.py`)."""

import json

import pytest

from agents.patterns import Catalogue
from tests.plancore.pattern_edges import FILE, answers, edges

CATALOGUE = Catalogue.load()
KEPT = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("pattern_id", sorted(CATALOGUE.ids))
def test_a_formula_turns_where_the_table_says(pattern_id: str) -> None:
    compiled = CATALOGUE.compiled(pattern_id)
    kept = dict(KEPT.get(pattern_id, {}))
    for edge in edges(compiled):
        assert edge.key in kept, (
            f"{pattern_id}: {edge.key} is new; if that is meant: python -m tests.plancore.pattern_edges"
        )
        assert list(answers(CATALOGUE, compiled, edge)) == kept.pop(edge.key), f"{pattern_id}: {edge.key}"
    assert not kept, f"{pattern_id} no longer turns at {list(kept)}"


def test_the_sides_of_a_limit_worked_by_hand() -> None:
    """One vCPU up to 50 ms a prediction; 99.9 % takes a task more; 30 GB are the most of four Fargate vCPUs."""
    assert KEPT["serve:aws-ecs-fargate"]["parameters.vcpu: model_ms_cpu at 50"] == [1, 1, 2]
    assert KEPT["serve:aws-ecs-fargate"]["parameters.tasks: availability_target at 99.9"] == [4, 5, 5]
    assert KEPT["train:aws-ecs-fargate"]["parameters.vcpu: p.memory_needed_gb at 30"] == [4, 4, 8]
    assert KEPT["feature:aws-redis-online"]["parameters.node: p.needed_gb at 13"] == [
        "cache.r7g.large", "cache.r7g.large", "cache.r7g.xlarge",
    ]  # fmt: skip
