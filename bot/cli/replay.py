"""`mlwright replay`: a recorded run once more, without a key and without a model, to the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

from agents.domain.base import digest
from agents.errors import BadInput
from bot.cli.engine_run import engine_in_memory, pass_through
from bot.cli.exits import Exit
from bot.cli.folder import require_writable
from bot.cli.plan import exit_code, report, write_result
from bot.cli.recordings import read_recording
from bot.cli.show import Progress


def replay(folder: Path, out: Path | None, format: str) -> int:
    """Exit code of the recorded run; 1 if it comes to another proposal. Raises BadInput, with what differs, where the model would be
    asked something else than then."""
    from agents.graph.memory import EmptyFolder
    from agents.llm.recording import Replay
    from bot.log import redact

    recording, content = read_recording(folder)
    if out is not None:
        require_writable(out, None, existing=False)
        if out.exists() and any(out.iterdir()):
            raise BadInput(f"{out} is not an empty folder.", remedy="Name a new folder with --out.")
    snapshot = EmptyFolder({path: text.encode() for path, text in recording.policies.items()})
    packs = engine_in_memory(snapshot).packs
    engine = engine_in_memory(snapshot, Progress(), Replay(recording, packs, redact))
    ran = pass_through(content, recording.constraints, recording.as_of, engine)
    same = digest(ran.proposal) == recording.proposal
    if out is not None and ran.proposal.lock is not None:
        write_result(ran, content, out, None)
    report(ran, format, out if ran.proposal.lock is not None else None)
    print(f"replayed {len(recording.exchanges)} answers, made with {recording.made_with}", file=sys.stderr)
    if same:
        print(f"✔ the same proposal, {recording.proposal[:12]}", file=sys.stderr)
        return exit_code(ran.proposal)
    changed = [n.replace("_", " ") for n, version in sorted(packs.items()) if recording.packs.get(n) != version]
    why = (
        f"changed since: {', '.join(changed)}"
        if changed
        else "the packs are the same: tools on this machine may differ"
    )
    print(f"❌ another proposal than {recording.proposal[:12]}; {why}", file=sys.stderr)
    return Exit.GATE_FAILED
