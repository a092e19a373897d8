"""The corpus of hostile texts (`corpus/*.yaml`): where each enters, what it wants, and what a model that obeys it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Case:
    """`place` is where the text enters; `asks` what an obeying model answers beside writing the text verbatim: `choose`, `cite`, `extra`,
    `raw`, `risks` (how many), `choose_refused`, `repeat` (of the text in the justification). `repeat` here repeats the text itself."""

    id: str
    cls: str
    place: str
    text: str
    asks: dict[str, Any] = field(default_factory=dict)
    repeat: int = 1

    @property
    def whole(self) -> str:
        return self.text * self.repeat

    def orders(self) -> dict[str, Any]:
        """The answer's fields as the obeying model fills them."""
        words = self.text[:1200] * self.asks.get("repeat", 1)
        risk = {"risk": self.text[:350], "probe": self.text[:350]}
        found: dict[str, Any] = {"justification": words, "risks": [risk] * self.asks.get("risks", 1)}
        renamed = {"choose": "candidate", "cite": "cites"}
        kept = {renamed.get(k, k): v for k, v in self.asks.items() if k not in ("repeat", "risks")}
        return {**found, **kept}


@cache
def corpus() -> tuple[Case, ...]:
    """All cases, by file and order."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            found.append(Case(cls=entry.pop("class"), **entry))
    return tuple(found)


def at(place: str, cases: Sequence[Case]) -> list[str]:
    """The texts that enter at a place."""
    return [case.whole for case in cases if case.place == place]
