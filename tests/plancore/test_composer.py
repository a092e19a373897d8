"""Candidates, flips, prices, pins and conflicts: what the composer says is what another search finds."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agents.cost.pricebook import PriceBook
from agents.domain.constraints import Compliance
from agents.errors import Defect
from agents.patterns import Catalogue
from agents.patterns.evaluated import Failure
from agents.search import CatalogueComposer, search
from agents.search.examples import case
from agents.search.flips import AXES, BUDGETS, NARROW, PLAN, Profile, figure, told
from agents.search.options import OptionSource
from agents.search.prices import NOISE_USD
from agents.search.relax import Case, relaxed
from agents.search.risk import Exposure, downtime_points, exposure, latency_points, most, share
from agents.search.whole import Whole

CATALOGUE = Catalogue.load()
BOOK = PriceBook.load()
SOURCE = OptionSource(CATALOGUE, BOOK)
FIELD = {axis.key: axis for axis in AXES}
PROJECTS: list[dict[str, Any]] = [
    {},
    {
        "workloads": ["online"],
        "deployment_pref": "containers",
        "skills": ["docker", "python"],
        "requests_per_second": 90,
    },
    {"workloads": ["batch", "streaming"], "events_per_second": 300, "sla_latency_ms": 2000, "budget_usd_max": "900"},
]


def composer(**changes: object) -> CatalogueComposer:
    return CatalogueComposer(CATALOGUE, BOOK, case(changes))


def slots(**changes: object) -> dict[str, str] | None:
    r = case(changes)
    options = SOURCE.options(r)
    leaf = Whole(SOURCE).choose(Case(r, {}))
    return None if leaf is None else dict(zip(options, leaf.ids, strict=True))


@pytest.mark.parametrize("project", PROJECTS)
def test_flips_are_true_inside_and_outside_each_interval(project: dict[str, Any]) -> None:
    here, found = slots(**project), composer(**project).flip_points()
    assert here is not None and any(point.slot != PLAN for point in found)
    assert {point.key for point in found} >= {"budget_band.monthly_usd_max"}
    for point in found:
        assert point.pattern != here.get(point.slot, "")
        for end in (point.low, point.high):
            if end is not None:
                there = slots(**{**project, **_at(point.key, end)})
                assert there is None if point.slot == PLAN else there is not None and there[point.slot] == point.pattern
        rising = point.low is not None and point.low > point.now
        end = point.low if rising else point.high
        assert end is not None, "the end towards the present value was tried"
        axis = next(axis for axis in (*AXES, BUDGETS) if axis.key == point.key)
        step = max(end * (NARROW - 1), 1.0 if axis.whole else 0.0)
        before = slots(**{**project, **_at(point.key, max(end - step, 1e-9) if rising else end + step)})
        won = before.get(point.slot) if before is not None else None
        assert (before is not None) if point.slot == PLAN else won != point.pattern


def _at(key: str, value: float) -> dict[str, object]:
    if key == "budget_band.monthly_usd_max":
        return {"budget_usd_max": str(Decimal(str(value)).quantize(Decimal("0.01")))}
    return {FIELD[key].field: int(value) if FIELD[key].whole else value}


@pytest.mark.parametrize("axis", [a for a in AXES if a.field in ("requests_per_second", "sla_latency_ms", "team_size")])
def test_intervals_are_whole_runs_of_what_was_tried(axis: Any) -> None:
    """Between the ends the pattern won wherever it was tried, and right outside it did not; few searches are enough."""
    r = case({})
    names = list(SOURCE.options(r))
    profile = Profile(Whole(SOURCE), Case(r, {}), axis, range(len(names)))
    assert len(profile.probes) <= 48 and profile.now in [p.value for p in profile.probes]
    for point in (p for p in composer().flip_points() if p.key == axis.key and p.slot != PLAN):
        at = names.index(point.slot)
        low, high = point.low or 0.0, point.high or float("inf")
        wins = [p.pattern(at) == point.pattern for p in profile.probes if low <= p.value <= high]
        below = [p for p in profile.probes if p.value < low][-1:]
        above = [p for p in profile.probes if p.value > high][:1]
        assert wins and all(wins) and not any(p.pattern(at) == point.pattern for p in (*below, *above))


def test_what_an_agent_chose_makes_no_plan_infeasible_elsewhere() -> None:
    """It would choose another pattern there; a pin of the file holds everywhere."""
    pins, volume = {"transform": "transform:aws-batch-polars"}, case({"batch_gb_per_day": 380})
    assert Whole(SOURCE).choose(Case(case({}), pins)) is not None is not Whole(SOURCE).choose(Case(volume, {}))
    assert Whole(SOURCE).choose(Case(volume, pins)) is None
    key = "throughput.batch_gb_per_day"

    def impossible(points: Any) -> list[float]:
        return [p.low for p in points if (p.slot, p.key) == (PLAN, key) and p.low is not None]

    assert all(low > 380 for low in impossible(composer().flip_points(pins)))
    assert min(impossible(composer(pins=pins).flip_points())) < 380


def test_the_nearest_edge_is_narrow() -> None:
    point = next(
        p for p in composer().flip_points() if p.slot == "serve.online" and p.key.endswith("requests_per_second")
    )
    assert point.low is not None and point.low > 20
    r = case({"requests_per_second": point.low / 1.1})
    leaf = Whole(SOURCE).choose(Case(r, {}))
    assert leaf is not None and point.pattern not in leaf.ids, "a tenth less and the present choice stands"


def test_words_of_a_flip_are_made_of_its_point() -> None:
    mine = composer()
    for point in mine.flip_points():
        text = told(point)
        assert point.key in text and (point.pattern or "no plan is feasible") in text
        assert point.slot == PLAN or text in mine.flips(point.slot, {})
        ends = [None if end is None else figure(end, point.key) for end in (point.low, point.high)]
        assert ("between" in text) == (None not in ends and ends[0] != ends[1])
    assert composer().flips("transform", {}) != composer(batch_gb_per_day=60).flips("transform", {})


def test_a_slot_that_nothing_moves_says_what_it_would_take() -> None:
    mine = composer()
    still = next(s for s in mine.best({}).slots if s not in {p.slot for p in mine.flip_points()})
    first, second = [c for c in mine.candidates(still, {}) if c.feasible][:2]
    ahead = sum(second.weighed.values()) - sum(first.weighed.values())
    assert mine.flips(still, {})[0].startswith(f"to {second.id} if it weighed {ahead:,.0f} points less")


def test_flips_do_not_hang_on_what_earlier_agents_chose() -> None:
    mine = composer()
    best = mine.best({}).slots
    assert mine.flips("govern", {s: p for s, p in best.items() if s != "govern"}) == mine.flips("govern", {})


def test_a_candidate_says_which_other_slots_it_moves() -> None:
    mine = composer()
    best = mine.best({}).slots
    moving = [
        c for slot in best for c in mine.candidates(slot, {}) if any(t.startswith("with it, ") for t in c.tradeoffs)
    ]
    assert moving
    for candidate in moving:
        slot = CATALOGUE.slots_of(candidate.id)[0]
        there = mine.best({slot: candidate.id}).slots
        said = next(t for t in candidate.tradeoffs if t.startswith("with it, "))
        assert said == "with it, " + ", ".join(
            f"{s} becomes {p}" for s, p in there.items() if s != slot and best[s] != p
        )


def test_what_is_weighed_adds_up_to_the_objective() -> None:
    mine = composer(deployment_pref="containers", sla_latency_ms=55)
    for slot in mine.best({}).slots:
        for candidate in (c for c in mine.candidates(slot, {}) if c.feasible):
            plan = mine.best({slot: candidate.id})
            assert sum(candidate.weighed.values()) == Decimal(str(plan.objective)).quantize(Decimal("0.01"))
            assert candidate.weighed["bill"] == plan.monthly_usd == candidate.impacts.monthly_usd


def test_the_reason_a_member_lost_adds_up() -> None:
    result = search(CATALOGUE, BOOK, case(PROJECTS[1]))
    assert result.best is not None and len(result.pareto) > 3 and len(result.alternatives) <= 6
    assert [m.monthly_usd for m in result.pareto] == sorted(m.monthly_usd for m in result.pareto)
    for member in result.pareto:
        assert 0 <= member.risk <= 1
        if member.chosen:
            assert member.patterns == result.best.slots and not member.why_not
            continue
        parts = {
            name: Decimal(usd.replace(",", ""))
            for name, usd in re.findall(r"(bill|\(|risk) ?([+-][\d,.]+) USD", member.why_not)
        }
        together = re.search(r"together \+([\d,.]+) USD a month$", member.why_not)
        assert together and sum(parts.values()) == Decimal(together[1].replace(",", "")), member.why_not
        assert parts.get("bill", 0) == member.monthly_usd - result.best.monthly_usd
        for points, terms in re.findall(r"risk ([+-]\d+)\.00 USD \(([^)]*)\)", member.why_not):
            assert sum(int(t.split()[-1]) for t in terms.split(", ")) == int(points)


def test_prices_are_what_two_searches_say() -> None:
    r = case({"pins": {"observe": "observe:aws-managed-prometheus"}, "workloads": ["batch", "online"]})
    found = CatalogueComposer(CATALOGUE, BOOK, r).prices()
    assert {"sla_latency_ms", "regions", "choose.observe", "workload_types.online", "budget_band.monthly_usd_max"} <= {
        price.key for price in found
    }
    assert [p.usd for p in found] == sorted((p.usd for p in found), reverse=True) and all(p.usd >= 0 for p in found)
    whole = Whole(SOURCE).cheapest(Case(r, {}))
    assert whole is not None
    for price in found:
        loose = relaxed(Case(r, {}), price.key)
        options = SOURCE.options(loose.requirements)
        leaf = Whole(SOURCE).cheapest(loose)
        assert round(price.cheapest_usd * 100) == whole.cents
        assert round(price.without_usd * 100) == min(whole.cents, leaf.cents if leaf is not None else whole.cents)
        here = dict(zip(SOURCE.options(r), whole.ids, strict=True))
        for slot, (before, pattern) in price.moves.items():
            assert leaf is not None and leaf.ids[list(options).index(slot)] == pattern != before == here.get(slot)
    pin = next(p for p in found if p.key == "choose.observe")
    assert pin.usd > 0 and pin.required == "observe:aws-managed-prometheus" and pin.moves["observe"][0] == pin.required


def test_a_constraint_that_changes_the_choice_binds() -> None:
    bound = composer(problem="image-classification", sla_latency_ms=80, budget_usd_max=None).binding()
    text = next(t for t in bound if t.startswith("sla_latency_ms"))
    assert "serve.online becomes" in text and "USD a month" in text
    assert not [t for t in composer(sla_latency_ms=60_000).binding() if t.startswith("sla_latency_ms")]
    here = composer().best({}).monthly_usd
    for text in composer().binding():
        change = Decimal(re.findall(r"([+-][\d,.]+) USD", text)[0].replace(",", ""))
        assert "becomes" in text or abs(change) >= max(NOISE_USD, here / 100)


def test_pins_of_the_file_hold_and_others_say_so() -> None:
    pinned = composer(pins={"serve.online": "serve:aws-sagemaker-realtime"})
    assert pinned.best({}).slots["serve.online"] == "serve:aws-sagemaker-realtime"
    candidates = {c.id: c for c in pinned.candidates("serve.online", {})}
    assert candidates["serve:aws-sagemaker-realtime"].feasible
    assert "choose" in candidates["serve:aws-ecs-fargate"].refusals[0]
    assert pinned.flips("serve.online", {})[0].endswith("it names serve:aws-sagemaker-realtime")


def test_an_agent_that_goes_another_way_moves_later_candidates() -> None:
    free, tied = composer(), composer()
    spot = {"train": "train:aws-batch-spot"}
    assert {c.id for c in free.candidates("serve.batch", {}) if c.feasible} >= {
        "serve:aws-batch-scoring", "serve:aws-sagemaker-transform",
    }  # fmt: skip
    after = {c.id: c for c in tied.candidates("serve.batch", spot)}
    assert not after["serve:aws-sagemaker-transform"].feasible
    assert "model.registry" in after["serve:aws-sagemaker-transform"].refusals[0]


def test_impossible_pins_are_a_defect_and_an_unknown_slot_a_key_error() -> None:
    with pytest.raises(Defect, match="serve:aws-nothing"):
        composer().best({"serve.online": "serve:aws-nothing"})
    with pytest.raises(KeyError):
        composer().candidates("serve.streaming", {})


def test_what_no_plan_within_the_budget_has_is_refused_with_its_price() -> None:
    mine = composer(budget_usd_max=str(composer().best({}).monthly_usd + 20))
    refused = [
        c for s in mine.best({}).slots for c in mine.candidates(s, {}) if "the cheapest plan with it" in str(c.refusals)
    ]
    assert refused
    for candidate in refused:
        slot = CATALOGUE.slots_of(candidate.id)[0]
        dearer = composer().best({slot: candidate.id}).monthly_usd
        said = Decimal(re.findall(r"costs ([\d,.]+) USD", candidate.refusals[0])[0].replace(",", ""))
        assert composer().best({}).monthly_usd + 20 < said <= dearer


def test_a_small_budget_is_explained_with_the_sum_that_would_do() -> None:
    result = search(CATALOGUE, BOOK, case({"budget_usd_max": "60"}))
    assert result.infeasible is not None and "budget_band.monthly_usd_max" in result.infeasible.conflict
    option = next(o for o in result.infeasible.options if o.key.startswith("budget"))
    needed = Decimal(option.needed.split()[0].replace(",", ""))
    assert search(CATALOGUE, BOOK, case({"budget_usd_max": str(needed)})).best is not None
    assert search(CATALOGUE, BOOK, case({"budget_usd_max": str(needed - 1)})).best is None
    assert "60.00" in result.infeasible.explanation


def test_a_budget_below_every_expected_cost_takes_the_cheapest_down_to_its_low_end() -> None:
    free = case({"budget_usd_max": None})
    least = Whole(SOURCE).cheapest(Case(free, {}))
    assert least is not None and least.low < least.cents
    within = slots(budget_usd_max=str(Decimal(least.low).scaleb(-2)))
    assert within is not None and tuple(within.values()) == least.ids
    assert slots(budget_usd_max=str(Decimal(least.low - 1).scaleb(-2))) is None


def test_a_pin_in_conflict_is_named_and_can_be_dropped() -> None:
    pins = {"serve.online": "serve:aws-lambda-container"}
    result = search(CATALOGUE, BOOK, case({"availability_target": 99.95, "pins": pins}))
    assert result.infeasible is not None
    assert set(result.infeasible.conflict) == {"availability_target", "choose.serve.online"}
    drop = next(o for o in result.infeasible.options if o.key == "choose.serve.online")
    assert (drop.required, drop.needed) == ("serve:aws-lambda-container", "drop the pin")
    assert drop.monthly_usd == composer(availability_target=99.95).best({}).monthly_usd
    assert any(
        t.startswith("drop the pin choose.serve.online: serve:aws-lambda-container, for ")
        for t in result.infeasible.relaxations
    )


@pytest.mark.parametrize("cloud", ["gcp", "azure"])
def test_another_cloud_gets_a_clear_answer(cloud: str) -> None:
    result = search(CATALOGUE, BOOK, case({"cloud": cloud}))
    assert result.best is None and result.infeasible is not None
    assert result.infeasible.explanation == f"There is no pattern for cloud {cloud} yet; aws is supported."


def test_a_region_without_prices_names_regions_that_work() -> None:
    result = search(CATALOGUE, BOOK, case({"regions": ["eu-north-1"]}))
    assert result.infeasible is not None and result.infeasible.conflict == ("regions",)
    assert "In the same area: eu-central-1 or eu-west-1" in result.infeasible.explanation
    named = re.findall(r"[a-z]+-[a-z]+-\d", result.infeasible.relaxations[0])
    assert named and all(search(CATALOGUE, BOOK, case({"regions": [r]})).best is not None for r in named)
    first = composer(regions=[named[0]]).best({}).monthly_usd
    european = {r for r in named if r.startswith("eu-")}
    assert len(european) == 2 and "us-east-1" in named
    assert (
        result.infeasible.options[0].monthly_usd
        == first
        == min(composer(regions=[r]).best({}).monthly_usd for r in european)
    )


def test_a_region_without_prices_in_its_area_asks_whether_data_may_leave() -> None:
    result = search(CATALOGUE, BOOK, case({"regions": ["sa-east-1"]}))
    assert result.best is None and result.infeasible is not None
    assert result.infeasible.explanation.startswith("The price book has no prices for sa-east-1")
    assert "ask first whether data may leave it" in result.infeasible.explanation


def test_a_network_shared_by_two_patterns_is_billed_once() -> None:
    pins = {"serve.online": "serve:aws-ecs-fargate", "train": "train:aws-batch-spot"}
    both = composer(pins=pins).best({})
    assert len([line for line in both.bom if line.service == "nat_gateway" and line.sku == "hour"]) == 1


def test_a_preference_against_a_pin_names_both() -> None:
    result = search(CATALOGUE, BOOK, case({"storage_prefs": ["iceberg"], "pins": {"store": "store:aws-s3-parquet"}}))
    assert result.infeasible is not None
    assert set(result.infeasible.conflict) == {"storage_prefs", "choose.store"}
    assert any(t.startswith("storage_prefs: leave it out, for ") for t in result.infeasible.relaxations)


def test_a_rate_above_a_ceiling_is_refused_with_both_figures() -> None:
    evaluated = CATALOGUE.evaluate("serve:aws-lambda-container", case({"requests_per_second": 10_001}))
    assert any("10,001 a second are asked, it carries 10,000" in why for why in evaluated.refusals)
    below = CATALOGUE.evaluate("serve:aws-lambda-container", case({"requests_per_second": 10_000}))
    assert not any("it carries" in why for why in below.refusals)


def test_risk_counts_single_points_and_programmes_up_to_a_number() -> None:
    r, pattern = case({}), CATALOGUE.get("store:aws-s3-parquet")
    evaluated = CATALOGUE.evaluate(pattern, r)

    def of(alone: int, lacking: int) -> tuple[int, int]:
        failures = tuple(Failure(f"f{n}", "data", None) for n in range(alone))
        asked = tuple(Compliance)[:lacking]
        found = exposure(pattern, replace(evaluated, failures=failures, uncertified=asked), r)
        return found.single_points, found.papers

    assert [of(n, n) for n in (0, 1, 2, 3, 4, 5)] == [(0, 0), (5, 10), (10, 20), (15, 20), (20, 20), (20, 20)]
    held = replace(evaluated, failures=(Failure("f", "data", "a copy"),))
    assert exposure(pattern, held, r).single_points == 0, "what something stands against is no single point"


def test_risk_is_a_share_of_all_that_can_count_in_the_project() -> None:
    """120 fit, 40 ceiling, 20 single points a slot; 20 for skills named, 60 for a style asked where code runs, 10 a programme
    up to two; 120 for the way of an answer, 20 without a latency."""
    bare = {"skills": [], "compliance": [], "sla_latency_ms": None, "deployment_pref": "any"}
    assert most(["store", "serve.batch"], case(bare)) == 2 * 180 + 20
    assert most(["store", "serve.batch"], case({**bare, "skills": ["sql"], "sla_latency_ms": 9})) == 2 * 200 + 120
    asked = {**bare, "deployment_pref": "serverless", "compliance": ["gdpr", "soc2", "hipaa"]}
    assert most(["store", "serve.batch", "transform"], case(asked)) == 3 * 200 + 2 * 60 + 20


def test_risk_counts_facts_of_the_pattern() -> None:
    def of(**changes: object) -> Exposure:
        r = case(changes)
        return exposure(CATALOGUE.get(name), CATALOGUE.evaluate(name, r), r)

    name = "serve:aws-ecs-fargate"
    assert of(skills=["python", "docker"]).skills == 0 < of(skills=["python"]).skills == 10
    assert of(skills=[]).skills == 0, "nobody named a skill, so none is known to miss"
    assert of(deployment_pref="serverless").style == 60 and of(deployment_pref="containers").style == 0
    assert of(existing_stack=["ecs"]).fit == of(existing_stack=[]).fit - 40
    assert of(compliance=["gdpr"]).papers == 0, "a law certifies nobody"
    name = "serve:aws-sagemaker-realtime"
    assert of(deployment_pref="serverless").style == 30, "a managed service is half against it"
    name = "serve:aws-lambda-container"
    assert of(requests_per_second=10_000).ceiling == 40
    assert (latency_points(70, 100), latency_points(85, 100), latency_points(100, 100)) == (0, 50, 100)
    assert latency_points(None, 100) == latency_points(10, None) == 0
    assert (downtime_points(99.93, 99.9), downtime_points(99.9, 99.9)) == (0, 20)
    r = case({})
    assert share(0, ["store"], r) == 0 and share(10**6, ["store"], r) == 1
    assert share(100, ["store", "train"], r) < share(100, ["store"], r)
