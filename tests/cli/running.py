"""The command line as a process of its own, without this environment."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEED = ROOT / "bot" / "cli" / "seed" / "constraints.yaml"


def mlwright(
    *arguments: object, cwd: Path | None = None, text: str | None = None, more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {
        **(more or {}),
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
    }
    return subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        capture_output=True, text=True, cwd=cwd or ROOT, input=text, env=environment, check=False,
    )  # fmt: skip
