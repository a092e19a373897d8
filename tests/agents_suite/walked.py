"""Two projects through all agents, each once a session, for tests that read what they concluded."""

from typing import TypeVar

from agents.domain.plan import AgentOutput
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import SCENARIOS
from tests.agents_suite.walking import Walk, walk

FARGATE = ("serve:aws-ecs-fargate", "feature:aws-dynamodb-online")
CHURN_WALK = walk(SCENARIOS["churn"], FakeComposer(SCENARIOS["churn"], first=FARGATE))
FRAUD_WALK = walk(SCENARIOS["fraud"], FakeComposer(SCENARIOS["fraud"]))


K = TypeVar("K", bound=AgentOutput)


def of(kind: type[K], done: Walk = CHURN_WALK) -> K:
    return next(o for o in done.outputs.values() if isinstance(o, kind))
