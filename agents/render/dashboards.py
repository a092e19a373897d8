"""CloudWatch dashboards: the metrics of one part of the system with the limits of their alerts drawn in."""

from typing import Any

from agents.domain.outputs.monitoring_observability import Alert, MonitoringObservability
from agents.domain.outputs.monitoring_setup import MonitoringSetup

GROUPS = {
    "source": "data",
    "contract": "data",
    "failed": "data",
    "prediction": "online",
    "fallback": "online",
    "consumer": "streaming",
    "dead": "streaming",
    "batch": "batch",
}
"""First word of a metric's name to the dashboard it stands on; `model` for every other."""


def dashboard(item: str, namespace: str, setup: MonitoringSetup, plan: MonitoringObservability) -> dict[str, Any]:
    """The body of one dashboard (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).

    The region is the word AWS_REGION, which Terraform replaces. Metrics that no alert names are drawn without a limit.
    """
    names = [name for name in setup.metrics if GROUPS.get(name.split("_")[0], "model") == item]
    widgets = [_widget(index, name, namespace, plan.alerts) for index, name in enumerate(names)]
    text = {"markdown": f"# {namespace}: {item}\nAlerts and what to do: docs/runbook.md"}
    return {"widgets": [{"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": text}, *widgets]}


def _widget(index: int, name: str, namespace: str, alerts: tuple[Alert, ...]) -> dict[str, Any]:
    limits = [
        {"label": f"{alert.id} ({alert.severity})", "value": alert.threshold}
        for alert in alerts
        if alert.metric == name
    ]
    return {
        "type": "metric",
        "x": 12 * (index % 2),
        "y": 2 + 6 * (index // 2),
        "width": 12,
        "height": 6,
        "properties": {
            "title": name.replace("_", " "),
            "metrics": [[namespace, name]],
            "region": "AWS_REGION",
            "stat": "Average",
            "period": 300,
            "annotations": {"horizontal": limits},
        },
    }
