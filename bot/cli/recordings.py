"""Recordings of runs with a model as folders: what `plan --record` writes and `replay` reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agents.domain.base import digest
from agents.domain.files import LOCK_PATH
from agents.errors import BadInput

if TYPE_CHECKING:
    from agents.graph.context import Engine
    from agents.llm.recording import Recorder, Recording
    from bot.cli.engine_run import Ran
    from bot.settings import Settings

FILE = "recording.json"


def require_recordable(folder: Path, content: bytes, name: str, standing: Path) -> None:
    """Raises BadInput before anything is asked if this run cannot be recorded there."""
    from agents.intake.parse import parse
    from agents.reports.secrets import find_secrets
    from bot.settings import load_partly

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is not an empty folder.", remedy="Name a new folder with --record.")
    if (standing / LOCK_PATH).is_file():
        raise BadInput(
            f"{standing} holds an earlier plan, which a recording would not hold.",
            remedy="Record with an empty --out and without --previous.",
        )
    if any(find_secrets(content.decode("utf-8", "replace"))):
        raise BadInput(f"{name} holds what looks like a secret; it would be in the recording.", remedy="Take it out.")
    constraints = parse(content, name).constraints
    if constraints is not None and (constraints.provider or load_partly()[0].provider) != "anthropic":
        raise BadInput(
            "No model is asked in this run, so there is nothing to record.",
            remedy="Write provider: anthropic, or leave --record out: the expert gives the same bytes each time.",
        )


def keep_recording(
    folder: Path,
    recorder: Recorder,
    ran: Ran,
    content: bytes,
    name: str,
    as_of: str | None,
    engine: Engine,
    settings: Settings,
) -> None:
    """Writes the run into `folder`."""
    from agents.llm.recording import written

    policies = {path: text.decode("utf-8", "replace") for path, text in sorted(engine.snapshot.policy_files().items())}
    recording = recorder.recording(
        made_with=_made_with(settings),
        constraints=name,
        as_of=as_of,
        packs=engine.packs,
        policies=policies,
        proposal=digest(ran.proposal),
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    (folder / FILE).write_bytes(written(recording))


def _made_with(settings: Settings) -> str:
    if settings.claude_platform != "anthropic":
        return f"Claude on {settings.claude_platform}"
    if settings.anthropic_base_url is not None:
        return "a server that ANTHROPIC_BASE_URL named; whether Claude stood behind it is not known"
    return "Anthropic's Messages API"


def read_recording(folder: Path) -> tuple[Recording, bytes]:
    """The recording, and the constraint file that it began with. Raises BadInput."""
    from agents.llm.recording import VERSION, Recording

    try:
        recording = Recording.model_validate_json((folder / FILE).read_bytes())
        if recording.version != VERSION or Path(recording.constraints).name != recording.constraints:
            raise ValueError(f"version {recording.version}")
        return recording, (folder / recording.constraints).read_bytes()
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{folder} is no recording that can be read ({type(error).__name__}).",
            remedy="Name a folder that `mlwright plan --record` of this version wrote.",
        ) from None
