"""The folds below the first screen: decisions, cost, policies, evidence, provenance."""

from collections.abc import Iterator

from agents.domain.decision import Decision
from agents.domain.findings import tally as findings_told
from agents.domain.proposal import Proposal
from agents.reports.conflicts import both_sides
from agents.reports.text import cell, code, count, fold, money, table
from bot.publish.desired import Context
from bot.publish.views.checks.cost import components, money_line
from bot.publish.views.checks.policy import rules_table, tally
from bot.publish.views.checks.validation import tools_table
from bot.publish.views.facts import open_findings
from bot.publish.views.links import Links
from bot.publish.views.names import pattern_name

MOST_CONFLICTS = 5
MOST_PLACES = 3


def folds(proposal: Proposal, context: Context, links: Links) -> Iterator[str]:
    conflicts = proposal.tree.conflicts if proposal.tree else ()
    if conflicts:
        sides = "\n\n".join(f"{links.file(c.path)}: {both_sides(c, MOST_PLACES)}" for c in conflicts[:MOST_CONFLICTS])
        yield fold(f"Both sides of {count(len(conflicts), 'conflict')}", sides, opened=True)
    if proposal.plan is not None:
        rows = [_decision(d, links) for d in sorted(proposal.plan.decisions, key=lambda d: (d.number, d.question.key))]
        yield fold(f"Decisions ({len(rows)})", table(("", "decision", "choice", "why"), rows))
    if proposal.cost is not None:
        limit = proposal.requirements.budget_usd_max if proposal.requirements else None
        yield fold("Cost by component", f"{money_line(proposal.cost, limit)}\n\n{components(proposal.cost)}")
    if proposal.policy is not None:
        yield fold(f"Policies ({tally(proposal.policy)})", rules_table(list(proposal.policy.rules), links))
    if proposal.validation is not None:
        yield fold("Validation evidence", tools_table(proposal.validation.results))
    yield from _alternatives(proposal)
    yield fold("How this was made", _made(proposal, context, links))


def _decision(decision: Decision, links: Links) -> tuple[str, str, str, str]:
    choice = decision.choice
    name = pattern_name(choice) if ":" in choice else choice
    return (
        f"{decision.number}",
        links.record(decision.number, code(decision.question.key, in_table=True)),
        f"**{cell(name, 100)}**",
        cell(decision.justification, 240),
    )


def _alternatives(proposal: Proposal) -> Iterator[str]:
    others = proposal.plan.alternatives if proposal.plan else ()
    if not others:
        return
    rows = [
        (
            cell(", ".join(pattern_name(p) for _, p in sorted(a.patterns.items())), 200),
            money(a.monthly_usd),
            "-" if a.p95_latency_ms is None else f"{a.p95_latency_ms:g} ms",
            f"{a.burden:.1f}",
            cell(a.why_not, 300),
        )
        for a in others
    ]
    yield fold(
        f"Other plans that hold ({len(rows)})",
        table(("patterns", "$/month", "p95", "burden", "why not"), rows),
    )


def _made(proposal: Proposal, context: Context, links: Links) -> str:
    lock = proposal.lock
    rows = []
    if lock is not None:
        for name, value in (
            ("engine", lock.engine),
            ("patterns", lock.pattern_pack),
            ("prompts", lock.prompt_pack),
            ("policies", lock.policy_pack),
            ("templates", lock.template_pack),
            ("prices", lock.price_book),
            ("constraints", lock.constraints),
            ("decisions", lock.plan),
        ):
            rows.append((name, code(value[:24], in_table=True)))
    providers = sorted({d.provider for d in proposal.plan.decisions}) if proposal.plan else []
    said = f"Answers by {', '.join(code(p) for p in providers)}. " if providers else ""
    rounds = count(len(proposal.critics), "round")
    critics = f"Critics: {findings_told(open_findings(proposal))} open after {rounds}. " if proposal.critics else ""
    return f"{table(('', ''), rows)}\n\n{said}{critics}Everything else: {links.run}."
