"""Names for people: patterns, slots, capabilities."""

NAMES = {
    "dynamodb": "DynamoDB",
    "sagemaker": "SageMaker",
    "cloudwatch": "CloudWatch",
    "cloudtrail": "CloudTrail",
    "bigquery": "BigQuery",
    "prometheus": "Prometheus",
    "vertex": "Vertex",
    "rds": "RDS",
    "jdbc": "JDBC",
}
WORKLOADS = ("online", "streaming", "batch")
CLOUDS = ("aws", "gcp", "azure")


def pattern_name(pattern: str) -> str:
    """`serve:aws-ecs-fargate` → `ECS Fargate`: without capability and cloud, short words in capitals."""
    words = pattern.rpartition(":")[2].split("-")
    if len(words) > 1 and words[0] in CLOUDS:
        words = words[1:]
    return " ".join(NAMES.get(w) or (w.upper() if len(w) <= 3 else w.capitalize()) for w in words)


def slot_name(slot: str) -> str:
    """`serve.online` → `serve (online)`."""
    name, _, workload = slot.partition(".")
    return f"{name} ({workload})" if workload else name


def serving(patterns_by_workload: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """(workload, serve pattern) in the order online, streaming, batch."""
    found = []
    for workload in (*WORKLOADS, *sorted(set(patterns_by_workload) - set(WORKLOADS))):
        pattern = patterns_by_workload.get(workload, {}).get("serve")
        if pattern:
            found.append((workload, pattern))
    return found
