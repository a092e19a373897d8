"""/approve: lets the plan that waits for a review go on into code generation, up to a cost."""

import re
from decimal import Decimal

from agents.errors import BadInput
from agents.reports.text import money
from bot.commands.command import Answer, Command, Desk, Order

EXAMPLE = "/approve up-to=$1500"
AMOUNT = re.compile(r"^\$?(\d{1,9}(?:\.\d{1,2})?)(?:\$|usd)?$", re.IGNORECASE)


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    up_to = _limit(arguments)
    project = desk.ledger.project_at(desk.place.here.id, desk.place.root)
    record = desk.ledger.latest(project.id) if project is not None else None
    if record is None or record.status != "awaiting_review" or record.pull_request is None or record.commit_sha is None:
        raise BadInput("No plan waits for an approval here.", remedy="/status says where the project stands.")
    if desk.place.snapshot.heads.branch_head != record.commit_sha:
        raise BadInput(
            "The branch has moved since this plan was shown, so it is planned again.",
            remedy="Approve what the pull request shows then.",
        )
    order = Order(record.id, record.pull_request, record.commit_sha, str(up_to) if up_to is not None else "")
    most = f" up to {money(up_to)} a month" if up_to is not None else ""
    return Answer(f"Approved{most}; going on into code generation.", approves=order)


def _limit(arguments: tuple[str, ...]) -> Decimal | None:
    if not arguments:
        return None
    name, separator, value = arguments[0].partition("=")
    found = AMOUNT.match(value.strip().replace(",", "").replace(" ", "")) if separator else None
    if len(arguments) > 1 or name.replace("_", "-").lower() != "up-to" or found is None:
        raise BadInput("An approval takes no more than up-to, in USD a month.", remedy=f"Example: {EXAMPLE}")
    return Decimal(found[1])


COMMAND = Command(
    "approve", "/approve [up-to=$]", "approves the plan that waits, so that its code is generated", run, "changes"
)
