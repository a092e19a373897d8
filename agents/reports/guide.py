"""Which files to read first, and why: the few that hold what people must judge; the rest is pattern
output.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from agents.domain.change import ChangeSummary
from agents.domain.cost import CostEstimate
from agents.domain.decision import ReasonCard
from agents.domain.files import DECISIONS, GeneratedFile, MergedTree
from agents.reports.names import pattern_words, record_path, slot_words
from agents.reports.text import money

MOST = 6
BYTES_A_MINUTE = 1_300
"""About 200 words of prose or 35 lines of code, which is what a careful reader does."""


@dataclass(frozen=True)
class _Kind:
    """A kind of file that deserves a look; the largest is shown, and `why` is said of it."""

    matches: Callable[[GeneratedFile], bool]
    why: str


_KINDS = (
    _Kind(
        lambda f: f.path.startswith("contracts/") and f.path.endswith((".yaml", ".yml")),
        "what data it accepts",
    ),
    _Kind(
        lambda f: f.path.startswith(".github/workflows/") and "deploy" in f.path,
        "what reaches production, and when",
    ),
    _Kind(
        lambda f: f.agent == "training_pipeline" and f.path.endswith(".py"),
        "how the model is made and judged",
    ),
    _Kind(lambda f: f.agent == "inference_service" and f.path.endswith(".py"), "how predictions are served"),
    _Kind(
        lambda f: f.path.startswith("monitoring/") and f.path.endswith((".yaml", ".yml")),
        "what wakes somebody up",
    ),
    _Kind(lambda f: f.path == "README.md", "how to run it"),
    _Kind(lambda f: f.path.startswith("docs/") and f.path.endswith(".md"), "how it is meant to work"),
)


def reading_guide(
    tree: MergedTree, cards: Sequence[ReasonCard], cost: CostEstimate, change: ChangeSummary
) -> tuple[tuple[str, str], ...]:
    """Up to six (path, why): conflicts first, then what changed, then what costs most, then one file of
    each kind.
    """
    guide: dict[str, str] = {}
    for conflict in tree.conflicts[:2]:
        guide[conflict.path] = f"your text was kept; the generated one differs: {conflict.reason}"
    for card in _by_weight(cards, cost)[:2]:
        path = record_path(card.number, card.agent)
        guide.setdefault(path, _about(card, change))
    theirs = {path for path, owner in tree.owners.items() if owner in ("adopted", "deleted")}
    files = [file for file in tree.files if file.path not in theirs]
    touched = {*change.added, *change.modified}
    if change.previous is not None and touched:
        files = [file for file in files if file.path in touched]
    dearest = _dearest(files, cost)
    if dearest:
        guide.setdefault(*dearest)
    for kind in _KINDS:
        found = [file for file in files if kind.matches(file) and not file.path.endswith("/__init__.py")]
        if found:
            guide.setdefault(max(found, key=lambda file: (file.size, file.path)).path, kind.why)
    return tuple(guide.items())[:MOST]


def _about(card: ReasonCard, change: ChangeSummary) -> str:
    what = f"{slot_words(card.key)} is {pattern_words(card.choice.id)}"
    if not card.changed:
        return f"why {what}"
    chosen_anew = any(changed.key == card.key for changed in change.decisions)
    return f"{what} now" if chosen_anew else f"{what} still, with other values"


def _by_weight(cards: Sequence[ReasonCard], cost: CostEstimate) -> list[ReasonCard]:
    """Changed ones first, then by what their slot costs, then the least certain."""
    spent = _by_slot(cost)
    return sorted(
        cards,
        key=lambda card: (
            not card.changed,
            -spent.get(card.key, Decimal(0)),
            card.confidence,
            card.number,
            card.key,
        ),
    )


def _by_slot(cost: CostEstimate) -> dict[str, Decimal]:
    spent: dict[str, Decimal] = {}
    for line in cost.lines:
        spent[line.line.slot] = spent.get(line.line.slot, Decimal(0)) + line.usd
    return spent


def _dearest(files: Sequence[GeneratedFile], cost: CostEstimate) -> tuple[str, str] | None:
    """The Terraform of the slot that costs most among those that have a file here."""
    spent = _by_slot(cost)
    patterns = {line.line.slot: line.line.pattern for line in cost.lines}
    for slot in sorted(spent, key=lambda slot: (-spent[slot], slot)):
        for file in files:
            if file.pattern == patterns[slot] and file.path.endswith("main.tf"):
                return file.path, f"{money(spent[slot])} a month for {slot_words(slot)}"
    return None


def minutes(paths: Sequence[str], sizes: Mapping[str, int]) -> int:
    """Reading time in whole minutes, at least 1; `sizes` are bytes by path (a decision record counts 3 KB
    if unknown).
    """
    total = sum(sizes.get(path, 3_000 if path.startswith(DECISIONS) else 1_500) for path in paths)
    return int((Decimal(total) / BYTES_A_MINUTE).to_integral_value(ROUND_UP)) or 1
