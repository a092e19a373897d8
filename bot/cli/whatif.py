"""`mlwright whatif constraints.yaml budget_band.monthly_usd_max=300`: what other constraints would change. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import BadInput
from bot.cli.engine_run import read_constraints
from bot.cli.exits import Exit

if TYPE_CHECKING:
    from agents.domain.coverage import Coverage
    from agents.domain.plan import Infeasible
    from agents.graph.context import Engine
    from agents.graph.whatif import Moved, WhatIf

MOST, TARGET = "budget_band.monthly_usd_max", "budget_band.target"
FILES_TOLD = 12
"""Files that are named; the others are counted. `--format json` has all."""


def whatif(constraints: Path, changes: Sequence[str], format: str, as_of: str | None) -> int:
    """Prints the effect of the changes, also on a file that has no plan yet; exit 1 if the changed file has none. Raises
    BadInput for a key or value that
    does not exist, with its place and the nearest name."""
    from agents.graph.whatif import Refused
    from agents.graph.whatif import whatif as compare

    content = read_constraints(constraints)
    wanted = dict(_pair(change) for change in changes)
    _check(content, str(constraints), wanted)
    found = compare(content, wanted, _engine(), _date(as_of))
    if isinstance(found, Refused):
        raise BadInput(f"{constraints} cannot be planned.", found.findings)
    if format == "json":
        print(found.model_dump_json(indent=2))
    else:
        print("\n".join(_lines(found, *(("## ", "- ") if format == "markdown" else ("", "  ")))))
    if found.blocked is not None:
        return Exit.INPUT_NEEDED
    return Exit.GATE_FAILED if found.infeasible is not None else Exit.GOOD


def _engine() -> Engine:
    """The engine with its ports in memory, as in a new repository."""
    from agents.graph.context import Engine
    from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
    from agents.llm.expert import ExpertProvider

    return Engine(
        artifacts=MemoryArtifacts(),
        runs=MemoryRuns(),
        events=Unheard(),
        pulse=Unstoppable(),
        snapshot=EmptyFolder(),
        provider=ExpertProvider(),
    )


def _date(text: str | None) -> str | None:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() if text is not None else None
    except ValueError:
        raise BadInput(f"--as-of {text}: not a date.", remedy="Write it as YYYY-MM-DD.") from None


def _pair(change: str) -> tuple[str, Any]:
    """`key=value` with the value as YAML reads it. Raises BadInput for another form."""
    import yaml

    key, separator, text = change.partition("=")
    if not separator or not key.strip():
        raise BadInput(
            f"{change}: write key=value.", remedy="Example: mlwright whatif constraints.yaml sla_latency_ms=80"
        )
    try:
        return key.strip(), yaml.load(text, Loader=yaml.CSafeLoader)
    except UnicodeError:
        raise BadInput(f"{change!a}: the value is not UTF-8.", remedy="Write it in UTF-8.") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{change}: the value cannot be read: {str(error).splitlines()[0]}") from None


def _check(content: bytes, name: str, changes: dict[str, Any]) -> None:
    """Raises BadInput for the file's own mistakes, or for those that the changes bring, each where it stands. A target
    above a new maximum goes with it."""
    from agents.domain.findings import Severity
    from agents.intake.edit import set_values
    from agents.intake.parse import parse

    standing = parse(content, name)
    if standing.constraints is None:
        raise BadInput(f"{name} has mistakes.", standing.findings, remedy="Mend them first: mlwright check")
    target, most = standing.constraints.budget_band.target, changes.get(MOST)
    if TARGET not in changes and target is not None and isinstance(most, int | float) and most < target:
        changes[TARGET] = None  # a wish above the new maximum would only be refused; it is listed with the changes
    changed = parse(set_values(content, changes), name)
    if changed.constraints is None:
        wrong = [f for f in changed.findings if f.severity is Severity.ERROR]
        keys = ", ".join(changes)
        raise BadInput(
            f"{keys}: the changed file would be refused.", wrong, remedy="`mlwright schema` names all fields."
        )


def _asked(coverage: Coverage | None) -> str:
    return ", ".join(question.key for question in coverage.questions) if coverage is not None else ""


def _lines(found: WhatIf, heading: str, bullet: str) -> list[str]:
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
