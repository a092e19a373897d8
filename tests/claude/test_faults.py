"""What can go wrong with Claude, and what comes of it: an answer after all, or the expert's, and why on the card."""

import json
from typing import Any

import pytest

from agents.domain.agent import AgentResult
from agents.errors import BadInput
from agents.llm.consult import MAX_REPAIRS
from tests.claude.asking import DONE, FIRST, SECOND, Clock, Table
from tests.claude.claude_server import MessagesServer

AGENT = "data_sourcing"


def fault(kind: str, times: int = 1, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "times": times, **more}


def by(result: AgentResult) -> set[str]:
    return {decision.provider for decision in result.decisions}


def test_claude_answers_and_the_card_says_so(claude: MessagesServer) -> None:
    result = Table(claude).ask()
    assert by(result) == {"anthropic"} and result.output == DONE.outputs[AGENT]
    assert all("Rests on " in d.justification and not d.dissent for d in result.decisions)
    assert result.receipt["usage"].calls == 1 and result.receipt["model"] == FIRST
    [call] = claude.calls
    assert call["key"] == "sk-ant-test-0123456789"
    assert not {"temperature", "top_p", "top_k", "tools", "thinking"} & set(call["body"])
    assert "effort" not in call["body"]["output_config"], "it is left to the model unless somebody set it"


def test_another_feasible_choice_is_taken_and_concluded_from(claude: MessagesServer) -> None:
    claude.tell(choose="other")
    result = Table(claude).ask()
    assert by(result) == {"anthropic"}
    assert {d.question.key: d.choice for d in result.decisions} != {k: c.id for k, c in DONE.chosen[AGENT].items()}
    assert type(result.output) is type(DONE.outputs[AGENT]) and result.output != DONE.outputs[AGENT]


PASSING = [
    fault("status", status=429, retry_after=2),
    fault("status", status=500),
    fault("status", status=529),
    fault("stream_overloaded"),
    fault("cut"),
    fault("empty"),
    fault("not_http"),
]


@pytest.mark.parametrize("what", PASSING, ids=lambda f: f"{f['kind']}-{f.get('status', '')}")
def test_what_passes_is_tried_again(claude: MessagesServer, what: dict[str, Any]) -> None:
    claude.tell(what)
    table = Table(claude)
    result = table.ask()
    assert by(result) == {"anthropic"} and result.receipt["usage"].retries == 1
    assert [call["model"] for call in claude.calls] == [FIRST, FIRST]
    assert table.clock.waits == [2.0 if "retry_after" in what else 1.0]


@pytest.mark.parametrize("what", PASSING[1:], ids=lambda f: f"{f['kind']}-{f.get('status', '')}")
def test_then_the_second_model_answers(claude: MessagesServer, what: dict[str, Any]) -> None:
    claude.tell({**what, "times": 9, "model": FIRST})
    table = Table(claude)
    result = table.ask()
    assert by(result) == {"anthropic"} and result.receipt["model"] == SECOND
    assert [call["model"] for call in claude.calls] == [FIRST] * 3 + [SECOND]
    assert table.clock.waits == [1.0, 2.0]  # half of 2 and of 4: full jitter of a back-off that doubles


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (fault("status", 99, status=529), "is overloaded (529), 3 tries"),
        (fault("status", 99, status=500), "is unwell (500), 3 tries"),
        (fault("stream_overloaded", 99), "is overloaded (529), 3 tries"),
        (fault("cut", 99), "was cut in mid-answer, 3 tries"),
        (fault("refusal", 99), "declined to answer"),
        (fault("context", 99), "the brief is longer than"),
        (
            fault("status", 99, status=400, message="grammar is too large"),
            "did not take the request (400: grammar is too large)",
        ),
    ],
    ids=lambda v: v if isinstance(v, str) else v["kind"],
)
def test_then_the_expert_answers_and_the_card_says_why(claude: MessagesServer, what: dict[str, Any], said: str) -> None:
    claude.tell(what)
    result = Table(claude).ask()
    assert by(result) == {"expert"} and result.output == DONE.outputs[AGENT]
    for decision in result.decisions:
        assert said in decision.dissent[0] and FIRST in decision.dissent[0] and SECOND in decision.dissent[0]
        assert decision.dissent[0].endswith("the expert's answer stands")


def test_a_long_wait_is_not_slept_through(claude: MessagesServer) -> None:
    claude.tell(fault("status", 9, status=429, retry_after=3600, model=FIRST))
    table = Table(claude)
    assert table.ask().receipt["model"] == SECOND
    assert table.clock.waits == [] and len(claude.calls) == 2
    table.ask()
    assert claude.calls[-1]["model"] == SECOND and len(claude.calls) == 3, (
        "the model asked to be left alone for an hour"
    )


def test_a_model_that_keeps_failing_is_left_alone_and_probed_after_the_cool_down(claude: MessagesServer) -> None:
    claude.tell(fault("status", 3, status=529, model=FIRST))
    clock = Clock()
    table = Table(claude, clock=clock)
    table.ask()
    table.ask()
    assert [call["model"] for call in claude.calls] == [FIRST, FIRST, FIRST, SECOND, SECOND]
    clock.now += 61
    assert table.ask().receipt["model"] == FIRST


def test_an_answer_that_was_cut_off_gets_more_room_once(claude: MessagesServer) -> None:
    claude.tell(fault("max_tokens"))
    assert by(Table(claude).ask()) == {"anthropic"}
    assert [call["body"]["max_tokens"] for call in claude.calls] == [8000, 16000]
    claude.tell(fault("max_tokens", 9))
    result = Table(claude, {"second_model": None}).ask()
    assert by(result) == {"expert"} and "needed more than 16,000 tokens" in result.decisions[0].dissent[0]


FAULTY = [
    ("garbage", "not of the form"),
    ("schema", "not of the form"),
    ("wrong_candidate", "'magic' is not a candidate"),
    ("bad_cite", "the.moon"),
    ("link", "holds an address"),
]


@pytest.mark.parametrize(("kind", "said"), FAULTY)
def test_a_faulty_answer_is_repaired_with_the_validators_words(claude: MessagesServer, kind: str, said: str) -> None:
    claude.tell(fault(kind, MAX_REPAIRS))
    table = Table(claude)
    result = table.ask()
    assert by(result) == {"anthropic"} and result.receipt["repairs"] == MAX_REPAIRS and not table.aside
    roles = [[m["role"] for m in call["body"]["messages"]] for call in claude.calls]
    assert roles == [["user"], ["user", "assistant", "user"], ["user", "assistant", "user", "assistant", "user"]]
    assert said in claude.calls[1]["body"]["messages"][2]["content"][0]["text"]


@pytest.mark.parametrize(("kind", "said"), FAULTY)
def test_after_two_repairs_the_experts_answer_stands_and_the_payloads_are_put_aside(
    claude: MessagesServer, kind: str, said: str
) -> None:
    claude.tell(fault(kind, 9))
    table = Table(claude)
    result = table.ask()
    first = result.decisions[0]
    assert first.provider == "expert" and said in first.dissent[0] and "answer was refused" in first.dissent[0]
    assert len(claude.calls) == 1 + MAX_REPAIRS
    [(agent, document)] = table.aside
    assert agent == AGENT and len(json.loads(document)["answers"]) == 1 + MAX_REPAIRS


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "does not accept the key"), (403, "may not do that"), (404, f"does not know the model (404) {FIRST}")],
)
def test_what_a_person_must_mend_is_no_case_for_the_expert(claude: MessagesServer, status: int, said: str) -> None:
    claude.tell(fault("status", 9, status=status))
    with pytest.raises(BadInput) as refused:
        Table(claude).ask()
    assert said in refused.value.message and "docs/claude.md" in refused.value.remedy
    assert len(claude.calls) == 1


def test_a_server_that_is_not_there() -> None:
    result = Table(MessagesServer(9)).ask()
    assert by(result) == {"expert"} and "could not be reached, 3 tries" in result.decisions[0].dissent[0]


def test_no_answer_in_time(claude: MessagesServer) -> None:
    claude.tell(hold_s=0.4)
    result = Table(claude, {"timeout_s": 0.1, "tries": 1, "second_model": None}).ask()
    assert by(result) == {"expert"} and "did not answer in time, 1 try" in result.decisions[0].dissent[0]
