"""One passage of the engine on the command line: in memory, with progress, no servers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agents.domain.base import digest
from agents.errors import BadInput
from bot.cli.recordings import keep_recording

if TYPE_CHECKING:
    from agents.domain.proposal import Proposal
    from agents.graph.context import Engine
    from agents.llm.provider import Provider
    from agents.ports import AgentRuns, ArtifactStore, BranchSnapshot, EventSink
    from bot.settings import Settings

CodeGen = Literal["template", "claude"]


@dataclass(frozen=True)
class Ran:
    """The proposal, and the store that holds its bytes. `notes` are lines for people beside it."""

    proposal: Proposal
    artifacts: ArtifactStore
    notes: tuple[str, ...] = ()


def read_constraints(path: Path) -> bytes:
    """The file's bytes. Raises BadInput if it cannot be read, or is larger than the parser takes: then it is not read."""
    from agents.intake.text import MAX_BYTES, too_large

    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                finding = too_large(size).problem.finding(str(path))
                raise BadInput(f"{path} is too large.", [finding])
            return file.read(MAX_BYTES + 1)  # what has no size beforehand, a pipe, is judged by what came of it
    except FileNotFoundError:
        raise BadInput(
            f"{path}: there is no such file.", remedy="`mlwright init` starts one; `mlwright schema` describes it."
        ) from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder.", remedy=f"Name the file: {path / 'constraints.yaml'}") from None


def run_engine(
    content: bytes,
    name: str,
    as_of: str | None,
    snapshot: BranchSnapshot | None,
    events: EventSink | None,
    root: str = "",
    settings: Settings | None = None,
    record: Path | None = None,
    codegen: CodeGen | None = None,
) -> Ran:
    """Takes the constraints through the whole graph. `snapshot` is what stands in the output folder already, `root` the
    project's folder in its repository. Without `settings` those of the environment and of `.env` hold. What a model is asked
    and answers is recorded into `record`; everything is asked anew for that. `codegen` goes over the setting of that name.

    The thread id follows from the content, so nothing in the result depends on when or where it ran.
    """
    require_date(as_of)
    from agents.intake.parse import parse
    from agents.llm.recording import Recorder
    from bot.bootstrap import build_provider
    from bot.cli.kept_runs import AskedAnew, FolderPurse, KeptRuns
    from bot.log import redact

    settings, parsed = settings or _model_settings(), parse(content, name)
    constraints = parsed.constraints
    settings = settings.model_copy(update={"codegen": codegen}) if codegen is not None else settings
    folder = settings.state_dir / "claude"
    project = constraints.project.name if constraints is not None else ""
    provider = build_provider(settings, constraints, parsed.locations.get("provider"), FolderPurse(folder, project))
    if codegen == "claude" and not provider.writes_code:
        raise BadInput(
            "--codegen claude: Claude does not plan this project, so it writes no code for it either.",
            remedy="Write provider: anthropic into the file, or leave --codegen out.",
        )
    if record is None or not provider.at_once:
        runs = KeptRuns(folder, project) if provider.at_once else None
        return pass_through(content, name, as_of, engine_in_memory(snapshot, events, provider, runs), root)
    recorder = Recorder(provider, redact)
    engine = engine_in_memory(snapshot, events, recorder, AskedAnew(folder, project))
    ran = pass_through(content, name, as_of, engine, root)
    keep_recording(record, recorder, ran, content, name, as_of, engine, settings)
    return ran


def pass_through(content: bytes, name: str, as_of: str | None, engine: Engine, root: str = "") -> Ran:
    """One passage of that engine."""
    from langgraph.checkpoint.memory import InMemorySaver

    from agents.graph.proposal import proposal_of
    from agents.graph.run import advance, new_run
    from agents.intake.parse import leaks

    found = leaks(content, name)
    if found:
        raise BadInput(f"{name} holds a secret. Nothing was planned, written or kept.", found)
    source = engine.artifacts.put(content, name)
    meta = new_run(thread_id=digest([source, as_of]), source=source, path=name, root=root, as_of=as_of)
    try:
        passage = advance(engine, InMemorySaver(), meta)
    finally:
        engine.provider.abandon()
    return Ran(proposal_of(passage.state, engine), engine.artifacts)


def engine_in_memory(
    snapshot: BranchSnapshot | None = None,
    events: EventSink | None = None,
    provider: Provider | None = None,
    runs: AgentRuns | None = None,
) -> Engine:
    """An engine whose ports need no server; the expert answers unless another provider is given."""
    from agents.graph.context import Engine
    from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
    from agents.llm.expert import ExpertProvider

    return Engine(
        artifacts=MemoryArtifacts(),
        runs=runs or MemoryRuns(),
        events=events or Unheard(),
        pulse=Unstoppable(),
        snapshot=snapshot or EmptyFolder(),
        provider=provider or ExpertProvider(),
    )


def _model_settings() -> Settings:
    """The settings, of which only those that are about models must be right here. Raises BadInput."""
    from bot.settings import load_partly, load_settings

    settings, wrong = load_partly()
    if any(name.startswith(("ANTHROPIC_", "MLWRIGHT_CLAUDE_", "MLWRIGHT_CODEGEN", "MLWRIGHT_PRO")) for name in wrong):
        return load_settings()
    return settings


def require_date(as_of: str | None) -> None:
    """Raises BadInput for what is no date."""
    from datetime import date

    try:
        if as_of is not None:
            date.fromisoformat(as_of)
    except ValueError:
        raise BadInput(f"--as-of {as_of}: not a date.", remedy="Write it as YYYY-MM-DD.") from None
