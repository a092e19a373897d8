"""A provider's answers are checked, never trusted; what is wrong is replaced by the expert's and said so."""

from collections.abc import Callable, Sequence

import pytest

from agents.domain.agent import AgentResult, Brief
from agents.domain.decision import Answer, Risk
from agents.domain.outputs import DataEngineering, DataSourcing
from agents.errors import Defect
from agents.llm.consult import chosen_by, consult, is_slot
from agents.llm.expert import ExpertProvider, expert_answer
from agents.llm.prompts import Prompt, PromptPack
from agents.llm.provider import Ask, Reply, Turn
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import SCENARIOS
from tests.agents_suite.walking import AGENTS, walk

PROMPTS = PromptPack.load()
CHURN = SCENARIOS["churn"]
DONE = walk(CHURN, FakeComposer(CHURN))
Answers = tuple[Answer, ...]


class Scripted(ExpertProvider):
    """Answers as the expert does, then `change` alters the answers."""

    name, model = "scripted", "scripted-1"

    def __init__(self, change: Callable[[Answers], Answers] = lambda answers: answers) -> None:
        super().__init__()
        self.change, self.seen = change, list[Prompt]()

    def answer(self, ask: Ask, refused: Sequence[Turn] = ()) -> Reply:
        self.seen.append(ask.prompt)
        return Reply(self.change(tuple(expert_answer(q, ask.brief) for q in ask.questions)))


def ask(agent: str, provider: Scripted | ExpertProvider, brief: Brief | None = None) -> AgentResult:
    return consult(AGENTS[agent], brief or DONE.briefs[agent], provider, PROMPTS)


@pytest.mark.parametrize("agent", AGENTS)
def test_the_expert_decides_every_question_with_the_prompt_on_the_card(agent: str) -> None:
    result = ask(agent, ExpertProvider())
    assert result.output == DONE.outputs[agent]
    assert [d.question.key for d in result.decisions] == list(DONE.chosen[agent])
    for decision in result.decisions:
        assert (decision.provider, decision.number, decision.dissent) == ("expert", AGENTS[agent].number, ())
        assert decision.prompt_hash == PROMPTS.hash(agent) == result.receipt["prompt_hash"]
        assert decision.choice in decision.justification
    assert chosen_by(result.decisions) == DONE.chosen[agent]


def test_justification_cites_the_runner_up_and_the_constraints() -> None:
    why = {d.question.key: d.justification for d in ask("deployment_serving", ExpertProvider()).decisions}
    assert "$50 a month more" in why["serve.online"] and "1 ms slower at p95" in why["serve.online"]
    assert "sla_latency_ms 150 ms" in why["serve.online"]
    assert why["deploy.rollout"].startswith("For canary (0.75): ")


def test_another_feasible_answer_is_taken_with_its_risks() -> None:
    risk = Risk(risk="the team is new to it", probe="pair for a day")

    def change(answers: Answers) -> Answers:
        first = Answer(
            key="sourcing.labels", candidate="declared-column", justification="it is complete", risks=(risk,)
        )
        return (first, *answers[1:])

    result = ask("data_sourcing", Scripted(change))
    taken = result.decisions[0]
    assert (taken.choice, taken.provider, taken.justification) == (
        "declared-column",
        "scripted",
        "it is complete",
    )
    assert risk in taken.question.risks and taken.dissent == ()
    assert isinstance(result.output, DataSourcing) and result.output.label_strategy == "declared-column"


def swap(**changes: str) -> Callable[[Answers], Answers]:
    return lambda answers: (answers[0].model_copy(update=changes), *answers[1:])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (swap(candidate="magic"), "'magic' is not a candidate"),
        (swap(candidate="unsupervised"), "unsupervised is not feasible"),
        (swap(justification="  "), "justification is empty"),
        (lambda answers: answers[1:], "0 answers were given"),
        (lambda answers: (*answers, answers[0]), "2 answers were given"),
    ],
)
def test_a_faulty_answer_falls_back_to_the_expert_and_says_so(change: Callable[[Answers], Answers], said: str) -> None:
    result = ask("data_sourcing", Scripted(change))
    first, second = result.decisions
    assert (first.choice, first.provider) == (DONE.choices["sourcing.labels"], "expert")
    assert said in first.dissent[0] and said in result.receipt["refused"]["sourcing.labels"]
    assert (second.provider, second.dissent) == ("scripted", ())


def test_an_answer_that_nobody_asked_for_is_listed_and_changes_nothing() -> None:
    stray = Answer(key="serve.online", candidate="x", justification="why not")
    result = ask("data_sourcing", Scripted(lambda answers: (*answers, stray)))
    assert result.receipt["refused"] == {"serve.online": "no such question was asked"}
    assert [d.provider for d in result.decisions] == ["scripted", "scripted"]


def test_patterns_that_have_no_plan_together_fall_back_together() -> None:
    class Picky(FakeComposer):
        def best(self, pins):  # type: ignore[no-untyped-def]
            if {"store:aws-s3-iceberg", "transform:aws-batch-polars"} <= set(pins.values()):
                raise Defect("polars does not write iceberg")
            return super().best(pins)

    def change(answers: Answers) -> Answers:
        return tuple(
            a.model_copy(update={"candidate": "store:aws-s3-iceberg"}) if a.key == "store" else a for a in answers
        )

    old = DONE.briefs["data_engineering"]
    brief = Brief(old.requirements, (), old.upstream, old.pins, Picky(CHURN))
    result = ask("data_engineering", Scripted(change), brief)
    by_key = {d.question.key: d for d in result.decisions}
    assert by_key["store"].choice == "store:aws-s3-parquet" and by_key["store"].provider == "expert"
    assert "polars does not write iceberg" in by_key["store"].dissent[0]
    assert by_key["lake.partitioning"].provider == "scripted"
    assert isinstance(result.output, DataEngineering)


def test_the_experts_own_fault_is_a_defect() -> None:
    class Broken(Scripted):
        name = "expert"

    with pytest.raises(Defect, match="data_sourcing"):
        ask("data_sourcing", Broken(swap(candidate="magic")))


def test_an_agent_may_only_ask_what_it_writes() -> None:
    import dataclasses

    foreign = dataclasses.replace(AGENTS["data_sourcing"], writes=("model",))
    with pytest.raises(Defect, match=r"may not ask.*sourcing\.labels"):
        consult(foreign, DONE.briefs["data_sourcing"], ExpertProvider(), PROMPTS)


def test_reading_what_was_not_declared_is_impossible() -> None:
    with pytest.raises(KeyError):
        DONE.briefs["data_sourcing"].read("project_stages", DataSourcing)


def test_slots_are_told_from_other_decisions() -> None:
    lake = AGENTS["data_engineering"]
    assert is_slot(lake, "ingest.batch") and is_slot(lake, "store")
    assert not is_slot(lake, "lake.partitioning") and not is_slot(AGENTS["model_training"], "training.cadence")
