"""One whole run on a hostile project, and everything that anybody is shown of it."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from agents.domain.decision import Decision
from agents.errors import BadInput
from agents.graph.nodes import generation, planning
from agents.intake.parse import parse
from agents.llm import checks
from agents.reports.ledger import cards_of
from agents.reports.pages import COST_CHART
from agents.reports.secrets import find_secrets
from agents.validators.judge import validate
from bot.bootstrap import build_provider
from bot.cli import why
from bot.cli.action.look import told
from bot.cli.action.runner import Runner
from bot.cli.engine_run import Ran, engine_in_memory, pass_through
from bot.cli.init import init
from bot.cli.kept_runs import FolderPurse
from bot.cli.plan import report
from bot.cli.terminal import in_plain_text
from bot.commands.command import discover
from bot.commands.parser import commands_in
from bot.commands.words import mistake
from bot.publish.answer import Section, ensure_answer, quoted
from bot.publish.desired import Context
from bot.publish.publish import publish
from bot.publish.rehearsal import MemoryRepository
from bot.publish.snapshot import ProjectSnapshot, get_heads
from bot.settings import RunnerSettings, Settings
from tests.claude.claude_server import MessagesServer
from tests.injection.corpus import Case
from tests.injection.detectors import Surface
from tests.injection.project import AS_OF, SLUG, Project

CANARIES = {
    "ANTHROPIC_API_KEY": "sk-ant-canary-4f9c1d2e7ab3",
    "GITHUB_TOKEN": "ghs_canary0123456789abcdefABCDEF0123456789",
    "AWS_SECRET_ACCESS_KEY": "canary/wJalrXUtnFEMI+K7MDENG",
    "MLWRIGHT_DATABASE_URL": "postgresql://canary:hunter2canary@db/x",
}


@dataclass
class Seen:
    """What came of a run. `calls` are the requests that the model received."""

    ran: Ran
    files: dict[str, bytes]
    surfaces: list[Surface]
    theirs: frozenset[str]
    calls: list[dict[str, Any]] = field(default_factory=list)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        assert self.ran.proposal.plan is not None
        return self.ran.proposal.plan.decisions


class _Repository(MemoryRepository):
    """Keeps messages of commits as well."""

    def create_commit(self, message: str, tree: str, parents: Sequence[str], *, workflows: bool = False) -> str:
        messages.append(message)
        return super().create_commit(message, tree, parents, workflows=workflows)


messages: list[str] = []


@contextmanager
def surroundings(
    project: Project, folder: Path, server: MessagesServer | None, *, door: bool
) -> Iterator[pytest.MonkeyPatch]:
    """The environment of a run: secrets that must not come out, people's words at the gate, and, without the `door`, a provider whose
    answers' texts are taken whatever they hold: what is left then is what the views do."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CANARIES.items():
            patch.setenv(name, value)
        patch.setenv("MLWRIGHT_STATE_DIR", str(folder / "state"))
        if server is not None:
            patch.setenv("ANTHROPIC_BASE_URL", server.url)
        patch.setattr(generation, "validate", partial(validate, validators=()))
        for node in (generation, planning):
            patch.setattr(
                node, "comments_of", lambda state, engine: (project.gate_comment,) if project.gate_comment else ()
            )
        if not door:
            patch.setattr(checks, "_text_fault", lambda text, most, screen: "")
        yield patch


def run(project: Project, folder: Path, server: MessagesServer | None, *, door: bool = True, root: str = "") -> Seen:
    """Plans, publishes and shows everything. Without a server the expert answers."""
    constraints = project.constraints
    if server is None:
        constraints = constraints.replace(b"provider: anthropic", b"provider: expert")
    files = {f"{root}/{p}" if root and not p.startswith(".mlwright/") else p: c for p, c in project.files.items()}
    repository = MemoryRepository(files)
    with surroundings(project, folder, server, door=door):
        heads = get_heads(repository, SLUG)
        snapshot = ProjectSnapshot(repository, SLUG, root, heads)
        parsed = parse(constraints, "constraints.yaml")
        provider = build_provider(Settings(_env_file=None), parsed.constraints, None, FolderPurse(folder, SLUG))
        ran = pass_through(constraints, "constraints.yaml", AS_OF, engine_in_memory(snapshot, None, provider), root)
        surfaces, written = shown(ran, project, files, root)
    calls = server.calls if server is not None else []
    return Seen(ran, written, surfaces, frozenset(files), calls)


def shown(
    ran: Ran, project: Project, files: Mapping[str, bytes], root: str = ""
) -> tuple[list[Surface], dict[str, bytes]]:
    """Everything that people are shown of a proposal, and the files that it writes into a repository of those `files`."""
    messages.clear()
    repository = _Repository(files)
    snapshot = ProjectSnapshot(repository, SLUG, root, get_heads(repository, SLUG))
    context = Context(
        repository.get_repository(), root=root, locations=parse(project.constraints, "constraints.yaml").locations
    )
    publish(repository, ran.proposal, context, snapshot, ran.artifacts)
    written = {p: c for p, c in repository.content(f"heads/mlwright/{SLUG}").items() if files.get(p) != c}
    surfaces = [*_on_github(repository), *_answers(repository, project), *_commands(ran, context)]
    return [*surfaces, *(Surface("page", p, c.decode()) for p, c in written.items() if p.endswith(".md"))], written


def _on_github(repository: MemoryRepository) -> Iterator[Surface]:
    pull = repository.pulls[0]
    yield Surface("plain", "title", pull.title)
    yield Surface("github", "body", pull.body)
    for comment in repository.comments.get(pull.number, []):
        yield Surface("github", "comment", comment.body)
    for posted in repository.check_bodies.values():
        for check in posted:
            yield Surface("plain", f"title of {check.name}", check.title)
            yield Surface("github", f"summary of {check.name}", check.summary)
            yield Surface("github", f"text of {check.name}", check.text)
            yield from (
                Surface("terminal", f"note of {check.name}", f"{n.title} {n.message}") for n in check.annotations
            )
    yield from (Surface("plain", "commit message", message) for message in messages)


def _answers(repository: MemoryRepository, project: Project) -> Iterator[Surface]:
    """What is answered to comments: every command quoted, each refused with its own words."""
    for number, body in enumerate(project.comments, 90):
        asked = commands_in(body, discover())
        sections = [
            Section(
                c.digest,
                "refused",
                f"{quoted(c.line)}:",
                mistake(BadInput(f"{' '.join(c.arguments)}: no such file", remedy=body)),
            )
            for c in asked
        ]
        ensure_answer(repository, number, number, sections)
        yield Surface("github", f"answer {number}", repository.comments[number][0].body)


def _commands(ran: Ran, context: Context) -> Iterator[Surface]:
    """What the command line and the Action print and write."""
    rationale = json.loads(ran.artifacts.get(ran.proposal.reports["reports/rationale.json"]))
    state = ran.proposal.lock.state if ran.proposal.lock is not None else {}

    def everything() -> None:
        report(ran, "text", None)
        for card in cards_of(rationale):
            why._show_card(card, state)

    yield Surface("terminal", "plan and why", _printed(everything))
    seen = told("constraints.yaml", ran, context)
    yield Surface("github", "job summary", seen.page)
    runner = Runner(RunnerSettings.model_construct(output=None, step_summary=None, token=None))
    yield Surface("runner", "log", _printed(lambda: (runner.annotate(list(seen.findings)), runner.say(seen.page))))
    yield Surface("html", "report", _html(ran))


def issued(text: str, folder: Path) -> tuple[Surface, bytes]:
    """What `mlwright init` prints of a text like an issue's, and the constraints that it writes."""
    out = folder / "constraints.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    printed = Surface("terminal", "init", _printed(lambda: init(text, SLUG, out, True)))
    return printed, out.read_bytes()


def _html(ran: Ran) -> str:
    from agents.reports.architecture import PAGE, as_html

    def read(path: str) -> str:
        return ran.artifacts.get(ran.proposal.reports[path]).decode()

    return as_html(read(PAGE), SLUG, json.loads(read("reports/plan.json"))["agents"], read(COST_CHART))


def _printed(command: Any) -> str:
    text = io.StringIO()
    with redirect_stdout(text), redirect_stderr(text):
        in_plain_text(command)()
    return text.getvalue()


def obedience(cases: Sequence[Case], keys: Sequence[str], tries: int = 3) -> dict[str, list[dict[str, Any]]]:
    """Question to the cases that are obeyed in the answers to it, one try after the other; every case at least once."""
    obeyed: dict[str, list[dict[str, Any]]] = {key: [] for key in keys}
    for n in range(max(len(cases), len(keys) * tries)):
        turns = obeyed[keys[n % len(keys)]]
        if len(turns) < tries:
            turns.append(cases[n % len(cases)].orders())
    return obeyed


def verbatim(cases: Sequence[Case], keys: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Answers to all questions that hold nothing but the texts of the cases, every one as a reason or as a risk. What looks like a secret
    is left out: with one of those in a report nothing is written at all."""
    harmless = [case for case in cases if not any(find_secrets(case.text))] or [Case("none", "", "model", "words")]
    words = (case.orders()["justification"] for case in cycle(harmless))

    def risk() -> dict[str, str]:
        return {"risk": next(words), "probe": next(words)}

    return {key: [{"justification": next(words), "risks": [risk(), risk()]}] for key in keys}
