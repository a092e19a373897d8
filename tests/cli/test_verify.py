"""Which files differ from what was judged: generated, edited before and since, links, bits, and workflows at the top."""

import hashlib
from pathlib import Path
from typing import Any

from agents.domain.files import Lock, LockFile, git_blob_sha
from agents.validators.execution.checkout import digest_of
from bot.cli.verify import compare

GENERATED = {"a.py": b"a\n", "b.py": b"b\n", ".github/workflows/ci.yml": b"ci\n"}
KEPT = b"generated, and mine\n"


def output(folder: Path) -> tuple[Lock, dict[str, Any]]:
    """An output as it was judged: three generated files, one with a person's edit, one of theirs."""
    stands = {**GENERATED, "kept.py": KEPT}
    for path, content in {**stands, "own.py": b"own\n"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    rows = [LockFile(path=p, blob=git_blob_sha(c), owner="generated", decision=None) for p, c in GENERATED.items()]
    rows.append(LockFile(path="kept.py", blob=git_blob_sha(b"generated\n"), owner="edited", decision=None))
    rows.append(LockFile(path="own.py", blob=git_blob_sha(b"other\n"), owner="adopted", decision=None))
    rows.append(LockFile(path="gone.py", blob=git_blob_sha(b"x\n"), owner="deleted", decision=None))
    packs = dict.fromkeys(("engine", "pattern_pack", "prompt_pack", "policy_pack", "template_pack", "price_book"), "1")
    lock = Lock(
        project="p", constraints="c", plan="d", decisions={}, choices={}, monthly_usd="0", bom=(), state={},
        files=tuple(rows), **packs,  # type: ignore[arg-type]
    )  # fmt: skip
    return lock, {"tree": digest_of(stands, {}), "edited": {"kept.py": hashlib.sha256(KEPT).hexdigest()}}


def test_what_was_judged_matches_whatever_people_have_beside_it(tmp_path: Path) -> None:
    lock, report = output(tmp_path)
    (tmp_path / "own.py").write_text("changed as they like")
    (tmp_path / "new.py").write_text("new")
    found = compare(tmp_path, lock, report)
    assert found.matches and found.files == 4 and not found.changed


def test_each_kind_of_change_is_named(tmp_path: Path) -> None:
    lock, report = output(tmp_path)
    (tmp_path / "a.py").write_text("other")
    (tmp_path / "kept.py").write_text("mine again")
    (tmp_path / "b.py").unlink()
    (tmp_path / "b.py").symlink_to("a.py")
    (tmp_path / ".github/workflows/ci.yml").unlink()
    found = compare(tmp_path, lock, report)
    assert not found.matches
    assert (found.changed, found.links, found.missing) == (["a.py", "kept.py"], ["b.py"], [".github/workflows/ci.yml"])


def test_a_bit_or_a_doctored_lock_never_matches(tmp_path: Path) -> None:
    lock, report = output(tmp_path)
    (tmp_path / "a.py").chmod(0o755)
    found = compare(tmp_path, lock, report)
    assert not found.matches and not found.changed
    (tmp_path / "a.py").chmod(0o644)
    (tmp_path / "a.py").write_bytes(b"evil\n")
    rows = tuple(f.model_copy(update={"blob": git_blob_sha(b"evil\n")}) if f.path == "a.py" else f for f in lock.files)
    assert not compare(tmp_path, lock.model_copy(update={"files": rows}), report).matches


def test_without_the_edited_texts_of_older_reports_it_says_what_it_cannot_tell(tmp_path: Path) -> None:
    lock, report = output(tmp_path)
    assert compare(tmp_path, lock, {"tree": report["tree"]}).matches
    (tmp_path / "kept.py").write_text("mine again")
    found = compare(tmp_path, lock, {"tree": report["tree"]})
    assert not found.matches and found.untold == ["kept.py"]


def test_a_projects_workflows_stand_at_the_top_of_its_repository(tmp_path: Path) -> None:
    project = tmp_path / "teams" / "churn"
    project.mkdir(parents=True)
    lock, report = output(project)
    (tmp_path / ".git").mkdir()
    (project / ".github").rename(tmp_path / ".github")
    assert compare(project, lock, report).matches
