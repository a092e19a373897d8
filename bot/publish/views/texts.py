"""All texts of a proposal at once: checks first, because title, body and draft state speak of them."""

from agents.domain.proposal import Proposal
from bot.publish.desired import Check, Context, Texts
from bot.publish.views.body import body
from bot.publish.views.checks.cost import cost
from bot.publish.views.checks.coverage import coverage
from bot.publish.views.checks.policy import policy
from bot.publish.views.checks.review import review
from bot.publish.views.checks.validation import validation
from bot.publish.views.message import title
from bot.publish.views.sticky import sticky


def five_checks(proposal: Proposal, context: Context) -> tuple[Check, ...]:
    """coverage, policy, cost, validation, review; always all five."""
    others = tuple(view(proposal, context) for view in (coverage, policy, cost, validation))
    return (*others, review(proposal, context, ready=not any(check.blocks for check in others)))


def texts(proposal: Proposal, context: Context) -> Texts:
    checks = five_checks(proposal, context)
    return Texts(
        title=title(proposal),
        body=body(proposal, context, checks),
        comment=sticky(proposal, context),
        checks=checks,
    )
