"""Regeneration in a folder, with real git: where the base is found, and what happens where it is not (DESIGN §4)."""

import subprocess
from pathlib import Path

import pytest

from agents.domain.files import LOCK_PATH, GeneratedFile, Lock, MergedTree, git_blob_sha
from agents.domain.proposal import Proposal
from agents.graph.memory import MemoryArtifacts
from agents.render.lock import _lock_files, lock_bytes
from agents.render.merge import NO_BASE, merge
from bot.cli.folder import OutputFolder
from bot.cli.plan import where_bases_are
from bot.cli.writing import write_tree

V1 = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
V2 = V1.replace(b"seven", b"SEVEN")
V3 = V2.replace(b"six", b"SIX")
MINE = V1.replace(b"one", b"mine")
REF = "refs/mlwright/p/generated"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, message: str = "Work") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message)


def generate(folder: Path, *, reopen: bool | None = None, **files: bytes) -> MergedTree:
    """What `mlwright plan --previous` does around the engine: merge onto the folder, write, keep what was generated."""
    artifacts, snapshot = MemoryArtifacts(), OutputFolder(folder)
    new = tuple(
        GeneratedFile(
            path=path, sha256=artifacts.put(content), blob=git_blob_sha(content), size=len(content), agent="a", template="t"
        )
        for path, content in files.items()
    )  # fmt: skip
    tree = merge(new, snapshot, artifacts, None, reopen=not snapshot.accepted() if reopen is None else reopen)
    packs = dict.fromkeys(("engine", "pattern_pack", "prompt_pack", "policy_pack", "template_pack", "price_book"), "1")
    lock = Lock(
        project="p", constraints="c", plan="p", decisions={}, choices={}, monthly_usd="1", bom=(), state={},
        files=tuple(_lock_files(tree)), **packs,
    )  # fmt: skip
    written = {file.path: (artifacts.get(file.sha256), file.mode) for file in tree.files}
    own = {LOCK_PATH: (lock_bytes(lock), "100644")}
    write_tree(folder, "p", {**written, **own}, tree.removed)
    pristine = {file.path: (artifacts.get(file.sha256), file.mode) for file in tree.pristine}
    OutputFolder(folder).history.keep("p", {**pristine, **own})
    return tree


def hint(folder: Path, tree: MergedTree) -> str:
    """What `mlwright plan` says beside conflicts that are only for want of a base."""
    return "\n".join(
        where_bases_are(Proposal(project="p", root="", outcome="proposed", tree=tree), OutputFolder(folder))
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Version 1, committed."""
    made = tmp_path / "repo"
    made.mkdir()
    git(made, "init", "--quiet", "-b", "main")
    generate(made, a=V1, b=V1)
    commit(made)
    return made


def edited(folder: Path, name: str = "a") -> str:
    return (folder / name).read_text()


def test_an_edit_after_the_merge_is_merged_again_and_again(folder: Path) -> None:
    (folder / "a").write_bytes(MINE)
    commit(folder)
    for version in (V2, V3, V3):
        tree = generate(folder, a=version, b=version)
        assert not tree.conflicts and (tree.kept, tree.kept_edits) == (("a",), 1)
        assert (folder / "a").read_bytes() == version.replace(b"one", b"mine")
        assert (folder / "b").read_bytes() == version
        commit(folder)


def test_an_edit_before_the_first_commit_is_merged(tmp_path: Path) -> None:
    """What was generated is in no commit of the person then, only in the ref."""
    git(tmp_path, "init", "--quiet", "-b", "main")
    generate(tmp_path, a=V1)
    (tmp_path / "a").write_bytes(MINE)
    commit(tmp_path)
    assert not generate(tmp_path, a=V2).conflicts
    assert (tmp_path / "a").read_bytes() == V2.replace(b"one", b"mine")


def clone(origin: Path, to: Path, *options: str) -> Path:
    subprocess.run(["git", "clone", "--quiet", *options, f"file://{origin}", str(to)], check=True, capture_output=True)
    return to


@pytest.mark.parametrize("how", ["squash", "rebase", "merge"])
@pytest.mark.parametrize("before", [True, False])
def test_the_base_is_found_after_every_way_of_merging(folder: Path, how: str, before: bool) -> None:
    """Version 2 is proposed on a branch, edited there (`before`) or after, merged, and the branch deleted."""
    git(folder, "checkout", "--quiet", "-b", "proposal")
    generate(folder, a=V2, b=V2)
    commit(folder, "Version 2")
    if before:
        (folder / "a").write_bytes(V2.replace(b"one", b"mine"))
        commit(folder, "Mine")
    git(folder, "checkout", "--quiet", "main")
    (folder / "notes").write_text("other work\n")
    commit(folder, "Meanwhile")
    if how == "squash":
        git(folder, "merge", "--quiet", "--squash", "proposal")
        commit(folder, "Squashed")
    elif how == "rebase":
        git(folder, "checkout", "--quiet", "proposal")
        git(folder, "rebase", "--quiet", "main")
        git(folder, "checkout", "--quiet", "main")
        git(folder, "merge", "--quiet", "--ff-only", "proposal")
    else:
        git(folder, "merge", "--quiet", "--no-ff", "proposal")
    git(folder, "branch", "--quiet", "-D", "proposal")
    git(folder, "reflog", "expire", "--expire=now", "--all")
    git(folder, "gc", "--quiet", "--prune=now")
    if not before:
        (folder / "a").write_bytes(V2.replace(b"one", b"mine"))
        commit(folder, "Mine")
    tree = generate(folder, a=V3, b=V3)
    assert not tree.conflicts and tree.kept_edits == 1
    assert (folder / "a").read_bytes() == V3.replace(b"one", b"mine") and (folder / "b").read_bytes() == V3
    assert edited(folder, "notes") == "other work\n"


def test_a_shallow_clone_says_so_and_is_merged_once_the_base_was_fetched(folder: Path, tmp_path: Path) -> None:
    generate(folder, a=V1, b=V1 + b"b")
    (folder / "a").write_bytes(MINE)
    commit(folder)
    shallow = clone(folder, tmp_path / "shallow", "--depth", "1")
    assert OutputFolder(shallow).history.shallow
    tree = generate(shallow, a=V2, b=V2 + b"b")
    [conflict] = tree.conflicts
    assert conflict.reason == NO_BASE and (shallow / "a").read_bytes() == MINE, "the person's text stands"
    assert [(p.yours, p.generated) for p in conflict.places] == [("mine", "one"), ("seven", "SEVEN")]
    assert (shallow / "b").read_bytes() == V2 + b"b"
    assert "fetch --unshallow" in hint(shallow, tree) and "refs/mlwright/*" in hint(shallow, tree)
    assert generate(shallow, reopen=True, a=V2, b=V2 + b"b").conflicts == tree.conflicts, (
        "planned again it says so again"
    )
    git(shallow, "fetch", "--quiet", "origin", f"{REF}:refs/mlwright/p/origin")
    assert not generate(shallow, reopen=True, a=V2, b=V2 + b"b").conflicts
    assert (shallow / "a").read_bytes() == V2.replace(b"one", b"mine")


def test_without_git_the_text_of_people_is_kept(tmp_path: Path) -> None:
    generate(tmp_path, a=V1, b=V1 + b"b")
    (tmp_path / "a").write_bytes(MINE)
    tree = generate(tmp_path, a=V2, b=V2 + b"b")
    assert [(c.path, c.reason) for c in tree.conflicts] == [("a", NO_BASE)]
    assert (tmp_path / "a").read_bytes() == MINE and (tmp_path / "b").read_bytes() == V2 + b"b"
    assert "in git" in hint(tmp_path, tree)
    assert OutputFolder(tmp_path).accepted(), "nobody can tell: another version takes it for settled"


@pytest.mark.parametrize("damage", [None, b"<<<<<<< HEAD\n", b"{}"])
@pytest.mark.parametrize("kept", [True, False])
def test_a_lost_lock_is_found_in_the_history(folder: Path, damage: bytes | None, kept: bool) -> None:
    (folder / "a").write_bytes(MINE)
    (folder / LOCK_PATH).unlink()
    if damage is not None:
        (folder / LOCK_PATH).write_bytes(damage)
    commit(folder)
    if not kept:
        git(folder, "update-ref", "-d", REF)
    tree = generate(folder, a=V2, b=V2)
    assert not tree.conflicts and (folder / "a").read_bytes() == V2.replace(b"one", b"mine")


def test_a_conflict_stays_open_until_it_is_committed(folder: Path) -> None:
    mine = V1.replace(b"seven", b"mine")
    (folder / "a").write_bytes(mine)
    commit(folder)
    for version in (V2, V2.replace(b"one", b"ONE")):
        tree = generate(folder, a=version, b=V1)
        [conflict] = tree.conflicts
        assert conflict.places[-1].yours == "mine" and conflict.places[-1].generated == "SEVEN"
        assert (folder / "a").read_bytes() == mine
    commit(folder)
    tree = generate(folder, a=V2.replace(b"one", b"ONE").replace(b"three", b"THREE"), b=V1)
    assert not tree.conflicts, "who commits it takes their own text"
    assert (folder / "a").read_bytes() == mine.replace(b"three", b"THREE")


def test_modes_endings_and_bytes_of_people_are_kept(folder: Path) -> None:
    (folder / "a").chmod(0o755)
    (folder / "b").write_bytes(MINE.replace(b"\n", b"\r\n"))
    (folder / "c").write_bytes(b"\x00\xff")
    commit(folder)
    generate(folder, a=V2, b=V2)
    assert (folder / "a").stat().st_mode & 0o100 and (folder / "a").read_bytes() == V2
    assert (folder / "b").read_bytes() == V2.replace(b"one", b"mine").replace(b"\n", b"\r\n")
    assert (folder / "c").read_bytes() == b"\x00\xff"


def test_a_project_in_a_folder_of_a_repository_is_kept_at_its_place(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "-b", "main")
    inside = tmp_path / "teams" / 'a "b"'
    inside.mkdir(parents=True)
    generate(inside, a=V1)
    assert not git(tmp_path, "for-each-ref", "refs/mlwright/"), "a folder that nobody commits may be a scratch one"
    commit(tmp_path)
    (inside / "a").write_bytes(MINE)
    generate(inside, a=V2)
    commit(tmp_path)
    assert not generate(inside, a=V3).conflicts
    assert (inside / "a").read_bytes() == V3.replace(b"one", b"mine")
    listed = git(tmp_path, "ls-tree", "-r", "-z", "--name-only", REF).split("\0")
    assert 'teams/a "b"/a' in listed


def test_what_was_generated_is_kept_once(folder: Path) -> None:
    first = git(folder, "rev-parse", REF)
    generate(folder, a=V1, b=V1)
    assert git(folder, "rev-parse", REF) == first
    generate(folder, a=V2, b=V1)
    assert git(folder, "rev-list", "--count", REF).strip() == "2"
