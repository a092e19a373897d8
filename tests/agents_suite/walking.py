"""Walking the agents in their order 1 to 22, as the graph does, with an expert that answers or with given
choices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agents import implementation, planning
from agents.domain.agent import Agent, Brief, Composer
from agents.domain.decision import Candidate, Question
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Assumption, Requirements
from agents.expert.discover import discover
from agents.llm.consult import is_slot

AGENTS: dict[str, Agent] = {**discover(planning), **discover(implementation)}
Choose = Callable[[Question], Candidate]


def best(question: Question) -> Candidate:
    return question.best


@dataclass
class Walk:
    """What happened: briefs, questions, choices and outputs by agent name."""

    briefs: dict[str, Brief] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    chosen: dict[str, dict[str, Candidate]] = field(default_factory=dict)
    outputs: dict[str, AgentOutput] = field(default_factory=dict)

    @property
    def choices(self) -> dict[str, str]:
        """Decision key to id of the chosen candidate."""
        return {key: c.id for chosen in self.chosen.values() for key, c in chosen.items()}


def walk(
    requirements: Requirements,
    composer: Composer,
    *,
    choose: Choose = best,
    assumptions: tuple[Assumption, ...] = (),
    findings: tuple[Finding, ...] = (),
    upstream: Callable[[Mapping[str, AgentOutput]], Mapping[str, AgentOutput]] = dict,
) -> Walk:
    """All 22 agents; each sees only what it declared to read (`upstream` may wrap that mapping)."""
    done = Walk()
    pins = dict(requirements.pins)
    for agent in sorted(AGENTS.values(), key=lambda a: a.number):
        seen = upstream({name: done.outputs[name] for name in agent.reads})
        brief = Brief(requirements, assumptions, seen, dict(pins), composer, findings)
        questions = agent.options(brief)
        chosen = {q.key: choose(q) for q in questions}
        done.briefs[agent.name] = brief
        done.questions |= {q.key: q for q in questions}
        done.chosen[agent.name] = chosen
        done.outputs[agent.name] = agent.conclude(brief, chosen)
        pins |= {key: c.id for key, c in chosen.items() if is_slot(agent, key)}
    return done
