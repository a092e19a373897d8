"""What would make the plan cheaper or faster, each with the figure that makes it worth a look; dearest and slowest first."""

from agents.domain.agent import Brief
from agents.domain.constraints import WorkloadType
from agents.domain.outputs import InferencePipeline, ModelTraining, MonitoringObservability
from agents.domain.outputs.inference_pipeline import Batching, Caching
from agents.domain.outputs.system_architecture import Optimisation
from agents.domain.plan import Composition
from agents.expert.project import load
from agents.expert.words import number, plural, usd

LONG_RUN_HOURS = 1.0
MOST = 3


def optimisations(brief: Brief, best: Composition) -> tuple[Optimisation, ...]:
    """At most three of each kind."""
    return (*_cheaper(brief, best)[:MOST], *_faster(brief)[:MOST])


def _cheaper(brief: Brief, best: Composition) -> list[Optimisation]:
    r, found = brief.requirements, []
    target = r.budget_usd_target
    if target is not None and best.monthly_usd > target:
        over = f"patterns cost {usd(best.monthly_usd)} a month, {usd(best.monthly_usd - target)} above the target"
        found.append(
            _one("cost", "budget", over, "see what each requirement costs in reports/plan.md; drop the dearest")
        )
    training = brief.read("model_training", ModelTraining)
    if training.hours_per_run >= LONG_RUN_HOURS and training.runs_per_month > 1:
        month = training.train_hours_per_month
        figure = f"{number(training.runs_per_month)} runs of {plural(training.hours_per_run, 'hour')}: {plural(month, 'hour')} a month"
        action = f"train on half of {plural(training.window_days, 'day')} once; keep it if the metric stays within the tolerance"
        found.append(_one("cost", "train", figure, action))
    watch = brief.read("monitoring_observability", MonitoringObservability)
    gb = load(r, "logs_gb")
    if gb >= 10:
        figure = f"{number(round(gb))} GB of logs a month, {watch.log_sample_percent} % of predictions with inputs"
        found.append(
            _one(
                "cost", "observe", figure, f"keep inputs for {watch.drift_min_rows} rows a window, counts for the rest"
            )
        )
    return found


def _faster(brief: Brief) -> list[Optimisation]:
    r, found = brief.requirements, []
    inference = brief.read("inference_pipeline", InferencePipeline)
    cost = load(r, "model_ms_cpu")
    if r.has(WorkloadType.ONLINE) and inference.budget_ms:
        step = max((s for s in inference.budget_ms if s != "reserve"), key=lambda s: inference.budget_ms[s])
        share = round(100 * inference.budget_ms[step] / max(1e-9, r.sla_latency_ms or 0.0))
        figure = f"{step} has {number(inference.budget_ms[step])} ms, {share} % of {number(r.sla_latency_ms or 0)} ms"
        found.append(
            _one("performance", "serve.online", figure, f"time {step} alone first: nothing else can win as much")
        )
        if inference.batching is Batching.SINGLE and cost >= 20:
            figure = f"a prediction of about {number(cost)} ms is made for one request"
            found.append(_one("performance", "serve.online", figure, "predict waiting requests together once two meet"))
        if inference.caching is Caching.NONE and cost >= 20:
            figure = f"each of {number(r.requests_per_second)} requests a second is predicted anew"
            found.append(
                _one(
                    "performance",
                    "serve.online",
                    figure,
                    "count repeated inputs in a day's log; a tenth pays for a cache",
                )
            )
    if r.has(WorkloadType.STREAMING):
        size = inference.stream_batch_records
        wait = size / max(1e-9, r.events_per_second) * 1000
        figure = f"{size} events a call: the first waits up to {number(round(wait, 1))} ms for the last"
        found.append(_one("performance", "serve.streaming", figure, "halve the batch and read lag and cost for a day"))
    if r.has(WorkloadType.BATCH):
        rows = load(r, "batch_rows_month") / load(r, "month_days")
        chunks = max(1, round(rows / inference.batch_chunk_rows))
        figure = f"{number(round(rows))} rows a day in {number(chunks)} chunks of {number(inference.batch_chunk_rows)}"
        found.append(_one("performance", "serve.batch", figure, "score chunks side by side while memory allows"))
    return found


def _one(kind: str, part: str, figure: str, action: str) -> Optimisation:
    return Optimisation(kind=kind, part=part, figure=figure, action=action)
