"""Claude at extension points, over HTTP: what is right lands, what is not goes back, and in the end the last green tree stands."""

import ast
import dataclasses
import threading
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agents import implementation
from agents.domain.plan import Plan
from agents.domain.points import ExtensionPoint
from agents.errors import BudgetSpent, Stopped
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.seats import IMPLEMENTATION, seated
from agents.graph.writing import Desk, Written, code_provider
from agents.llm.budget import Budget, Quota
from agents.llm.expert import ExpertProvider
from agents.llm.provider import Provider
from agents.llm.recording import Recorder, Recording, Replay, written
from agents.ports import AgentRuns, Pulse
from agents.render.context import RenderContext
from agents.render.layout import lay_out
from agents.render.render import Rendered, rendered
from bot.cli.kept_runs import FolderPurse, KeptRuns
from bot.log import redact
from tests.claude.asking import Table
from tests.claude.claude_server import MessagesServer
from tests.render.projects import planned

AGENTS = seated(implementation, IMPLEMENTATION)
CARD = {"point": "data-card-domain", "text": "One row is what was known of a subscriber on a day."}
ROWS = {
    "point": "label-rows",
    "text": '''def _labelled(base: pd.DataFrame, label: str) -> pd.DataFrame:
    """The rows whose outcome is known and final."""
    return base[base[label].notna() & base[label].ne(-1)]
''',
}
UNDEFINED = {**ROWS, "text": ROWS["text"].replace("ne(-1)", "ne(UNKNOWN)")}
IMPORTS = {**ROWS, "text": "import os\n\n\n" + ROWS["text"]}
DEFINITIONS, BUILD = "src/churn/features/definitions.py", "src/churn/features/build.py"


@cache
def context() -> RenderContext:
    return planned("churn")


STORE = MemoryArtifacts()


def engine(provider: Provider, runs: AgentRuns | None = None, pulse: Pulse | None = None) -> Engine:
    return Engine(STORE, runs or MemoryRuns(), Unheard(), pulse or Unstoppable(), EmptyFolder(), provider)


@cache
def tree() -> Rendered:
    return rendered(context(), None, STORE)


def desk(**changes: Any) -> Desk:
    made = context()
    decisions = tuple(made.decisions.values())
    plan = Plan.model_construct(decisions=decisions, assumptions=(), composition=SimpleNamespace(slots=made.slots))
    told: dict[str, Any] = {"thread_id": "thread", "round": 0, "agents": AGENTS, "requirements": made.requirements}
    return Desk(**{**told, "plan": plan, "outputs": made.outputs, **changes})


def files(made: Written, within: Engine) -> dict[str, str]:
    return {file.path: within.artifacts.get(file.sha256).decode() for file in made.files}


@dataclasses.dataclass
class Wrote:
    made: Written
    files: dict[str, str]

    @property
    def by(self) -> dict[str, str]:
        return {point.id: point.writer for point in self.made.points}

    def why(self, id: str) -> str:
        return next(point.why_template for point in self.made.points if point.id == id)


def write(claude: MessagesServer, runs: AgentRuns | None = None, **changes: Any) -> Wrote:
    within = engine(Table(claude, {"writes_code": True}).provider, runs)
    made = code_provider(within, STORE).write(tree(), desk(**changes))
    return Wrote(made, files(made, within))


@cache
def templates() -> dict[str, str]:
    within = engine(ExpertProvider())
    made = code_provider(within, STORE).write(tree(), desk())
    assert made.points == () and made.receipts == ()
    return files(made, within)


def test_a_good_edit_lands_where_it_was_declared_and_nowhere_else(claude: MessagesServer) -> None:
    claude.tell(edits={"data_ingestion": [[CARD]], "training_pipeline": [[ROWS]]})
    wrote = write(claude)
    assert {id for id, writer in wrote.by.items() if writer == "claude"} == {"data-card-domain", "label-rows"}
    changed = {path for path, text in wrote.files.items() if text != templates()[path]}
    assert changed == {"docs/data-card.md", BUILD}
    assert CARD["text"] in wrote.files["docs/data-card.md"] and ".ne(-1)" in wrote.files[BUILD]
    for path, text in wrote.files.items():
        if path.endswith(".py"):
            ast.parse(text)
    [point] = [p for p in wrote.made.points if p.id == "label-rows"]
    assert point.decisions and point.reason and point.model == "claude-sonnet-5-5"
    assert {call["agent"] for call in claude.calls} == {p.agent for p in wrote.made.points}
    assert all(receipt.writes and receipt.tokens for receipt in wrote.made.receipts)


def test_who_has_no_point_is_not_asked_and_who_leaves_all_out_leaves_the_templates(claude: MessagesServer) -> None:
    wrote = write(claude)
    assert set(wrote.by.values()) == {"template"} and wrote.files == templates()
    assert not any(point.why_template for point in wrote.made.points), "nothing was refused"
    asked = [call["agent"] for call in claude.calls]
    assert len(asked) == len(set(asked)) and "continual_learning_setup" not in asked


def test_findings_go_back_and_the_mended_text_lands(claude: MessagesServer) -> None:
    claude.tell(edits={"training_pipeline": [[IMPORTS], [UNDEFINED], [ROWS]]})
    wrote = write(claude)
    assert wrote.by["label-rows"] == "claude" and ".ne(-1)" in wrote.files[BUILD]
    calls = [call for call in claude.calls if call["agent"] == "training_pipeline"]
    said = [m["content"][0]["text"] for m in calls[-1]["body"]["messages"] if m["role"] == "user"]
    assert len(calls) == 3 and "imports at its top" in said[1] and "UNKNOWN" in said[2], "rules first, then tools"
    [receipt] = [r for r in wrote.made.receipts if r.agent == "training_pipeline"]
    assert (receipt.calls, receipt.repairs) == (3, 2)


def test_endless_bad_edits_leave_the_last_green_tree_and_say_so(claude: MessagesServer) -> None:
    slices = {"point": "evaluation-slices", "text": "def _slices(): ..."}
    claude.tell(edits={"training_pipeline": [[ROWS, slices], [UNDEFINED, slices]]})
    wrote = write(claude)
    assert wrote.by["label-rows"] == "claude" and ".ne(-1)" in wrote.files[BUILD], "what was green stays"
    assert "signature" in wrote.why("evaluation-slices")
    assert len([call for call in claude.calls if call["agent"] == "training_pipeline"]) == 3


def test_what_a_tool_finds_in_prose_is_refused_as_well(claude: MessagesServer) -> None:
    hostile = [{**CARD, "point": "../.github/workflows/ci.yml"}, {**CARD, "point": "feature-values"}]
    claude.tell(edits={"data_ingestion": [[*hostile, {**CARD, "text": "TODO: describe it"}]]})
    wrote = write(claude, agents=[agent for agent in AGENTS if agent.name == "data_ingestion"])
    assert wrote.files == templates() and set(wrote.by.values()) == {"template"}
    assert "placeholder" in wrote.why("data-card-domain")
    assert len(claude.calls) == 3, "it goes back twice"


@pytest.mark.parametrize("kind", ["garbage", "refusal", "status"])
def test_without_an_answer_the_templates_stand_visibly(claude: MessagesServer, kind: str) -> None:
    claude.tell(
        {"kind": kind, "status": 529, "times": 99, "agent": "data_ingestion"}, edits={"data_ingestion": [[CARD]]}
    )
    runs = MemoryRuns()
    wrote = write(claude, runs)
    assert wrote.files == templates()
    assert ("not of the form" if kind == "garbage" else "did not answer") in wrote.why("data-card-domain")
    claude.tell(edits={"data_ingestion": [[CARD]]})
    again = write(claude, runs)
    assert again.by["data-card-domain"] == ("template" if kind == "garbage" else "claude"), (
        "who was away is asked again"
    )


def test_writing_again_asks_nothing_and_gives_the_same_bytes(claude: MessagesServer, tmp_path: Path) -> None:
    claude.tell(edits={"data_ingestion": [[CARD]], "training_pipeline": [[ROWS, UNDEFINED], [ROWS, {**CARD}]]})
    first = write(claude, KeptRuns(tmp_path, "p"))
    taken = FolderPurse(tmp_path, "p").spent(30)
    assert taken.tokens == sum(r.tokens for r in first.made.receipts) > 0
    claude.tell()
    again = write(claude, KeptRuns(tmp_path, "p"))
    assert claude.calls == [] and again.files == first.files and again.made.points == first.made.points
    assert all(receipt.recalled for receipt in again.made.receipts)


def test_a_replay_gives_the_same_bytes_without_a_model(claude: MessagesServer) -> None:
    claude.tell(edits={"data_ingestion": [[CARD]], "training_pipeline": [[UNDEFINED], [ROWS]]})
    recorder = Recorder(Table(claude, {"writes_code": True}).provider, redact)
    within = engine(recorder)
    first = code_provider(within, STORE).write(tree(), desk())
    kept = recorder.recording(made_with="", constraints="", as_of=None, packs={}, policies={}, proposal="")
    claude.tell()
    replay = engine(Replay(Recording.model_validate_json(written(kept)), {}, redact))
    again = code_provider(replay, STORE).write(tree(), desk())
    assert claude.calls == [] and again.files == first.files and again.points == first.points
    assert {p.writer for p in again.points} == {"claude", "template"}


def test_the_budget_ends_it_and_stopping_cuts_it_off(claude: MessagesServer) -> None:
    poor = engine(Table(claude, {"writes_code": True}, Budget(Quota(usd=Decimal("0.001")))).provider)
    with pytest.raises(BudgetSpent):
        code_provider(poor, STORE).write(tree(), desk())
    assert claude.calls == []

    class Superseded:
        def check(self) -> None:
            if claude.calls:
                raise Stopped("superseded")

    claude.tell({"kind": "hang", "times": 99})
    stopped = engine(Table(claude, {"writes_code": True}).provider, pulse=Superseded())
    with pytest.raises(Stopped):
        code_provider(stopped, STORE).write(tree(), desk())
    for _ in range(40):
        if all(call.get("hung_up") for call in claude.calls):
            break
        threading.Event().wait(0.05)
    assert all(call["hung_up"] for call in claude.calls)


def test_a_point_whose_file_was_at_fault_keeps_the_templates_text(claude: MessagesServer) -> None:
    claude.tell(edits={"data_ingestion": [[CARD]]})
    wrote = write(claude, closed=frozenset({"data-card-domain"}))
    assert wrote.files == templates() and "beside what people changed" in wrote.why("data-card-domain")


def test_a_model_that_plans_writes_no_code_unless_that_is_allowed(claude: MessagesServer) -> None:
    within = engine(Table(claude).provider)
    assert code_provider(within, STORE).name == "template"
    assert code_provider(engine(Table(claude, {"writes_code": True}).provider), STORE).name == "claude"


def test_what_is_told_is_fenced_and_shared(claude: MessagesServer) -> None:
    write(claude)
    bodies: list[Mapping[str, Any]] = [call["body"] for call in claude.calls]
    assert len({body["system"][0]["text"] for body in bodies}) == 1 and len(bodies[0]["system"]) == 1
    for body in bodies:
        outside = body["messages"][0]["content"][0]["text"]
        for part in ("#mlwright:", "import pandas"):
            assert part not in "".join(outside.split("</data>")[-1:])


def points_of(made: Rendered) -> dict[str, ExtensionPoint]:
    return {point.id: point for point in made.points}


def test_the_template_provider_gives_what_is_rendered() -> None:
    within = engine(ExpertProvider())
    made = tree()
    assert code_provider(within, STORE).write(made, desk()).files == lay_out(made.files, within.artifacts)
    assert {"feature-values", "label-rows", "evaluation-slices", "data-card-domain"} <= points_of(made).keys()
