"""Commands told from everything else that people write in comments, and who may run which."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.errors import BadInput
from agents.intake.change import read_change, read_changes
from bot.commands.command import discover
from bot.commands.parser import commands_in
from bot.commands.permission import read_permissions
from bot.events.event import read_event
from bot.publish.answer import quoted

NAMES = tuple(discover())
REPOSITORY = {"id": 7, "name": "churn", "full_name": "acme/churn", "default_branch": "main"}


def names(body):
    return [(asked.near or asked.name) for asked in commands_in(body, NAMES)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/status", ["status"]),
        ("Thanks!\r\n\r\n  /STATUS  \r\n/help\r\n", ["status", "help"]),
        ("/mlwright status", ["status"]),
        ("/status\n/status", ["status"]),
        ("see /status", []),
        ("`/status`", []),
        ("```\n/status\n```\n/help", ["help"]),
        ("~~~~\n```\n/status\n~~~\n/status\n~~~~", []),
        ("```\n/status", []),
        ("- ```\n  /status\n  ```", []),
        ("    /status", []),
        ("\t/status", []),
        ("> /status", []),
        ("> what about\n/status\n\n/help", ["help"]),
        ("<!--\n/status\n-->\n/help", ["help"]),
        ("<pre>\n/status\n</pre>\n/help", ["help"]),
        ("/etc/passwd\n/usr/bin/env\n/lgtm\n/hold\n/cc someone", []),
        ("/statsu\n/what-if a=1", ["status", "whatif"]),
    ],
)
def test_what_is_a_command(body, expected):
    assert names(body) == expected


def test_arguments_keep_quotes_lists_and_spaces():
    (asked,) = commands_in(
        '/replan regions=[eu-west-1, us-east-1] project.description = "a: b" sla_latency_ms=80', NAMES
    )
    assert read_changes(asked.arguments) == {
        "regions": ["eu-west-1", "us-east-1"],
        "project.description": "a: b",
        "sla_latency_ms": 80,
    }


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("/`~>< \n\t-=\"'[]{}&*!statushelpwhatif\u202e@#1")), max_size=200))
def test_any_text_is_read_without_harm(text):
    for asked in commands_in(text, NAMES):
        shown = quoted(asked.line)
        assert "\n" not in shown and "<!--" not in shown and shown.startswith("`")


@pytest.mark.parametrize(
    "value",
    ["{a: &a [x, x, x, x], b: &b [*a, *a, *a, *a], c: &c [*b, *b, *b, *b], d: &d [*c, *c, *c, *c], e: [*d, *d]}", "&a [*a]", "[" * 900,
     "!!binary aGk=", ".inf", "!!python/object/apply:os.system [id]", "*nowhere", "9" * 6000],
)  # fmt: skip
def test_a_value_that_is_a_bomb_is_refused(value):
    with pytest.raises(BadInput):
        read_change(f"budget_band={value}")


def test_settings_decide_who_may_run_what_and_broken_ones_permit_no_change():
    status, replan = discover()["status"], discover()["replan"]
    default = read_permissions(None)
    assert not default.refusal(status, "read") and default.refusal(status, "none")
    assert default.refusal(replan, "triage") and not default.refusal(replan, "write")
    own = read_permissions(b"commands: {replan: maintain, status: write}\n")
    assert own.refusal(replan, "write") and not own.refusal(replan, "admin") and own.refusal(status, "read")
    assert read_permissions(b"commands: {replan: read}").refusal(replan, "read"), "a change is never for everybody"
    for content in (b"commands: {replan: everybody}", b"commands: [a", b"commands: 3", b"[]", b"x" * 70_000, b"\xff"):
        broken = read_permissions(content)
        assert broken.refusal(replan, "admin"), content
        assert not broken.refusal(status, "read")


def payload(body, action="created", **changes):
    comment = {"id": 5, "body": body, "user": {"login": "ada", "type": "User"}, "updated_at": "t", **changes}
    issue = {"number": 3, "pull_request": {"url": "x"}}
    sender = {"login": changes.get("sender", "ada")}
    return {"action": action, "comment": comment, "issue": issue, "repository": REPOSITORY, "sender": sender}


def test_only_people_are_obeyed_and_only_for_their_own_words():
    (message,) = read_event("issue_comment", payload("hello\r\n/status")).messages
    assert (message.comment_id, message.number, message.pull_request) == (5, 3, True)
    (edited,) = read_event("issue_comment", payload("/status x", "edited", updated_at="u")).messages
    (at_once,) = read_event("issue_comment", payload("/status y", "edited", updated_at="u")).messages
    assert edited.dedupe_key != at_once.dedupe_key, "times are in whole seconds, and people edit within one"
    assert edited.dedupe_key != message.dedupe_key
    refused = [
        payload("/status", user={"login": "x[bot]", "type": "Bot"}),
        payload("/status", user={"login": "ada", "type": "User"}, performed_via_github_app={"id": 1}),
        payload("/status", "edited", sender="mallory"),
        payload("/status", "deleted"),
        payload("no command"),
        payload(None),
    ]
    for one in refused:
        assert read_event("issue_comment", one).messages == (), one


def test_the_documentation_has_every_command_and_no_other():
    text = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `/")]
    told = {row[0].removeprefix("| ").strip("`"): row[1] for row in rows}
    assert told == {command.usage: f"who can {command.default_role}" for command in discover().values()}
