"""The manager step: exactly the named agents think again with the finding in their brief, at most twice; what stands
after that is dissent."""

import pytest

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import OUTPUTS
from agents.graph.nodes import judging
from agents.reports.headline import dissent, open_findings
from tests.agents_suite.scenarios import SCENARIOS
from tests.plancore.deliberation import deliberate

ECS = "serve:aws-ecs-fargate"


def against(monkeypatch: pytest.MonkeyPatch, count: int, slot: str = "serve.online") -> None:
    """A technical review that proves the first `count` patterns of a slot impossible, and says nothing else."""
    seen: list[str] = []

    def judge(facts: CriticFacts) -> tuple[Finding, ...]:
        chosen = facts.composition.slots[slot]
        if chosen not in seen and len(seen) < count:
            seen.append(chosen)
        if chosen not in seen:
            return ()
        return (technical("proof", Severity.ERROR, slot, f"{chosen} cannot be", "Take another.", slot, (chosen,)),)

    monkeypatch.setattr(judging, "technical_critics", lambda: (Critic("only", "plan", judge),))


def test_a_pattern_that_is_proved_impossible_loses_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    against(monkeypatch, 1)
    done = deliberate(SCENARIOS["churn"], monkeypatch)
    first, second = done.chosen("serve.online")
    assert first != second
    assert [r.sent_back for r in done.reports if r.critic == "technical"] == [("deployment_serving",), ()]
    question = done.plans[-1].decision("serve.online").question
    assert done.plans[-1].composition.slots["serve.online"] == second
    assert question.candidate(first).refusals == (f"{first} cannot be",)
    assert any("critic_tech sent this back" in reason for reason in question.confidence_reasons)
    proposed = [told for type, told in done.told if type == "plan_proposed"]
    assert [(p["round"], p["plan"]) for p in proposed] == [(n, plan.digest) for n, plan in enumerate(done.plans)]
    judged = [
        (type, told["errors"], told["sent_back"]) for type, told in done.told if told.get("critic") == "technical"
    ]
    assert judged == [("critic_findings", 1, ["deployment_serving"]), ("critic_passed", 0, [])]
    before = list(OUTPUTS)[: list(OUTPUTS).index("deployment_serving")]
    assert {name: done.asked[name] for name in before} == dict.fromkeys(before, 1), (
        "who is not named is not asked again"
    )
    assert done.asked["deployment_serving"] == 2 and done.asked["inference_pipeline"] == 2


def test_what_one_round_proved_the_next_does_not_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    against(monkeypatch, 2)
    loose = {"availability_target": 99.0, "budget_usd_max": None, "budget_usd_target": None}
    done = deliberate(SCENARIOS["churn"].model_copy(update=loose), monkeypatch)
    assert len(set(done.chosen("serve.online"))) == 3
    assert [r.round for r in done.reports if r.critic == "technical"] == [0, 1, 2]


def test_after_two_rounds_what_stands_is_dissent_and_fails_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    against(monkeypatch, 1)
    done = deliberate(SCENARIOS["churn"].model_copy(update={"pins": {"serve.online": ECS}}), monkeypatch)
    assert done.chosen("serve.online") == [ECS] * 3
    assert [r.sent_back for r in done.reports] == [("deployment_serving",), ("deployment_serving",), ()]
    assert [m for _, m in dissent(done.reports)] == [f"{ECS} cannot be"]
    rule = next(r for r in done.policy.rules if r.id == "unresolved_findings")
    assert rule.status == "fail" and f"{ECS} cannot be" in rule.detail and done.policy.overall == "fail"


def test_an_error_that_names_nobody_is_not_sent_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(facts: CriticFacts) -> tuple[Finding, ...]:
        return (technical("sla", Severity.ERROR, None, "no plan can", "Ask for less.", "availability_target"),)

    monkeypatch.setattr(judging, "technical_critics", lambda: (Critic("only", "plan", judge),))
    done = deliberate(SCENARIOS["churn"], monkeypatch)
    assert len(done.plans) == 1 and done.reports[0].sent_back == ()
    assert dissent(done.reports) == (("technical", "no plan can"),)


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.INFO])
def test_advice_sends_nobody_back_and_is_no_dissent(monkeypatch: pytest.MonkeyPatch, severity: Severity) -> None:
    def judge(facts: CriticFacts) -> tuple[Finding, ...]:
        return (technical("hint", severity, "serve.online", "look", "Look.", "serve.online", (ECS,)),)

    monkeypatch.setattr(judging, "technical_critics", lambda: (Critic("only", "plan", judge),))
    done = deliberate(SCENARIOS["churn"], monkeypatch)
    assert len(done.plans) == 1 and dissent(done.reports) == ()
    assert len(open_findings(done.reports)) == (severity is Severity.WARNING)


# --- with the real review: contradictions of real plans that a second round mends, and one that none can ---------------


def test_a_hosted_model_in_series_makes_the_fallback_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """99.9 % is asked, Lambda and the model are agreed at 99.9 % each: with a fallback that refuses, no plan holds it."""
    done = deliberate(SCENARIOS["rag"].model_copy(update={"domain": "health"}), monkeypatch)
    first, second = done.chosen("inference.fallback")
    assert first == "refuse" and second != "refuse"
    assert done.reports[0].sent_back == ("inference_pipeline",)
    errors = [f for f in done.reports[0].findings if f.severity is Severity.ERROR]
    assert [(f.rule, f.key) for f in errors] == [("tech.availability", "inference.fallback")] and "99.8" in errors[
        0
    ].message
    assert dissent(done.reports) == ()


def test_availability_that_no_pattern_reaches_stays_and_fails_its_own_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """99.98 % is what ECS alone is agreed at; a hosted model is called through NAT gateways."""
    asked = SCENARIOS["rag"].model_copy(
        update={"availability_target": 99.98, "pins": {"serve.online": ECS}, "budget_usd_max": None}
    )
    done = deliberate(asked, monkeypatch)
    last = [r for r in done.reports if r.critic == "technical"][-1]
    stands = [f for f in last.findings if f.severity is Severity.ERROR and f.rule == "tech.availability"]
    assert any("NAT gateway 99.99 %" in f.message and f.agent is None for f in stands)
    assert {r.id for r in done.policy.rules if r.status == "fail"} >= {"availability_slo", "unresolved_findings"}
