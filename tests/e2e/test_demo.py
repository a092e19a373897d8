"""The demo as a person keeps it: parts are killed, it is stopped, killed, started again, and pushes are never lost."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.github.server import LocalGitHub
from tests.e2e.world import ROOT, git, wait_for

UP = "Everything keeps running"
PARTS = ("bot serve", "bot worker", "postgres -D", "valkey-server")


class Demo:
    """A running `mlwright demo`, its output as it comes, and the processes below it."""

    def __init__(self, state: Path, *more: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", "--state", str(state), *more],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=environment,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, words: str, seconds: float = 120, since: int = 0) -> str:
        def said() -> str | None:
            found = next((line for line in self.lines[since:] if words in line), None)
            assert found or self.process.poll() is None, self.output
            return found

        try:
            return wait_for(said, seconds, words)
        except AssertionError:
            raise AssertionError(f"{words!r} was not said:\n{self.output}") from None

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        status = self.process.wait(60)
        self._reader.join(5)
        return status

    def parts(self) -> dict[str, int]:
        """Process ids of the direct children that are alive, by part."""
        found: dict[str, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                for part in PARTS:
                    if parent == self.process.pid and part in command:
                        found[part] = int(folder.name)
        return found


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Demo]]:
    """What a test starts; ended with it, however it ends."""
    demos: list[Demo] = []
    yield demos
    for demo in demos:
        if demo.process.poll() is None:
            demo.end(signal.SIGKILL)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def push(url: str, folder: Path, *replace: tuple[str, str]) -> None:
    git("clone", "--quiet", url, str(folder))
    file = folder / "constraints.yaml"
    for before, after in replace:
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))
    git("-C", str(folder), "commit", "--quiet", "-am", "Ask for more")
    git("-C", str(folder), "push", "--quiet")


def address(demo: Demo, name: str) -> str:
    return demo.wait_for(f"  {name} ", 5).split()[-1]


@pytest.mark.nightly
def test_it_lives_through_the_loss_of_every_part_and_ends_with_all_of_them(tmp_path: Path, started: list[Demo]) -> None:
    demo = Demo(tmp_path / "state")
    started.append(demo)
    demo.wait_for(UP)
    parts = demo.parts()
    assert sorted(parts) == sorted(PARTS), demo.output

    for part, name in zip(PARTS, ("mlwright serve", "mlwright worker", "Postgres", "Redis"), strict=True):
        os.kill(parts[part], signal.SIGKILL)
        told = demo.wait_for(f"{name} ended", 60)
        assert "killed by SIGKILL" in told and "started again" in told
    wait_for(lambda: sorted(demo.parts()) == sorted(PARTS), 60, "every part to run again")
    assert not {pid for pid in parts.values() if alive(pid)} & set(demo.parts().values())

    url, run = address(demo, "clone"), address(demo, "run")
    push(url, tmp_path / "clone", ("requests_per_second: 20", "requests_per_second: 90"))

    branch = tmp_path / "branch"

    def replanned() -> bool:
        subprocess.run(["rm", "-rf", str(branch)], check=True)
        git("clone", "--quiet", "--branch", "mlwright/churn", url, str(branch))
        return "requests_per_second: 90" in (branch / "constraints.yaml").read_text()

    wait_for(replanned, 150, "the plan of the push after the kills")

    serving = demo.parts()
    assert demo.end(signal.SIGTERM) == 0 and "Stopped." in demo.output
    assert not [part for part, pid in serving.items() if alive(pid)]

    again = Demo(tmp_path / "state")
    started.append(again)
    again.wait_for(UP)
    assert address(again, "run").split("/runs/")[0] == run.split("/runs/")[0], "addresses in checks died"
    second = Demo(tmp_path / "state")
    started.append(second)
    assert second.process.wait(30) == 1
    wait_for(lambda: "is running in" in second.output, 5, "the refusal of a second demo")
    serving = again.parts()
    assert len(serving) == len(PARTS)
    again.end(signal.SIGKILL)
    wait_for(lambda: not [pid for pid in serving.values() if alive(pid)], 60, "the end of all children")


@pytest.mark.nightly
def test_a_push_that_nobody_received_is_planned_before_anything_is_shown(tmp_path: Path, started: list[Demo]) -> None:
    state = tmp_path / "state"
    first = Demo(state, "--once")
    started.append(first)
    assert first.process.wait(200) == 0, first.output
    with LocalGitHub(state / "github", webhook_url="") as github:
        more = ("requests_per_second: 20", "requests_per_second: 120")
        push(github.clone_url("acme", "churn", "ada"), tmp_path / "clone", more)
        github.hooks.wait()
    second = Demo(state, "--once")
    started.append(second)
    assert second.process.wait(200) == 0, second.output
    assert "sent again what nobody had received" in second.output
    shown = [next(line for line in demo.lines if line.startswith("mlwright: churn")) for demo in (first, second)]
    assert shown[0] != shown[1], "the summary is that of the run before"
    assert "✔ reports" in second.output, "the stages of the new run were not shown"
    assert "serve.online" in second.output and "serve.batch" in second.output
