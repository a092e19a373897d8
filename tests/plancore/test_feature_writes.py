"""Feature stores are billed for what the generated `materialise` writes: every entity, at each run of the data pipeline."""

import pytest

from agents.domain.constraints import Freshness
from agents.domain.month import MONTH_HOURS
from agents.domain.outputs import PipelinesBlueprint
from agents.expert.schedule import PERIOD_HOURS
from agents.patterns import Catalogue
from agents.patterns.facts import facts
from agents.search.examples import case
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import CHURN, C, requirements, source
from tests.agents_suite.walking import walk

CATALOGUE = Catalogue.load()


@pytest.mark.parametrize("freshness", list(Freshness))
def test_refreshes_are_the_runs_that_agent_4_schedules(freshness: Freshness) -> None:
    sources = (
        source("facts", freshness, subscriber_id=C.ID, snapshot_date=C.DATE, minutes=C.FLOAT, churned=C.BOOLEAN),
    )
    r = requirements(data=CHURN["data"].model_copy(update={"sources": sources}))
    (blueprint,) = [o for o in walk(r, FakeComposer(r)).outputs.values() if isinstance(o, PipelinesBlueprint)]
    assert facts(r)["refreshes_month"] == pytest.approx(MONTH_HOURS / PERIOD_HOURS[blueprint.ingest_cadence], rel=0.01)


@pytest.mark.parametrize("store", ["feature:aws-dynamodb-online", "feature:aws-sagemaker-online"])
def test_no_event_writes_a_feature(store: str) -> None:
    live = {"workloads": ["online", "streaming"], "sla_latency_ms": None}
    few, many = (CATALOGUE.evaluate(store, case({**live, "events_per_second": rate})) for rate in (1, 5000))
    writes = [{x.component: x.quantity for x in found.bom if x.sku.endswith("write")} for found in (few, many)]
    assert writes[0] == writes[1] and set(writes[0]) == {"Feature refresh writes"}
