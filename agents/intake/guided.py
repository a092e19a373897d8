"""Guided Setup: steps as data, and pure functions for what comes next, what an answer means and how much is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.domain.constraints import Cloud, Constraints, WorkloadType
from agents.domain.coverage import Choice
from agents.domain.findings import Severity
from agents.intake.answers import constraints_from, nested, plain, read_answer
from agents.intake.assumptions import BLOCKING
from agents.intake.conflicts import conflicts
from agents.intake.coverage import cover
from agents.intake.effect import Effect
from agents.intake.known import PROBLEMS_WITHOUT_LABEL, has_workload, ingests, problem_of
from agents.intake.nearest import nearest
from agents.intake.questions import ASKS, question
from agents.intake.regions import nearest_region
from agents.intake.shape import Items, Leaf, member_at, record_shape

Answers = Mapping[str, Any]
"""Typed answers by dotted key, in the order given; None: the person skipped that step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `applies` tells from the answers so far whether it has a part; `required` cannot be skipped."""

    key: str
    text: str
    hint: str
    required: bool = False
    applies: Callable[[Constraints], bool] = lambda constraints: True


@dataclass(frozen=True, slots=True)
class Asked:
    """A step as it is shown: its choices with their effect on this project, its unit, and how far one is."""

    step: Step
    choices: tuple[Choice, ...]
    unit: str
    number: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`value` is what will be written; or `problem` says why the answer was not taken and what to write."""

    value: Any = None
    problem: str | None = None
    warnings: tuple[str, ...] = ()


def _live(constraints: Constraints) -> bool:
    return _online(constraints) or _streaming(constraints)


def _online(constraints: Constraints) -> bool:
    return has_workload(constraints, WorkloadType.ONLINE) is not False


def _streaming(constraints: Constraints) -> bool:
    return ingests(constraints, WorkloadType.STREAMING) is not False


def _batch(constraints: Constraints) -> bool:
    return ingests(constraints, WorkloadType.BATCH) is not False


def _labelled(constraints: Constraints) -> bool:
    return problem_of(constraints) not in PROBLEMS_WITHOUT_LABEL


def _of(key: str, **more: Any) -> Step:
    return Step(key, ASKS[key].text, ASKS[key].hint, required=key in BLOCKING, **more)


STEPS: tuple[Step, ...] = (
    Step(
        "project.name",
        "What is the project called?",
        "lower-case letters, digits and dashes: churn",
        required=True,
    ),
    Step("project.description", "What is it for?", "a sentence"),
    _of("project.problem"),
    _of("cloud"),
    _of("data_classification"),
    _of("compliance"),
    _of("regions"),
    _of("workload_types"),
    _of("throughput.requests_per_second", applies=_online),
    _of("sla_latency_ms", applies=_live),
    _of("throughput.events_per_second", applies=_streaming),
    _of("throughput.batch_gb_per_day", applies=_batch),
    _of("throughput.training_rows"),
    _of("availability_target"),
    _of("budget_band.monthly_usd_max"),
    _of("deployment_pref"),
    _of("team_constraints.size"),
    Step(
        "data.label",
        "Which column holds the outcome?",
        "a column name: churned_within_30d",
        applies=_labelled,
    ),
    Step("data.entity", "Which column names what is scored?", "a column name: subscriber_id"),
    Step("data.event_time", "Which column says when a row was true?", "a column name: snapshot_date"),
)
"""In the order they are asked: what decides most first, and nothing before what its choices depend on."""


def next_step(answers: Answers, effect: Effect | None = None) -> Asked | None:
    """The first step that has a part and no answer yet; None when all are answered or skipped.

    `effect` tells plan and cost for the constraints with a choice taken; while a required answer is missing it compares
    with a usual one in its place (`agents.intake.outlook.provisional`).
    """
    constraints = _constraints(answers)
    open_steps = [step for step in STEPS if step.key not in answers and step.applies(constraints)]
    if not open_steps:
        return None
    step = open_steps[0]
    found = question(step.key, constraints, "", step.required, effect)
    member = member_at(record_shape(Constraints), step.key)
    return Asked(
        step=step,
        choices=found.choices if found is not None else (),
        unit=member.unit if member is not None else "",
        number=len(answers) + 1,
        remaining=len(open_steps) - 1,
    )


def judge(answers: Answers, key: str, text: str) -> Verdict:
    """What an answer in a person's words means: a ticked number or label, a value, or a problem. "" skips."""
    step = next((step for step in STEPS if step.key == key), None)
    if step is None:
        step = _of(key)  # a question that coverage asks beyond the steps of Guided Setup
    if not text.strip():
        problem = f"{key} is needed before anything can be planned. Write {step.hint}." if step.required else None
        return Verdict(problem=problem)
    constraints = _constraints({k: v for k, v in answers.items() if k != key})
    try:
        value = plain(read_answer(key, _spelled(key, _ticked(key, text, constraints), constraints)))
    except ValueError as wrong:
        return Verdict(problem=str(wrong))
    clashes = conflicts(_constraints({**answers, key: value}))
    mine = [clash for clash in clashes if clash.key.startswith(key)]
    wrong_ones = [f"{clash.what} {clash.remedy}" for clash in mine if clash.severity is Severity.ERROR]
    if wrong_ones:
        return Verdict(problem=wrong_ones[0])
    return Verdict(value=value, warnings=tuple(f"{clash.what} {clash.remedy}" for clash in mine))


def meter(answers: Answers) -> float:
    """The coverage score (0–1) of the answers so far."""
    return cover(_constraints(answers)).score


def final_values(answers: Answers) -> dict[str, Any]:
    """The answers as the nested values of `constraints.yaml` (for `render_yaml`), skipped ones left out."""
    return nested({"version": 1, **answers})


def _constraints(answers: Answers) -> Constraints:
    return constraints_from({key: value for key, value in answers.items() if value is not None})


def _ticked(key: str, text: str, constraints: Constraints) -> str:
    """The value behind a choice named by its label; text that is no label is left as it is."""
    found = question(key, constraints, "", False, None)
    choices = found.choices if found is not None else ()
    folded = text.strip().lower()
    return next((choice.value for choice in choices if choice.label.lower() == folded), text)


def _spelled(key: str, text: str, constraints: Constraints) -> str:
    """Words of a vocabulary as it spells them: a person who answers `k8s` or `Dublin` need not know the code."""
    member = member_at(record_shape(Constraints), key)
    if member is None:
        return text
    many = isinstance(member.shape, Items)
    parts = [part.strip() for part in text.strip("[] ").split(",")] if many else [text.strip()]
    leaf = member.shape.item if isinstance(member.shape, Items) else member.shape
    if key == "regions":
        cloud = constraints.cloud or Cloud.AWS
        return ", ".join(
            nearest_region(part, cloud) or part if " " in part or part.isalpha() else part for part in parts
        )
    if isinstance(leaf, Leaf) and leaf.choices:
        return ", ".join(nearest(part, leaf.choices) or part for part in parts)
    return text
