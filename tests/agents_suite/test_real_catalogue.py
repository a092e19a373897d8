"""The agents over the real search and price book: every project of the set, and properties an architect
would expect."""

from decimal import Decimal

import pytest

from agents.cost.pricebook import PriceBook
from agents.critics.bottlenecks import consumer_capacity
from agents.critics.critic import CriticFacts
from agents.domain.outputs import DeploymentServing, ModelTraining, SystemArchitecture
from agents.domain.outputs.system_architecture import Bottleneck
from agents.expert.bottlenecks import STORES
from agents.llm.consult import consult
from agents.llm.expert import ExpertProvider
from agents.llm.prompts import PromptPack
from agents.patterns import Catalogue
from agents.search.composer import CatalogueComposer
from tests.agents_suite.scenarios import SCENARIOS, requirements
from tests.agents_suite.walking import AGENTS, Walk, walk

CATALOGUE, BOOK, PROMPTS = Catalogue.load(), PriceBook.load(), PromptPack.load()


def planned(name: str) -> Walk:
    r = SCENARIOS[name]
    return walk(r, CatalogueComposer(CATALOGUE, BOOK, r))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_project_is_planned_and_the_whole_agrees_with_the_search(name: str) -> None:
    done = planned(name)
    r = SCENARIOS[name]
    best = CatalogueComposer(CATALOGUE, BOOK, r).best(r.pins)
    chosen = {slot: done.choices[slot] for slot in best.slots}
    assert chosen == best.slots
    whole = done.outputs["system_architecture"]
    assert isinstance(whole, SystemArchitecture)
    assert whole.p95_latency_ms == best.p95_latency_ms and best.monthly_usd > Decimal(0)
    assert {n.pattern for n in whole.nodes if n.pattern} == set(best.slots.values())
    assert all(b.headroom >= 1 for b in whole.bottlenecks), [b for b in whole.bottlenecks if b.headroom < 1]


@pytest.mark.parametrize(
    "pins",
    [
        {"ingest.streaming": "ingest:aws-kinesis", "serve.streaming": "serve:aws-lambda-stream"},
        {"ingest.streaming": "ingest:aws-kinesis", "serve.streaming": "serve:aws-ecs-stream"},
        {"ingest.streaming": "ingest:aws-msk-serverless", "serve.streaming": "serve:aws-ecs-stream"},
    ],
)
def test_the_scale_steps_agree_with_the_critic_of_consumers(pins: dict[str, str]) -> None:
    r = SCENARIOS["fraud"].model_copy(update={"pins": pins, "sla_latency_ms": None, "budget_usd_max": None})
    composer = CatalogueComposer(CATALOGUE, BOOK, r)
    whole = walk(r, composer).outputs["system_architecture"]
    assert isinstance(whole, SystemArchitecture)
    stage = next(b for b in whole.bottlenecks if b.stage == "serve.streaming")
    judged = consumer_capacity(CriticFacts(r, composer.best(pins), {}))
    assert judged and stage.capacity == judged.carried and stage.remedy.startswith(judged.remedy)
    shards = composer.best(pins).parameters["ingest.streaming"]
    tasks = composer.best(pins).parameters["serve.streaming"].get("max_tasks", 0)
    assert float(tasks) <= float(shards.get("shards", shards.get("partitions", 0))) + 1, "one stands by"


@pytest.mark.parametrize("name", ["churn", "fraud"])
def test_consulting_the_expert_gives_the_same_outputs(name: str) -> None:
    done = planned(name)
    for agent in AGENTS.values():
        result = consult(agent, done.briefs[agent.name], ExpertProvider(), PROMPTS)
        assert result.output == done.outputs[agent.name]


def test_every_feasible_pattern_can_be_concluded() -> None:
    for name in ("churn", "fraud", "clicks"):
        done = planned(name)
        for agent, chosen in done.chosen.items():
            for key in chosen:
                for other in (c for c in done.questions[key].candidates if c.feasible):
                    AGENTS[agent].conclude(done.briefs[agent], {**chosen, key: other})


def test_rows_that_do_not_fit_are_sampled() -> None:
    done = planned("clicks")
    training = done.outputs["model_training"]
    assert isinstance(training, ModelTraining)
    assert training.rows_per_run < SCENARIOS["clicks"].training_rows
    assert training.memory_gb <= 0.9 * training.available_gb + 0.1


def test_a_pin_of_the_user_is_what_the_agents_choose() -> None:
    r = requirements(pins={"serve.online": "serve:aws-ecs-fargate", "train": "train:aws-batch-spot"})
    done = walk(r, CatalogueComposer(CATALOGUE, BOOK, r))
    assert done.choices["serve.online"] == "serve:aws-ecs-fargate"
    serving, training = done.outputs["deployment_serving"], done.outputs["model_training"]
    assert isinstance(serving, DeploymentServing) and isinstance(training, ModelTraining)
    assert serving.max_replicas >= serving.min_replicas >= 2
    assert done.choices["train"] == "train:aws-batch-spot"


def test_the_online_stores_capacity_unit_and_remedy_are_those_of_the_one_chosen() -> None:
    def store(name: str) -> Bottleneck:
        pins = {"feature": f"feature:aws-{name}-online", "serve.online": "serve:aws-ecs-fargate"}
        r = requirements(pins=pins, requests_per_second=60.0, budget_usd_max=None, availability_target=99.5)
        whole = walk(r, CatalogueComposer(CATALOGUE, BOOK, r)).outputs["system_architecture"]
        assert isinstance(whole, SystemArchitecture)
        found = next(b for b in whole.bottlenecks if b.stage == "feature")
        planned = CATALOGUE.evaluate(pins["feature"], r)
        assert (found.load, found.capacity) == (planned.demand, planned.throughput) and found.load == 60
        return found

    found = [store(name) for name in ("dynamodb", "redis", "sagemaker")]
    assert [b.capacity for b in found] == [80_000, 5_000, 10_000]
    assert len({b.unit for b in found}) == len({b.remedy.split(" (now")[0] for b in found}) == 3
    assert "node" in found[1].remedy and "table" in found[0].remedy and "GetRecord" in found[2].unit


def test_every_online_store_has_words_of_its_own() -> None:
    stores = [p for p in CATALOGUE.ids if "features.online" in CATALOGUE.get(p).provides]
    kinds = {str(CATALOGUE.evaluate(p, SCENARIOS["churn"]).parameters["lookup"]) for p in stores}
    assert kinds == set(STORES)
