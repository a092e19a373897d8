"""The zip of a plan: the same bytes anywhere, what the folder has, and never with a secret."""

import io
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from agents.domain.files import GeneratedFile, MergedTree, git_blob_sha
from agents.domain.proposal import Proposal
from agents.errors import Defect
from agents.graph.memory import MemoryArtifacts
from agents.render.archive import write_archive
from agents.validators import secret_scan
from agents.validators.judge import Circumstances, validate
from bot.cli.archive import zip_result
from bot.cli.engine_run import Ran
from tests.cli.running import SEED, mlwright

GUESSED = "api_key: " + "8f14e45fceea167a5a36dedd4bea2543f3c2b1d9"
TOKEN = "ghp_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"


def test_order_time_and_place_leave_no_trace() -> None:
    store = MemoryArtifacts()
    files = {"b/run.sh": (store.put(b"#!/bin/sh\n"), "100755"), "a.py": (store.put(b"x = 1\n" * 99), "100644")}
    first, second = io.BytesIO(), io.BytesIO()
    write_archive(first, files, store)
    write_archive(second, dict(reversed(files.items())), store)
    assert first.getvalue() == second.getvalue()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None and archive.namelist() == ["a.py", "b/run.sh"]
        modes = {entry.filename: stat.filemode(entry.external_attr >> 16) for entry in archive.infolist()}
        assert modes == {"a.py": "-rw-r--r--", "b/run.sh": "-rwxr-xr-x"}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.create_system for entry in archive.infolist()} == {3}


def planned(tree: dict[str, bytes], reports: dict[str, bytes]) -> Ran:
    """What the engine hands over of that tree, which the real scan has judged."""
    store = MemoryArtifacts()
    files = tuple(
        GeneratedFile(path=p, sha256=store.put(c), blob=git_blob_sha(c), size=len(c), agent="a", template="t")
        for p, c in tree.items()
    )
    proposal = Proposal.model_construct(
        tree=MergedTree.model_construct(files=files),
        lock=object(),  # type: ignore[arg-type]
        reports={path: store.put(content) for path, content in reports.items()},
        validation=validate(tree, validators=[secret_scan.VALIDATOR], circumstances=Circumstances()),
    )
    return Ran(proposal, store)


def test_what_the_scan_found_keeps_it_from_being_written(tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    assert zip_result(planned({"a.py": b"x = 1\n"}, {"reports/a.md": b"fine\n"}), b"version: 1\n", file) == ""
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["a.py", "constraints.yaml", "reports/a.md"]
    good = file.read_bytes()
    guessed = f"# {GUESSED}\n".encode()
    assert zip_result(planned({"a.py": b"\n" + guessed}, {}), b"", file) == "what looks like a secret stands in a.py:2"
    with pytest.raises(Defect, match=r"constraints\.yaml:2 looks like a secret"):
        zip_result(planned({"a.py": b""}, {}), f"a\n# {TOKEN}\n".encode(), file)
    assert file.read_bytes() == good and list(tmp_path.iterdir()) == [file], "what stood there stays"


def test_what_was_not_scanned_is_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.validators.execution.binary.find_binary", lambda name, path=None: None)
    told = zip_result(planned({"a.py": b"x = 1\n"}, {}), b"", tmp_path / "x.zip")
    assert told.startswith("the files were not scanned for secrets (") and not list(tmp_path.iterdir())


@pytest.mark.nightly
def test_it_holds_the_folder_and_no_secret_that_people_wrote(tmp_path: Path) -> None:
    out, file = tmp_path / "out", tmp_path / "plan.zip"
    done = mlwright("plan", SEED, "--out", out, "--zip", file)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(file) as archive:
        zipped = {name: archive.read(name) for name in archive.namelist()}
    assert zipped == {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert "reports/plan.json" in zipped and ".mlwright/lock.json" in zipped

    shutil.copytree(out, tmp_path / "mine")
    mine = tmp_path / "mine" / "Makefile"
    mine.write_text(mine.read_text() + f"\n# {TOKEN}\n")
    again = tmp_path / "again.zip"
    refused = mlwright("plan", SEED, "--out", tmp_path / "mine", "--zip", again)
    assert refused.returncode == 2, "a secret in a merged file fails the run"
    assert "What looks like a secret stands in Makefile:" in refused.stderr and "/adopt" in refused.stderr
    assert TOKEN not in refused.stdout + refused.stderr and not again.exists()
    assert not list(tmp_path.glob(".*.zip*"))
    assert {
        p.relative_to(tmp_path / "mine").as_posix(): p.read_bytes() for p in mine.parent.rglob("*") if p.is_file()
    } == {
        **zipped,
        "Makefile": mine.read_bytes(),
    }
