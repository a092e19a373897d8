"""Policy rules as files say them (`policies/<area>/<id>.yaml`), checked and compiled once."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from agents.domain.base import Frozen
from agents.domain.policy import Control
from agents.errors import Defect
from agents.expressions import Expression, ExpressionError
from agents.policy.clauses import Clause, clause
from agents.resources import content_root, pack_digest, pack_files

Stage = Literal["plan", "files"]
Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
EXPRESSIONS = ("applies_when", "pass_when", "warn_when", "offenders")


class RuleExample(Frozen):
    """Facts (dotted path to value, over a base case) or files under which the rule must come out as `expect`."""

    facts: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    expect: Literal["pass", "warn", "fail", "not_applicable"]


class PolicyRule(Frozen):
    """One rule. `pass_when` false means `level`, unless `warn_when` holds, which softens a fail to a warning.

    `detail` names facts in braces; `offenders` is a list of what the rule found, in texts that a waiver's scope is compared
    with (empty: the rule is about the plan as a whole); `keys` are the constraint keys it is about; `controls` what it is
    evidence for. `docs/policies.md` lists the facts.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)
    area: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)
    title: str = Field(max_length=200)
    stage: Stage
    level: Literal["warn", "fail"]
    applies_when: str = "true"
    pass_when: str
    warn_when: str = "false"
    offenders: str = "[]"
    detail: str
    remediation: str
    keys: tuple[str, ...] = Field(min_length=1)
    references: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    examples: tuple[RuleExample, ...] = Field(min_length=2)


class OwnRule(PolicyRule):
    """A repository's own rule: its examples are the repository's matter, its area is `repository` unless it says."""

    area: str = Field(default="repository", pattern=r"^[a-z][a-z0-9-]*$", max_length=40)
    examples: tuple[RuleExample, ...] = ()


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its expressions. `origin` is `shipped` or the path of the repository's file."""

    rule: PolicyRule
    applies: Expression
    passes: Clause
    warns: Expression
    offenders: Expression
    origin: str = "shipped"

    @property
    def lists(self) -> bool:
        """True if the rule says what it found, one by one."""
        return self.rule.offenders != "[]"


class RulePack:
    """All rules by id. `digest` is the content hash of the pack."""

    def __init__(self, rules: dict[str, CompiledRule], digest: str) -> None:
        self.rules = tuple(rules[i] for i in sorted(rules))
        self.digest = digest

    @classmethod
    def load(cls, root: Path | None = None) -> "RulePack":
        """Reads and compiles the rules (the shipped ones by default, kept). Raises Defect that names file and field."""
        return _shipped() if root is None else _load(root)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(c.rule.id for c in self.rules)

    def stage(self, stage: Stage) -> tuple[CompiledRule, ...]:
        """The rules that are judged at a stage, in order of id."""
        return tuple(c for c in self.rules if c.rule.stage == stage)


@cache
def _shipped() -> RulePack:
    return _load(content_root("policies"))


def _load(root: Path) -> RulePack:
    rules: dict[str, CompiledRule] = {}
    for path in pack_files(root, (".yaml",)):
        name = path.relative_to(root).as_posix()
        rule = _parse(path, name)
        if name != f"{rule.area}/{rule.id}.yaml":
            raise Defect(f"{name}: id: the path says another area or id than {rule.area}/{rule.id}")
        try:
            rules[rule.id] = compile_rule(rule, name)
        except ExpressionError as error:
            raise Defect(error.message) from error
    return RulePack(rules, pack_digest(root, (".yaml",)))


def compile_rule(rule: PolicyRule, name: str, origin: str = "shipped") -> CompiledRule:
    """The rule with its expressions. Raises ExpressionError that names file and field."""
    return CompiledRule(
        rule,
        Expression(rule.applies_when, f"{name}: applies_when"),
        clause(rule.pass_when, f"{name}: pass_when"),
        Expression(rule.warn_when, f"{name}: warn_when"),
        Expression(rule.offenders, f"{name}: offenders"),
        origin,
    )


def _parse(path: Path, name: str) -> PolicyRule:
    try:
        return PolicyRule.model_validate(yaml.load(path.read_bytes(), Loader=Loader))
    except yaml.YAMLError as error:
        raise Defect(f"{name}: is not YAML: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])) or '(file)'}: {e['msg']}" for e in error.errors())
        raise Defect(f"{name}: {'; '.join(wrong)}") from error


MACRO = re.compile(r"\.(?:all|exists|exists_one|map|filter)\s*\(")
"""CEL's loops: nested ones multiply their work, so that a foreign file may use few."""
