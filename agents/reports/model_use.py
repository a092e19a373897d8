"""What asking a model took, in words: the same in the checks, in the summary and on the command line."""

from agents.domain.plan import Plan
from agents.domain.receipt import Bill, summed
from agents.reports.text import count


def model_use(plan: Plan) -> str:
    """One line; "" where no model was asked."""
    if not plan.receipts:
        return ""
    paid, kept = [r for r in plan.receipts if not r.recalled], [r for r in plan.receipts if r.recalled]
    names = ", ".join(sorted({r.model for r in plan.receipts}))
    parts = [f"{names}: {_bill(summed(paid))}"] if paid else [f"{names}: nothing had to be asked"]
    if kept:
        parts.append(f"{count(len(kept), 'answer')} kept from an earlier run")
    return "; ".join(parts)


def fallbacks(plan: Plan) -> str:
    """Which agents the expert answered for instead, and why; "" if none."""
    why: dict[str, list[str]] = {}
    for receipt in plan.receipts:
        if receipt.fell_back:
            why.setdefault(receipt.fell_back, []).append(receipt.agent)
    return "; ".join(f"{', '.join(dict.fromkeys(agents))}: {reason}" for reason, agents in why.items())


def _bill(bill: Bill) -> str:
    usd = f"${bill.usd:,.2f}" + (
        f" without {', '.join(bill.unpriced)}, which has no price here" if bill.unpriced else ""
    )
    again = [(bill.retries, "retry", "retries"), (bill.repairs, "repair", "repairs")]
    extra = "".join(f", {count(number, one, many)}" for number, one, many in again if number)
    return (
        f"{count(bill.agents, 'agent')} in {count(bill.calls, 'call')}{extra}, {bill.tokens:,} tokens"
        f" ({bill.cached_tokens:,} from the cache), {usd}"
    )
