"""A run with a model is recorded once and replayed without one: the same proposal, or the name of what differs."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from agents.domain.agent import AgentResult
from agents.errors import BadInput
from agents.llm.consult import consult
from agents.llm.provider import Ask, Reply, Turn
from agents.llm.recording import MASKED, Recorder, Recording, Replay, written
from bot.cli.exits import Exit
from bot.log import redact
from tests.claude.asking import AGENTS, DONE, GROUNDS, PROMPTS, Table
from tests.claude.claude_server import MessagesServer
from tests.cli.running import mlwright

PACKS = {"prompt_pack": "a", "engine": "1"}
AGENT = "data_sourcing"


def recorded(claude: MessagesServer) -> tuple[AgentResult, Recording]:
    recorder = Recorder(Table(claude).provider, redact)
    result = consult(AGENTS[AGENT], DONE.briefs[AGENT], recorder, PROMPTS, "the shared prefix", GROUNDS)
    kept = recorder.recording(
        made_with="a stand-in", constraints="constraints.yaml", as_of=None, packs=PACKS, policies={}, proposal=""
    )
    return result, Recording.model_validate_json(written(kept))


def replayed(recording: Recording, shared: str = "the shared prefix", **changes: object) -> AgentResult:
    brief = dataclasses.replace(DONE.briefs[AGENT], **changes)  # type: ignore[arg-type]
    replay = Replay(recording, {**PACKS, "prompt_pack": "b"}, redact)
    return consult(AGENTS[AGENT], brief, replay, PROMPTS, shared, GROUNDS)


@pytest.mark.parametrize("faults", [(), ({"kind": "wrong_candidate"},), ({"kind": "garbage", "times": 9},)])
def test_a_replay_gives_what_the_model_gave(claude: MessagesServer, faults: tuple[dict[str, object], ...]) -> None:
    claude.tell(*faults, choose="other")
    result, recording = recorded(claude)
    claude.tell()
    again = replayed(recording)
    assert again == result and claude.calls == [], "repairs and fall-backs too, and nobody is asked"


def test_a_request_that_was_not_recorded_is_named_with_what_differs(claude: MessagesServer) -> None:
    _, recording = recorded(claude)
    with pytest.raises(
        BadInput, match=rf"{AGENT} is asked now: “comments of people” in the brief differs.*prompt pack"
    ):
        replayed(recording, comments=("something new",))
    with pytest.raises(BadInput, match="the text of the shared memory differs"):
        replayed(recording, shared="another prefix")


class _Leaking:
    """A provider whose answers hold a key, until it is told not to."""

    def __init__(self, inner: object, leak: str) -> None:
        self._inner, self._leak = inner, leak

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def answer(self, ask: Ask, refused: tuple[Turn, ...] = ()) -> Reply:
        reply: Reply = self._inner.answer(ask, refused)  # type: ignore[attr-defined]
        return reply if refused else dataclasses.replace(reply, said=reply.said + self._leak)


def test_secrets_are_neither_kept_nor_taken(claude: MessagesServer) -> None:
    leak = "sk-ant-" + "api03-Zk3vQ8m2Lp0Xy7Tn5Rb1"
    leaking = _Leaking(Table(claude).provider, leak)
    recorder = Recorder(leaking, redact)  # type: ignore[arg-type]
    brief = dataclasses.replace(DONE.briefs[AGENT], comments=(f"use {leak}",))
    result = consult(AGENTS[AGENT], brief, recorder, PROMPTS, "", GROUNDS)
    kept = written(
        recorder.recording(made_with="", constraints="", as_of=None, packs={}, policies={}, proposal="")
    ).decode()
    assert leak not in kept and MASKED in kept and result.receipt["repairs"] == 1
    assert "thinking" not in set(re.findall(r'"(\w+)":', kept))


def test_exchanges_stand_by_what_was_asked(claude: MessagesServer) -> None:
    _, recording = recorded(claude)
    named = {digest for e in recording.exchanges for digest in (e.request.shared, *(d for _, d in e.request.messages))}
    assert named <= recording.texts.keys()
    assert json.loads(written(recording)) == recording.model_dump(mode="json")


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    from bot.cli.recordings import read_recording

    (tmp_path / "recording.json").write_text("{}")
    with pytest.raises(BadInput, match="is no recording"):
        read_recording(tmp_path)


HOUSES = Path(__file__).parents[1] / "scenarios/house-prices-minimal/constraints.yaml"
KEY = "sk-ant-test-0123456789"


@pytest.mark.nightly
def test_a_whole_run_is_replayed_to_the_same_bytes_without_a_key(claude: MessagesServer, tmp_path: Path) -> None:
    card = {"point": "data-card-domain", "text": "One row is one house that was sold."}
    claude.tell({"kind": "bad_cite", "agent": "tech_stack"}, choose="other", edits={"data_ingestion": [[card]]})
    told = {
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": claude.url,
        "MLWRIGHT_PROVIDER": "anthropic",
        "MLWRIGHT_STATE_DIR": str(tmp_path / "state"),
    }
    first, again, kept = tmp_path / "first", tmp_path / "again", tmp_path / "recording"
    planned = mlwright("plan", HOUSES, "--out", first, "--record", kept, "--codegen", "claude", cwd=tmp_path, more=told)
    claude.tell()
    done = mlwright("replay", kept, "--out", again, cwd=tmp_path)
    assert (done.returncode, claude.calls) == (planned.returncode, []), done.stderr
    assert "the same proposal" in done.stderr and "not known" in done.stderr, "it says that this was not Claude"
    made = [
        {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file() and ".git" not in p.parts}
        for root in (first, again)
    ]
    assert made[0] == made[1] and len(made[0]) > 100
    assert card["text"] in (again / "docs/data-card.md").read_text()
    provenance = json.loads((again / "reports/provenance.json").read_text())
    writers = {point["id"]: point["writer"] for point in provenance["extension_points"]}
    assert writers.pop("data-card-domain") == "claude" and set(writers.values()) == {"template"}
    assert "Claude wrote 1 of" in (again / "reports/summary.md").read_text()
    assert KEY not in (kept / "recording.json").read_text()
    (kept / "constraints.yaml").write_text(HOUSES.read_text().replace("house-prices", "other-houses"))
    other = mlwright("replay", kept, cwd=tmp_path)
    assert other.returncode == Exit.BAD_INPUT and "“the project” in the brief" in other.stderr


def test_without_a_model_there_is_nothing_to_record(tmp_path: Path) -> None:
    from bot.cli.recordings import require_recordable

    with pytest.raises(BadInput, match="nothing to record"):
        require_recordable(tmp_path / "new", b"provider: expert\n" + HOUSES.read_bytes(), "constraints.yaml", tmp_path)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match="not an empty folder"):
        require_recordable(tmp_path, HOUSES.read_bytes(), "constraints.yaml", tmp_path)
