"""Pinned GitHub Actions for generated workflows: the one table that templates read (data file: actions.json)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from agents.errors import Defect

_FILE = Path(__file__).with_name("actions.json")


class Actions:
    """`actions["checkout"]` is `owner/name@<40 hex digits> # v…` as it stands in a workflow. Unknown names raise Defect."""

    def __getitem__(self, name: str) -> str:
        entry = _table().get(name)
        if entry is None:
            raise Defect(f"no pinned action named {name!r}", remedy=f"add it to {_FILE.name}")
        return f"{entry['uses']}@{entry['sha']} # {entry['version']}"


@cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))["actions"]
    return table


ACTIONS = Actions()
