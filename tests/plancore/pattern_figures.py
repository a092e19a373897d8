"""What every pattern comes to along every axis of a project, as digests: a changed number, condition or word of a pattern
file shows as the axis on which it matters.

Hand-worked values stand in `test_formulas.py` and `test_pattern_limits.py`; this holds what lies between them. After a change
that is meant, `python -m tests.plancore.pattern_figures` writes the file anew; its diff names patterns and axes.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agents.domain.base import digest
from agents.domain.constraints import Problem
from agents.patterns import Catalogue, Evaluated
from agents.search.examples import case

FILE = Path(__file__).parent / "golden" / "pattern_figures.json"
STEP = 1.45
"""Between two values of an axis: a limit that moves by half crosses one."""
BASES: dict[str, dict[str, Any]] = {
    "live": {"workloads": ["batch", "online"]},
    "nightly": {"workloads": ["batch"], "sla_latency_ms": None, "requests_per_second": 0},
    "stream": {"workloads": ["streaming"], "sla_latency_ms": None, "events_per_second": 300},
    "images": {"workloads": ["batch", "online"], "problem": "image-classification", "regions": ["us-east-1"]},
}
RANGES = {
    "requests_per_second": (0.05, 40_000),
    "events_per_second": (0.5, 300_000),
    "batch_gb_per_day": (0.05, 30_000),
    "training_rows": (500, 20_000_000_000),
    "sla_latency_ms": (4, 60_000),
}
STACK = [
    "aws-batch",
    "batch",
    "cloudwatch",
    "docker",
    "dynamodb",
    "ecs",
    "elasticache",
    "emr",
    "evidently",
    "fargate",
    "glue",
    "grafana",
    "kafka",
    "kinesis",
    "lambda",
    "msk",
    "prometheus",
    "redis",
    "s3",
    "s3-tables",
    "sagemaker",
    "spark",
    "valkey",
]
SKILLS = ["docker", "ecs", "evidently", "kafka", "pandas", "polars", "prometheus", "redis", "sagemaker", "spark"]
LISTS: dict[str, Sequence[Any]] = {
    "existing_stack": [[word] for word in STACK],
    "skills": [["python", word] for word in SKILLS],
    "observability_prefs": [["cloudwatch"], ["evidently"], ["grafana"], ["prometheus"]],
    "storage_prefs": [["iceberg"], ["parquet"], ["s3"], ["s3-tables"]],
    "compliance": [[], ["hipaa"], ["pci-dss"], ["soc2"], ["iso27001"], ["ccpa"]],
    "data_classification": ["public", "internal", "confidential", "pii", "phi", "pci"],
    "deployment_pref": ["serverless", "containers", "kubernetes"],
    "team_size": list(range(1, 21)),
    "availability_target": [95, 99, 99.5, 99.8, 99.9, 99.91, 99.95, 99.96, 99.98, 99.99, 99.995],
    "problem": [problem.value for problem in Problem],
    "domain": ["health", "credit", "engineering"],
    "regions": [["us-east-1"], ["eu-central-1"], ["ap-south-1"], ["eu-west-1", "eu-central-1"]],
}
SOURCES = [
    [{"name": "a", "format": form, "freshness": fresh, "columns": {f"c{i}": "float" for i in range(width)}}]
    for form in ("table", "parquet", "json")
    for fresh in ("daily", "hourly")
    for width in (3, 40, 300)
]


def points(axis: str) -> Iterator[dict[str, Any]]:
    """The changes to a base along an axis."""
    if axis in RANGES:
        low, high = RANGES[axis]
        while low <= high:
            yield {axis: int(low) if axis == "training_rows" else low}
            low *= STEP
    elif axis == "data":
        yield from ({"data": {"entity": "subscriber_id", "sources": sources}} for sources in SOURCES)
        yield {"data": {"entity": None}}
    else:
        yield from ({axis: value} for value in LISTS[axis])


def figures(catalogue: Catalogue, pattern_id: str) -> dict[str, str]:
    """Base and axis to the digest of all that the pattern comes to there."""
    found = {}
    slot = catalogue.slots_of(pattern_id)[0]
    bases: tuple[str, ...] = ("live", "images", "stream")
    if slot.endswith("streaming"):
        bases = ("stream",)
    elif slot.endswith("batch"):
        bases = ("nightly",)
    elif slot == "serve.online":
        bases = ("live", "images")
    for base in bases:
        given = BASES[base]
        for axis in (*RANGES, *((*LISTS, "data") if base == bases[0] else ())):
            if given.get(axis, "") is None:  # the base has no such limit
                continue
            told = [_told(catalogue.evaluate(pattern_id, case({**given, **p}), ("g5",))) for p in points(axis)]
            found[f"{base}: {axis}"] = digest(told)[:8]
    return found


def _told(e: Evaluated) -> list[Any]:
    lines = [line.model_dump(mode="json", exclude={"pattern"}) for line in (*e.bom, *e.shared.values())]
    return [
        e.slot, dict(e.parameters), lines, sorted(e.shared), [item.model_dump(mode="json") for item in e.unpriced],
        e.p95_latency_ms, e.availability_pct, e.scale_out_seconds, e.throughput, e.demand,
        [[q.name, q.used, q.limit, q.adjustable] for q in e.quotas],
        [[f.name, f.takes_down, f.mitigated_by] for f in e.failures],
        e.requires, [str(c) for c in e.uncertified], e.refusals, e.suits,
    ]  # fmt: skip


def text(catalogue: Catalogue) -> str:
    return json.dumps({name: figures(catalogue, name) for name in sorted(catalogue.ids)}, indent=1) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(Catalogue.load()), encoding="utf-8")
