"""What to do about a bill: the estimate with its levers and its sensitivity."""

from agents.cost.bill import Account
from agents.cost.levers import levers
from agents.cost.sensitivity import sensitivity
from agents.domain.cost import CostEstimate
from agents.domain.plan import Plan
from agents.domain.requirements import Requirements


def advised(cost: CostEstimate, plan: Plan, requirements: Requirements, account: Account) -> CostEstimate:
    """The same estimate, knowing what would make it cheaper and what it hangs on."""
    return cost.model_copy(
        update={
            "levers": levers(plan, cost, requirements, account),
            "sensitivity": sensitivity(account, requirements),
        }
    )
