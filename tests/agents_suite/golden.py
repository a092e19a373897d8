"""What the agents say of known projects, written down: any changed rule, limit or formula shows as a diff
here.

After a change that is meant, `python -m tests.agents_suite.golden` writes the files anew; read the diff as
you read the code.
"""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import agents.cost
import agents.critics
import agents.expert
import agents.implementation
import agents.intake
import agents.patterns
import agents.planning
import agents.policy
import agents.search
from agents.domain.base import digest
from agents.domain.constraints import Objective, Problem
from agents.domain.requirements import Requirements
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import NIGHTLY, SCENARIOS, C, requirements, source
from tests.agents_suite.test_decisions_turn import TURNS, data
from tests.agents_suite.walking import Walk, walk

FOLDER = Path(__file__).parent / "golden"
JUDGING = (
    agents.patterns,
    agents.expert,
    agents.policy,
    agents.cost,
    agents.search,
    agents.intake,
    agents.critics,
    agents.planning,
    agents.implementation,
)
"""Packages whose limits are written down, lower layers first: a table stands where it is at home."""
FIRST = ("serve:aws-ecs-fargate", "feature:aws-dynamodb-online")
AT_THE_EDGE: dict[str, tuple[Any, ...]] = {
    "training_rows": (
        2000,
        2001,
        5000,
        20_000,
        49_999,
        50_000,
        999_999,
        1_000_000,
        5_000_000,
        10_000_000,
        20_000_000,
    ),
    "team_size": (2, 3, 5, 6, 8, 9, 10, 11),
    "availability_target": (99.0, 99.94, 99.95),
    "sla_latency_ms": (14.9, 15.0, 29.0, 49.9, 50.0, 499.0, 500.0),
    "requests_per_second": (0.16, 0.4, 2.5, 57.0, 58.0, 249.0, 250.0),
    "batch_gb_per_day": (0.03, 0.3, 2.0, 2.01, 20.0, 50.0, 50.01, 501.0),
}


def cases() -> Iterator[tuple[str, Requirements]]:
    """The causes of `TURNS`, projects on the very edge of a limit, and combinations that nothing else
    reaches."""
    for key, before, _, after, becomes in TURNS:
        yield f"{key}/{becomes}", requirements(**after)
        if before:
            yield f"{key}/before-{becomes}", requirements(**before)
    for field, values in AT_THE_EDGE.items():
        for value in values:
            yield f"{field}={value}", requirements(**{field: value})
            yield f"{field}={value}, nightly", requirements(**{**NIGHTLY, field: value})
    for problem in Problem:
        yield f"problem={problem.value}", requirements(problem=problem)
        yield (
            f"problem={problem.value}, small",
            requirements(problem=problem, training_rows=1500, sla_latency_ms=12.0),
        )
    kinds = {f"c{i}_{kind.name.lower()}": kind for i, kind in enumerate(C)}
    wide = data(sources=(source("wide", None, subscriber_id=C.ID, snapshot_date=C.DATE, **kinds),))
    yield "wide", requirements(data=wide)
    yield "wide, high stakes", requirements(data=wide, domain="hiring")
    yield "no baseline", requirements(objective=Objective(kpi="f1", target=0.7))
    yield "no target", requirements(objective=Objective(kpi="f1", baseline=0.7))
    yield "baseline of nought", requirements(objective=Objective(kpi="f1", baseline=0.0, target=0.5))
    columns = {"subscriber_id": C.ID, "snapshot_date": C.DATE, "shop": C.CATEGORY, "units": C.INTEGER}
    sales = data(label=None, sources=(source("sales", None, **columns),))
    yield "its own label", requirements(problem=Problem.FORECASTING, data=sales)


def run(project: Requirements) -> Walk:
    return walk(project, FakeComposer(project, first=FIRST))


def scores(done: Walk) -> dict[str, dict[str, Any]]:
    """Question key to candidate to score, or to its first refusal; with the confidence."""
    return {
        key: {
            **{c.id: c.refusals[0] if c.refusals else c.score for c in question.candidates},
            "confidence": question.confidence,
        }
        for key, question in done.questions.items()
    }


def told(done: Walk) -> dict[str, str]:
    """Question key to eight digits of the digest of all that it says: figures in reasons, risks, probes and flips are as
    much a result as scores are."""
    return {key: digest(question)[:8] for key, question in done.questions.items()}


def outputs(done: Walk) -> dict[str, Any]:
    return {name: json.loads(output.model_dump_json()) for name, output in done.outputs.items()}


def moved(after: Any, before: Any) -> Any:
    """What is in `after` and not the same in `before`, as deep as both are mappings."""
    if not isinstance(after, dict) or not isinstance(before, dict):
        return after
    return {k: moved(v, before.get(k)) for k, v in after.items() if v != before.get(k)}


def limits() -> dict[str, Any]:
    """Every named constant of the planning core that is a number, a word or a table of them."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for package in JUDGING:
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, value in vars(importlib.import_module(info.name)).items():
                named = name.isupper() and not name.startswith("_") and name not in ("AGENT", "C", "CRITIC", "T")
                place = isinstance(value, Path)  # where a file lies on this machine is no limit
                if not named or place or (isinstance(value, dict | tuple | list | frozenset) and id(value) in seen):
                    continue
                seen.add(id(value))
                if " at 0x" not in str(kept := _plain(value)):  # a function has no words
                    found[f"{info.name.removeprefix('agents.')}.{name}"] = kept
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, re.Pattern):
        return value.pattern
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | float | bool) else str(value)


def golden() -> dict[str, Any]:
    """File name to content."""
    base = run(SCENARIOS["churn"])
    start = {"scores": scores(base), "told": told(base), "outputs": outputs(base)}
    files: dict[str, Any] = {"churn.json": start, "limits.json": limits()}
    for name, project in SCENARIOS.items():
        if name != "churn":
            done = run(project)
            files[f"{name}.json"] = moved({"scores": scores(done), "told": told(done), "outputs": outputs(done)}, start)
    turned = {}
    for name, project in cases():
        turned[name] = _turned(run(project), base)
    return {**files, "turns.json": turned}


def _turned(done: Walk, base: Walk) -> dict[str, Any]:
    """Short: the scores that moved, and eight digits for each output that moved and for all that is told."""
    after, before = scores(done), scores(base)
    bare = {k: {c: "refused" if isinstance(v, str) else v for c, v in row.items()} for k, row in after.items()}
    return {
        "scores": {k: row for k, row in bare.items() if after[k] != before.get(k)},
        "told": digest(told(done))[:8],
        "outputs": {n: digest(o)[:8] for n, o in done.outputs.items() if o != base.outputs[n]},
    }


def text(content: Any) -> str:
    """One line a project and part where there are many, else indented."""
    if all(isinstance(row, dict) and set(row) == {"scores", "told", "outputs"} for row in content.values()):
        lines = [f" {json.dumps(name)}: {json.dumps(row, sort_keys=True)}" for name, row in sorted(content.items())]
        return "{\n" + ",\n".join(lines) + "\n}\n"
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, content in golden().items():
        (FOLDER / name).write_text(text(content), encoding="utf-8")


if __name__ == "__main__":
    main()
