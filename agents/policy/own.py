"""A repository's own rules, from `.mlwright/policies/` of the default branch: read within bounds, beside the shipped ones.

They add; they cannot take the place of a shipped rule, so that nothing that ships is weakened but by a waiver, which has
an owner and an end. Their content is hashed into the pack, so that a changed rule is a new version.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from agents.domain.findings import Finding, Location, Severity
from agents.expressions import ExpressionError
from agents.policy.rules import EXPRESSIONS, MACRO, CompiledRule, OwnRule, RulePack, compile_rule
from agents.ports import MAX_POLICY_BYTES, MAX_POLICY_FILES

MAX_EXPRESSION = 2000
MAX_LOOPS = 4
SafeLoader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def with_own(shipped: RulePack, files: Mapping[str, bytes]) -> tuple[RulePack, tuple[Finding, ...]]:
    """The shipped pack and the rules in `files` (path to bytes), and what is wrong with files that were left out.

    Never raises: the files are somebody's, and each mistake is a finding at its line.
    """
    if not files:
        return shipped, ()
    rules = {compiled.rule.id: compiled for compiled in shipped.rules}
    findings: list[Finding] = []
    if len(files) > MAX_POLICY_FILES:
        last = sorted(files)[MAX_POLICY_FILES]
        findings.append(_wrong(last, f"more than {MAX_POLICY_FILES} rule files", "Join or remove some."))
    for path in sorted(files)[:MAX_POLICY_FILES]:
        compiled = _read(path, files[path])
        if isinstance(compiled, Finding):
            findings.append(compiled)
        elif compiled.rule.id in rules:
            before = rules[compiled.rule.id].origin
            what = (
                "a shipped rule has this id, and no file takes its place"
                if before == "shipped"
                else f"{before} has it too"
            )
            findings.append(
                _wrong(
                    path, f"id {compiled.rule.id}: {what}", "Choose another id; to accept a finding, write a waiver."
                )
            )
        else:
            rules[compiled.rule.id] = compiled
    return RulePack(rules, _digest(shipped.digest, files)), tuple(findings)


def _read(path: str, content: bytes) -> CompiledRule | Finding:
    if len(content) > MAX_POLICY_BYTES:
        return _wrong(path, f"larger than {MAX_POLICY_BYTES:,} bytes", "One rule is a page at most.")
    try:
        text = content.decode("utf-8")
        if "&" in text and any(isinstance(t, yaml.AliasToken) for t in yaml.scan(text, Loader=SafeLoader)):
            return _wrong(path, "uses a YAML alias", "Write the value out.")
        found: Any = yaml.load(text, Loader=SafeLoader)
        rule = OwnRule.model_validate(found)
    except UnicodeDecodeError:
        return _wrong(path, "is not UTF-8", "Save it as UTF-8.")
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            return _wrong(
                path, f"{place}: {first['msg']}", "docs/policies.md shows a whole rule.", _line(text, first["loc"])
            )
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        return _wrong(path, f"is not YAML: {str(error).splitlines()[0]}", "Correct the syntax at this line.", line)
    return _compiled(path, text, rule)


def _compiled(path: str, text: str, rule: OwnRule) -> CompiledRule | Finding:
    for field in EXPRESSIONS:
        expression = getattr(rule, field)
        if len(expression) > MAX_EXPRESSION or len(MACRO.findall(expression)) > MAX_LOOPS:
            what = f"{field}: longer than {MAX_EXPRESSION} characters or with more than {MAX_LOOPS} loops"
            return _wrong(path, what, "Split the rule in two.", _line(text, (field,)))
    try:
        return compile_rule(rule, path, origin=path)
    except ExpressionError as error:
        field = next((f for f in EXPRESSIONS if error.where.endswith(f)), "pass_when")
        return _wrong(path, error.message.removeprefix(f"{path}: "), "Correct the expression.", _line(text, (field,)))


def _line(text: str, loc: tuple[int | str, ...]) -> int:
    """The line of the first key of `loc` at the left margin, or 1."""
    name = str(loc[0]) if loc else ""
    return next((n for n, line in enumerate(text.splitlines(), 1) if line.startswith(f"{name}:")), 1)


def _wrong(path: str, message: str, remediation: str, line: int = 1) -> Finding:
    return Finding(
        rule="policy.own-rule",
        severity=Severity.ERROR,
        message=f"{path}: {message}",
        location=Location(path=path, line=line),
        remediation=remediation,
        source="policy",
    )


def _digest(shipped: str, files: Mapping[str, bytes]) -> str:
    """sha256 over the shipped pack's digest, and paths and bytes of the own files."""
    total = hashlib.sha256(shipped.encode())
    for path in sorted(files):
        total.update(b"%d:%s:%d:" % (len(path.encode()), path.encode(), len(files[path])))
        total.update(files[path])
    return total.hexdigest()
