"""What differs between two commits, and how two lines of history become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.github.git import Commit, GitError, GitRepository

STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
PATCH_BYTES = 1_000_000  # a longer patch of one file is left out, as GitHub does


@dataclass(frozen=True)
class FileChange:
    """One file of a diff. `patch` is None for binary and very long ones."""

    path: str
    old_path: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


def changed_files(git: GitRepository, base: str, head: str) -> list[FileChange]:
    """The diff from one tree or commit to another, renames found, in git's order."""
    compared = ("diff", "-M", "--no-color", "--no-ext-diff", "--abbrev=40")
    listed = git.run(*compared, "--raw", "--numstat", "-z", base, head, "--")
    fields = listed.decode(errors="replace").split("\0")
    found: list[tuple[str, str | None, str, str]] = []
    position = 0
    while fields[position].startswith(":"):
        _, _, _, sha, letter = fields[position].split()
        moved = letter[0] in "RC"
        old = fields[position + 1] if moved else None
        found.append((fields[position + 1 + moved], old, letter[0], sha))
        position += 2 + moved
    counts = []
    for path, old, letter, sha in found:
        added, removed, _ = fields[position].split("\t")
        position += 1 if old is None else 3
        counts.append((path, old, letter, sha, added, removed))
    text = git.run(*compared, "-p", base, head, "--").decode(errors="replace")
    patches = text.split("\ndiff --git ")
    changes = []
    for (path, old, letter, sha, added, removed), patch in zip(counts, patches, strict=False):
        start = patch.find("\n@@")
        shown = patch[start + 1 :].rstrip("\n") if start >= 0 and len(patch) <= PATCH_BYTES else None
        numbers = (0, 0) if added == "-" else (int(added), int(removed))
        changes.append(FileChange(path, old, STATUS.get(letter, "changed"), sha, *numbers, shown))
    return changes


def merged_tree(git: GitRepository, ours: str, theirs: str) -> str | None:
    """Tree of the merge of two commits, or None if they conflict."""
    try:
        return git.run("merge-tree", "--write-tree", ours, theirs).decode().split()[0]
    except GitError:
        return None


def rebased(git: GitRepository, commits: Sequence[Commit], onto: str, committer: str) -> str | None:
    """Apply commits (oldest first) on top of another; the new tip, or None if one conflicts."""
    tip = onto
    for commit in commits:
        if len(commit.parents) != 1:
            continue
        # A throw-away commit with our tree and their parent makes that parent the merge base.
        stand_in = git.write_commit(git.commit(tip).tree, commit.parents, "", committer, committer)
        tree = merged_tree(git, stand_in, commit.sha)
        if tree is None:
            return None
        tip = git.write_commit(tree, [tip], commit.message, commit.author.raw, committer)
    return tip


def foreign_workflows(git: GitRepository, tree: str, known: Sequence[str]) -> list[str]:
    """Workflow files of `tree` that stand with the same content in none of the `known` trees or commits."""
    folder = ".github/workflows/"
    there = {(e.path, e.sha) for one in known for e in git.tree(one, recursive=True, path=folder)}
    mine = git.tree(tree, recursive=True, path=folder)
    return [e.path for e in mine if e.kind == "blob" and (e.path, e.sha) not in there]


def commit_file(git: GitRepository, branch: str, path: str, content: bytes, message: str, who: str) -> str:
    """Write one file on a branch as one commit (the branch need not exist) and return the commit.

    Raises GitError if the path is impossible or the branch moved meanwhile.
    """
    ref = f"refs/heads/{branch}"
    head = git.ref(ref)
    blob = git.write("blob", content)
    mode = "100644"
    if head is not None:
        old = git.tree(head, path=path)
        mode = old[0].mode if old and old[0].kind == "blob" else mode
    tree = git.write_tree(head, [(mode, path, blob)])
    commit = git.write_commit(tree, [head] if head else [], message, who, who)
    git.set_ref(ref, commit, head or "0" * 40)
    return commit
