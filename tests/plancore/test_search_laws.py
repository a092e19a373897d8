"""Laws of the search: it agrees with brute force written differently, never raises, and bounds act in one direction."""

import itertools
import math
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.cost.estimate import estimate
from agents.cost.pricebook import Missing, Price, PriceBook
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.patterns.slots import slots_of
from agents.search import CatalogueComposer, search
from agents.search.examples import case
from agents.search.objective import hours, latency_cents, pattern_cents
from agents.search.options import OptionSource
from agents.search.space import best_leaf, usable

CATALOGUE = Catalogue.load()
BOOK = PriceBook.load()
SLOW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

WORKLOADS = st.lists(st.sampled_from(["batch", "online", "streaming"]), min_size=1, max_size=3, unique=True)
PINS = st.dictionaries(
    st.sampled_from(["serve.online", "train", "store", "serve.batch", "nowhere"]),
    st.sampled_from([*CATALOGUE.ids, "serve:aws-nothing"]),
    max_size=2,
)
CHANGES = st.fixed_dictionaries(
    {
        "workloads": WORKLOADS,
        "cloud": st.sampled_from(["aws", "aws", "aws", "aws", "gcp", "azure"]),
        "regions": st.sampled_from([["eu-west-1"], ["ap-southeast-1"], ["us-east-1", "eu-west-1"], ["mars-1"]]),
        "budget_usd_max": st.sampled_from([None, "0", "120", "400", "2500", "50000"]),
        "sla_latency_ms": st.sampled_from([None, 5, 45, 150, 3000]),
        "availability_target": st.sampled_from([90, 99, 99.9, 99.95, 99.999]),
        "requests_per_second": st.sampled_from([0, 0.1, 20, 900, 1_000_000]),
        "events_per_second": st.sampled_from([0, 3, 900, 10_000_000]),
        "batch_gb_per_day": st.sampled_from([0, 2, 150, 1_000_000]),
        "training_rows": st.sampled_from([0, 100_000, 500_000_000, 1_000_000_000_000]),
        "data_classification": st.sampled_from(["public", "internal", "pii", "phi", "pci"]),
        "compliance": st.sampled_from([[], ["gdpr"], ["hipaa"]]),
        "problem": st.sampled_from(["regression", "image-classification", "nlp-classification", "rag", "forecasting"]),
        "team_size": st.sampled_from([1, 4, 40]),
        "skills": st.sampled_from([[], ["python"], ["python", "docker", "spark"]]),
        "storage_prefs": st.sampled_from([[], ["parquet"], ["iceberg"]]),
        "deployment_pref": st.sampled_from(["any", "serverless", "containers", "kubernetes"]),
        "data": st.sampled_from([{}, {"entity": "who"}, {"sources": [{"name": "t", "format": "table"}]}]),
        "pins": PINS,
    }
)


def brute(r: Requirements, pins: dict[str, str]) -> tuple[int, dict[str, str]] | None:
    """The best plan by the plainest means: every product, every figure from the patterns' files and the book."""
    slots, best = slots_of(r), None
    families = BOOK.gpu_families(r.primary_region)
    evaluated = {i: CATALOGUE.evaluate(i, r, families) for i in CATALOGUE.ids}
    pools = [[p.id for p in CATALOGUE.for_slot(slot, r.cloud) if pins.get(slot, p.id) == p.id] for slot in slots]
    for ids in itertools.product(*pools):
        parts = [evaluated[i] for i in ids]
        provided = {tag for i in ids for tag in CATALOGUE.get(i).provides}
        wanted = {tag for i in ids for tag in CATALOGUE.get(i).requires}
        if any(p.refusals for p in parts) or wanted - provided:
            continue
        lines = [line for p in parts for line in p.bom]
        for key in sorted({key for p in parts for key in p.shared}):
            lines.append(max((p.shared[key] for p in parts if key in p.shared), key=lambda line: line.quantity))
        amount, widths, offered = 0, dict[str, int](), True
        for line in lines:
            price = priced(line.service, line.sku, r.primary_region, line.quantity)
            if isinstance(price, Missing):
                offered = offered and not price.not_offered
                continue
            usd = round_half_up(price.usd)
            low = min(usd, round_half_up(price.usd * line.low * (1 - price.error)))
            amount += usd
            widths[line.driver] = widths.get(line.driver, 0) + usd - low
        low_end = amount - math.isqrt(sum(w * w for w in widths.values()))
        p95, availability = reach(r, dict(zip(slots, parts, strict=True)))
        if (
            not offered
            or (r.budget_usd_max is not None and low_end > r.budget_usd_max * 100)
            or (r.sla_latency_ms is not None and p95 is not None and p95 > r.sla_latency_ms)
            or availability < r.availability_target
        ):
            continue
        soft = sum(pattern_cents(CATALOGUE.get(i), len(p.suits), r) for i, p in zip(ids, parts, strict=True))
        found = (amount + soft + latency_cents(p95, r.sla_latency_ms), amount, ids)
        best = found if best is None or found < best else best
    return None if best is None else (best[0], dict(zip(slots, best[2], strict=True)))


@cache
def priced(service: str, sku: str, region: str, quantity: Decimal) -> Price | Missing:
    return BOOK.price(service, sku, region, quantity)


def round_half_up(usd: Decimal) -> int:
    return math.floor(usd * 100 + Decimal("0.5"))


def reach(r: Requirements, parts: dict[str, Any]) -> tuple[float | None, float]:
    """Latency and availability of the answering path, spelled out for each kind of project."""
    kinds = {str(w) for w in r.workloads}
    if "online" in kinds:
        serve, feature = parts["serve.online"], parts["feature"]
        if feature.p95_latency_ms is None:
            return serve.p95_latency_ms, round(serve.availability_pct, 4)
        both = serve.availability_pct * feature.availability_pct / 100
        return round(serve.p95_latency_ms + feature.p95_latency_ms, 1), round(both, 4)
    if "streaming" in kinds:
        way = [parts["ingest.streaming"], parts["feature"], parts["serve.streaming"]]
        return round(sum(p.p95_latency_ms or 0 for p in way), 1), parts["ingest.streaming"].availability_pct
    return None, min(parts["store"].availability_pct, parts["serve.batch"].availability_pct)


@SLOW
@given(CHANGES)
def test_never_raises_and_agrees_with_brute_force(changes: dict[str, Any]) -> None:
    r = case(changes)
    result = search(CATALOGUE, BOOK, r)
    expected = brute(r, r.pins) if r.cloud == "aws" else None
    if expected is None:
        assert result.best is None and result.infeasible is not None
        assert result.infeasible.explanation
    else:
        assert result.best is not None and result.infeasible is None
        assert (round(result.best.objective * 100), result.best.slots) == expected
        assert result.feasible >= 1


@SLOW
@given(CHANGES)
def test_branch_and_bound_finds_what_enumeration_finds(changes: dict[str, Any]) -> None:
    r = case({**changes, "cloud": "aws"})
    result = search(CATALOGUE, BOOK, r)
    leaf = best_leaf(usable(OptionSource(CATALOGUE, BOOK).options(r), r.pins), r)
    assert (leaf is None) == (result.best is None)
    if leaf is not None and result.best is not None:
        assert dict(zip(slots_of(r), leaf.ids, strict=True)) == result.best.slots


@SLOW
@given(CHANGES)
def test_the_estimate_is_the_bill_the_search_weighed(changes: dict[str, Any]) -> None:
    r = case({**changes, "cloud": "aws"})
    best = search(CATALOGUE, BOOK, r).best
    if best is not None:
        cost = estimate(best, r, BOOK)
        assert (cost.monthly_usd, cost.low_usd, cost.high_usd) == (
            best.monthly_usd,
            best.low_usd,
            best.high_usd,
        )
        assert cost.monthly_usd == sum(item.usd for item in cost.breakdown) == cost.fixed_usd + cost.variable_usd
        assert cost.low_usd <= cost.monthly_usd <= cost.high_usd


@SLOW
@given(
    CHANGES,
    st.decimals(min_value=0, max_value=5000, places=2),
    st.decimals(min_value=0, max_value=5000, places=2),
)
def test_a_tighter_budget_never_gives_a_dearer_plan(changes: dict[str, Any], a: Decimal, b: Decimal) -> None:
    r = case({**changes, "cloud": "aws"})
    small, large = sorted((a, b))
    tight = search(CATALOGUE, BOOK, r.model_copy(update={"budget_usd_max": small})).best
    wide = search(CATALOGUE, BOOK, r.model_copy(update={"budget_usd_max": large})).best
    if tight is not None:
        assert wide is not None, "what fits a small budget fits a large one"
        assert tight.low_usd <= small
        assert wide.objective <= tight.objective
        if tight.slots != wide.slots:
            assert tight.low_usd < wide.low_usd, "another plan is chosen only because the better one costs more"


@SLOW
@given(CHANGES)
def test_order_of_keys_and_lists_never_matters(changes: dict[str, Any]) -> None:
    turned = {k: list(reversed(v)) if k in ("skills", "workloads") else v for k, v in reversed(changes.items())}
    one, two = search(CATALOGUE, BOOK, case(changes)), search(CATALOGUE, BOOK, case(turned))
    assert one == two


@SLOW
@given(CHANGES)
def test_what_conflicts_is_minimal_and_relaxations_work(changes: dict[str, Any]) -> None:
    r = case({**changes, "cloud": "aws", "regions": ["eu-west-1"]})
    result = search(CATALOGUE, BOOK, r)
    if result.infeasible is None:
        return
    for text in result.infeasible.relaxations:
        if text.startswith("budget_band"):
            budget = Decimal(text.split(": ")[1].split(" ")[0])
            assert search(CATALOGUE, BOOK, r.model_copy(update={"budget_usd_max": budget})).best is not None
            less = r.model_copy(update={"budget_usd_max": budget - 1})
            assert search(CATALOGUE, BOOK, less).best is None, "one dollar less is not enough"
        if text.startswith("availability_target"):
            target = float(text.split(": ")[1].split(" ")[0])
            assert search(CATALOGUE, BOOK, r.model_copy(update={"availability_target": target})).best is not None


@SLOW
@given(CHANGES)
def test_the_first_candidate_of_each_slot_is_the_best_plan(changes: dict[str, Any]) -> None:
    r = case({**changes, "cloud": "aws"})
    composer = CatalogueComposer(CATALOGUE, BOOK, r)
    best = composer.search().best
    if best is None:
        return
    pins: dict[str, str] = {}
    for slot in best.slots:
        candidates = composer.candidates(slot, pins)
        assert {c.id for c in candidates} == {p.id for p in CATALOGUE.for_slot(slot, r.cloud)}
        assert all(c.refusals for c in candidates if not c.feasible)
        pins[slot] = max((c for c in candidates if c.feasible), key=lambda c: c.score).id
    assert pins == best.slots
    assert composer.best(pins).monthly_usd == best.monthly_usd


def test_a_small_team_feels_operating_more() -> None:
    """A burden of 2.0 is two hours a month for a team of four, four for one or two people, one for eight and more."""
    pattern = CATALOGUE.get("serve:aws-ecs-fargate")
    spent = [hours(pattern, case({"team_size": size, "skills": ["docker", "python"]})) for size in (1, 2, 4, 8, 400)]
    assert spent == [4.0, 4.0, 2.0, 1.0, 1.0]
    assert hours(pattern, case({"team_size": 4, "skills": ["python"]})) == 3.0, "a missing skill is an hour more"
    assert hours(pattern, case({"team_size": 4, "skills": []})) == 2.0, "nobody named a skill, so none is known to miss"
