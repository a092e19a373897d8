"""What critics said and what is only assumed stands in the questions, lowers confidence, and turns near
ties only."""

import pytest

from agents.domain.decision import Question
from agents.domain.findings import Finding, Severity
from agents.domain.requirements import Assumption
from agents.expert.ask import ask
from agents.expert.weigh import Fact, Refusal, option
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import SCENARIOS
from tests.agents_suite.walking import AGENTS, walk

CHURN = SCENARIOS["churn"]
BRIEF = walk(CHURN, FakeComposer(CHURN)).briefs["data_sourcing"]


def finding(**changes: object) -> Finding:
    fields = {
        "rule": "tech.headroom",
        "severity": Severity.ERROR,
        "message": "full at 1.1 times the load",
        "remediation": "test at 40 rps",
        "source": "critic_tech",
        "agent": "deployment_serving",
        "key": "serve.online",
    }
    return Finding.model_validate({**fields, **changes})


def serving(*findings: Finding) -> Question:
    return walk(CHURN, FakeComposer(CHURN), findings=findings).questions["serve.online"]


def test_a_finding_addressed_to_the_agent_is_a_risk_a_reason_and_a_penalty() -> None:
    before, after = serving(), serving(finding())
    # a doubt, and a lead of 0.1 instead of 0.2: 0.2 x (0.1 / 0.3)
    assert after.confidence == pytest.approx(before.confidence - 0.1 - 0.0667, abs=0.011)
    assert any("critic_tech sent this back: full at 1.1" in reason for reason in after.confidence_reasons)
    assert ("full at 1.1 times the load", "test at 40 rps") in [(x.risk, x.probe) for x in after.risks]
    assert after.candidates[0].score == pytest.approx(before.candidates[0].score - 0.10)
    assert after.candidates[1] == before.candidates[1]
    assert serving(finding(severity=Severity.WARNING)).candidates[0].score == pytest.approx(
        before.candidates[0].score - 0.05
    )


@pytest.mark.parametrize("other", [{"agent": "model_training"}, {"agent": None}, {"key": "deploy.rollout"}])
def test_a_finding_for_somebody_else_changes_nothing(other: dict[str, object]) -> None:
    assert serving(finding(**other)) == serving()


@pytest.mark.parametrize("key", [None, "budget_band.monthly_usd_max", "sla_latency_ms"])
def test_a_finding_about_a_constraint_reaches_every_decision_of_its_agent(key: str | None) -> None:
    doubted = walk(CHURN, FakeComposer(CHURN), findings=(finding(key=key),))
    for asked in doubted.chosen["deployment_serving"]:
        assert any("sent this back" in why for why in doubted.questions[asked].confidence_reasons)


@pytest.mark.parametrize("agent", AGENTS)
def test_every_agent_answers_its_critics(agent: str) -> None:
    doubted = walk(CHURN, FakeComposer(CHURN), findings=(finding(agent=agent, key=None),))
    for key in doubted.chosen[agent]:
        assert any("sent this back" in why for why in doubted.questions[key].confidence_reasons), key


def close(first: float, second: float, *findings: Finding) -> Question:
    brief = walk(CHURN, FakeComposer(CHURN), findings=findings).briefs["data_sourcing"]
    candidates = (option("a", "A", (), base=first), option("b", "B", (), base=second))
    return ask(
        brief,
        "data_sourcing",
        "x.y",
        "?",
        candidates,
        rests_on=("data.label",),
        flips={"a": "if a", "b": "if b"},
    )


def test_doubt_turns_a_near_tie_and_never_a_clear_lead() -> None:
    doubt = finding(agent="data_sourcing", key="x.y")
    assert (close(0.7, 0.65).best.id, close(0.7, 0.65, doubt).best.id) == ("a", "b")
    assert close(0.9, 0.65, doubt).best.id == "a"
    assert close(0.7, 0.65).flips == ("to b if b",) and close(0.7, 0.65, doubt).flips == ("to a if a",)


def test_a_close_call_is_less_certain() -> None:
    assert close(0.9, 0.5).confidence == 0.96  # nothing has run yet
    assert close(0.7, 0.65).confidence == pytest.approx(0.96 - 0.2 * (1 - 0.05 / 0.3), abs=0.006)
    assert close(0.7, 0.7).confidence == 0.76
    assert close(0.7, 0.65).confidence_reasons == ("b is close: 0.7 to 0.65",)


def test_a_decision_on_facts_that_nobody_gave_is_less_certain() -> None:
    silent = CHURN.model_copy(update={"data": CHURN.data.model_copy(update={"label": None})})
    brief = walk(silent, FakeComposer(silent)).briefs["data_sourcing"]
    candidates = (option("a", "A", (), base=0.9), option("b", "B", (), base=0.5))
    asked = ask(brief, "data_sourcing", "x.y", "?", candidates, rests_on=("data.label",), flips=())
    assert asked.confidence == 0.81  # 0.96 less half of 0.3
    assert asked.confidence_reasons[0] == "not named: data.label"


def test_an_assumption_under_a_decision_lowers_its_confidence_until_confirmed() -> None:
    guess = Assumption(id="A3", key="data.label", value="churned", reason="-", blast_radius="-")
    base = walk(CHURN, FakeComposer(CHURN)).questions["sourcing.labels"]
    assumed = walk(CHURN, FakeComposer(CHURN), assumptions=(guess,)).questions["sourcing.labels"]
    sure = guess.model_copy(update={"confirmed": True})
    confirmed = walk(CHURN, FakeComposer(CHURN), assumptions=(sure,)).questions["sourcing.labels"]
    assert assumed.confidence < base.confidence
    assert any("A3 is assumed: data.label = churned" in why for why in assumed.confidence_reasons)
    assert confirmed == base


def test_facts_move_scores_and_are_told_with_their_points() -> None:
    made = option("a", "A", (Fact(True, 0.2, "yes"), Fact(False, 0.5, "no"), Fact(True, -0.1, "but")), base=0.4)
    assert made.score == 0.5 and made.tradeoffs == ("yes (+0.20)", "but (-0.10)")
    assert option("a", "A", (Fact(True, 5, "x"),)).score == 1.0
    assert option("a", "A", (), refusals=(Refusal(True, "r"), Refusal(False, "s"))).refusals == ("r",)


def test_a_flip_to_nothing_is_refused() -> None:
    candidates = (option("a", "A", ()), option("b", "B", ()))
    with pytest.raises(ValueError, match="no candidate"):
        ask(BRIEF, "data_sourcing", "x.y", "?", candidates, rests_on=(), flips={"c": "if c"})
