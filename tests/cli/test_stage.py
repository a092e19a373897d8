"""The demo's parts: started again a bounded number of times, and told in words a person can use."""

import signal
import time
from pathlib import Path

import pytest

from bot.cli import stage as module
from bot.cli.stage import DEATHS, DemoFailed, Stage


def test_what_ends_again_and_again_is_given_up_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    stage, log = Stage(tmp_path, said.append), tmp_path / "serve.log"
    log.write_text("old\n" * 50 + "Cannot listen on 127.0.0.1:80: Permission denied.\n")
    for _ in range(DEATHS):
        stage._note_death("mlwright serve", 2, log)
    assert said == ["⚠️ mlwright serve ended (exit code 2); started again"] * DEATHS
    assert pauses == sorted(pauses) and len(pauses) == DEATHS - 1, "each start waits longer than the one before"
    with pytest.raises(DemoFailed) as given_up:
        stage._note_death("mlwright serve", -signal.SIGKILL, log)
    assert f"{DEATHS + 1} times" in given_up.value.message and "killed by SIGKILL" in given_up.value.message
    assert str(log) in given_up.value.remedy and "Permission denied" in given_up.value.remedy
    assert len(given_up.value.remedy.splitlines()) < 12


def test_deaths_of_long_ago_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    stage = Stage(tmp_path, lambda _: None)
    for _ in range(3 * DEATHS):
        stage._note_death("Redis", 1, tmp_path / "none")
        now[0] += module.WITHIN_S + 1
