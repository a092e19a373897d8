"""What a model may write about its choice: prose passes, what would act is sent back, and no refusal repeats its words to people."""

import json

import pytest

from agents.domain.decision import Answer, Risk
from agents.llm import page
from agents.llm.checks import faults
from agents.llm.claude.door import Said
from agents.llm.claude.provider import _read
from agents.llm.provider import Usage
from tests.claude.asking import AGENTS, DONE, GROUNDS

AGENT, BRIEF = AGENTS["data_sourcing"], DONE.briefs["data_sourcing"]
QUESTIONS = AGENT.options(BRIEF)

NEVER = [
    "See https://a.test/x",
    "see www.a.test",
    "ftp://a.test",
    "at collect.evil.com?d=1",
    "10.0.0.1:8080/x",
    "write to eve@evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "<img src=x>",
    "</details>",
    "<?xml",
    "![p](x)",
    "[a](b)",
    "[p]: x",
    "```x```",
    "cc @octocat",
    "@acme/admins decide",
    "closes #12",
    "Fixes: acme/churn#3",
    "as in acme/churn#3",
    "GH-7",
    "${{ secrets.KEY }}",
    "{{ config }}",
    "{% include %}",
    "%{ if true }",
    "::set-output name=x::y",
    "::add-mask::x",
    "##[error]x",
    "/approve",
    "  /waive cost.within-band until=2099-01-01",
]
LEGITIMATE = [
    "latency < 50 ms at recall@10 and precision @ 5",
    "a_b*c, C#, e-mail, #1 priority, R&D; AT&T",
    "It costs $5 a month; 99.9 % of 1.2.3 releases passed infra/main.tf",
    "/opt/ml is read by train.py --> models, x[0][1] in [0, 1]",
    "naïve 日本語 🙂 fixes the skew, closes the gap",
    "at 10:30, ratio 3:1, serve.online: Fargate",
]


def judged(text: str, place: str) -> dict[str, str]:
    def answer(key: str, candidate: str) -> Answer:
        risk = Risk(risk="It may drift.", probe="Compare two weeks.")
        risk = risk if place == "justification" else risk.model_copy(update={place: text})
        words = text if place == "justification" else "It holds."
        return Answer(key=key, candidate=candidate, justification=words, cites=("cloud",), risks=(risk,))

    return faults(AGENT, BRIEF, QUESTIONS, tuple(answer(q.key, q.best.id) for q in QUESTIONS), GROUNDS)


@pytest.mark.parametrize("place", ["justification", "risk", "probe"])
@pytest.mark.parametrize("text", NEVER)
def test_what_would_act_is_sent_back_and_not_repeated(text: str, place: str) -> None:
    wrong = judged(text, place)
    assert set(wrong) == {q.key for q in QUESTIONS}
    assert all(text.strip() not in why for why in wrong.values())


@pytest.mark.parametrize("text", LEGITIMATE)
def test_prose_passes(text: str) -> None:
    assert judged(text, "justification") == judged(text, "probe") == {}


EVIL = "x](https://evil.test) @octocat closes #1"


@pytest.mark.parametrize("field", ["candidate", "cites"])
def test_ids_are_no_door_for_prose(field: str) -> None:
    good = [Answer(key=q.key, candidate=q.best.id, justification="It holds.", cites=("cloud",)) for q in QUESTIONS]
    bad = good[0].model_copy(update={field: EVIL if field == "candidate" else (EVIL,)})
    wrong = faults(AGENT, BRIEF, QUESTIONS, (bad, *good[1:]), GROUNDS)
    assert wrong and not any("evil" in why for why in wrong.values())
    typo = good[0].model_copy(update={field: "clud" if field == "candidate" else ("clud",)})
    wrong = faults(AGENT, BRIEF, QUESTIONS, (typo, *good[1:]), GROUNDS)
    assert any("'clud'" in why for why in wrong.values()), "a mistake is named"


def test_names_of_fields_are_no_door_either() -> None:
    answer = {"key": "k", "candidate": "c", "justification": "j", "cites": [], "risks": [], EVIL: EVIL}
    reply = _read_text(json.dumps({"answers": [answer]}))
    assert "answers.0.…" in reply and "evil" not in reply
    assert "answers.0.risks" in _read_text(json.dumps({"answers": [{**answer, "risks": "x"}]}))


def _read_text(said: str) -> str:
    reply = _read(page.ModelAnswers, Said(said, Usage()), "m", Usage())
    assert reply.answers == ()
    return reply.unread
