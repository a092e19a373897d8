"""A composer without a catalogue: fixed candidates a slot, in the order of preference that a test gives."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from agents.domain.decision import Candidate, Impacts
from agents.domain.plan import Composition
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.patterns.slots import slots_of

PARAMETERS: dict[str, dict[str, dict[str, Any]]] = {
    "ingest.batch": {"ingest:aws-s3-batch": {"runs_per_month": 30.4}, "ingest:aws-glue-jdbc": {"dpus": 2}},
    "ingest.streaming": {
        "ingest:aws-kinesis": {"shards": 2, "retention_hours": 24},
        "ingest:aws-msk-serverless": {"partitions": 6, "retention_hours": 72},
    },
    "store": {
        "store:aws-s3-parquet": {"retention_days": 395},
        "store:aws-s3-iceberg": {"retention_days": 395, "snapshot_days": 30},
    },
    "transform": {
        "transform:aws-batch-polars": {"hours_per_run": 0.5, "vcpu": 2},
        "transform:aws-glue-spark": {"workers": 2, "hours_per_run": 0.2},
    },
    "feature": {
        "feature:aws-s3-offline": {"lookup": "request"},
        "feature:aws-dynamodb-online": {"lookup": "dynamodb"},
    },
    "train": {
        "train:aws-sagemaker-training": {"hours_per_run": 0.25, "memory_gb": 8, "instance": "m5.large"},
        "train:aws-batch-spot": {"hours_per_run": 0.7, "memory_gb": 8, "attempts": 3},
    },
    "serve.online": {
        "serve:aws-ecs-fargate": {"vcpu": 1, "tasks": 3, "rps_per_task": 60, "min_tasks": 2, "max_tasks": 6},
        "serve:aws-lambda-container": {"concurrency": 4, "duration_ms": 16.0, "provisioned": 0},
        "serve:aws-sagemaker-realtime": {
            "instance": "m5.xlarge",
            "rps_per_instance": 120,
            "min_instances": 2,
            "max_instances": 4,
        },
    },
    "serve.streaming": {
        "serve:aws-ecs-stream": {"vcpu": 2, "events_per_task": 240, "min_tasks": 2, "max_tasks": 8},
        "serve:aws-lambda-stream": {"batch_size": 100, "concurrency": 3, "duration_ms": 60.0},
    },
    "serve.batch": {
        "serve:aws-batch-scoring": {"vcpu": 4, "hours_per_run": 0.3},
        "serve:aws-sagemaker-transform": {"instance": "m5.xlarge"},
    },
    "observe": {
        "observe:aws-cloudwatch": {"log_retention_days": 90},
        "observe:aws-managed-prometheus": {"log_retention_days": 365},
    },
    "govern": {
        "govern:aws-kms-cloudtrail": {"trail_retention_days": 365},
        "govern:aws-lake-formation": {"trail_retention_days": 2190},
    },
}


class FakeComposer:
    """Every pattern is feasible but those in `refused`; `first` names patterns that win their slot."""

    def __init__(self, requirements: Requirements, first: tuple[str, ...] = (), refused: tuple[str, ...] = ()) -> None:
        self.requirements, self.first, self.refused = requirements, first, refused

    def candidates(self, slot: str, pins: Mapping[str, str]) -> tuple[Candidate, ...]:
        names = sorted(PARAMETERS[slot], key=lambda name: name not in self.first)
        return tuple(
            Candidate(
                id=name,
                summary=f"{name} in {slot}",
                tradeoffs=("known",),
                score=0.9 - 0.2 * rank,
                refusals=("refused here",) if name in self.refused else (),
                impacts=Impacts(monthly_usd=Decimal(100 + 50 * rank), p95_latency_ms=40.0 + rank, burden=2.0),
                parameters=PARAMETERS[slot][name],
            )
            for rank, name in enumerate(names)
        )

    def best(self, pins: Mapping[str, str]) -> Composition:
        if set(self.refused) & set(pins.values()):
            raise Defect("no complete plan has those pins")
        slots = {
            slot: pins.get(slot) or next(c.id for c in self.candidates(slot, pins) if c.feasible)
            for slot in slots_of(self.requirements)
        }
        return Composition(
            slots=slots,
            bom=(),
            monthly_usd=Decimal("421.50"),
            low_usd=Decimal(380),
            high_usd=Decimal(510),
            p95_latency_ms=self.requirements.sla_latency_ms,
            availability_pct=99.9,
            burden=2.0,
            objective=1.0,
        )

    def flips(self, slot: str, pins: Mapping[str, str]) -> tuple[str, ...]:
        return (f"another {slot} above 41 rps",)
