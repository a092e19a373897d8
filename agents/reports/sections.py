"""Sections of the summary as Markdown, each from typed results."""

from collections.abc import Collection
from decimal import Decimal

from agents.domain.change import ChangeSummary
from agents.domain.cost import CostEstimate
from agents.domain.decision import ReasonCard
from agents.domain.findings import Finding, Severity
from agents.domain.inventory import Inventory
from agents.domain.policy import PolicyReport
from agents.domain.proposal import Proposal
from agents.domain.validation import ValidationReport
from agents.reports import bill
from agents.reports.adr import impact_cells
from agents.reports.headline import dissent, open_findings
from agents.reports.names import MARKS, WARN, agent_title, not_verified, pattern_words, slot_words
from agents.reports.pack_changes import pack_changes
from agents.reports.text import cell, code, count, money, one_line, percent, share, signed_money, table

MOST_ROWS = 12
SHOWN_VALUES = 3


def what_changed(proposal: Proposal) -> str:
    """What differs from the last version, or for a first one what was chosen; "" before there is a plan."""
    change = proposal.change
    if proposal.plan is None:
        return ""
    if change is None or change.previous is None:
        there = (
            f"\n\n**Already there** {already_there(proposal.inventory, proposal.project)}" if proposal.inventory else ""
        )
        tree = proposal.tree
        words = kept_words(tree.kept_edits, len(tree.kept)) if tree else ""
        return "**First version**\n\n" + choices(proposal) + there + (f"\n\n{words.capitalize()}." if words else "")
    causes = "; ".join(
        f"{one_line(c.key)} {one_line(c.before or 'unset')} → {one_line(c.after or 'unset')}"
        for c in change.constraints[:6]
    )
    more = f" and {len(change.constraints) - 6} more" if len(change.constraints) > 6 else ""
    heading = f"**What changed since plan {change.previous[:8]}** {causes or 'no constraint'}{more}"
    heading += "".join(f"; {named}" for named in pack_changes(change.packs))
    return (
        heading
        + "\n\n"
        + table(("", "before", "after", ""), _change_rows(change, {card.key for card in proposal.cards}))
    )


def _change_rows(change: ChangeSummary, keys: set[str]) -> list[tuple[str, ...]]:
    choices = [c for c in change.decisions if c.key in keys]
    rows: list[tuple[str, ...]] = [
        (cell(c.key), _short(c.before), f"**{_short(c.after)}**", cell(c.why)) for c in choices[:MOST_ROWS]
    ]
    if len(choices) > MOST_ROWS:
        rows.append((f"{len(choices) - MOST_ROWS} more", "", "", "reports/diffs/versions.md"))
    if values := values_that_follow(change, keys):
        rows.append(("values that follow", "", "", values))
    if change.cost_before_usd is not None and change.cost_delta_usd is not None:
        rows.append(
            (
                "cost",
                money(change.cost_before_usd),
                f"**{money(change.cost_after_usd)}**",
                _cost_words(change, change.cost_delta_usd),
            )
        )
    words = [
        count(number, word, word)
        for number, word in (
            (change.files_modified, "changed"),
            (change.files_added, "added"),
            (change.files_removed, "removed"),
        )
        if number
    ]
    rows.append(("files", "", ", ".join(words) or "none changed", kept_words(change.kept_edits, len(change.kept))))
    return rows


def kept_words(edits: int, files: int) -> str:
    """`your 7 edits in 5 files were kept`; "" if there are none."""
    verb = "was" if edits == 1 else "were"
    return f"your {count(edits, 'edit')} in {count(files, 'file')} {verb} kept" if files else ""


def values_that_follow(change: ChangeSummary, keys: Collection[str]) -> str:
    """The parameters that moved with the choices or the load: the first few, and how many there are; "" if none.

    `keys` are those of the decisions: what is no choice is a value of one.
    """
    moved = [c for c in change.decisions if c.key not in keys and c.before is not None and c.after is not None]
    shown = "; ".join(f"{c.key} {_short(c.before)} → {_short(c.after)}" for c in moved[:SHOWN_VALUES])
    left = len(moved) - SHOWN_VALUES
    return cell(shown + (f"; {left} more in reports/diffs/versions.md" if left > 0 else "")) if moved else ""


def _cost_words(change: ChangeSummary, delta: Decimal) -> str:
    words = signed_money(delta)
    words += f" ({percent(change.cost_delta_pct)})" if change.cost_delta_pct is not None else ""
    moved = [
        item for item in change.cost if item.kind != "repriced" and (item.after_usd > item.before_usd) == (delta > 0)
    ]
    if moved and delta:
        part = moved[0].after_usd - moved[0].before_usd
        words += f", {share(abs(part), abs(delta))} of it {cell(moved[0].component)}"
    return words


def _short(value: str | None) -> str:
    return "-" if value is None else cell(pattern_words(value))


def already_there(inventory: Inventory, project: str) -> str:
    """What people had, by kind, and where their file stands in place of a generated one."""
    kinds = "; ".join(
        f"{area.name} {area.files} ({', '.join(code(path) for path in area.paths)}"
        + (", …)" if area.files > len(area.paths) else ")")
        for area in inventory.areas
    )
    told = f"{count(inventory.files, 'file')} of yours: {kinds}. None of them is changed; only gaps are filled."
    if not inventory.left:
        return told
    left = ", ".join(code(path) for path in inventory.left)
    ours = count(len(inventory.left), "generated file")
    return (
        f"{told}\n\nYour file stands where {ours} would: {left}. What belongs in them is yours to take over:"
        f" `git show refs/mlwright/{project}/generated:PATH` has the generated text, once that ref is fetched."
    )


POINTS = "One point weighs as much as a dollar a month: hours of operating and risks are counted in them; only the bill is money."
"""Said once wherever verdicts of patterns stand."""


def choices(proposal: Proposal) -> str:
    """One row a slot: the chosen pattern and why it won. Raises ValueError before there is a plan."""
    if proposal.plan is None:
        raise ValueError("there is no plan whose choices could be told")
    cards = {card.key: card for card in proposal.cards}
    rows = []
    for slot, pattern in sorted(proposal.plan.composition.slots.items()):
        card = cards.get(slot)
        verdict = next((c.verdict for c in card.candidates if c.id == pattern), "") if card else ""
        rows.append((slot_words(slot), f"**{cell(pattern_words(pattern))}**", cell(verdict.removeprefix("chosen: "))))
    return table(("for", "chosen", "because"), rows) + f"\n\n{POINTS}"


def needs_your_eye(proposal: Proposal) -> str:
    """Assumptions, conflicts, dissent, warnings and what was not verified: one line each; "" if there is
    nothing.
    """
    lines = [
        f"{WARN} {a.id} {one_line(a.key)} is assumed to be {code(str(a.value))}: {one_line(a.blast_radius)}. "
        f"Confirm or correct it in constraints.yaml: {code(f'assume: {{{a.id}: {a.value}}}')}."
        for a in (proposal.plan.assumptions if proposal.plan else ())
        if not a.confirmed
    ]
    tree, policy, validation = proposal.tree, proposal.policy, proposal.validation
    conflicts = tree.conflicts if tree else ()
    lines += [f"{WARN} Conflict in {code(c.path)}: {one_line(c.reason)}. Your text was kept." for c in conflicts]
    objections = dissent(proposal.critics)
    lines += [
        f"{WARN} {'Dissent' if (critic, message) in objections else 'Warning'} ({critic}): {one_line(message)}"
        for critic, message in open_findings(proposal.critics)
    ]
    lines += [
        f"{MARKS[r.status]} {r.id}: {one_line(r.told)}" + (f". {one_line(r.to_do)}" if r.to_do else "")
        for r in (policy.rules if policy else ())
        if r.status in ("warn", "fail", "waived")
    ]
    lines += [
        f"{MARKS[r.status]} {r.tool}: {one_line(f.message)}{_place(f)}"
        for r in (validation.results if validation else ())
        for f in r.findings[:3]
        if r.status in ("warn", "fail") and f.severity is not Severity.INFO
    ]
    lines += [f"{MARKS['skipped']} {one_line(not_verified(r))}" for r in (validation.unverified if validation else ())]
    return "**Needs your eye**\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _place(finding: Finding) -> str:
    return f" ({one_line(finding.location.path)}:{finding.location.line})" if finding.location else ""


def decisions(cards: tuple[ReasonCard, ...]) -> str:
    """One row a decision; changed ones are marked."""
    rows = []
    for card in cards:
        chosen = next(c for c in card.candidates if c.id == card.choice.id)
        changed = "changed" if card.changed else ""
        name = f"{card.number} {agent_title(card.agent)}"
        verdict = chosen.verdict.removeprefix("chosen: ")
        usd, *_ = impact_cells(card.impacts)
        rows.append(
            (
                name,
                cell(card.key),
                f"**{cell(card.choice.id)}**",
                usd,
                f"{card.confidence:.2f}",
                cell(verdict),
                changed,
            )
        )
    return table(("agent", "decision", "choice", "$/month", "confidence", "because", ""), rows)


def cost_table(cost: CostEstimate, limit: Decimal | None = None) -> str:
    """The bill from verdict to what it leaves out (`agents.reports.bill`); every line of it stands in `cost.json`."""
    return "\n\n".join(bill.whole(cost, limit))


def policy_counts(policy: PolicyReport) -> str:
    """`27 pass, 1 warn, 4 not applicable`."""
    words = (
        ("fail", "fail"),
        ("pass", "pass"),
        ("warn", "warn"),
        ("waived", "waived"),
        ("not_applicable", "not applicable"),
    )
    return ", ".join(f"{n} {word}" for status, word in words if (n := policy.count(status)))  # type: ignore[arg-type]


def validation_table(validation: ValidationReport) -> str:
    """One row a tool: what ran, on how many files, and what did not run, said in the same place."""
    rows = [
        (
            f"{MARKS[r.status]} {r.status}",
            cell(r.tool),
            cell(r.version),
            str(r.files_checked),
            cell(f"{r.reason}; {r.remedy}" if r.remedy else r.reason or count(len(r.findings), "finding")),
        )
        for r in validation.results
    ]
    return (
        table(("", "tool", "version", "files", ""), rows) + f"\n\nDigest of the tree they saw: {code(validation.tree)}."
    )
