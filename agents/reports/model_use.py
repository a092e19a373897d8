"""What asking a model took, in words: the same in the checks, in the summary and on the command line."""

from agents.domain.plan import Plan
from agents.domain.receipt import Bill, summed
from agents.reports.text import count
from agents.serialise import one_line


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


def written(plan: Plan) -> str:
    """What a model wrote into the files, and where and why the template's text stands instead; "" where it was not asked to."""
    if not plan.points:
        return ""
    own = [p for p in plan.points if p.writer == "claude"]
    fell_back = [p for p in plan.points if p.why_template]
    names = f": {', '.join(f'{p.id} ({p.path})' for p in own)}" if own else ""
    parts = [f"Claude wrote {len(own)} of {count(len(plan.points), 'extension point')}{names}"]
    if fell_back:
        why = "; ".join(f"{p.id}: {one_line(p.why_template)}" for p in fell_back)
        parts.append(f"the template's text stands where what it wrote was not taken: {why}")
    return "; ".join(parts)


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
