"""Golden scenarios: a real constraint file each, and beside it what an expert demands of the plan and why.

`expected.yaml` is data: `slots` (any_of, none_of, absent), `p95_ms` and `usd` bands, `policies` and `decisions` with the
reason, `requirements`, `assumed`, or `infeasible`, or `refused` (a mistake of the file).
Expectations were written before the first run; a scenario that fails is a question to the engine first.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.domain.requirements import Requirements
from agents.intake.parse import parse
from tests.reports.told import told_of_plan, told_parts, told_risk, told_sum

HERE = Path(__file__).parent
NAMES = sorted(path.parent.name for path in HERE.glob("*/expected.yaml"))


def _expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HERE / name / "expected.yaml").read_text("utf-8"))
    return found


UNREAD = [name for name in NAMES if "refused" in _expected(name)]
REFUSED = [name for name in NAMES if "infeasible" in _expected(name)]
SUM = re.compile(r"[\d,.]+ points (?:ahead of .*\(|(?:behind|ahead): )")
"""A verdict that tells a sum with its parts."""
PLANNED = [name for name in NAMES if name not in UNREAD + REFUSED]


def _check(found: Any, wish: dict[str, Any], what: str) -> None:
    """`any_of`, `none_of` or `not`, and `absent`; the reason of the expectation is the message."""
    because = f"{what} is {found}: {wish.get('because', 'see expected.yaml')}"
    assert not (wish.get("absent") and found is not None), because
    assert "any_of" not in wish or found in wish["any_of"], f"{because} (wanted {wish['any_of']})"
    assert found not in (*wish.get("none_of", ()), *wish.get("not", ())), because


def _wishes(section: str) -> list[tuple[str, str]]:
    """(scenario, key) for each expectation of a section."""
    wishes = {name: _expected(name)[section] for name in PLANNED}
    return [(name, key) for name, wish in wishes.items() for key in (wish if isinstance(wish, dict) else [section])]


@pytest.mark.parametrize(("name", "slot"), _wishes("slots"))
def test_a_slot_has_what_an_expert_would_draw(name: str, slot: str, planned: Any) -> None:
    proposal = planned(name)
    assert proposal.plan is not None, (proposal.outcome, proposal.findings, proposal.infeasible)
    _check(proposal.plan.composition.slots.get(slot), _expected(name)["slots"][slot], slot)


@pytest.mark.parametrize(("name", "key"), _wishes("p95_ms"))
def test_the_answer_comes_in_time(name: str, key: str, planned: Any) -> None:
    p95, band = planned(name).plan.composition.p95_latency_ms, _expected(name)[key]
    if band is None:
        assert p95 is None, "nothing waits for an answer"
    else:
        assert p95 is not None and band[0] <= p95 <= band[1]


@pytest.mark.parametrize(("name", "key"), _wishes("usd"))
def test_the_cost_is_believable(name: str, key: str, planned: Any) -> None:
    cost, band = planned(name).cost, _expected(name)[key]
    assert cost is not None and band[0] <= cost.monthly_usd <= band[1]
    assert cost.low_usd <= cost.monthly_usd <= cost.high_usd


@pytest.mark.parametrize(("name", "rule"), _wishes("policies"))
def test_a_rule_judges_as_it_must(name: str, rule: str, planned: Any) -> None:
    policy = planned(name).policy
    assert policy is not None
    status = {found.id: found.status for found in policy.rules}
    assert rule in status
    _check(status[rule], _expected(name)["policies"][rule], rule)


@pytest.mark.parametrize(("name", "key"), _wishes("decisions"))
def test_a_decision_is_so_and_for_a_reason(name: str, key: str, planned: Any) -> None:
    proposal = planned(name)
    assert proposal.plan is not None
    cards = {card.key: card for card in proposal.cards}
    _check(cards[key].choice.id if key in cards else None, _expected(name)["decisions"][key], key)
    if key in cards:
        assert cards[key].choice.justification and len(cards[key].candidates) >= 2


@pytest.mark.parametrize(("name", "key"), _wishes("assumed"))
def test_what_was_not_said_is_assumed_and_listed(name: str, key: str, planned: Any) -> None:
    proposal, wish = planned(name), _expected(name)
    requirements: Requirements = proposal.requirements
    assumed = {assumption.key for assumption in proposal.plan.assumptions}
    wanted = wish["assumed"].get(key, ())
    assert set(wanted) <= assumed if key == "any" else not set(wanted) & assumed
    for field, value in wish.get("requirements", {}).items():
        holder = requirements.data if field in type(requirements.data).model_fields else requirements
        assert getattr(holder, field) == value


@pytest.mark.parametrize("name", PLANNED)
def test_a_verdict_names_all_that_its_sum_is_made_of(name: str, planned: Any) -> None:
    verdicts = [candidate.verdict for card in planned(name).cards for candidate in card.candidates]
    told = [text for text in verdicts if SUM.search(text)]
    assert told
    for text in told:
        assert told_sum(text) == told_parts(text), text


@pytest.mark.parametrize("name", PLANNED)
def test_what_another_plan_lost_by_adds_up(name: str, planned: Any) -> None:
    lost = [member.why_not for member in planned(name).plan.pareto if not member.chosen]
    for text in lost:
        total, parts = told_of_plan(text)
        assert total == parts, text
        points, terms = told_risk(text)
        assert points == terms, text


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_said_with_what_would_work(name: str, planned: Any) -> None:
    proposal, wish = planned(name), _expected(name)["infeasible"]
    assert proposal.plan is None and proposal.infeasible is not None, wish["because"]
    assert set(wish["conflict"]) <= set(proposal.infeasible.conflict), wish["because"]
    assert any(wish["relaxation"] in way for way in proposal.infeasible.relaxations)


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_supported_gets_one_located_answer(name: str, planned: Any) -> None:
    proposal, wish = planned(name), _expected(name)["refused"]
    (finding,) = proposal.findings
    assert proposal.plan is None and proposal.infeasible is None, wish["because"]
    place = finding.location
    assert place is not None and f"{place.line}:{place.column}" == wish["at"]
    assert all(word in f"{finding.message} {finding.remediation}" for word in wish["says"]), wish["because"]


def test_scenarios_are_files_without_a_mistake() -> None:
    assert len(NAMES) >= 14
    for name in PLANNED + REFUSED:
        parsed = parse((HERE / name / "constraints.yaml").read_bytes())
        assert parsed.constraints is not None and not parsed.findings, (name, parsed.findings)
