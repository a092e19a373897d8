"""Policy rules as files say them (`policies/<area>/<id>.yaml`), checked and compiled once."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from agents.domain.base import Frozen
from agents.errors import Defect
from agents.expressions import Expression, ExpressionError
from agents.resources import content_root, pack_digest, pack_files

Stage = Literal["plan", "files"]
Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RuleExample(Frozen):
    """Facts (dotted path to value, over a base case) or files under which the rule must come out as `expect`."""

    facts: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    expect: Literal["pass", "warn", "fail", "not_applicable"]


class PolicyRule(Frozen):
    """One rule. `pass_when` false means `level`, unless `warn_when` holds, which softens a fail to a warning.

    `detail` names facts in braces; `keys` are the constraint keys it is about. `docs/policies.md` lists the facts.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    area: str
    title: str
    stage: Stage
    level: Literal["warn", "fail"]
    applies_when: str = "true"
    pass_when: str
    warn_when: str = "false"
    detail: str
    remediation: str
    keys: tuple[str, ...] = Field(min_length=1)
    references: tuple[str, ...] = ()
    examples: tuple[RuleExample, ...] = Field(min_length=2)


@dataclass(frozen=True)
class CompiledRule:
    rule: PolicyRule
    applies: Expression
    passes: Expression
    warns: Expression


class RulePack:
    """All rules by id. `digest` is the content hash of the pack."""

    def __init__(self, rules: dict[str, CompiledRule], digest: str) -> None:
        self.rules = tuple(rules[i] for i in sorted(rules))
        self.digest = digest

    @classmethod
    def load(cls, root: Path | None = None) -> "RulePack":
        """Reads and compiles the rules (the shipped ones by default, kept). Raises Defect that names file and field."""
        return _shipped() if root is None else _load(root)

    @property
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
        rules[rule.id] = compile_rule(rule, name)
    return RulePack(rules, pack_digest(root, (".yaml",)))


def compile_rule(rule: PolicyRule, name: str) -> CompiledRule:
    """The rule with its expressions. Raises Defect that names file and field."""
    try:
        return CompiledRule(
            rule,
            Expression(rule.applies_when, f"{name}: applies_when"),
            Expression(rule.pass_when, f"{name}: pass_when"),
            Expression(rule.warn_when, f"{name}: warn_when"),
        )
    except ExpressionError as error:
        raise Defect(error.message) from error


def _parse(path: Path, name: str) -> PolicyRule:
    try:
        return PolicyRule.model_validate(yaml.load(path.read_bytes(), Loader=Loader))
    except yaml.YAMLError as error:
        raise Defect(f"{name}: is not YAML: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])) or '(file)'}: {e['msg']}" for e in error.errors())
        raise Defect(f"{name}: {'; '.join(wrong)}") from error
