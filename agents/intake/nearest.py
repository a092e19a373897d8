"""The nearest right name for a wrong one: aliases people use, other spelling, another place in the schema."""

import re
from collections.abc import Iterable, Mapping

FIELD_ALIASES: Mapping[str, str] = {
    "budget": "budget_band", "max_budget": "budget_band.monthly_usd_max",
    "monthly_budget": "budget_band.monthly_usd_max", "cost": "budget_band",
    "max": "budget_band.monthly_usd_max", "monthly_max": "budget_band.monthly_usd_max",
    "region": "regions", "location": "regions", "locations": "regions", "provider_cloud": "cloud",
    "platform": "cloud", "cloud_provider": "cloud", "data_class": "data_classification",
    "classification": "data_classification", "sensitivity": "data_classification",
    "latency": "sla_latency_ms", "latency_ms": "sla_latency_ms", "p95": "sla_latency_ms",
    "sla": "sla_latency_ms", "slo": "sla_latency_ms", "availability": "availability_target",
    "uptime": "availability_target", "rps": "throughput.requests_per_second",
    "qps": "throughput.requests_per_second", "tps": "throughput.requests_per_second",
    "eps": "throughput.events_per_second", "gb_per_day": "throughput.batch_gb_per_day",
    "rows": "throughput.training_rows", "workload": "workload_types", "workload_type": "workload_types",
    "deployment": "deployment_pref", "deploy": "deployment_pref", "storage": "storage_prefs",
    "observability": "observability_prefs", "monitoring": "observability_prefs",
    "team": "team_constraints", "team_size": "team_constraints.size", "stack": "existing_stack",
    "regulations": "compliance", "laws": "compliance", "pins": "choose", "patterns": "choose",
    "assumptions": "assume", "target_column": "data.label", "target_variable": "data.label",
    "timestamp": "data.event_time", "primary_key": "data.entity", "id_column": "data.entity",
    "title": "project.name", "slug": "project.name", "use_case": "project.description",
    "industry": "project.domain", "task": "project.problem", "waiver": "waivers", "source": "data.sources",
    "datasets": "data.sources", "metric": "objective.kpi",
}  # fmt: skip
"""Names of other tools and everyday words, to the field they mean."""

VALUE_ALIASES: Mapping[str, str] = {
    "amazon": "aws", "amazon-web-services": "aws", "google": "gcp", "google-cloud": "gcp", "gcloud": "gcp",
    "microsoft": "azure", "personal": "pii", "personal-data": "pii", "gdpr-data": "pii",
    "sensitive": "confidential", "restricted": "confidential", "private": "confidential",
    "secret": "confidential", "health": "phi", "medical": "phi", "card": "pci", "payment": "pci",
    "cardholder": "pci", "open": "public", "real-time": "online", "realtime": "online", "rest": "online",
    "api": "online", "sync": "online", "offline": "batch", "nightly": "batch", "scheduled": "batch",
    "stream": "streaming", "near-real-time": "streaming", "event-driven": "streaming", "k8s": "kubernetes",
    "eks": "kubernetes", "gke": "kubernetes", "aks": "kubernetes", "lambda": "serverless",
    "faas": "serverless", "docker": "containers", "fargate": "containers", "ecs": "containers",
    "container": "containers", "none": "any", "classification": "binary-classification",
    "binary": "binary-classification", "churn": "binary-classification", "fraud": "binary-classification",
    "multiclass": "multiclass-classification", "multi-class": "multiclass-classification",
    "forecast": "forecasting", "time-series": "forecasting", "timeseries": "forecasting",
    "recommender": "recommendation", "recsys": "recommendation", "anomaly": "anomaly-detection",
    "outlier": "anomaly-detection", "search": "ranking", "nlp": "nlp-classification",
    "text-classification": "nlp-classification", "sentiment": "nlp-classification", "llm": "rag",
    "chatbot": "rag", "vision": "image-classification", "cv": "image-classification", "pci": "pci-dss",
    "iso-27001": "iso27001", "soc-2": "soc2", "string": "text", "str": "text", "varchar": "text",
    "integer": "int", "bigint": "int", "double": "float", "decimal": "float", "numeric": "float",
    "number": "float", "boolean": "bool", "datetime": "timestamp", "time": "timestamp",
    "categorical": "category", "enum": "category", "key": "id", "uuid": "id", "email": "pii",
    "phone": "pii", "jsonl": "json", "ndjson": "json", "postgres": "table", "sql": "table",
    "kafka": "stream", "kinesis": "stream", "real time": "realtime", "streaming": "realtime",
    "nightly-batch": "daily", "claude": "anthropic",
}  # fmt: skip
"""Values people write, to the value they mean; only what the field allows is ever suggested."""


def nearest(word: str, allowed: Iterable[str], aliases: Mapping[str, str] = VALUE_ALIASES) -> str | None:
    """The allowed name that `word` likely means: same letters, an alias, few typing errors; else None."""
    names = tuple(allowed)
    folded = _fold(word)
    for name in names:
        if _fold(name) == folded:
            return name
    alias = aliases.get(word.strip().lower()) or aliases.get(re.sub(r"[\s_]+", "-", word.strip().lower()))
    if alias in names:
        return alias
    if not 2 <= len(folded) <= 60:
        return None
    from difflib import get_close_matches

    meant = {_fold(name): name for name in aliases if aliases[name] in names} | {_fold(n): n for n in names}
    close = get_close_matches(folded, list(meant), n=1, cutoff=0.72)
    found = meant[close[0]] if close else None
    return aliases[found] if found is not None and found not in names else found


def nearest_field(word: str, siblings: Iterable[str], here: str, everywhere: Iterable[str]) -> str | None:
    """The dotted field that an unknown name under `here` ("" at the top) means; siblings are tried first."""
    names = tuple(siblings)
    prefix = f"{here}." if here else ""
    if close := nearest(word, names, {}):
        return prefix + close
    keys = tuple(everywhere)
    alias = FIELD_ALIASES.get(_snake(word))
    if alias is not None and alias != here:
        return alias
    by_name = [key for key in keys if key.rpartition(".")[2] == _snake(word)]
    return by_name[0] if len(by_name) == 1 else None


def _fold(word: str) -> str:
    return re.sub(r"[\s_.-]+", "", word.strip().lower())


def _snake(word: str) -> str:
    return re.sub(r"[\s-]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word.strip())).lower()
