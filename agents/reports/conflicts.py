"""Conflicts between people's text and what is generated: both sides of each place, for the page and the pull request."""

from collections.abc import Sequence

from agents.domain.files import Conflict, ConflictPlace, MergedTree
from agents.reports.secrets import find_secrets
from agents.reports.text import code, count, fence, one_line

CONFLICTS = "reports/diffs/conflicts.md"
HIDDEN = "it is not shown here, since it looks as if a secret stood there"


def without_secrets(tree: MergedTree) -> MergedTree:
    """The tree with no excerpt that holds a secret by its shape: what people wrote goes into reports and the pull request."""
    return tree.model_copy(update={"conflicts": tuple(map(_scanned, tree.conflicts))})


def _scanned(conflict: Conflict) -> Conflict:
    if not any(any(find_secrets(side)) for place in conflict.places for side in (place.yours, place.generated)):
        return conflict
    return conflict.model_copy(update={"reason": f"{conflict.reason}; {HIDDEN}", "places": ()})


def conflict_pages(conflicts: Sequence[Conflict]) -> dict[str, bytes]:
    """Path to bytes; empty without conflicts."""
    if not conflicts:
        return {}
    head = (
        "# Conflicts\n\nIn these places your text and what is generated now differ. Your text stands. Take over what you"
        " want of the other side; merging as it is keeps yours."
    )
    return {CONFLICTS: "\n\n".join([head, *(f"## {code(c.path)}\n\n{both_sides(c)}" for c in conflicts), ""]).encode()}


def both_sides(conflict: Conflict, most: int | None = None) -> str:
    """Why it is one, and each place as a difference: `-` is the person's line, `+` the generated one. `most` places are
    shown, and how many more the page has."""
    told = f"{one_line(conflict.reason).capitalize()}."
    places = conflict.places[:most]
    left = len(conflict.places) - len(places)
    more = [f"{count(left, 'more place')}: {code(CONFLICTS)}."] if left else []
    return "\n\n".join([told, *(_place(place) for place in places), *more])


def _place(place: ConflictPlace) -> str:
    lines = [f"-{line}" for line in place.yours.splitlines()] + [f"+{line}" for line in place.generated.splitlines()]
    body = "\n".join([f"@@ your line {place.line} @@", *lines])
    return fence(body, "diff")
