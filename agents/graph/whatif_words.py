"""What a changed constraint file would change, in lines for people: the command line's, and a comment's."""

from agents.domain.coverage import Coverage
from agents.domain.plan import Infeasible
from agents.graph.whatif import Moved, WhatIf

FILES_TOLD = 12
"""Files that are named; the others are counted. The JSON form has all."""


def whatif_lines(found: WhatIf, heading: str, bullet: str) -> list[str]:
    """One line a fact, under headings that begin with `heading`, items with `bullet`."""
    told = ", ".join(f"{key}={value}" for key, value in found.changes.items())
    before = _why(found.before_infeasible, found.before_blocked)
    if found.after_usd is None:
        lines = [f"{heading}{told}: no plan" + (", as before" if before else "")]
        lines += [f"{bullet}before: {before}"] if before else [f"{bullet}before: ${found.before_usd:,.2f}/month"]
        lines.append(f"{bullet}after: {_why(found.infeasible, found.blocked)}")
        ways = found.infeasible.relaxations if found.infeasible is not None else ()
        return [*lines, *(f"{bullet}would work: {way}" for way in ways)]
    if before or found.before_usd is None:
        lines = [f"{heading}{told}: no plan → ${found.after_usd:,.2f}/month", f"{bullet}before: {before}"]
        return [*lines, *_new(found, heading, bullet)]
    change = found.after_usd - found.before_usd
    share = f" ({change / found.before_usd * 100:+.1f} %)" if found.before_usd else ""
    lines = [f"{heading}{told}: ${found.before_usd:,.2f} → ${found.after_usd:,.2f}/month, {change:+,.2f}{share}"]
    for name, moved in (
        ("patterns", found.slots),
        ("other decisions", found.decisions),
        ("assumptions", found.assumptions),
    ):
        lines += _section(name, moved, heading, bullet)
    lines.append(f"{heading}cost by component: " + (f"{len(found.costs)} changed" if found.costs else "no change"))
    lines += [
        f"{bullet}{move.component}{'' if move.environment == 'prod' else f' ({move.environment})'}:"
        f" {move.before_usd:,.2f} → {move.after_usd:,.2f} ({move.usd:+,.2f})"
        for move in found.costs
    ]
    lines.append(f"{heading}policy: {found.policy_before} → {found.policy_after}")
    lines += [f"{bullet}{_move(rule)}" for rule in found.policies]
    lines.append(f"{heading}files: " + (f"{len(found.files)} would change" if found.files else "no change"))
    lines += [f"{bullet}{file.change}: {file.path}" for file in found.files[:FILES_TOLD]]
    if len(found.files) > FILES_TOLD:
        lines.append(f"{bullet}and {len(found.files) - FILES_TOLD} more")
    return lines


def _why(infeasible: Infeasible | None, blocked: Coverage | None) -> str:
    """Why a file has no plan; "" if it has one."""
    if infeasible is not None:
        return f"no plan is feasible: {infeasible.explanation}"
    return f"{_asked(blocked)} must be known first" if blocked is not None else ""


def _new(found: WhatIf, heading: str, bullet: str) -> list[str]:
    """The plan that the changes make possible: all of it is new, so it is told itself and not what differs."""
    lines = [f"{heading}patterns", *(f"{bullet}{move.key}: {move.after}" for move in found.slots)]
    lines.append(f"{heading}cost by component")
    lines += [
        f"{bullet}{move.component}{'' if move.environment == 'prod' else f' ({move.environment})'}: {move.after_usd:,.2f}"
        for move in found.costs
    ]
    lines.append(f"{heading}policy: {found.policy_after}")
    judged = (rule for rule in found.policies if rule.after not in ("pass", "not_applicable"))
    lines += [f"{bullet}{rule.key}: {rule.after}" for rule in judged]
    return [*lines, f"{heading}files: {len(found.files)} would be written"]


def _section(name: str, moved: tuple[Moved, ...], heading: str, bullet: str) -> list[str]:
    title = f"{heading}{name}: " + (f"{len(moved)} changed" if moved else "no change")
    return [title, *(f"{bullet}{_move(move)}" for move in moved)]


def _move(move: Moved) -> str:
    return f"{move.key}: {move.before or 'absent'} → {move.after or 'absent'}"


def _asked(coverage: Coverage | None) -> str:
    return ", ".join(question.key for question in coverage.questions) if coverage is not None else ""
