"""The agents say of known projects what is written down in `golden/`; see golden.py for how to change it on
purpose."""

import json
from functools import cache
from typing import Any

import pytest

from tests.agents_suite.golden import FOLDER, golden

FILES = sorted(path.name for path in FOLDER.glob("*.json"))


@cache
def now() -> dict[str, Any]:
    return golden()


def test_the_same_files() -> None:
    assert sorted(now()) == FILES


@pytest.mark.parametrize("name", FILES)
def test_nothing_moved_unseen(name: str) -> None:
    written = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    said = json.loads(json.dumps(now()[name]))
    assert sorted(said) == sorted(written)
    for part in written:
        assert said[part] == written[part], (
            f"{name}: {part} moved; if that is meant: python -m tests.agents_suite.golden"
        )
