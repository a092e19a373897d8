"""Plans to render: the projects of the agents' suite, and variations that bring every pattern in at least once."""

import hashlib
from collections.abc import Iterable
from functools import cache
from typing import Any

from agents.cost.pricebook import PriceBook
from agents.domain.constraints import DataSection, Freshness
from agents.domain.decision import Decision
from agents.domain.files import GeneratedFile
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.render.context import RenderContext
from agents.render.render import render
from agents.search.composer import CatalogueComposer
from tests.agents_suite.scenarios import SCENARIOS, C, source
from tests.agents_suite.walking import AGENTS, walk

CATALOGUE, BOOK = Catalogue.load(), PriceBook.load()


class Blobs:
    """An artifact store in memory."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def put(self, content: bytes, name: str = "") -> str:
        key = hashlib.sha256(content).hexdigest()
        self.content[key] = content
        return key

    def put_all(self, contents: Iterable[tuple[str, bytes]]) -> list[str]:
        return [self.put(content, name) for name, content in contents]

    def get(self, sha256: str) -> bytes:
        return self.content[sha256]


def changed(base: str, **changes: Any) -> Requirements:
    return Requirements(**{**SCENARIOS[base].model_dump(), **changes})


def pinned(base: str, *patterns: str, **changes: Any) -> Requirements:
    """A project with patterns pinned into their slots, and its targets eased so that the pins fit."""
    slots = {slot: pattern for pattern in patterns for slot in [_slot(pattern)]}
    eased: dict[str, Any] = {"budget_usd_max": None, "budget_usd_target": None, "availability_target": 99.0}
    return changed(base, pins=slots, **{**eased, **changes})


def _slot(pattern: str) -> str:
    from agents.patterns.slots import slot_of

    return slot_of(CATALOGUE.get(pattern))


PROJECTS: dict[str, Requirements] = {
    **SCENARIOS,
    "fargate": pinned(
        "churn", "serve:aws-ecs-fargate", "train:aws-batch-spot", "observe:aws-managed-prometheus",
        "transform:aws-glue-spark", "govern:aws-lake-formation", "serve:aws-batch-scoring",
        existing_stack=("airflow",), team_size=20,
    ),
    "lambda_iceberg": pinned(
        "churn", "serve:aws-lambda-container", "store:aws-s3-iceberg", "serve:aws-sagemaker-transform",
        "train:aws-sagemaker-training", storage_prefs=("iceberg",), slug="churn-lambda", package="churn_lambda",
    ),
    "endpoint": pinned("churn", "serve:aws-sagemaker-realtime", "ingest:aws-s3-batch", "transform:aws-batch-polars"),
    "endpoint_at_zero": pinned("churn", "serve:aws-sagemaker-serverless", "observe:aws-cloudwatch",
                               sla_latency_ms=10_000.0, requests_per_second=0.5, slug="churn-zero", package="churn_zero"),
    "shop": changed("clicks", slug="shop", package="shop", data=DataSection(
        entity="visitor_id", label="clicked", event_time="at", sources=(
            source("visits", Freshness.REALTIME, visitor_id=C.ID, item_id=C.CATEGORY, page=C.CATEGORY, at=C.TIMESTAMP,
                   clicked=C.BOOLEAN),))),
    "kinesis_ecs": pinned("fraud", "ingest:aws-kinesis", "serve:aws-ecs-stream", "feature:aws-dynamodb-online",
                          sla_latency_ms=2000.0),
    "kinesis_lambda": pinned("fraud", "ingest:aws-kinesis", "serve:aws-lambda-stream", events_per_second=200.0,
                             sla_latency_ms=5000.0),
    "cache": pinned("churn", "serve:aws-ecs-fargate", "feature:aws-redis-online", "train:aws-ecs-fargate",
                    "transform:aws-emr-serverless", slug="churn-cache", package="churn_cache"),
    "feature_store": pinned("churn", "feature:aws-sagemaker-online", "store:aws-s3-iceberg", "transform:aws-glue-spark",
                            storage_prefs=("iceberg",), slug="churn-store", package="churn_store"),
    "reports": pinned("churn_nightly", "observe:aws-evidently-jobs", "govern:aws-sse-iam",
                      data_classification="internal", compliance=(), slug="churn-reports", package="churn_reports"),
    "table_bucket": pinned("churn", "store:aws-s3-tables", "transform:aws-glue-spark", "govern:aws-kms-cloudtrail",
                           storage_prefs=("iceberg",), slug="churn-tables", package="churn_tables"),
    "kafka": pinned("fraud", "ingest:aws-msk-serverless", "serve:aws-ecs-stream", existing_stack=("kafka",)),
    "tables": pinned(
        "churn_nightly", "ingest:aws-glue-jdbc", "feature:aws-s3-offline", "observe:aws-cloudwatch",
        "govern:aws-kms-cloudtrail", "store:aws-s3-parquet", data_classification="internal", compliance=(),
        data={**SCENARIOS["churn"].data.model_dump(), "sources": [
            {"name": "accounts", "format": "table", "freshness": "daily", "owner": "crm", "columns": {
                "subscriber_id": "id", "snapshot_date": "date", "tenure": "int", "segment": "category"}}]},
    ),
}  # fmt: skip


def plan(requirements: Requirements, **context: Any) -> RenderContext:
    """All 22 agents over the real catalogue, search and price book."""
    composer = CatalogueComposer(CATALOGUE, BOOK, requirements)
    walked = walk(requirements, composer)
    best = composer.best({k: c for k, c in walked.choices.items() if k in composer.best({}).slots})
    decisions = {
        key: Decision(
            agent=agent, number=AGENTS[agent].number, question=walked.questions[key], choice=candidate.id,
            justification="the best candidate", provider="expert", prompt_hash="",
        )
        for agent, chosen in walked.chosen.items() for key, candidate in chosen.items()
    }  # fmt: skip
    given: dict[str, Any] = {
        "requirements": requirements,
        "slots": best.slots,
        "parameters": {s: CATALOGUE.evaluate(CATALOGUE.get(p), requirements).parameters for s, p in best.slots.items()},
        "outputs": walked.outputs,
        "assumptions": (),
        "decisions": decisions,
        "monthly_usd": best.monthly_usd,
        "low_usd": best.low_usd,
        "high_usd": best.high_usd,
    }
    return RenderContext(**{**given, **context})


@cache
def planned(name: str) -> RenderContext:
    """The plan of one of PROJECTS; made once a process."""
    return plan(PROJECTS[name])


@cache
def tree(name: str) -> tuple[tuple[GeneratedFile, ...], dict[str, bytes]]:
    """The files of one of PROJECTS, and their bytes by path."""
    return rendered(planned(name))


def rendered(context: RenderContext) -> tuple[tuple[GeneratedFile, ...], dict[str, bytes]]:
    store = Blobs()
    files = render(context, None, store)
    return files, {file.path: store.get(file.sha256) for file in files}
