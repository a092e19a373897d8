"""A kill at any step of writing a folder: the next run completes it, and what people wrote is never lost."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.domain.files import Lock
from agents.errors import BadInput
from agents.render.lock import lock_bytes
from bot.cli.folder import require_writable
from bot.cli.writing import complete, write_tree

ROOT = Path(__file__).parents[2]
SEED = ROOT / "bot" / "cli" / "seed" / "constraints.yaml"
LOCK = ".mlwright/lock.json"
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree")


def lock(plan: str) -> tuple[bytes, str]:
    packs = ("engine", "pattern_pack", "prompt_pack", "policy_pack", "template_pack", "price_book", "constraints")
    empty: dict[str, str] = {}
    made = Lock(
        project="churn", plan=plan, decisions=empty, choices=empty, monthly_usd="1", bom=(), state=empty, files=(),
        **dict.fromkeys(packs, "x"),
    )  # fmt: skip
    return lock_bytes(made), "100644"


OLD = {"a.txt": (b"a", "100644"), "deep/b.sh": (b"b", "100755"), "gone.txt": (b"g", "100644"), LOCK: lock("old")}
NEW = {"a.txt": (b"A", "100644"), "deep/b.sh": (b"b", "100644"), "new/c.txt": (b"c", "100644"), LOCK: lock("new")}


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Runs `work` in a process that is killed just before its `step`-th change of the disk; True if it was."""
    pid = os.fork()
    if pid == 0:
        seen = 0

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if event in CHANGES or writes:
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def standing(folder: Path) -> dict[str, tuple[bytes, bool]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), os.access(path, os.X_OK))
        for path in folder.rglob("*")
        if path.is_file()
    }


def wanted(files: dict[str, tuple[bytes, str]]) -> dict[str, tuple[bytes, bool]]:
    return {path: (content, mode == "100755") for path, (content, mode) in files.items()}


def test_a_first_run_killed_anywhere_can_be_run_again(tmp_path: Path) -> None:
    step = 1
    while True:
        out = tmp_path / str(step)
        was_killed = killed_at(step, lambda out=out: write_tree(out, "churn", NEW, ()))  # type: ignore[misc]
        require_writable(out, "churn")
        if out.exists():
            complete(out)
        write_tree(out, "churn", NEW, ())
        assert standing(out) == wanted(NEW), f"killed before step {step}"
        assert sorted(p.name for p in (out / ".mlwright").iterdir()) == ["lock.json"]
        if not was_killed:
            break
        step += 1
    assert step > 10, "the kills fell between the steps"


def test_an_update_killed_anywhere_is_the_old_tree_or_is_completed_and_keeps_peoples_edits(tmp_path: Path) -> None:
    step, halves = 1, 0
    while True:
        out = tmp_path / str(step)
        write_tree(out, "churn", OLD, ())
        (out / "mine.txt").write_text("mine")
        was_killed = killed_at(step, lambda out=out: write_tree(out, "churn", NEW, ("gone.txt",)))  # type: ignore[misc]
        (out / "new").mkdir(exist_ok=True)
        mine = "c.txt" if (out / "new" / "c.txt").exists() else "d.txt"
        (out / "new" / mine).write_text("edited after the kill")
        require_writable(out, "churn")
        lock_before = (out / LOCK).read_bytes()
        halves += complete(out)
        found = standing(out)
        assert found.pop("mine.txt") == (b"mine", False)
        assert found.pop(f"new/{mine}") == (b"edited after the kill", False)
        rest = {path: file for path, file in wanted(NEW).items() if path != f"new/{mine}"}
        old = wanted(OLD)
        assert found in (rest, old), f"killed before step {step}: neither the old tree nor the new one"
        assert found == rest or lock_before == OLD[LOCK][0]
        if not was_killed:
            break
        step += 1
    assert halves >= 4, "no kill fell into the moving"


def test_what_a_person_changes_between_the_kill_and_the_next_run_stays(tmp_path: Path) -> None:
    write_tree(tmp_path, "churn", OLD, ())
    step = 1
    while killed_at(step, lambda: write_tree(tmp_path, "churn", NEW, ("gone.txt",))):
        if (tmp_path / ".mlwright" / "pending").exists():
            break
        step += 1
    assert (tmp_path / "a.txt").read_bytes() == b"a"
    (tmp_path / "a.txt").write_text("my own words")
    (tmp_path / "gone.txt").write_text("I need this")
    assert complete(tmp_path)
    assert (tmp_path / "a.txt").read_text() == "my own words" and (tmp_path / "gone.txt").read_text() == "I need this"
    assert (tmp_path / "new" / "c.txt").read_bytes() == b"c" and (tmp_path / LOCK).read_bytes() == NEW[LOCK][0]


def test_a_half_written_folder_of_another_project_is_refused(tmp_path: Path) -> None:
    step = 1
    while not (tmp_path / ".mlwright" / "pending").exists():
        killed_at(step, lambda: write_tree(tmp_path, "churn", NEW, ()))
        step += 1
    with pytest.raises(BadInput, match="holds the project churn"):
        require_writable(tmp_path, "fraud")


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "link/evil"])
def test_a_record_that_leads_outside_is_not_followed(tmp_path: Path, path: str) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    staged = out / ".mlwright" / "pending"
    staged.mkdir(parents=True)
    (out / "link").symlink_to(outside)
    record = {"project": "churn", "modes": {path: "100644"}, "was": {path: None}, "removed": {}}
    (staged / "manifest.json").write_text(json.dumps(record))
    with pytest.raises(BadInput):
        complete(out)
    assert not any(outside.iterdir())


def test_a_folder_where_a_file_belongs_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    write_tree(tmp_path, "churn", OLD, ())
    (tmp_path / "new").write_text("a file where a folder belongs")
    before = standing(tmp_path)
    with pytest.raises(BadInput, match="is a file"):
        write_tree(tmp_path, "churn", NEW, ())
    assert standing(tmp_path) == before


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    import fcntl

    write_tree(tmp_path, "churn", OLD, ())
    handle = os.open(tmp_path / ".mlwright", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match="Another mlwright"):
            write_tree(tmp_path, "churn", NEW, ())
    finally:
        os.close(handle)
    assert standing(tmp_path) == wanted(OLD)


KILLER = """
import os, signal, sys
renames = 0
def count(event, arguments):
    global renames
    if event == "os.rename" and "/.mlwright/pending/" in str(arguments[0]):
        renames += 1
        if renames == 60:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
from bot.cli import main
main()
"""


def test_plan_killed_in_the_middle_completes_on_the_next_run(tmp_path: Path) -> None:
    """The whole command: killed among its files, then run again, and compared with a run that was left alone."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

    def run(code: list[str], out: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, *code, "plan", str(SEED), "--out", str(tmp_path / out)]
        return subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)

    killed = run(["-c", KILLER], "killed")
    assert killed.returncode == -signal.SIGKILL and not (tmp_path / "killed" / LOCK).exists()
    told = subprocess.run(
        [sys.executable, "-m", "bot", "why", "serve", str(tmp_path / "killed")],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert told.returncode == 2 and "half written" in told.stderr
    again, alone = run(["-m", "bot"], "killed"), run(["-m", "bot"], "alone")
    assert again.returncode == alone.returncode == 0, again.stderr
    assert "completed what a run that was killed" in again.stderr
    digest = {out: {p: hashlib.sha256(c).hexdigest() for p, (c, _) in standing(tmp_path / out).items()}
              for out in ("killed", "alone")}  # fmt: skip
    assert digest["killed"] == digest["alone"]
