"""Issues in plain words, the pure parts: what starts a reading, and what forms, replies, boxes and quotes come to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.domain.constraints import Constraints
from agents.intake.answers import plain
from agents.intake.conversation import Told, Turn, drafted
from agents.intake.parse import parse
from agents.intake.write import render_yaml
from bot.commands.parser import prose
from bot.commands.replies import read_reply
from bot.events.event import read_event
from bot.issue_messages import INTAKE_HEADING, IssueOutcome, ReadIssue
from bot.jobs.issue_intake import slug
from bot.messages import AnswerComment, parse_message
from bot.publish.issue_answer import outcome_text, read_outcome
from bot.publish.issue_boxes import answer, choice, read_boxes
from bot.publish.issue_form import FORM, read_form

REPOSITORY = {"id": 7, "name": "churn", "full_name": "acme/churn", "default_branch": "main"}
ADA, BOT = {"login": "ada", "type": "User"}, {"login": "mlwright[bot]", "type": "Bot"}
FILLED = (
    f"{INTAKE_HEADING}\r\n\r\nNightly scores on AWS.\r\n\r\n### What kind of data is it?\r\n\r\nhealth (phi)\r\n\r\n"
    "### What may it cost a month?\r\n\r\nabout 900 USD a month\r\n\r\n### What else must hold?\r\n\r\n_No response_"
)


def event(action="opened", sender=ADA, label=None, **issue):
    about = {"number": 5, "title": "t", "body": "b", "state": "open", "updated_at": "t1", "user": ADA, "labels": []}
    more = {"label": {"name": label}} if label else {}
    return {"action": action, "repository": REPOSITORY, "sender": sender, "issue": about | issue} | more


OURS = {"labels": [{"name": "mlwright"}]}


@pytest.mark.parametrize(
    "payload",
    [
        event(**OURS),
        event("edited", **OURS),
        event("reopened", **OURS),
        event("labeled", label="mlwright", **OURS),
        event(body=FILLED),
        event(labels=[{"name": "MLwright"}]),
    ],
)
def test_an_issue_by_the_form_or_with_the_label_is_read(payload):
    (message,) = read_event("issues", payload).messages
    assert isinstance(message, ReadIssue) and (message.number, message.actor) == (5, "ada")
    assert parse_message(message.model_dump(mode="json")) == message
    again = read_event("issues", {**payload, "issue": {**payload["issue"], "body": "other words"}}).messages
    assert not again or again[0].dedupe_key != message.dedupe_key, "an edit is no repeated delivery"


@pytest.mark.parametrize(
    "payload",
    [
        event(),
        event(labels=[{"name": "mlwright-docs"}]),
        event("labeled", label="bug", **OURS),
        event("labeled", **OURS),
        event("unlabeled", label="mlwright", **OURS),
        event("closed", **OURS),
        event("deleted", **OURS),
        event(state="closed", **OURS),
        event(sender=BOT, **OURS),
        event(sender={"login": "x[bot]", "type": "User"}, **OURS),
        event(user=BOT, **OURS),
        event(user=None, **OURS),
        event(performed_via_github_app={"id": 1}, **OURS),
        event(pull_request={"url": "x"}, **OURS),
        event(number="x", **OURS),
    ],
)
def test_everything_else_is_not(payload):
    reading = read_event("issues", payload)
    assert reading.messages == () and reading.ignored


def said(body="x", action="created", sender=ADA, user=ADA, app=None, **issue):
    about = {"id": 3, "body": body, "user": user, "updated_at": "t1", "performed_via_github_app": app}
    return {**event(action, sender, **issue), "comment": about}


def kinds(payload):
    return [type(message) for message in read_event("issue_comment", payload).messages]


def test_replies_and_ticked_boxes_wake_only_there():
    box = "<!-- mlwright:intake 5 ab -->\n- [x] <!-- mlwright:choice cloud=aws -->"
    assert kinds(said(**OURS)) == kinds(said(action="deleted", **OURS)) == [ReadIssue]
    assert kinds(said("/status", **OURS)) == [ReadIssue, AnswerComment]
    assert [m.intake for m in read_event("issue_comment", said("/status", **OURS)).messages[1:]] == [True]
    assert kinds(said("/status")) == [AnswerComment] and kinds(said()) == kinds(said(action="deleted")) == []
    assert kinds(said(state="closed", **OURS)) == kinds(said(pull_request={}, **OURS)) == []
    ticked = said(box, "edited", user=BOT, app={"id": 1}, **OURS)
    assert kinds(ticked) == [ReadIssue] and read_event("issue_comment", ticked).messages[0].action == "ticked"
    assert (
        kinds(said(box, "edited", sender=BOT, user=BOT, **OURS)) == kinds(said(box, "created", user=BOT, **OURS)) == []
    )
    assert kinds(said(box, "edited", user=BOT)) == kinds(said("x", "edited", user=BOT, **OURS)) == []
    assert kinds(said("cloud=aws", "edited", sender={"login": "eve", "type": "User"}, **OURS)) == []


def test_the_form_is_told_from_prose_and_its_fields_are_fields():
    assert f"label: {INTAKE_HEADING.removeprefix('### ')}\n" in FORM
    form = read_form(FILLED)
    assert form.prose == "Nightly scores on AWS."
    assert form.fields == (
        Told("data_classification", "phi", "health (phi)"),
        Told("budget_band.monthly_usd_max", "900", "about 900 USD a month"),
    )
    for words in ("900", "$900", "900 USD", "as little as possible"):
        (bare,) = read_form(FILLED.replace("about 900 USD a month", words).replace("health (phi)", "not sure")).fields
        assert (bare.text, bare.words) == (words if words in ("900", "as little as possible") else "900", words)
    assert read_form("Just words.\n### A heading\nmore").prose == "Just words.\n### A heading\nmore"


def test_a_reply_is_read_line_by_line():
    reply = read_reply(
        "ada",
        "It runs on AWS.\n- cloud = aws\n`regions=[eu-west-1, eu-central-1]`\n/assume a4=120 rest=true\n"
        "/replan sla_latency_ms=80\nx=1\n/help\nfolder=ml/churn\nproject.name=churn\n> cloud=gcp\n\n```\ncloud=azure\n```\n"
        "cloud=[broken",
    )
    assert reply.turn.changes == {
        "cloud": "aws",
        "regions": ["eu-west-1", "eu-central-1"],
        "assume.A4": 120,
        "assume.rest": True,
        "sla_latency_ms": 80,
    }
    assert reply.place == {"folder": "ml/churn", "project.name": "churn"} and len(reply.mistakes) == 1
    assert "It runs on AWS." in reply.turn.prose and "x=1" in reply.turn.prose and "gcp" not in reply.turn.prose
    assert reply.explicit and not read_reply("ada", "Thanks!").explicit


def test_hidden_text_is_not_read():
    text = "a <!-- cloud: gcp --> b\n<!--\nazure\n-->\nc\n<!-- never closed\naws"
    assert prose(text).split() == ["a", "b", "c"]


def test_boxes_are_read_as_a_person_left_them():
    body = "\n".join(
        (
            answer("cloud", "aws", " AWS"),
            answer("compliance", "gdpr", " GDPR").replace("[x]", "[ ]"),
            choice("workload_types", "batch", " x").replace("[ ]", "[X]"),
            choice("workload_types", "online", " y").replace("[ ]", "[x]"),
            choice("budget_band.monthly_usd_max", "500", "").replace("[ ]", "[x]"),
            choice("budget_band.monthly_usd_max", "900", "").replace("[ ]", "[x]"),
            choice("regions", "eu-west-1", ""),
            "text - [x] <!-- mlwright:choice project.problem=ranking -->",
        )
    )
    boxes = read_boxes(body.replace("\n", "\r\n"))
    now = {told.key: told.text for told in boxes.answers()}
    assert now == {"cloud": "aws", "workload_types": "batch, online"}
    assert [line.partition(":")[0] for line in boxes.contradictions()] == ["budget_band.monthly_usd_max"]
    before = {told.key: told.text for told in boxes.answers(changed=False)}
    assert before == {"cloud": "aws", "compliance": "gdpr"}, "who may not change them changed nothing"
    assert "\n" not in choice("a", "b-->\n- [x] <!-- mlwright:answer c=d", "").removesuffix("-->")


def test_what_became_of_it_is_read_back_from_the_comment():
    outcome = IssueOutcome(
        state="good",
        constraints="a" * 64,
        proposed="b" * 64,
        project="churn",
        root="my ml/churn",
        pull=7,
        text="✅ #7\n\nx",
    )
    assert read_outcome(f"head\r\n{outcome_text(outcome)}\ntail") == outcome and read_outcome("nothing") is None
    none = outcome.model_copy(update={"root": "", "proposed": "", "text": ""})
    assert read_outcome(outcome_text(none)) == none


def test_later_words_go_over_earlier_ones_and_what_cannot_be_is_left_out():
    draft = drafted(
        "churn",
        "Nightly churn scores on AWS in eu-west-1, internal data, at most 900 USD a month.",
        [Told("data_classification", "pii", "personal (pii)")],
        [Told("availability_target", "99.9", "")],
        [
            Turn("ada", "At most 1,200 USD a month.", {"availability_target": 99.5}),
            Turn(
                "bob",
                "",
                {"regions": ["mars-1"], "buget": 3, "choose.nowhere": "x", "assume.A99": 1, "workload_types": None},
            ),
        ],
        None,
    )
    c = draft.constraints
    assert (c.data_classification, c.budget_band.monthly_usd_max, c.availability_target) == ("pii", 1200, 99.5)
    assert c.regions == () and c.workload_types == () and not c.choose and not c.assume
    assert len(draft.left_out) == 4 and draft.left_out[0].startswith("regions.0: mars-1")
    assert {one.key: one.who for one in draft.said}["availability_target"] == "ada"
    assert parse(draft.content).constraints == c


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60),
    st.text(alphabet=st.sampled_from(list("\n\r\u2028\u0085\u202e\x00\ufffe#:{}[]'\" -")), max_size=30),
)
def test_no_words_beside_a_value_change_the_file(words, odd):
    values = {"project.name": "x", "cloud": "aws", "budget_band.monthly_usd_max": 5, "regions": ["eu-west-1"]}
    said = dict.fromkeys(values, f"{words}{odd}\ncompliance: [gdpr]{odd}")
    text = render_yaml(values, said=said)
    parsed = parse(text.encode())
    assert parsed.constraints is not None and parsed.constraints == parse(render_yaml(values).encode()).constraints
    assert isinstance(parsed.constraints, Constraints) and plain(parsed.constraints.compliance) == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Churn scores", "churn-scores"),
        ("Nightly @churn/scores: <b>now</b>!", "nightly-churn-scores-b-now-b"),
        ("a " * 60, "-".join("a" * 20)),
        ("流失", ""),
        ("x" * 50, ""),
    ],
)
def test_a_title_becomes_a_name(title, name):
    assert slug(title) == name
