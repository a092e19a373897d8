"""How many predictions a project makes: the basis of windows, samples and comparison times."""

from agents.domain.constraints import WorkloadType
from agents.domain.requirements import Requirements
from agents.expert.project import load


def predictions_per_second(r: Requirements) -> float:
    """Mean live predictions a second: peak requests and events x the load factor of the bill; 0 for batch
    alone."""
    live = r.requests_per_second if r.has(WorkloadType.ONLINE) else 0.0
    events = r.events_per_second if r.has(WorkloadType.STREAMING) else 0.0
    return (live + events) * load(r, "load_factor")


def predictions_per_day(r: Requirements) -> float:
    """Mean predictions a day: live ones, else the rows of a batch day, else the training rows once a day;
    at least one."""
    live = predictions_per_second(r) * 86_400
    rows = load(r, "batch_rows_month") / load(r, "month_days") if r.has(WorkloadType.BATCH) else 0.0
    return max(1.0, max(live, min(rows, float(r.training_rows))) or float(r.training_rows))
