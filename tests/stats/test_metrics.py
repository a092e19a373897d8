"""The metrics: what counts, over what, in which window, and that nothing to count is not 0."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.stats.history import DecisionSetHistory
from bot.stats.metrics import Metric, measure
from bot.stats.words import NO_DATA, as_document, as_markdown, as_text, value_words

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(number: int, *states: str, plan: str = "a", pull: int | None = 1, **known: Any) -> DecisionSetHistory:
    """A decision set that began `number` days after the first of March and came to a state every minute."""
    start = NOON + timedelta(days=number)
    moves = tuple((state, start + timedelta(minutes=i + 1)) for i, state in enumerate(states))
    return DecisionSetHistory(known.pop("project", "acme/churn/churn"), number, pull, plan, start, moves, **known)


def measured(*histories: DecisionSetHistory, since: datetime | None = None) -> dict[str, Metric]:
    return {one.definition.name: one for one in measure(histories, since)}


def test_without_a_case_there_is_no_data() -> None:
    assert all(one.value is None and one.numerator is None and one.denominator == 0 for one in measure(()))
    assert as_text(measure(())).count(NO_DATA) == as_markdown(measure(())).count(NO_DATA) == len(measure(()))
    assert all(one["value"] is None for one in as_document(measure(())))
    old = measured(run(1, "planning", "generating", "proposed"))  # before these were recorded
    assert old["time_to_artifact"].value == 180
    for name in ("questions_per_session", "diff_size", "first_size", "unresolved_constraints", "llm_error_rate"):
        assert old[name].value is None, name


def test_what_people_decided_is_counted_by_pull_request() -> None:
    at_once = run(1, "proposed", "approved", pull=1)
    same_plan = (run(2, "proposed", "superseded", pull=2, plan="b"), run(3, "proposed", "approved", pull=2, plan="b"))
    reworked = (run(4, "proposed", "superseded", pull=3, plan="c"), run(5, "proposed", "approved", pull=3, plan="d"))
    refused = run(6, "proposed", "rejected", pull=4)
    reopened = run(7, "proposed", "rejected", "proposed", pull=5)
    still_open = run(8, "proposed", pull=6)
    elsewhere = run(1, "proposed", "rejected", pull=1, project="acme/other/other")
    found = measured(at_once, *same_plan, *reworked, refused, reopened, still_open, elsewhere)
    rates = {name: (one.numerator, one.denominator) for name, one in found.items() if one.definition.unit == "share"}
    assert rates["acceptance_rate"] == (3, 5) and found["acceptance_rate"].value == 0.6
    assert rates["first_plan_acceptance_rate"] == (2, 5) and rates["rework_rate"] == (1, 5)
    assert value_words(found["acceptance_rate"]) == "60 %"


def test_an_older_version_that_was_merged_decides_its_pull_request() -> None:
    found = measured(run(1, "proposed", "superseded", "approved"), run(2, "proposed", plan="b"))
    assert (found["acceptance_rate"].numerator, found["rework_rate"].numerator) == (1, 1)


def test_a_session_asks_for_a_constraint_once() -> None:
    asks = {"outcome": "needs_input", "pull": None}
    found = measured(
        run(1, "awaiting_input", questions=frozenset({"cloud", "regions"}), **asks),
        run(2, "proposed", questions=frozenset({"regions"})),
        run(3, "unchanged", pull=None, outcome="unchanged", questions=frozenset({"budget"})),
        run(4, "proposed", pull=2, questions=frozenset()),
        run(5, "awaiting_input", questions=frozenset({"data_class"}), **asks),
    )
    asked = found["questions_per_session"]
    assert (asked.numerator, asked.denominator, asked.value) == (3, 3, 1.0)
    partly = measured(run(1, "proposed", questions=frozenset({"cloud"})), run(2, "proposed"))
    assert partly["questions_per_session"].value is None, "half of a session says nothing of the whole"


def test_waiting_for_people_is_not_work() -> None:
    found = measured(run(1, "planning", "awaiting_review", "generating", "proposed", "approved"))
    assert found["time_to_artifact"].value == 180, "five minutes to the decision, four to proposed, one of them waiting"


def test_sizes_of_first_and_later_versions_are_apart() -> None:
    later = [run(n, "proposed", files_changed=n, unresolved=frozenset({"a", "b"})) for n in range(2, 13)]
    found = measured(run(1, "proposed", files_changed=90, first=True, unresolved=frozenset()), *later)
    assert (found["first_size"].value, found["first_size"].denominator) == (90, 1)
    assert (found["diff_size"].value, found["diff_size"].p90) == (7, 11)
    unresolved = found["unresolved_constraints"]
    assert (unresolved.numerator, unresolved.denominator) == (22, 12)
    never = measured(run(1, "planning", "failed", pull=None, files_changed=3, unresolved=frozenset({"a"})))
    assert never["first_size"].value is None is never["unresolved_constraints"].value, "people never saw it"


def test_model_errors_are_of_what_was_asked() -> None:
    found = measured(run(1, "proposed", asked=8, unanswered=1), run(2, "failed", pull=None, asked=2, unanswered=2))
    assert (found["llm_error_rate"].numerator, found["llm_error_rate"].denominator) == (3, 10)


@pytest.mark.parametrize(("day", "decided", "reworked"), [(1, 2, 1), (5, 1, 0), (9, 0, None)])
def test_a_window_holds_what_happened_in_it_and_judges_it_whole(day: int, decided: int, reworked: int | None) -> None:
    whole = (
        run(1, "proposed", "superseded", pull=1),
        run(4, "proposed", "rejected", pull=1, plan="b"),
        run(8, "proposed", "approved", pull=2),
    )
    found = measured(*whole, since=NOON + timedelta(days=day))
    assert (found["rework_rate"].denominator, found["rework_rate"].numerator) == (decided, reworked)
    over_the_edge = measured(*whole[:2], since=NOON + timedelta(days=4))
    assert over_the_edge["rework_rate"].value == 1.0, "its first plan was shown before the window"


def test_order_of_reading_does_not_matter() -> None:
    runs = [run(n, "proposed", pull=n // 2 + 1, plan=str(n), asked=n) for n in range(1, 8)]
    assert measure(runs) == measure(reversed(runs))


def test_every_metric_is_defined_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stats.md").read_text(encoding="utf-8")
    assert [one.definition.name for one in measure(())] == re.findall(r"^\| `(\w+)`", page, re.MULTILINE)
