"""A waiver counts in its scope: what lies outside still fails, several scopes add up, whole-plan rules know none."""

from datetime import date
from typing import Any

import pytest

from agents.domain.constraints import Waiver
from agents.domain.findings import Finding, Severity
from agents.policy.engine import evaluate
from agents.policy.files import file_facts
from tests.plancore.test_policy import BAD, BASE, PACK, facts, waiver

QUEUE = b'resource "aws_sqs_queue" "q" {\n  name = "q"\n}\n'


def scoped(*scopes: tuple[str, ...], rule: str = "encryption_at_rest", dev: bool = True, prod: bool = False) -> Any:
    files = {f"infra/envs/{env}/main.tf": QUEUE for env, there in (("dev", dev), ("prod", prod)) if there}
    held = [Waiver(rule=rule, owner="ops", reason="trial", until="2026-12-31", scope=scope) for scope in scopes]
    found = evaluate("files", {**BASE, **file_facts(files)}, PACK, held, date(2026, 1, 1))
    return next(r for r in found.rules if r.id == rule)


@pytest.mark.parametrize(
    "scope", ["environment:dev", "path:infra/envs/*", "path:infra/envs/dev/main.tf", "environment:d?v"]
)
def test_a_waiver_takes_what_lies_in_its_scope(scope: str) -> None:
    assert scoped((scope,)).status == "waived" and scope in scoped((scope,)).waived_by


@pytest.mark.parametrize("scope", ["environment:prod", "path:infra/modules/*", "slot:serve.*"])
def test_a_waiver_does_not_reach_beyond_its_scope(scope: str) -> None:
    result = scoped((scope,))
    assert (
        result.status == "fail"
        and "outside the scope of its waiver: aws_sqs_queue.q (infra/envs/dev/main.tf)" in result.detail
    )


def test_what_is_left_still_fails_and_several_waivers_add_up() -> None:
    both = {"dev": True, "prod": True}
    left = scoped(("environment:dev",), **both)
    assert left.status == "fail" and "scope of its waiver: aws_sqs_queue.q (infra/envs/prod/main.tf)" in left.detail
    assert scoped(("environment:dev",), ("environment:prod",), **both).status == "waived"
    assert scoped(("environment:dev", "environment:prod"), **both).status == "waived"
    assert scoped((), **both).status == "waived"


def test_a_scope_means_nothing_for_a_rule_on_the_whole_plan() -> None:
    held = waiver().model_copy(update={"scope": ("environment:dev",)})
    result = next(r for r in evaluate("plan", BAD, PACK, (held,), date(2026, 1, 1)).rules if r.id == "phi_hipaa")
    assert result.status == "fail" and "about the plan as a whole" in result.detail


def test_a_critics_error_is_waived_by_the_slot_it_is_about() -> None:
    error = Finding(
        rule="tech.lag", severity=Severity.ERROR, message="late", source="critic_tech", key="serve.streaming"
    )

    def left(scope: str) -> str:
        held = Waiver(rule="unresolved_findings", owner="ops", reason="known", until="2026-12-31", scope=(scope,))
        return next(
            r for r in evaluate("plan", facts((error,)), PACK, (held,), date(2026, 1, 1)).rules if r.id == held.rule
        ).status

    assert (left("slot:serve.*"), left("slot:train")) == ("waived", "fail")


@pytest.mark.parametrize("scope", ["dev", "environment:", "place:x", "path:a b", "slot:a:b"])
def test_a_scope_has_one_of_three_kinds(scope: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        Waiver(rule="r", owner="o", reason="r", until="2026-12-31", scope=(scope,))
