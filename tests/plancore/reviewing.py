"""Plans to be reviewed: the best one for a base case, with a slot or an agent's conclusion changed."""

from typing import Any

from agents.cost.pricebook import PriceBook
from agents.critics.critic import CriticFacts
from agents.domain.findings import Finding
from agents.domain.outputs import OUTPUTS
from agents.domain.outputs.pipelines_blueprint import PipelineSpec
from agents.domain.plan import AgentOutput, Composition
from agents.patterns import Catalogue
from agents.search import search
from agents.search.examples import case

BOOK = PriceBook.load()
STREAM = {"workloads": ["streaming"], "sla_latency_ms": None, "requests_per_second": 0}
ECS = {"pins": {"serve.online": "serve:aws-ecs-fargate"}, "budget_usd_max": None}


def plan(**changes: Any) -> CriticFacts:
    """The best plan for the base case with `changes`."""
    requirements = case(changes)
    best = search(Catalogue.load(), BOOK, requirements).best
    assert best is not None
    return CriticFacts(requirements, best, {})


def with_parameters(facts: CriticFacts, slot: str, pattern: str | None = None, **values: Any) -> CriticFacts:
    """The same plan with other parameters (and another pattern) in a slot."""
    old = facts.composition
    parameters = {**old.parameters, slot: {**old.parameters.get(slot, {}), **values}}
    slots = {**old.slots, **({slot: pattern} if pattern else {})}
    return changed(facts, old.model_copy(update={"parameters": parameters, "slots": slots}))


def changed(facts: CriticFacts, composition: Composition) -> CriticFacts:
    return CriticFacts(facts.requirements, composition, facts.outputs, facts.cost, facts.files, facts.reads)


def said(facts: CriticFacts, **outputs: dict[str, Any]) -> CriticFacts:
    """The same plan, with agents that concluded only what is given."""
    built: dict[str, AgentOutput] = {name: OUTPUTS[name].model_construct(**values) for name, values in outputs.items()}
    return CriticFacts(facts.requirements, facts.composition, {**facts.outputs, **built}, reads=facts.reads)


def one(found: tuple[Finding, ...], rule: str) -> Finding:
    (finding,) = (f for f in found if f.rule == f"tech.{rule}")
    return finding


def none(found: tuple[Finding, ...], rule: str) -> bool:
    return not any(f.rule == f"tech.{rule}" for f in found)


def step(name: str, *after: str) -> PipelineSpec:
    """A pipeline of that name that waits for others."""
    return PipelineSpec(name=name, purpose="-", trigger="upstream", cron=None, after=after, deadline_minutes=1)
