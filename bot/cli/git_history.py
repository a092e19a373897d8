"""What a folder's own git knows of earlier generations, and keeping this one there (DESIGN §4, Base of the three-way merge).

Only the local repository is asked: nothing is fetched, so that planning needs no network. What was generated is kept as
`refs/mlwright/<project>/generated`, the ref that the publisher writes on GitHub, under the same paths.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from agents.domain.files import LOCK_PATH, Lock, git_blob_sha
from agents.ports import TreeEntry
from agents.render.lock import parse_lock

HISTORY = 20
"""Commits that changed the lock which are looked through for one that can be read."""
AUTHOR = "mlwright <mlwright@localhost> 0 +0000"
"""No person and no clock: the same generation gives the same commit."""


class GitHistory:
    """The git repository that `folder` lies in, if it does. Nothing here raises: without git there is no history."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def blob(self, blob: str) -> bytes | None:
        """Its content, wherever in the repository it is; None if it is nowhere."""
        return self._run("cat-file", "blob", blob)

    @cached_property
    def place(self) -> str | None:
        """The folder's path in its repository ("" for the top, else with a final slash); None without a repository."""
        found = self._run("rev-parse", "--show-prefix")
        return os.fsdecode(found).rstrip("\n") if found is not None else None

    @property
    def shallow(self) -> bool:
        return self._run("rev-parse", "--is-shallow-repository") == b"true\n"

    def committed(self, path: str) -> bytes | None:
        """The file as the last commit has it."""
        return self._run("cat-file", "blob", f"HEAD:./{path}")

    def lock(self) -> Lock | None:
        """The newest lock that can be read: in what was kept of generations, else in the history of the folder."""
        return next((lock for raw in self._locks() if (lock := parse_lock(raw)[0]) is not None), None)

    def _locks(self) -> Iterator[bytes]:
        if self.place is None:
            return
        refs = self._run("for-each-ref", "--format=%(refname)", "refs/mlwright/") or b""
        commits = self._run("rev-list", f"--max-count={HISTORY}", "HEAD", "--", LOCK_PATH) or b""
        for commit in [*refs.decode().split(), *commits.decode().split()]:
            raw = self._run("cat-file", "blob", f"{commit}:{self.place}{LOCK_PATH}")
            if raw is not None:
                yield raw

    def keep(self, project: str, files: Mapping[str, tuple[bytes, str]]) -> bool:
        """Keeps what was generated (path to bytes and mode, the lock among them); False if there is no place for it.

        A folder inside somebody's repository counts only once its lock is tracked there: else it is a scratch output.
        """
        tracked = self.place is not None and self._run("ls-files", "--error-unmatch", LOCK_PATH) is not None
        if self.place is None or not (self.place == "" or tracked):
            return False
        ref = f"refs/mlwright/{project}/generated"
        head = self._run("rev-parse", "--verify", "--quiet", ref)
        lock = self._run("cat-file", "blob", f"{ref}:{self.place}{LOCK_PATH}")
        if lock == files[LOCK_PATH][0]:
            return True
        return self._run("fast-import", "--quiet", text=_stream(ref, head, self.place, files)) is not None

    def _run(self, *arguments: str, text: bytes | None = None) -> bytes | None:
        """What git prints; None if it fails or is not there."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        try:
            done = subprocess.run(
                ["git", "-C", str(self.folder), *arguments],
                input=text,
                capture_output=True,
                check=False,
                env={**environment, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"},
            )
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None


def _stream(ref: str, head: bytes | None, place: str, files: Mapping[str, tuple[bytes, str]]) -> bytes:
    """One commit in the language of `git fast-import`. https://git-scm.com/docs/git-fast-import"""
    lock = git_blob_sha(files[LOCK_PATH][0])
    parts = [f"commit {ref}\ncommitter {AUTHOR}\n".encode(), _data(f"Generated: lock {lock[:12]}\n".encode())]
    parts += [b"from " + head.strip() + b"\n", b"deleteall\n"] if head is not None else []
    for path, (content, mode) in sorted(files.items()):
        parts += [b"M %s inline %s\n" % (mode.encode(), _quoted(place + path)), _data(content)]
    return b"".join([*parts, b"done\n"])


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    """A path in the quotes of C, which fast-import takes whatever is in it."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"' + os.fsencode(escaped) + b'"'


def lock_entries(lock: Lock) -> dict[str, TreeEntry]:
    """What was generated, as a lock names it."""
    return {file.path: TreeEntry(file.blob, file.mode) for file in lock.files}
