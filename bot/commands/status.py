"""/status: where the project stands: version, pull request, cost, what is open."""

from agents.domain.proposal import Proposal
from agents.reports.text import cell, code, count, money, table
from bot.commands.command import Answer, Command, Desk
from bot.publish.views.facts import assumed, open_findings, unverified

STATES = {
    "received": "waits for a worker",
    "planning": "is being planned",
    "generating": "is being generated",
    "awaiting_input": "waits for answers",
    "awaiting_review": "waits for a review",
    "proposed": "is proposed",
    "approved": "was merged",
    "rejected": "was closed",
    "unchanged": "changed nothing",
    "superseded": "was replaced by a newer one",
    "cancelled": "was cancelled",
    "failed": "ended without a result",
    "expired": "has expired",
}


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    place, ledger = desk.place, desk.ledger
    project = ledger.project_at(place.here.id, place.root)
    latest = ledger.latest(project.id) if project is not None else None
    if project is None or latest is None:
        return Answer(f"{code(place.slug)} has not been planned yet. `/replan` plans it.")
    rows = [("version", f"v{latest.number} {STATES.get(latest.status, latest.status)}")]
    if latest.reason and latest.status in ("failed", "awaiting_input", "awaiting_review"):
        rows.append(("because", cell(latest.reason)))
    published = ledger.latest_published(project.id)
    if place.snapshot.heads.pull is not None:
        rows.append(("open pull request", f"#{place.snapshot.heads.pull}"))
    proposal = ledger.load_proposal(published.id) if published is not None else None
    if published is not None and proposal is not None:
        rows += _facts(proposal, published.number)
    return Answer(f"**{code(place.slug)}**, constraints in {code(place.path)}\n\n" + table(("", ""), rows))


def _facts(proposal: Proposal, number: int) -> list[tuple[str, str]]:
    """Of the last version that reached a pull request."""
    rows = []
    if proposal.cost is not None:
        most = proposal.requirements.budget_usd_max if proposal.requirements else None
        limit = f" of {money(most)}" if most is not None else ""
        rows.append((f"cost of v{number}", f"{money(proposal.cost.monthly_usd)} a month{limit}"))
    if proposal.policy is not None:
        rows.append(("policy", str(proposal.policy.overall)))
    open_ = [
        count(len(assumed(proposal)), "assumption"),
        count(len(open_findings(proposal)), "open finding"),
        f"{count(len(unverified(proposal)), 'required check')} not run",
    ]
    return [*rows, ("open", ", ".join(open_))]


COMMAND = Command("status", "/status", "says where the project stands", run)
