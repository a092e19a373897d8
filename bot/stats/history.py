"""What the events of one decision set say that the metrics need."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DecisionSetHistory:
    """`None` where an event was written before that was recorded: there is no data, which is not the same as none.

    `moves` are the states reached and when, in order. `questions` and `unresolved` are the keys of constraints: what was asked
    for, and what was still open when there was a plan. `files_changed` is against the version before; `first`: there was none.
    `asked` counts the times an agent consulted a model, `unanswered` those whose answer did not stand.
    """

    project: str
    number: int
    pull_request: int | None
    plan: str | None
    created_at: datetime
    moves: tuple[tuple[str, datetime], ...] = ()
    outcome: str = ""
    questions: frozenset[str] | None = None
    unresolved: frozenset[str] | None = None
    files_changed: int | None = None
    first: bool = False
    asked: int = 0
    unanswered: int = 0

    def reached(self, status: str) -> datetime | None:
        """When it first came to that state."""
        return next((at for to, at in self.moves if to == status), None)
