"""What the agents conclude when every question goes to its best candidate: nothing is asked, recorded or told.

Costs beside patterns (logs, trackers, orchestrators, tokens) follow from conclusions, and a plan within a budget cannot be
searched before they are known. So the agents are heard once for the amounts, before a provider is asked anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agents import planning
from agents.domain.agent import Agent, Brief, Composer
from agents.domain.decision import Candidate
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Assumption, Requirements
from agents.graph.memory import Unstoppable
from agents.graph.seats import PLANNING, seated
from agents.llm.consult import is_slot
from agents.ports import Pulse
from agents.search.whole import general


@dataclass(frozen=True)
class Rehearsal:
    """Conclusions by agent, the patterns that were chosen by slot, and conclusions under the tightest budget."""

    outputs: Mapping[str, AgentOutput] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    thrift: Mapping[str, AgentOutput] = field(default_factory=dict)


@dataclass(frozen=True)
class _Quick(Composer):
    """A composer that does not search where choices flip: nobody reads it here, and it is most of a search's time."""

    composer: Composer

    def candidates(self, slot: str, pins: Mapping[str, str]) -> tuple[Candidate, ...]:
        return self.composer.candidates(slot, pins)

    def best(self, pins: Mapping[str, str]) -> Composition:
        return self.composer.best(pins)

    def flips(self, slot: str, pins: Mapping[str, str]) -> tuple[str, ...]:
        return ()


def rehearsed(
    agents: Sequence[Agent],
    requirements: Requirements,
    composer: Composer,
    pulse: Pulse,
    assumptions: tuple[Assumption, ...] = (),
    findings: Sequence[Finding] = (),
    existing: tuple[str, ...] = (),
) -> Rehearsal:
    """`agents` in their order; the conclusions are for billing plans under other requirements too. Raises Stopped between
    two agents."""
    outputs: dict[str, AgentOutput] = {}
    pins, quick = dict(requirements.pins), _Quick(composer)
    for agent in agents:
        pulse.check()
        brief = Brief(
            requirements=requirements,
            assumptions=assumptions,
            upstream={name: outputs[name] for name in agent.reads},
            pins=dict(pins),
            composer=quick,
            findings=tuple(f for f in findings if f.agent == agent.name),
            existing=existing,
        )
        chosen = {question.key: question.best for question in agent.options(brief)}
        outputs[agent.name] = agent.conclude(brief, chosen)
        pins |= {key: best.id for key, best in chosen.items() if is_slot(agent, key)}
    return Rehearsal(general(outputs, requirements), pins)


def heard(requirements: Requirements, composer: Composer) -> Mapping[str, AgentOutput]:
    """What the planning agents conclude of requirements, before anything is planned."""
    return rehearsed(seated(planning, PLANNING), requirements, composer, Unstoppable()).outputs
