"""What every agent promises: numbers, declared reads, its own keys, conclusions for any feasible choice,
equal answers."""

from collections.abc import Iterator, Mapping

import pytest

from agents.domain.decision import Candidate, Question
from agents.domain.outputs import OUTPUTS
from agents.domain.plan import AgentOutput
from agents.llm.consult import is_slot
from agents.patterns.slots import slots_of
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import SCENARIOS
from tests.agents_suite.walking import AGENTS, Walk, walk

ORDER = list(OUTPUTS)
WALKS: dict[str, Walk] = {}


def walked(name: str) -> Walk:
    if name not in WALKS:
        WALKS[name] = walk(SCENARIOS[name], FakeComposer(SCENARIOS[name]))
    return WALKS[name]


def test_twenty_two_agents_in_the_order_of_the_design() -> None:
    assert [(a.number, a.name) for a in AGENTS.values()] == list(enumerate(ORDER, start=1))


@pytest.mark.parametrize("name", ORDER)
def test_reads_come_from_earlier_agents_and_output_is_its_own(name: str) -> None:
    agent = AGENTS[name]
    assert agent.output is OUTPUTS[name]
    assert all(AGENTS[read].number < agent.number for read in agent.reads)
    assert len(set(agent.reads)) == len(agent.reads)


class Noting(Mapping[str, AgentOutput]):
    """Remembers which conclusions were really read."""

    def __init__(self, given: Mapping[str, AgentOutput], seen: set[str]) -> None:
        self.given, self.seen = given, seen

    def __getitem__(self, key: str) -> AgentOutput:
        self.seen.add(key)
        return self.given[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def test_every_declared_read_is_read_somewhere() -> None:
    used: dict[str, set[str]] = {name: set() for name in ORDER}
    for requirements in SCENARIOS.values():
        names = iter(ORDER)

        def noted(given: Mapping[str, AgentOutput], names: Iterator[str] = names) -> Mapping[str, AgentOutput]:
            return Noting(given, used[next(names)])

        walk(requirements, FakeComposer(requirements), upstream=noted)
    assert {n: sorted(set(AGENTS[n].reads) - used[n]) for n in ORDER if set(AGENTS[n].reads) - used[n]} == {}


def test_every_conclusion_is_read_by_a_later_agent_or_is_the_last_of_its_line() -> None:
    read = {name for agent in AGENTS.values() for name in agent.reads}
    ends = {
        "governance_ethics",
        "system_architecture",
        "feature_pipeline",
        "training_pipeline",
        "inference_service",
    }
    ends |= {"monitoring_setup", "continual_learning_setup"}
    assert set(ORDER) - read == ends


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_keys_belong_to_their_agent_and_slots_are_filled_once(scenario: str) -> None:
    done = walked(scenario)
    asked = []
    for name, chosen in done.chosen.items():
        agent = AGENTS[name]
        assert all(any(k == w or k.startswith(f"{w}.") for w in agent.writes) for k in chosen)
        asked += [key for key in chosen if is_slot(agent, key)]
    assert sorted(asked) == sorted(slots_of(SCENARIOS[scenario]))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_one_to_six_decisions_an_agent_each_with_its_grounds(scenario: str) -> None:
    done = walked(scenario)
    for name, chosen in done.chosen.items():
        assert 1 <= len(chosen) <= 6, name
    for key, question in done.questions.items():
        assert question.rests_on and question.confidence_reasons and question.flips, key
        assert not any(flip.startswith(f"to {question.best.id} ") for flip in question.flips), key
        assert all(c.summary and c.tradeoffs for c in question.candidates), key
        assert all(risk.probe for risk in question.risks), key


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_conclude_works_for_every_feasible_candidate(scenario: str) -> None:
    done = walked(scenario)
    for name, chosen in done.chosen.items():
        for key in chosen:
            for other in (c for c in done.questions[key].candidates if c.feasible):
                output = AGENTS[name].conclude(done.briefs[name], {**chosen, key: other})
                assert type(output) is OUTPUTS[name]
                assert OUTPUTS[name].model_validate_json(output.model_dump_json()) == output


def worst(question: Question) -> Candidate:
    return min((c for c in question.candidates if c.feasible), key=lambda c: c.score)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_later_agents_cope_with_unwise_earlier_choices(scenario: str) -> None:
    done = walk(SCENARIOS[scenario], FakeComposer(SCENARIOS[scenario]), choose=worst)
    assert set(done.outputs) == set(ORDER)


@pytest.mark.parametrize("scenario", ["churn", "fraud", "rag"])
def test_the_same_brief_gives_the_same_bytes(scenario: str) -> None:
    again = walk(SCENARIOS[scenario], FakeComposer(SCENARIOS[scenario]))
    first = walked(scenario)
    assert {n: o.model_dump_json() for n, o in again.outputs.items()} == {
        n: o.model_dump_json() for n, o in first.outputs.items()
    }
    assert {k: q.model_dump_json() for k, q in again.questions.items()} == {
        k: q.model_dump_json() for k, q in first.questions.items()
    }


@pytest.mark.parametrize("key", sorted({k for s in SCENARIOS for k in walked(s).questions}))
def test_no_question_reads_the_same_in_two_projects(key: str) -> None:
    """Prose that is the same in every scenario is cut (FACE): a question with its options names the project
    or its figures."""
    told: dict[str, str] = {}
    for name, requirements in SCENARIOS.items():
        if key in walked(name).questions:
            question = walked(name).questions[key]
            text = question.text + "".join(c.summary + "".join(c.tradeoffs) for c in question.candidates)
            assert told.setdefault(text, requirements.slug) == requirements.slug, question.text
