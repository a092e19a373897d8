"""What a model answered on the command line, kept in the state folder: planning again asks only what is new, and a run that the
budget ended goes on where it stopped."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from agents.domain.base import canonical_json, digest
from agents.graph.memory import MemoryRuns
from agents.ports import AgentRun
from bot.ports.ledger import Spent

DAY_S = 86_400


class KeptRuns(MemoryRuns):
    """One project's (agents.ports.AgentRuns): in memory, and those of a model in a file each, by what was asked."""

    def __init__(self, folder: Path, project: str) -> None:
        super().__init__()
        self._folder = folder / "runs" / project

    def recall(self, input_digest: str) -> AgentRun | None:
        """What was answered to the same in an earlier run; a file that cannot be read counts as none."""
        found = super().recall(input_digest)
        try:
            return found or AgentRun(**json.loads((self._folder / f"{input_digest}.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def record(self, run: AgentRun) -> None:
        super().record(run)
        self._folder.mkdir(parents=True, exist_ok=True)
        name = run.input_digest if run.ok else f"unanswered-{run.idem_key}"
        target = self._folder / f"{name}.json"
        fresh = target.with_suffix(".new")
        fresh.write_text(canonical_json(asdict(run)), "utf-8")
        fresh.replace(target)


class AskedAnew(KeptRuns):
    """Keeps what is answered now and knows nothing of earlier runs: a recording holds every answer of its run."""

    def recall(self, input_digest: str) -> AgentRun | None:
        return MemoryRuns.recall(self, input_digest)


class FolderPurse:
    """What the kept runs of a project took (bot.ports.ledger.Purse)."""

    def __init__(self, folder: Path, project: str) -> None:
        self._folder, self._project = folder, project

    def spent(self, days: int) -> Spent:
        taken = list(self._taken(time.time() - days * DAY_S))
        usd = sum((Decimal(str(one.get("usd") or 0)) for one in taken), Decimal(0))
        return Spent(sum(int(one["tokens_total"]) for one in taken), usd)

    def aside(self, agent: str, text: str) -> None:
        folder = self._folder / "quarantine"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{agent}-{digest(text)[:12]}.json").write_text(text, "utf-8")

    def _taken(self, since: float) -> Iterator[dict[str, Any]]:
        for path in sorted((self._folder / "runs" / self._project).glob("*.json")):
            try:
                run = json.loads(path.read_text("utf-8")) if path.stat().st_mtime >= since else None
            except (OSError, ValueError):
                continue
            if run is not None:
                yield {"tokens_total": run["tokens_total"], "usd": (run["output"].get("spent") or {}).get("usd")}
