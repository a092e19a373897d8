"""What the validators' processes have: no environment, no network where the system allows that, bounded time and output."""

import socket
import sys
import time
from pathlib import Path

import pytest

from agents.validators.execution import process
from agents.validators.execution.process import run
from agents.validators.judge import validate


def test_children_get_no_environment_and_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "do-not-pass")
    seen = run(["/usr/bin/env"], cwd=tmp_path, scratch=tmp_path)
    assert b"do-not-pass" not in seen.stdout and b"HOME=" in seen.stdout
    started = time.monotonic()
    slow = run(["/bin/sh", "-c", "sleep 60 & sleep 60"], cwd=tmp_path, scratch=tmp_path, seconds=1)
    assert "stopped after 1 s" in slow.failure and time.monotonic() - started < 10
    loud = run(["/bin/sh", "-c", "yes"], cwd=tmp_path, scratch=tmp_path, seconds=20)
    assert loud.failure or loud.exit_code
    assert len(loud.stdout) <= 8 * 1024 * 1024


CONNECT = "import socket; socket.create_connection(('127.0.0.1', %d), 5); print('reached')"


def test_children_have_no_network_and_the_report_says_where_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", CONNECT % server.getsockname()[1]]
        shut = run(command, cwd=tmp_path, scratch=tmp_path)
        assert (b"reached" not in shut.stdout) == bool(process.without_network())
        assert run(command, cwd=tmp_path, scratch=tmp_path, network=True).stdout == b"reached\n"
        expected = "cut off" if process.without_network() else "not cut off"
        assert validate({}, validators=[]).network == expected
        monkeypatch.setattr(process.shutil, "which", lambda name, path=None: None)
        process.without_network.cache_clear()
        try:
            assert run(command, cwd=tmp_path, scratch=tmp_path).stdout == b"reached\n"
            assert validate({}, validators=[]).network == "not cut off"
        finally:
            process.without_network.cache_clear()
