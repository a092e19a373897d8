"""The checked-out repository: its constraint files, and a project's folder as the tree that a plan is merged onto.

Anybody may have written what lies there (a fork's pull request is checked out too): links are never followed, and nothing of
it is run.
"""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from agents.domain.files import LOCK_PATH
from agents.ports import TreeEntry
from bot.cli.folder import SKIPPED_FOLDERS, OutputFolder, own_policies
from bot.errors import BadInput
from bot.messages import CONSTRAINTS_FILE, project_root, safe_path
from bot.publish.branch_merge import placed

SHARED = ".github"
NONE = "Say `constraints:` in the workflow, or add one: `mlwright init` starts it, docs/constraints.md describes it."


def constraint_files(named: str) -> tuple[str, ...]:
    """Paths in the repository: those that are named, one a line, else all there are. Raises BadInput."""
    wanted = tuple(dict.fromkeys(line.strip().removeprefix("./") for line in named.splitlines() if line.strip()))
    for path in wanted:
        if project_root(path) is None:
            raise BadInput(
                f"constraints: {path!r} is not the path of a {CONSTRAINTS_FILE} in the repository.",
                remedy=f"Name files as `folder/{CONSTRAINTS_FILE}`, one a line, relative to the repository's root.",
            )
        require_plain(path)
        if not Path(path).is_file():
            raise BadInput(f"constraints: {path}: there is no such file.", remedy=NONE)
    found = wanted or _found()
    if not found:
        raise BadInput(f"There is no {CONSTRAINTS_FILE} in this repository.", remedy=NONE)
    return found


def _found() -> tuple[str, ...]:
    names = []
    for parent, folders, files in os.walk("."):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        if CONSTRAINTS_FILE in files:
            path = (Path(parent) / CONSTRAINTS_FILE).as_posix()
            if project_root(path) is not None and not Path(path).is_symlink():
                names.append(path)
    return tuple(sorted(names))


def require_plain(path: str) -> None:
    """Refuses a path that leads through a symbolic link: it could show what lies outside of the repository."""
    place = Path(path)
    for one in (place, *place.parents):
        if one.is_symlink():
            raise BadInput(
                f"{path}: {one} is a symbolic link, which is not followed.", remedy="Commit the file itself."
            )


def rules_here(root: str) -> Mapping[str, bytes]:
    """The repository's own rules as they are checked out: those of the root, and those of the project."""
    folders = dict.fromkeys(("", root))
    for folder in folders:
        require_plain(placed(folder, ".mlwright/policies"))
    return {placed(folder, path): text for folder in folders for path, text in own_policies(Path(folder)).items()}


class ProjectFolder(OutputFolder):
    """A project of the checkout as agents.ports.BranchSnapshot: its folder, and the repository's `.github/`."""

    def __init__(self, root: str, rules: Mapping[str, bytes]) -> None:
        super().__init__(Path(root), rules)
        self._root = root
        require_plain(placed(root, LOCK_PATH))

    def read(self, blob: str) -> bytes:
        for path, entry in self._shared.items():
            if entry.blob == blob and entry.mode != "120000":
                return Path(path).read_bytes()
        return super().read(blob)

    def entries(self) -> Mapping[str, TreeEntry]:
        own = super().entries()
        if not self._root:
            return own
        return {**{path: entry for path, entry in own.items() if not path.startswith(f"{SHARED}/")}, **self._shared}

    @cached_property
    def _shared(self) -> Mapping[str, TreeEntry]:
        if not self._root or Path(SHARED).is_symlink():
            return {}
        found = OutputFolder(Path(SHARED)).entries()
        return {f"{SHARED}/{path}": entry for path, entry in found.items() if safe_path(path)}
