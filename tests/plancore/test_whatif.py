"""`whatif`: what it says is what planning the changed file again gives; mistakes are located; nothing is written."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from agents.errors import BadInput
from agents.graph.whatif import Outcome, Refused, WhatIf, decided, rendered, whatif
from agents.intake.edit import set_values
from agents.search import composer
from bot.cli.whatif import _engine
from bot.cli.whatif import whatif as command

SEED = Path(__file__).parents[2] / "bot" / "cli" / "seed" / "constraints.yaml"
CONTENT = SEED.read_bytes()
RATE = {"throughput.requests_per_second": 400}


@pytest.fixture(autouse=True)
def _no_flips(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where a choice flips is half of the time of a plan, and nothing that `whatif` tells."""
    monkeypatch.setattr(composer, "flip_points", lambda *_: ())
    composer._kept.cache_clear()
    yield
    composer._kept.cache_clear()


def planned(content: bytes) -> Outcome:
    engine = _engine()
    state = decided(content, engine, None)
    assert not isinstance(state, Refused)
    return rendered(state, engine)


def asked(changes: dict[str, object]) -> WhatIf:
    found = whatif(CONTENT, changes, _engine())
    assert isinstance(found, WhatIf)
    return found


def test_it_says_what_planning_the_changed_file_gives() -> None:
    changes = {"deployment_pref": "serverless", **RATE, "budget_band.monthly_usd_max": 5000}
    found = asked(dict(changes))
    before, after = planned(CONTENT), planned(set_values(CONTENT, changes))
    assert (found.before_usd, found.after_usd) == (before.cost.monthly_usd, after.cost.monthly_usd)
    assert {move.key: (move.before, move.after) for move in found.slots} == {
        slot: (before.plan.composition.slots.get(slot), after.plan.composition.slots.get(slot))
        for slot in {**before.plan.composition.slots, **after.plan.composition.slots}
        if before.plan.composition.slots.get(slot) != after.plan.composition.slots.get(slot)
    }
    for move in found.decisions:
        now = {d.question.key: d.choice for d in after.plan.decisions}
        assert now.get(move.key) == move.after != move.before
    assert {file.path for file in found.files} == {
        path for path in {**before.files, **after.files} if before.files.get(path) != after.files.get(path)
    }
    assert all((f.path in before.files, f.path in after.files) == WHERE[f.change] for f in found.files)


WHERE = {"added": (False, True), "removed": (True, False), "changed": (True, True)}


def test_the_components_add_up_to_the_change() -> None:
    found = asked(dict(RATE))
    assert found.after_usd is not None and found.costs and found.files
    assert sum((move.usd for move in found.costs), Decimal(0)) == found.after_usd - found.before_usd
    assert [abs(m.usd) for m in found.costs] == sorted((abs(m.usd) for m in found.costs), reverse=True)


def test_no_change_changes_nothing() -> None:
    same = asked({})
    assert same.before_usd == same.after_usd and same.policy_before == same.policy_after
    assert not (same.slots or same.decisions or same.costs or same.policies or same.files or same.assumptions)


def test_an_infeasible_change_gives_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked({"sla_latency_ms": 2})
    assert found.infeasible is not None and found.after_usd is None and not found.files
    assert command(SEED, ["sla_latency_ms=2"], "text", None) == 1
    said = capsys.readouterr().out
    assert found.infeasible.explanation in said and f"would work: {found.infeasible.relaxations[0]}" in said


IMPOSSIBLE = set_values(CONTENT, {"sla_latency_ms": 2})


def test_a_file_without_a_plan_is_changed_into_one_that_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = whatif(IMPOSSIBLE, {"sla_latency_ms": 150}, _engine())
    assert isinstance(found, WhatIf) and found.before_infeasible is not None and found.before_usd is None
    after = planned(CONTENT)
    assert after.plan is not None and after.cost is not None and found.after_usd == after.cost.monthly_usd
    assert {m.key: m.after for m in found.slots} == after.plan.composition.slots
    assert all(move.before is None for move in (*found.slots, *found.decisions, *found.policies))
    assert sum((move.usd for move in found.costs), Decimal(0)) == found.after_usd
    assert {f.path for f in found.files} == set(after.files) and {f.change for f in found.files} == {"added"}
    file = tmp_path / "constraints.yaml"
    file.write_bytes(IMPOSSIBLE)
    assert command(file, ["sla_latency_ms=150"], "text", None) == 0
    said = capsys.readouterr().out
    assert f"before: no plan is feasible: {found.before_infeasible.explanation}" in said
    assert f"no plan → ${found.after_usd:,.2f}/month" in said
    assert all(f"{move.key}: {move.after}" in said for move in found.slots)
    assert command(file, ["sla_latency_ms=150"], "json", None) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(found.model_dump_json())


def test_if_neither_has_a_plan_both_reasons_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "constraints.yaml"
    file.write_bytes(IMPOSSIBLE)
    assert command(file, ["sla_latency_ms=3"], "text", None) == 1
    said = capsys.readouterr().out
    assert "sla_latency_ms is 2." in said and "sla_latency_ms is 3." in said and "as before" in said
    assert command(file, ["sla_latency_ms=3"], "json", None) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["before_infeasible"]["conflict"] == document["infeasible"]["conflict"] == ["sla_latency_ms"]


def test_what_must_be_known_before_is_told_beside_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "constraints.yaml"
    file.write_bytes(set_values(CONTENT, {"data_classification": None}))
    assert command(file, ["data_classification=internal"], "text", None) == 0
    assert "before: data_classification must be known first" in capsys.readouterr().out
    assert command(file, ["sla_latency_ms=150"], "text", None) == 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("budget_band.monthly_max=300", "monthly_usd_max"),
        ("sla_latency=80", "sla_latency_ms"),
        ("deployment_pref=k8s", "kubernetes"),
        ("sla_latency_ms=fast", "a number"),
        ("choose.serve=aws-nothing-here", "aws-"),
    ],
)
def test_a_bad_key_or_value_is_located_with_the_nearest_name(change: str, named: str) -> None:
    with pytest.raises(BadInput) as caught:
        command(SEED, [change], "text", None)
    assert any(f.location is not None and named in f"{f.message} {f.remediation}" for f in caught.value.findings)


@pytest.mark.parametrize("change", ["sla_latency_ms", "=3", "sla_latency_ms=[1"])
def test_what_is_no_change_is_refused(change: str) -> None:
    with pytest.raises(BadInput):
        command(SEED, [change], "text", None)


def test_formats_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    change = "throughput.requests_per_second=400"
    assert [command(SEED, [change], form, None) for form in ("json", "text", "markdown")] == [0, 0, 0]
    out = capsys.readouterr().out
    document, rest = json.JSONDecoder().raw_decode(out)
    found = asked(dict(RATE))
    assert document == json.loads(found.model_dump_json())
    for line in (
        f"${found.before_usd:,.2f} → ${found.after_usd:,.2f}/month",
        f"files: {len(found.files)} would change",
    ):
        assert out[rest:].count(line) == 2


def test_a_target_above_a_new_maximum_goes_with_it_and_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert b"target: 1100" in CONTENT
    code = command(SEED, ["budget_band.monthly_usd_max=900"], "text", None)
    assert code == 0 and "budget_band.target=null" in capsys.readouterr().out
