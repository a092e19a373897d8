"""What git says about a pull request: its commits, its files, whether it merges."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.github.git import Commit, GitRepository
from bot.sandbox.github.git_changes import FileChange, changed_files, merged_tree

KEPT = 64


@dataclass(frozen=True)
class PullFacts:
    """Two commits compared. `tree` is that of their merge, None if they conflict."""

    merge_base: str
    commits: tuple[Commit, ...]
    files: tuple[FileChange, ...]
    tree: str | None

    @property
    def additions(self) -> int:
        """Lines added."""
        return sum(change.additions for change in self.files)

    @property
    def deletions(self) -> int:
        """Lines removed."""
        return sum(change.deletions for change in self.files)


_kept: OrderedDict[tuple[Path, str, str], PullFacts] = OrderedDict()


def pull_facts(git: GitRepository, base: str, head: str) -> PullFacts:
    """The facts for two commits; the last few are remembered, since they never change."""
    key = (git.path, base, head)
    if key not in _kept:
        common = git.merge_base(base, head) or base
        commits = tuple(reversed(git.commits(f"{base}..{head}")))
        _kept[key] = PullFacts(common, commits, tuple(changed_files(git, common, head)), merged_tree(git, base, head))
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    return _kept[key]
