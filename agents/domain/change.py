"""What changed since the last decision set that differed (SPEC §22.2 Diff Summary)."""

from decimal import Decimal

from agents.domain.base import Frozen
from agents.domain.cost import CostDelta


class Changed(Frozen):
    """One value before and after, as text for people; None: was or is not there."""

    key: str
    before: str | None
    after: str | None
    why: str = ""


class ChangeSummary(Frozen):
    """`reports/change.json`. `git_commit` is never in the file (a commit cannot name itself); the ledger adds it."""

    previous: str | None
    """Plan digest of the previous version; None for a first one."""
    constraints: tuple[Changed, ...]
    decisions: tuple[Changed, ...]
    docs_changed: tuple[str, ...]
    files_added: int
    files_removed: int
    files_modified: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    modified: tuple[str, ...]
    kept: tuple[str, ...]
    """Files in which people's edits were kept."""
    kept_edits: int = 0
    """In how many places."""
    conflicts: tuple[str, ...]
    cost_before_usd: Decimal | None
    cost_after_usd: Decimal
    cost_delta_usd: Decimal | None
    cost_delta_pct: Decimal | None
    cost: tuple[CostDelta, ...]
    packs: tuple[Changed, ...]
    """Engine, pattern, prompt, policy pack and price book where they differ."""
    state_keys_changed: tuple[str, ...]
    diff: str
    """Unified text diff of documents, cut at a size limit with a note."""

    @property
    def upgrade(self) -> tuple[str, ...]:
        """The packs of mlwright that changed, if nothing that people wrote did: then this is an upgrade."""
        packs = tuple(c.key.replace("_", " ") for c in self.packs if c.key != "policy_pack")
        return packs if self.previous is not None and not self.constraints else ()
