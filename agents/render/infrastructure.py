"""What infrastructure templates need beyond the outputs: steps, pipelines, schedules, networks, budgets."""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from functools import cache
from typing import Any

from agents.domain.outputs.data_sourcing import ColumnRole, DataSourcing
from agents.errors import Defect
from agents.patterns.facts import jdbc_tables
from agents.render.context import RenderContext
from agents.resources import content_root
from agents.serialise import to_hcl

OWN_STEPS = {"ingest.batch": "ingest_batch", "transform": "transform", "train": "train", "serve.batch": "serve_batch"}
"""Slots whose pattern starts a pipeline step of its own; their wiring defines `local.steps_…` and `local.start_…`."""
_WORDS = ("one-hot", "target-mean", "hash", "text-tfidf", "pixels")
_HIVE = {**dict.fromkeys(_WORDS, "string"), "flag": "boolean", "calendar": "timestamp"}
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def infrastructure(context: RenderContext, sources: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    """Names for Terraform, orchestrator and workflow templates."""
    own = [name for slot, name in OWN_STEPS.items() if slot in context.slots]
    batch_sources = [s["name"] for s in sources if s["format"] != "stream"]
    stream = next((s["name"] for s in sources if s["format"] == "stream" or s["freshness"] == "realtime"), None)
    intake: Any = context.outputs["data_engineering"]
    return {
        "own_steps": own,
        "job_steps": _job_steps(context),
        "pipelines": _pipelines(context, batch_sources, [s["name"] for s in sources]),
        "jdbc_tables": [n for n in jdbc_tables(context.requirements.data.sources) if n in batch_sources]
        or batch_sources,
        "batch_sources": batch_sources or [s["name"] for s in sources],
        "stream_source": stream or (sources[0]["name"] if sources else "events"),
        "stream_shards": max(1, int(intake.stream_shards)),
        "source_keys": {s["name"]: _keys(s) for s in sources},
        "feature_columns": _feature_columns(context),
        "uses_lambda": any(":aws-lambda-" in pattern for pattern in context.slots.values()),
        "aws_cron": aws_cron,
        "local_steps": local_steps,
        "workflow_name": lambda name: f"{context.requirements.slug}: {name}" if context.root else name,
        "budget": lambda environment: _budget(context, environment),
        "needs_nat": _needs_nat(context),
        "nat_gateways": lambda environment: _nat_gateways(context, environment),
    }


def aws_cron(expression: str | None) -> str:
    """A five-field Unix cron (UTC) as EventBridge writes it; "" stays "". Raises Defect on another shape.

    EventBridge wants `?` for one of day-of-month and day-of-week, names for weekdays and a sixth field, the year:
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based.
    """
    if not expression:
        return ""
    fields = expression.split()
    if len(fields) != 5:
        raise Defect(f"{expression!r} is not a cron expression of five fields")
    minute, hour, day, month, weekday = fields
    if weekday == "*":
        weekday = "?"
    elif day == "*":
        day = "?"
        weekday = re.sub(r"[0-7]", lambda found: _DAYS[int(found[0])], weekday)
    else:
        raise Defect(f"{expression!r} names days of the month and of the week; EventBridge takes one of them")
    return f"cron({minute} {hour} {day} {month} {weekday} *)"


def _job_steps(context: RenderContext) -> list[str]:
    """Steps that run as a command of the jobs task."""
    steps = ["ingest", "drift"]
    if context.slots.get("feature", "").endswith("-online"):
        steps.append("materialise")
    if context.slots.get("serve.batch") == "serve:aws-sagemaker-transform":
        steps.append("to_score")
    if _copied_abroad(context):
        steps.append("replicate")
    if context.slots.get("observe") == "observe:aws-evidently-jobs":
        steps.append("report")
    return sorted(steps)


def _copied_abroad(context: RenderContext) -> bool:
    """True if copies stand ready in a second region (agent 16)."""
    whole: Any = context.outputs["system_architecture"]
    return whole.recovery_region is not None


def _pipelines(context: RenderContext, batch: list[str], every: list[str]) -> list[dict[str, Any]]:
    """Pipelines as lists of steps in order, with their schedules."""
    outputs = context.outputs
    blueprint: Any = outputs["pipelines_blueprint"]
    slots = context.slots
    jobs = _job_steps(context)
    extract = [f"extract_{name}" for name in batch] if slots.get("ingest.batch") == "ingest:aws-glue-jdbc" else []
    spark = slots.get("transform") == "transform:aws-glue-spark"
    daily = [*extract, "ingest", *([f"curate_{name}" for name in every] if spark else ["curate"])]
    daily += [step for step in ("materialise", "to_score") if step in jobs]
    daily += ["score"] if "serve.batch" in slots else []
    daily.append("drift")
    daily += [step for step in ("report", "replicate") if step in jobs]
    deadline = sum(p.deadline_minutes for p in blueprint.pipelines if p.trigger in ("schedule", "upstream"))
    training: Any = outputs["model_training"]
    return [
        _pipeline("data", f"From deliveries to {'scores' if 'score' in daily else 'features'}", daily,
                  blueprint.ingest_cron, max(60, min(deadline, 24 * 60))),
        _pipeline("training", "One training, judged and registered", ["train"], training.cron,
                  training.timeout_minutes * training.max_attempts),
    ]  # fmt: skip


def _pipeline(name: str, comment: str, steps: list[str], cron: str | None, minutes: int) -> dict[str, Any]:
    return {
        "name": name,
        "comment": comment,
        "steps": steps,
        "steps_hcl": to_hcl(steps),
        "cron": cron or "",
        "schedule": aws_cron(cron),
        "timeout_minutes": int(minutes),
    }


def local_steps(steps: list[str]) -> list[str]:
    """The functions of the generated `steps.py` behind a pipeline's steps: per-source jobs are one step there."""
    plain = ("curate" if step.startswith("curate_") else step for step in steps if not step.startswith("extract_"))
    return list(dict.fromkeys(plain))


def _keys(source: Mapping[str, Any]) -> list[str]:
    """Columns that make a row of a source unique, as its contract says; without any, all columns."""
    return list(source["key"]) or [c["name"] for c in source["columns"]]


def _feature_columns(context: RenderContext) -> list[dict[str, str]]:
    data = context.outputs["data_sourcing"]
    assert isinstance(data, DataSourcing)
    features: Any = context.outputs["feature_engineering"]
    columns = [{"name": "_entity", "type": "string"}]
    if any(c.role is ColumnRole.EVENT_TIME for c in data.columns):
        columns.append({"name": "_time", "type": "timestamp"})
    columns += [{"name": f.name.lower(), "type": _HIVE.get(f.transform, "double")} for f in features.features]
    return columns


def _budget(context: RenderContext, environment: str) -> int:
    """Whole USD a month: the high end of the environment's own cost; of a limit that was named, prod has what the
    others leave, so that all budgets together are the limit."""
    high = {**dict.fromkeys(("prod", environment), context.high_usd), **context.environments}
    limit = context.requirements.budget_usd_max
    if environment == "prod" and limit is not None:
        others = sum((_whole(usd) for name, usd in context.environments.items() if name != "prod"), 0)
        return max(1, _whole(limit) - others)
    return _whole(high[environment])


def _whole(usd: Decimal) -> int:
    return max(1, int(usd.to_integral_value(rounding=ROUND_CEILING)))


def _nat_gateways(context: RenderContext, environment: str) -> int:
    """NAT gateways that the plan pays for: two from 99.9 % availability on, one below; one outside prod; 0 without need."""
    if not _needs_nat(context):
        return 0
    return 2 if environment == "prod" and context.requirements.availability_target >= 99.9 else 1


def _needs_nat(context: RenderContext) -> bool:
    """True if a chosen pattern brings the network (and its bill of NAT gateways) with it."""
    return any("network" in _modules(pattern) for pattern in context.slots.values())


@cache
def _modules(pattern: str) -> tuple[str, ...]:
    """The Terraform modules that a pattern's file names. Raises Defect if the file cannot be read."""
    import yaml

    capability, _, name = pattern.partition(":")
    path = content_root("patterns") / capability / f"{name}.yaml"
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise Defect(f"pattern {pattern}: {error}") from error
    return tuple(found.get("terraform", ()))
