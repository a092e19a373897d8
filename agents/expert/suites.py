"""The test suites of a project: each is a folder that is generated, or a workflow's step, with what it proves."""

from agents.domain.agent import Brief
from agents.domain.constraints import WorkloadType
from agents.domain.outputs import DataSourcing, PipelinesBlueprint, TechStack
from agents.domain.outputs.testing_strategy import Depth, Suite
from agents.expert.formulas import sample_for_share
from agents.expert.words import listed, number, plural


def suites_of(brief: Brief, depth: Depth, load_rps: float, replay_rows: int) -> tuple[Suite, ...]:
    """Suites in the order CI runs them; `load_rps` 0: no load test, `replay_rows` 0: a promotion is tried once only."""
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    stack = brief.read("tech_stack", TechStack)
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    suites = [
        _suite("unit", f"functions of {r.package}"),
        _suite("contract", f"columns and types of {listed(s.name for s in data.sources)}"),
        _suite("data", f"{len(data.checks)} checks of each delivery; {len(data.leakage)} leaks shut"),
        _suite("features", f"nothing of the future{'; the same value offline and online' if live else ''}"),
        _suite("model", "beats the trivial rule on rows it never saw"),
        _suite("infra", f"what {stack.iac.value} would build is private, encrypted and tagged"),
    ]
    if depth is not Depth.ESSENTIAL:
        count = len(brief.read("pipelines_blueprint", PipelinesBlueprint).pipelines)
        what = f"{count} pipelines in the order in which {stack.orchestrator.value} runs them, twice"
        suites.append(_suite("integration", what))
    if load_rps:
        what = f"{plural(load_rps, 'request')} a second within {number(r.sla_latency_ms or 0)} ms at p95"
        suites.append(_suite("load", what, blocking=False))
    if depth is Depth.REGULATED:
        what = f"groups of at least {number(sample_for_share(0.05))} rows compared, and the evidence kept"
        suites.append(_suite("model", what))
    what = f"{number(replay_rows)} cases through both versions" if replay_rows else "one case through the new version"
    suites.append(_suite("production", f"{what} before a promotion", blocking=False))
    return tuple(suites)


def _suite(folder: str, purpose: str, blocking: bool = True) -> Suite:
    return Suite(folder=folder, purpose=purpose, blocking=blocking)
