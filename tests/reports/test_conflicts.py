"""Both sides of a conflict on the page, and no secret of people in it."""

from agents.domain.files import Conflict, ConflictPlace, MergedTree
from agents.reports.conflicts import CONFLICTS, both_sides, conflict_pages, without_secrets


def conflict(yours: str, number: int = 1) -> Conflict:
    place = ConflictPlace(line=7, yours=yours, generated="b = 2\n```")
    return Conflict(path="src/a.py", reason="both changed it", generated_sha256="s", places=(place,) * number)


def test_the_page_shows_both_sides_in_a_fence_they_cannot_leave() -> None:
    assert conflict_pages(()) == {}
    page = conflict_pages((conflict("a = 1"),))[CONFLICTS].decode()
    assert "````diff\n@@ your line 7 @@\n-a = 1\n+b = 2\n+```\n````" in page and "## `src/a.py`" in page


def test_the_pull_request_shows_the_first_places_and_counts_the_rest() -> None:
    assert both_sides(conflict("a = 1", 9), 3).count("@@ your line") == 3
    assert both_sides(conflict("a = 1", 9), 3).endswith(f"6 more places: `{CONFLICTS}`.")


def test_a_place_with_a_secret_is_not_copied_anywhere() -> None:
    key = "AKIA" + "Q7R5T3V2W6X4Y7Z2"
    tree = MergedTree(files=(), pristine=(), owners={}, conflicts=(conflict(f"key = '{key}'"), conflict("a")))
    hidden, shown = without_secrets(tree).conflicts
    assert hidden.places == () and "secret" in hidden.reason and shown == tree.conflicts[1]
