"""The change summary: what differs from the last version in state, decisions, files, money and packs (SPEC
§22.2).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from agents.domain.change import Changed, ChangeSummary
from agents.domain.cost import CostEstimate
from agents.domain.files import GeneratedFile, Lock, MergedTree, is_record, written_after
from agents.domain.plan import Plan
from agents.reports.text_diff import Document, unified

Changes = Mapping[tuple[str, ...], tuple[str | None, str | None]]
"""Path of a value to (before, after); None where it is not there."""
MOST_CAUSES = 2
PACKS = ("engine", "pattern_pack", "prompt_pack", "policy_pack", "template_pack", "price_book")


def summarise(
    previous: Lock | None,
    *,
    plan: Plan,
    cost: CostEstimate,
    state: Mapping[str, str],
    packs: Mapping[str, str],
    tree: MergedTree,
    records: Iterable[GeneratedFile] = (),
    documents: Iterable[Document] = (),
) -> ChangeSummary:
    """Compares with `previous` (None: a first version). `state` is `flat_state(...)`, `packs` as in the lock.

    `records` are the decision records as generated; `documents` the texts whose differences are shown.
    Files are compared as generated, so people's edits are no change of ours; what people deleted or took
    over is left out.
    """
    before, after = _files_before(previous), _files_after(tree, records)
    added = sorted(after.keys() - before.keys())
    removed = sorted(before.keys() - after.keys())
    modified = sorted(path for path in after.keys() & before.keys() if after[path] != before[path])
    choices = {d.question.key: d.choice for d in plan.decisions}
    new = _document(state, choices, after, packs, str(cost.monthly_usd))
    changes = compare(_previous_document(previous, before), new)
    constraints = _of_group("constraints", changes) if previous else ()
    return ChangeSummary(
        previous=previous.plan if previous else None,
        constraints=constraints,
        decisions=_decisions(plan, changes, constraints) if previous else (),
        docs_changed=tuple(path for path in sorted({*added, *modified}) if path.endswith(".md")),
        files_added=len(added),
        files_removed=len(removed),
        files_modified=len(modified),
        added=tuple(added),
        removed=tuple(removed),
        modified=tuple(modified),
        kept=tree.kept,
        kept_edits=tree.kept_edits,
        conflicts=tuple(conflict.path for conflict in tree.conflicts),
        cost_before_usd=_before_usd(cost),
        cost_after_usd=cost.monthly_usd,
        cost_delta_usd=cost.delta_vs_prev_usd,
        cost_delta_pct=cost.delta_vs_prev_pct,
        cost=cost.deltas,
        packs=_of_group("packs", changes) if previous else (),
        state_keys_changed=tuple(sorted({key[0] for key in changes})),
        diff=unified(documents),
    )


def _before_usd(cost: CostEstimate) -> Decimal | None:
    return None if cost.delta_vs_prev_usd is None else cost.monthly_usd - cost.delta_vs_prev_usd


def _files_before(previous: Lock | None) -> dict[str, str]:
    files = previous.files if previous else ()
    return {f.path: f.blob for f in files if _shown(f.path) and f.owner not in ("deleted", "adopted")}


def _files_after(tree: MergedTree, records: Iterable[GeneratedFile]) -> dict[str, str]:
    theirs = {path for path, owner in tree.owners.items() if owner in ("deleted", "adopted")}
    return {f.path: f.blob for f in (*tree.pristine, *records) if _shown(f.path) and f.path not in theirs}


def _shown(path: str) -> bool:
    return is_record(path) or not written_after(path)


def _previous_document(lock: Lock | None, files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    if lock is None:
        return {}
    packs = {name: str(getattr(lock, name)) for name in PACKS}
    return _document(lock.state, lock.choices, files, packs, lock.monthly_usd)


def _of_group(group: str, changes: Changes) -> tuple[Changed, ...]:
    return tuple(_changed(key[1:], pair) for key, pair in changes.items() if key[0] == group)


def _document(
    state: Mapping[str, str],
    choices: Mapping[str, str],
    files: Mapping[str, str],
    packs: Mapping[str, str],
    monthly_usd: str,
) -> dict[str, dict[str, str]]:
    """Everything that is compared, by state key of SPEC §21.2."""
    grouped: dict[str, dict[str, str]] = {"constraints": {}, "requirements": {}, "policy": {}, "plan": {}}
    for key, value in state.items():
        group, _, name = key.partition(".")
        if group == "parameters":
            grouped["plan"][name] = value
        else:
            grouped.setdefault(group, {})[name] = value
    grouped["plan"] |= choices
    return {
        **grouped,
        "cost": {"monthly_usd": monthly_usd},
        "artifacts": dict(files),
        "packs": {name: packs[name] for name in PACKS},
    }


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[tuple[str, ...], tuple[str | None, str | None]]:
    """Every value that differs, by its path, in order: (before, after), None where it is not there."""
    from deepdiff import DeepDiff  # 0.2 s: only when something is compared

    found: dict[tuple[str, ...], tuple[str | None, str | None]] = {}
    tree = DeepDiff(dict(old), dict(new), view="tree", threshold_to_diff_deeper=0)
    for kind in sorted(tree):
        for level in tree[kind]:
            path = tuple(str(part) for part in level.path(output_format="list"))
            before = None if "added" in kind else level.t1
            after = None if "removed" in kind else level.t2
            for key, pair in _leaves(path, before, after):
                found[key] = pair
    return dict(sorted(found.items()))


def _leaves(
    path: tuple[str, ...], before: Any, after: Any
) -> Iterable[tuple[tuple[str, ...], tuple[str | None, str | None]]]:
    """A group that came or went as a whole, by its members."""
    if not isinstance(before, Mapping) and not isinstance(after, Mapping):
        yield path, (before, after)
        return
    left, right = before or {}, after or {}
    for name in sorted({*left, *right}):
        yield from _leaves((*path, name), left.get(name), right.get(name))


def _changed(key: tuple[str, ...], pair: tuple[str | None, str | None], why: str = "") -> Changed:
    return Changed(key=".".join(key), before=pair[0], after=pair[1], why=why)


def _decisions(
    plan: Plan,
    changes: Changes,
    constraints: tuple[Changed, ...],
) -> tuple[Changed, ...]:
    """Changed choices and changed values of choices, each with the constraint changes that its decision
    rests on.
    """
    found = []
    for key, pair in changes.items():
        if key[0] == "plan":
            name = ".".join(key[1:])
            owner = _owner(plan, name)
            if owner != name and None in pair and ("plan", owner) in changes:
                continue  # a value of one option came or went with the choice itself, which is listed
            found.append(_changed(key[1:], pair, _why(owner, constraints, plan) if owner else ""))
    return tuple(found)


def _owner(plan: Plan, name: str) -> str | None:
    """The decision that a choice, or a parameter of a choice, belongs to: the longest key that begins its
    name.
    """
    keys = [d.question.key for d in plan.decisions if name == d.question.key or name.startswith(f"{d.question.key}.")]
    return max(keys, key=len, default=None)


def _why(owner: str, constraints: tuple[Changed, ...], plan: Plan) -> str:
    """The changed constraints that the decision rests on, else all that changed: they reached it through other decisions.

    "" if none changed: then a pack did, which is told apart.
    """
    decision = plan.decision(owner)
    causes = [
        _cause(c)
        for c in constraints
        if any(
            c.key == key
            or c.key.startswith(f"{key}.")
            or key.startswith(f"{c.key}.")
            or c.key.rpartition(".")[2] == key
            for key in decision.question.rests_on
        )
    ]
    if causes or not constraints:
        return "; ".join(causes)
    return f"through other decisions: {'; '.join(_cause(c) for c in constraints[:MOST_CAUSES])}"


def _cause(changed: Changed) -> str:
    return f"{changed.key} {changed.before or 'unset'} → {changed.after or 'unset'}"
