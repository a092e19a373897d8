"""The pull request's body: verdict, what changed, what to read, what needs an eye, how to go on; then folds
(FACE.md).
"""

from collections.abc import Sequence

from agents.domain.change import ChangeSummary
from agents.domain.decision import ReasonCard
from agents.domain.proposal import Proposal
from agents.reports.pack_changes import pack_changes
from agents.reports.sections import already_there, kept_words, values_that_follow
from agents.reports.text import (
    cell,
    code,
    count,
    fence,
    money,
    one_line,
    percent,
    signed_money,
    table,
    truncate,
)
from bot.publish.desired import Check, Context
from bot.publish.limits import BODY
from bot.publish.views.facts import assumed, dissent, file_count, open_findings, unverified
from bot.publish.views.folds import folds
from bot.publish.views.links import Links
from bot.publish.views.names import pattern_name, slot_name
from bot.publish.views.verdict import verdict

ROOM = BODY - 1_000
"""What remains for markers and a few words of people."""
MERMAID = 20_000
"""GitHub draws diagrams of up to 50,000 characters; a larger one than this is no overview."""


def body(proposal: Proposal, context: Context, checks: Sequence[Check]) -> str:
    links = Links(proposal, context)
    parts = [
        verdict(proposal, context, checks),
        "\n\n".join(f"> ⚠️ {note}" for note in context.notes),
        _changed(proposal, context, links),
        _read_first(proposal, links),
        fence(proposal.mermaid, "mermaid") if 0 < len(proposal.mermaid) <= MERMAID else "",
        _eye(proposal, links),
        _next(proposal, context),
        *folds(proposal, context, links),
    ]
    tail = f"… cut at GitHub's limit; the rest is in {links.run}."
    return truncate("\n\n".join(part for part in parts if part), ROOM, tail)


def _changed(proposal: Proposal, context: Context, links: Links) -> str:
    change = proposal.change
    if change is None or change.previous is None:
        return _first(proposal, links)
    since = f" since v{context.previous_version}" if context.previous_version is not None else " since the last version"
    causes = [
        f"{links.key(c.key)} {cell(c.before or 'none', 60)} → {cell(c.after or 'none', 60)}" for c in change.constraints
    ]
    more = f" and {len(causes) - 6} more" if len(causes) > 6 else ""
    named = "; ".join([*([", ".join(causes[:6]) + more] if causes else []), *pack_changes(change.packs)])
    keys = {card.key for card in proposal.cards}
    choices = [c for c in change.decisions if c.key in keys]
    rows = [
        (cell(c.key, 60), cell(c.before or "-", 120), f"**{cell(c.after or '-', 120)}**", cell(c.why, 300))
        for c in choices[:8]
    ]
    rows.append(_cost_row(change))
    if values := values_that_follow(change, keys):
        rows.append(("values that follow", "", "", values))
    rows.append(("files", "", _counts(change), _kept(proposal)))
    hidden = len(choices) - 8
    note = f"\n\n{count(hidden, 'more decision')} changed, see Decisions." if hidden > 0 else ""
    return _upgrade(change) + (f"**What changed{since}** {named}\n\n" + table(("", "before", "after", ""), rows) + note)


def _upgrade(change: ChangeSummary) -> str:
    if not change.upgrade:
        return ""
    return (
        f"**An upgrade of mlwright**: new {', '.join(change.upgrade)}. The constraints are those of the default branch;"
        " what you change in them has a pull request of its own. Your edits are merged as always. Not merging keeps what"
        " you have.\n\n"
    )


def _cost_row(change: ChangeSummary) -> tuple[str, str, str, str]:
    before = "-" if change.cost_before_usd is None else money(change.cost_before_usd)
    delta = "" if change.cost_delta_usd is None else signed_money(change.cost_delta_usd)
    if change.cost_delta_pct is not None:
        delta += f" ({percent(change.cost_delta_pct)})"
    moved = sorted(change.cost, key=lambda d: (-abs(d.after_usd - d.before_usd), d.component))
    if moved and moved[0].after_usd != moved[0].before_usd:
        delta += f", most of it {cell(moved[0].component, 80)}"
    return ("cost", before, f"**{money(change.cost_after_usd)}**", delta)


def _counts(change: ChangeSummary) -> str:
    return f"{change.files_modified} changed, {change.files_added} added, {change.files_removed} removed"


def _kept(proposal: Proposal) -> str:
    tree = proposal.tree
    return kept_words(tree.kept_edits, len(tree.kept)) if tree is not None else ""


def _first(proposal: Proposal, links: Links) -> str:
    """The first proposal: what was chosen for each slot, and the reason in one line."""
    if proposal.plan is None:
        return ""
    cards = {card.key: card for card in proposal.cards}
    rows = []
    for slot, pattern in sorted(proposal.plan.composition.slots.items()):
        card = cards.get(slot)
        name = links.record(card.number, pattern_name(pattern)) if card else pattern_name(pattern)
        rows.append((slot_name(slot), f"**{name}**", cell(_verdict(card), 200) if card else ""))
    there = f"\n\n**Already there** {already_there(proposal.inventory, proposal.project)}" if proposal.inventory else ""
    words = _kept(proposal)
    return "**What is proposed**\n\n" + table(("", "", "why"), rows) + there + (f"\n\nAnd {words}." if words else "")


def _verdict(card: ReasonCard) -> str:
    """Why the choice won, and what the next best would have meant."""
    verdicts = {c.id: c.verdict for c in card.candidates}
    won = verdicts[card.choice.id].removeprefix("chosen: ")
    other = next((c for c in card.candidates if c.id != card.choice.id and not c.verdict.startswith("refused")), None)
    return f"{won}; {pattern_name(other.id)}: {other.verdict}" if other else won


def _read_first(proposal: Proposal, links: Links) -> str:
    if not proposal.reading_guide:
        return ""
    files = [
        f"{n}. {links.file(path)} {one_line(why, 160)}" for n, (path, why) in enumerate(proposal.reading_guide[:6], 1)
    ]
    rest = file_count(proposal) - len(files)
    tree = proposal.validation.tree[:12] if proposal.validation else ""
    others = f"\n\nThe other {count(rest, 'file')} follow from the patterns" if rest > 0 else ""
    if others:
        others += f" (tree {code(tree)}; each with its reason in {links.report('provenance.json', 'provenance.json')})."
    return "**Read these first**\n" + "\n".join(files) + (others if tree else f"{others}." if others else "")


def _eye(proposal: Proposal, links: Links) -> str:
    """What a person should look at: guesses, doubts, what could not be merged or verified."""
    lines = [
        f"⚠️ {code(a.id)} {links.key(a.key)} = {code(str(a.value))} is assumed: {one_line(a.reason, 140)}."
        f" If wrong: {one_line(a.blast_radius, 140)}."
        for a in assumed(proposal)[:3]
    ]
    more = len(assumed(proposal)) - 3
    if more > 0:
        lines.append(f"{count(more, 'more assumption')}, listed in the coverage check.")
    lines += [f"⚠️ Dissent on {code(key)}: {one_line(words, 240)}" for key, words in dissent(proposal)[:3]]
    lines += [f"⚠️ {one_line(f.message, 240)} {one_line(f.remediation, 160)}" for f in open_findings(proposal)[:3]]
    conflicts = proposal.tree.conflicts if proposal.tree else ()
    lines += [f"⚠️ {links.file(c.path)}: {one_line(c.reason, 160)}; your text was kept." for c in conflicts[:5]]
    lines += [
        f"⏸ {one_line(r.tool)} was not verified: {one_line(r.reason, 160)} {one_line(r.remedy, 160)}"
        for r in unverified(proposal)
        if r.required
    ]
    return "**Needs your eye**\n" + "\n".join(f"- {line.rstrip()}" for line in lines) if lines else ""


def _next(proposal: Proposal, context: Context) -> str:
    if proposal.outcome == "awaiting_review":
        steps = [
            "approve this pull request to have the code generated",
            "request changes to keep it waiting",
        ]
    else:
        plan = proposal.lock.plan if proposal.lock else proposal.plan.digest if proposal.plan else ""
        limit = proposal.requirements.budget_usd_max if proposal.requirements else None
        ceiling = f" at up to {money(limit)}" if limit is not None else ""
        steps = [f"merging approves decisions {code(plan[:12])}{ceiling}"]
    steps.append(f"edit {code(context.constraints_path)} and push to plan again")
    steps.append("commit to this branch to change a file; it is kept")
    steps.append("close to reject")
    steps += [f"`/{command}`" for command in context.commands]
    return "**Next** " + " · ".join(steps) + "."
