"""The policy engine: rules judged over facts, with the values seen; waivers applied; one report with its control matrix."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from agents.domain.constraints import Waiver
from agents.domain.findings import Severity
from agents.domain.policy import ControlRow, Framework, PolicyReport, RuleResult, Status
from agents.expressions import ExpressionError, Scope
from agents.policy import waivers as waiver_rules
from agents.policy.clauses import judged
from agents.policy.rules import CompiledRule, RulePack, Stage

_PATH = re.compile(r"(?<![\w.'\"])[a-z_]+(?:\.[a-z_]\w*)+")
_HOLE = re.compile(r"\{([a-z_][\w.]*)\}")
SEVERITY: Mapping[Status, Severity] = {"fail": Severity.ERROR, "warn": Severity.WARNING}
SHOWN_ITEMS = 20
WORST: tuple[Status, ...] = ("fail", "warn", "waived", "pass", "not_applicable")


def evaluate(
    stage: Stage,
    facts: Mapping[str, Any],
    rules: RulePack,
    waivers: Iterable[Waiver] = (),
    as_of: date | None = None,
) -> PolicyReport:
    """Judges every rule of a stage. A rule that cannot be judged on these facts fails, with the reason.

    `facts` come from `plan_facts` or `file_facts`; `waivers` from the constraint file of the default branch.
    """
    scope, held = Scope(facts), tuple(waivers)
    results = [_waived(_judge(rule, scope, facts), rule, scope, held, as_of) for rule in rules.stage(stage)]
    if stage == "plan":
        results += [_unknown(w, rules) for w in held if w.rule not in rules.ids]
    return report(results, rules.digest)


def report(results: Iterable[RuleResult], pack: str) -> PolicyReport:
    """Results of one or several stages as one report: fail before warn before pass; a waived rule warns."""
    found = tuple(results)
    seen = {result.status for result in found}
    overall = "fail" if "fail" in seen else "warn" if seen & {"warn", "waived"} else "pass"
    return PolicyReport.model_validate({"rules": found, "overall": overall, "pack": pack, "controls": _matrix(found)})


def _matrix(results: tuple[RuleResult, ...]) -> tuple[ControlRow, ...]:
    """Each control with its rules; its status is the worst of those that apply."""
    texts: dict[tuple[Framework, str], str] = {}
    rules: dict[tuple[Framework, str], dict[str, Status]] = {}
    for result in results:
        for control in result.controls:
            key = (control.framework, control.id)
            texts.setdefault(key, control.text)
            rules.setdefault(key, {})[result.id] = result.status
    return tuple(
        ControlRow(
            framework=key[0],
            id=key[1],
            text=texts[key],
            status=min(rules[key].values(), key=WORST.index),
            rules=dict(sorted(rules[key].items())),
        )
        for key in sorted(texts, key=lambda key: (key[0], _counted(key[1])))
    )


def _counted(text: str) -> list[tuple[int, str]]:
    """Art. 5 before Art. 22: numbers compared as numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]


def _judge(compiled: CompiledRule, scope: Scope, facts: Mapping[str, Any]) -> RuleResult:
    rule = compiled.rule
    try:
        status = _status(compiled, scope)
        detail = fill(rule.detail, facts) if status != "not_applicable" else f"not applicable: {rule.applies_when}"
    except ExpressionError as error:
        status, detail = "fail", f"could not be judged: {error.message}"
    applies = status != "not_applicable"
    return RuleResult(
        id=rule.id,
        area=rule.area,
        title=rule.title,
        status=status,
        detail=detail,
        severity=SEVERITY.get(status, Severity.INFO),
        expression=rule.pass_when,
        values=_values(compiled, facts),
        parts=judged(compiled.passes, scope, lambda text: _seen(text, facts)).parts if applies else (),
        remediation=rule.remediation if status in ("fail", "warn") else "",
        keys=rule.keys,
        references=rule.references,
        controls=rule.controls,
        origin=compiled.origin,
    )


def _status(compiled: CompiledRule, scope: Scope) -> Status:
    if not compiled.applies.truth(scope):
        return "not_applicable"
    if compiled.passes.expression.truth(scope):
        return "pass"
    return "warn" if compiled.rule.level == "warn" or compiled.warns.truth(scope) else "fail"


def _waived(
    result: RuleResult, compiled: CompiledRule, scope: Scope, held: tuple[Waiver, ...], as_of: date | None
) -> RuleResult:
    if result.status not in ("fail", "warn") or not any(w.rule == result.id for w in held):
        return result
    verdict = waiver_rules.for_rule(held, result.id, as_of, _offenders(compiled, scope))
    if verdict is None:
        return result
    if not verdict.granted:
        detail = f"{result.detail}; {verdict.words}"
        return result.model_copy(update={"detail": detail, "status": "fail", "severity": Severity.ERROR})
    return result.model_copy(update={"status": "waived", "severity": Severity.WARNING, "waived_by": verdict.words})


def _offenders(compiled: CompiledRule, scope: Scope) -> tuple[str, ...] | None:
    """What the rule found, or None if it is about the plan as a whole."""
    if not compiled.lists:
        return None
    try:
        found = compiled.offenders.value(scope)
    except ExpressionError:
        return ()
    return tuple(str(offender) for offender in found) if isinstance(found, list) else ()


def _unknown(waiver: Waiver, rules: RulePack) -> RuleResult:
    """A waiver for a rule that is not there: most likely a slip of the pen, so it is said."""
    return RuleResult(
        id=waiver.rule,
        area="waivers",
        title="The waiver names a rule",
        status="warn",
        detail=f"a waiver names {waiver.rule}, and no rule has that id",
        severity=Severity.WARNING,
        expression="waiver.rule in rules",
        values={"rules": ", ".join(rules.ids)},
        remediation="Correct the id or remove the waiver.",
        keys=("waivers",),
    )


def _values(compiled: CompiledRule, facts: Mapping[str, Any]) -> dict[str, str]:
    """The facts that the rule's expressions and its detail name, as seen."""
    rule = compiled.rule
    text = " ".join((rule.applies_when, rule.pass_when, rule.warn_when, *_HOLE.findall(rule.detail)))
    return _seen(text, facts)


def _seen(text: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The facts whose dotted names stand in a text, as seen."""
    values: dict[str, str] = {}
    for path in _PATH.findall(text):
        known, value = lookup(facts, path)
        if known and not isinstance(value, Mapping):
            values[path] = shown(value)
    return dict(sorted(values.items()))


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """`text` with `{dotted.names}` replaced by facts. Raises ExpressionError for a fact that is not there."""

    def value(match: re.Match[str]) -> str:
        known, found = lookup(facts, match[1])
        if not known:
            raise ExpressionError(f"there is no fact {match[1]}", text)
        return shown(found)

    return _HOLE.sub(value, text)


def lookup(facts: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    """Whether there is a fact of that dotted name, and its value."""
    here: Any = facts
    for part in path.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return False, None
        here = here[part]
    return True, here


def shown(value: Any) -> str:
    """A fact as text for people; long lists are cut with their length."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        items = [shown(v) for v in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
        more = f" and {len(items) - SHOWN_ITEMS} more" if len(items) > SHOWN_ITEMS else ""
        return (", ".join(items[:SHOWN_ITEMS]) + more) if items else "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
