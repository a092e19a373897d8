"""Feasibility and the generated tree against the plan: ceilings, gaps and holes on both sides of each limit."""

from dataclasses import replace
from decimal import Decimal

import pytest

from agents.cost.compared import Gap
from agents.critics import implementation, technical
from agents.critics.critic import CriticFacts
from agents.domain.findings import Finding, Severity
from agents.patterns import Catalogue
from agents.patterns.evaluated import Evaluated
from tests.plancore.reviewing import ECS, plan
from tests.plancore.test_critics import facts

SERVING = plan(**ECS).evaluated()["serve.online"]


def asked(demand: float | None, throughput: float | None, **more: object) -> list[Finding]:
    part: Evaluated = replace(SERVING, demand=demand, throughput=throughput, **more)
    return list(technical._headroom({"serve.online": part}))


@pytest.mark.parametrize(
    ("demand", "throughput", "share"),
    [
        (70, 100, None),
        (71, 100, "71%"),
        (100, 100, "100%"),  # what is more is refused by the pattern
        (101, 100, None),
        (0.5, 0.6, "83%"),
        (0, 100, None),
        (-1, 100, None),
        (None, 100, None),
        (71, None, None),
    ],
)
def test_headroom_is_told_above_seven_tenths_of_what_is_carried(
    demand: float | None, throughput: float | None, share: str | None
) -> None:
    found = asked(demand, throughput)
    assert [share in f.message for f in found if share] == ([True] if share else []) and bool(found) is bool(share)


def test_what_nobody_provides_is_named_with_those_who_would() -> None:
    best = plan()
    needing = {"serve.online": replace(SERVING, requires=("encryption", "no.such.tag"))}
    told = {f.message.split("needs ")[1].split(",")[0]: f for f in technical._needs(best, needing)}
    assert set(told) == {"no.such.tag"}, "what another slot provides is no gap"
    bare = best.composition.model_copy(update={"slots": {"serve.online": "serve:aws-ecs-fargate"}})
    (found,) = technical._needs(CriticFacts(best.requirements, bare, {}), {"serve.online": SERVING})
    catalogue = Catalogue.load()
    makers = [name for name in catalogue.ids if "model" in catalogue.get(name).provides]
    assert makers and found.remediation == f"Take one of {', '.join(makers)}, or another pattern for serve.online."
    assert found.rules_out == ("serve:aws-ecs-fargate",)


def reviewed(monkeypatch: pytest.MonkeyPatch, gap: Gap, monthly: str, files: dict[str, bytes] | None = None) -> Finding:
    given = facts()
    assert given.cost is not None
    cost = given.cost.model_copy(update={"monthly_usd": Decimal(monthly)})
    monkeypatch.setattr(implementation, "gaps", lambda *_: (gap,))
    found = implementation.judge(
        CriticFacts(given.requirements, given.composition, {}, cost, {} if files is None else files)
    )
    (told,) = [f for f in found if not f.rule.endswith("module-missing")]
    return told


@pytest.mark.parametrize(
    ("usd", "monthly", "severity"),
    [
        ("5", "16", Severity.WARNING),
        ("5.01", "16", Severity.ERROR),  # a quarter is 4
        ("100", "400", Severity.WARNING),
        ("100.01", "400", Severity.ERROR),
        ("6", "400", Severity.WARNING),
    ],
)
def test_a_hole_in_the_bill_is_an_error_above_five_dollars_and_a_quarter(
    monkeypatch: pytest.MonkeyPatch, usd: str, monthly: str, severity: Severity
) -> None:
    gap = Gap("priced-too-few", "aws_x", "y", "", "serve.online", ("prod",), 3, 1, Decimal(usd))
    found = reviewed(monkeypatch, gap, monthly)
    assert found.severity is severity and found.agent == "inference_service" and found.location is None
    assert f"3 of aws_x stand, 1 are on the bill: about {Decimal(usd):,.2f} USD a month are missing" == found.message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("priced-too-many", "about 9.00 USD a month too much"),
        ("priced-not-generated", "9.00 USD a month are planned for aws_x in train, and none is generated"),
        ("generated-not-priced", "aws_x.y costs money by standing there, and the estimate has no line for it"),
    ],
)
def test_other_differences_are_warnings_in_their_own_words(
    monkeypatch: pytest.MonkeyPatch, kind: str, words: str
) -> None:
    gap = Gap(kind, "aws_x", "y", "", "train", ("prod",), 1, 3, Decimal(9))  # type: ignore[arg-type]
    found = reviewed(monkeypatch, gap, "16")
    assert found.severity is Severity.WARNING and found.message.endswith(words), found.message
    assert found.rule == f"implementation.{kind}" and found.agent == "training_pipeline"


def test_a_difference_is_located_at_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'# a comment\n\nresource "aws_x" "other" {}\nresource "aws_x" "y" {}\n'
    gap = Gap("generated-not-priced", "aws_x", "y", "a.tf", "", ("prod",))
    found = reviewed(monkeypatch, gap, "16", {"a.tf": text})
    assert found.location is not None and (found.location.path, found.location.line) == ("a.tf", 4)
    unnamed = reviewed(monkeypatch, replace(gap, name="gone"), "16", {"a.tf": text})
    assert unnamed.location is not None and unnamed.location.line == 1
