"""A decision that comes out differently changes a file: each row names the file in which it shows."""

import ast
import json
from typing import Any

import pytest

from agents.domain.requirements import Requirements
from tests.render.projects import PROJECTS, changed, pinned, plan, planned, rendered, tree

BATCH = ("batch",)
ROWS: tuple[tuple[str, Requirements, Requirements, str], ...] = (
    ("latency", changed("churn"), changed("churn", sla_latency_ms=300.0), "monitoring/alerts.yaml"),
    ("availability", changed("churn", availability_target=99.0), changed("churn"), "monitoring/slo.yaml"),
    ("network", pinned("churn", "serve:aws-ecs-fargate"), changed("churn", sla_latency_ms=100.0, budget_usd_max=None),
     "infra/terraform/envs/prod/main.tf"),
    ("rows", changed("churn", training_rows=3000), changed("churn"), "configs/project.yaml"),
    ("budget", changed("churn"), changed("churn", budget_usd_max="1400"), "infra/terraform/envs/prod/main.tf"),
    ("region", changed("churn"), changed("churn", primary_region="eu-central-1", regions=("eu-central-1",)),
     "infra/terraform/envs/prod/main.tf"),
    ("data class", changed("churn"), changed("churn", data_classification="internal", compliance=()), "SECURITY.md"),
    ("freshness", changed("churn"), changed("churn", data={**PROJECTS["churn"].data.model_dump(), "sources": [
        {**PROJECTS["churn"].data.sources[0].model_dump(), "freshness": "hourly"}]}), "contracts/usage_daily.yaml"),
    ("serving", pinned("churn", "serve:aws-ecs-fargate"), pinned("churn", "serve:aws-lambda-container"),
     "infra/terraform/modules/project/patterns.tf"),
    ("events", pinned("fraud", "ingest:aws-kinesis", sla_latency_ms=5000.0),
     pinned("fraud", "ingest:aws-kinesis", sla_latency_ms=5000.0, events_per_second=9000.0),
     "infra/terraform/modules/project/patterns.tf"),
    ("stack", changed("churn"), changed("churn", existing_stack=("airflow",)), ".github/workflows/train.yml"),
)  # fmt: skip


@pytest.mark.parametrize(("before", "after", "path"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_file_follows_the_decision(before: Requirements, after: Requirements, path: str) -> None:
    first, second = rendered(plan(before))[1], rendered(plan(after))[1]
    assert first[path] != second[path]


def test_workloads_bring_their_own_parts() -> None:
    def parts(name: str) -> set[str]:
        package = planned(name).requirements.package
        prefix = f"src/{package}/"
        return {path.removeprefix(prefix) for path in tree(name)[1] if path.startswith(prefix)}

    assert "serving/app.py" in parts("churn") and "serving/stream.py" not in parts("churn")
    assert "serving/stream.py" in parts("fraud") and "serving/batch.py" not in parts("fraud")
    assert "serving/batch.py" in parts("churn_nightly") and "serving/app.py" not in parts("churn_nightly")
    assert "features/online.py" in parts("churn") and "features/online.py" not in parts("churn_nightly")


def test_code_owners_are_written_only_if_they_are_known() -> None:
    assert ".github/CODEOWNERS" not in tree("churn")[1]
    owners: Any = ("@acme/ml", "not a handle\n* @evil")
    contents = rendered(plan(PROJECTS["churn"], code_owners=owners))[1]
    assert contents[".github/CODEOWNERS"].decode().splitlines()[-1] == "* @acme/ml"


def test_the_encoder_knows_every_transform_that_a_plan_can_have() -> None:
    columns = {"case_id": "id", "at": "timestamp", "debt": "float", "income": "float", "limit_used": "int", "credit_limit": "int",
               "kind": "category", "flag": "bool", "born": "date", "note": "text", "vector": "embedding", "late": "bool"}  # fmt: skip
    source = {"name": "cases", "format": "parquet", "columns": columns}
    data = {"entity": "case_id", "label": "late", "event_time": "at", "sources": [source]}
    context = plan(changed("churn_nightly", data=data))
    used = {f.transform for f in context.outputs["feature_engineering"].features}  # type: ignore[attr-defined]
    assert {"ratio", "scale", "one-hot", "flag", "age-days", "text-tfidf", "embedding"} <= used
    module = ast.parse(rendered(context)[1][f"src/{context.requirements.package}/training/encoding.py"])
    known = {node.value for node in ast.walk(module) if isinstance(node, ast.Constant)}
    assert used <= known


def test_a_request_may_bring_what_the_store_does_not_know() -> None:
    fields = planned("churn").outputs["inference_pipeline"].fields  # type: ignore[attr-defined]
    assert [f.name for f in fields if f.required] == [planned("churn").requirements.data.entity]
    assert len(fields) > 1, "a customer of today is scored by what the caller knows"
    contract = json.loads(tree("churn")[1]["contracts/api.schema.json"])["properties"]["fields"]
    assert set(contract["properties"]) == {f.name for f in fields} and len(contract["required"]) == 1
    assert planned("tickets").slots["feature"] == "feature:aws-s3-offline", "the text itself comes with the request"
