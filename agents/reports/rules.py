"""The policy report for people: what each rule came to, the controls it is evidence for, and what it saw."""

from collections.abc import Collection, Mapping

from agents.domain.policy import ControlRow, PolicyReport, RulePart, RuleResult
from agents.reports.names import MARKS
from agents.reports.text import cell, code, count, one_line, table

ORDER = ("fail", "warn", "waived", "pass")
TITLES = {"gdpr": "GDPR", "hipaa": "HIPAA", "soc2": "SOC 2", "pci-dss": "PCI DSS", "iso27001": "ISO/IEC 27001"}
LONGEST = 120
"""Characters of a value; of a longer one its beginning is shown, and how long it is."""
JOINED = {
    ("all", True): "all of these hold",
    ("all", False): "not all of these hold",
    ("any", True): "one of these holds",
    ("any", False): "none of these holds",
}
HOLDS = {True: MARKS["pass"], False: MARKS["fail"], None: MARKS["not_applicable"]}


def rules_judged(policy: PolicyReport, named: Collection[str]) -> tuple[str, ...]:
    """Sections of the page. `named` are the frameworks that the constraints ask for: their controls are listed, of the
    others only how many have evidence."""
    judged = sorted((r for r in policy.rules if r.status in ORDER), key=lambda r: (ORDER.index(r.status), r.id))
    others = [rule for rule in policy.rules if rule.status == "not_applicable"]
    return (
        f"{count(len(judged), 'rule')} judged, worst first. Each stands below with its condition and the values it saw.",
        table(("", "rule", "says", "result"), [_row(rule) for rule in judged]),
        f"Not applicable here: {', '.join(code(rule.id) for rule in others)}." if others else "",
        *_controls(policy.controls, named),
        _seen(judged),
    )


def _row(rule: RuleResult) -> tuple[str, ...]:
    words = cell(rule.told)
    if rule.to_do:
        words += f". **To do**: {cell(rule.to_do)}"
    return f"{MARKS[rule.status]} {rule.status}", code(rule.id, in_table=True), cell(rule.title), words


def _controls(rows: tuple[ControlRow, ...], named: Collection[str]) -> tuple[str, ...]:
    if not rows:
        return ()
    frameworks = dict.fromkeys(row.framework for row in rows)
    asked = [name for name in frameworks if name in named]
    parts = ["## Controls", "Evidence of this plan and these files for an auditor; no certificate."]
    for name in asked:
        own = [row for row in rows if row.framework == name]
        cells = (
            (f"{MARKS[row.status]} {row.status.replace('_', ' ')}", cell(row.id), cell(row.text), _behind(row.rules))
            for row in own
        )
        parts += [f"### {TITLES[name]}", table(("", "control", "asks", "rules"), cells)]
    spare = [_tally(name, [row for row in rows if row.framework == name]) for name in frameworks if name not in named]
    if spare:
        lead = "Not asked for in `compliance`" if asked else "No framework is named in `compliance`"
        parts.append(f"{lead}; the same rules are evidence for {'; '.join(spare)} (`policy.json`).")
    return tuple(parts)


def _behind(rules: Mapping[str, str]) -> str:
    return ", ".join(f"{code(rule, in_table=True)} {MARKS[status]}" for rule, status in sorted(rules.items()))


def _tally(framework: str, rows: list[ControlRow]) -> str:
    held = sum(row.status == "pass" for row in rows)
    return f"{TITLES[framework]} ({held} of {count(len(rows), 'control')})"


def _seen(rules: list[RuleResult]) -> str:
    """The result trees: each condition, whether it holds, and the values it read; a value that stood above is not said
    again."""
    told: set[tuple[str, str]] = set()
    blocks = []
    for rule in rules:
        lines = _tree(rule.parts, rule.values, told, 1) if rule.parts else []
        rest = _values({k: v for k, v in rule.values.items() if not any(k in p for p in lines)}, told)
        head = f"- {MARKS[rule.status]} {code(rule.id)}"
        said = f": {code(rule.expression)}" if not rule.parts else ""
        blocks.append("\n".join([head + said + (f" ({rest})" if rest else ""), *lines]))
    lead = "The condition, which of its parts hold, and the values; a value that stands above is not said again."
    return f"## What each rule saw\n\n{lead}\n\n" + "\n".join(blocks) if blocks else ""


def _tree(parts: tuple[RulePart, ...], values: Mapping[str, str], told: set[tuple[str, str]], depth: int) -> list[str]:
    lines = []
    for part in parts:
        seen = _values(part.values or {k: v for k, v in values.items() if k in part.text and not part.parts}, told)
        words = JOINED[part.op, part.holds] if part.parts and part.holds is not None else code(part.text)
        state = " (not reached)" if part.holds is None else ""
        lines.append(f"{'  ' * depth}- {HOLDS[part.holds]} {words}{state}" + (f": {seen}" if seen else ""))
        lines += _tree(part.parts, values, told, depth + 1)
    return lines


def _values(values: Mapping[str, str], told: set[tuple[str, str]]) -> str:
    fresh = [(name, text) for name, text in sorted(values.items()) if (name, text) not in told]
    told.update(fresh)
    return ", ".join(f"{name} = {_short(text)}" for name, text in fresh)


def _short(text: str) -> str:
    whole = one_line(text, 4000)
    return whole if len(whole) <= LONGEST else f"{one_line(text, LONGEST)} ({len(text):,} characters)"
