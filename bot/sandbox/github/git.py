"""A bare git repository: objects and refs. Reading goes through git, objects are written by ourselves.

Names that callers send are checked before they reach a command line.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ZERO = "0" * 40
SHA = re.compile(r"[0-9a-f]{40}")
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
PRE_RECEIVE = """#!/bin/sh
# What GitHub refuses in a push: changes of history on protected branches, workflows by an app that may not.
zero=0000000000000000000000000000000000000000
while read -r old new ref; do
  case " $SANDBOX_PROTECTED " in *" $ref "*)
    if [ "$new" = $zero ] || { [ "$old" != $zero ] && ! git merge-base --is-ancestor "$old" "$new"; }; then
      echo "error: GH006: Protected branch update failed for $ref." >&2; exit 1
    fi;;
  esac
  if [ -n "$SANDBOX_NO_WORKFLOWS" ] && [ "$new" != $zero ]; then
    path=$(git log --format= --name-only --diff-filter=d "$new" --not --all -- .github/workflows | head -n 1)
    if [ -n "$path" ]; then
      echo "refusing to allow a GitHub App to create or update workflow \\`$path\\`" \\
        "without \\`workflows\\` permission" >&2; exit 1
    fi
  fi
done
"""


class GitError(Exception):
    """git refused."""


@dataclass(frozen=True)
class Signature:
    """Who and when, of a commit; the time is ISO 8601 in UTC."""

    name: str
    email: str
    date: str
    raw: str = ""


@dataclass(frozen=True)
class Commit:
    """A commit object."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True)
class Entry:
    """A line of a tree. `size` is None except for blobs."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


class GitRepository:
    """One bare repository on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, default_branch: str) -> None:
        """Make it, empty."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        argv = ["git", "init", "--quiet", "--bare", f"--initial-branch={default_branch}", str(self.path)]
        subprocess.run(argv, check=True, env=ENVIRONMENT)
        for setting in ("http.receivepack true", "core.logAllRefUpdates false", "gc.auto 0"):
            self.run("config", *setting.split())
        hook = self.path / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(PRE_RECEIVE)
        hook.chmod(0o755)

    def run(self, *arguments: str, feed: bytes | None = None, index: Path | None = None) -> bytes:
        """Output of a git command. Raises GitError with what git said."""
        done = self._try(*arguments, feed=feed, index=index)
        if done.returncode != 0:
            raise GitError(done.stderr.decode(errors="replace").strip())
        return done.stdout

    def holds(self, *arguments: str) -> bool:
        """Whether a git command that answers by its exit status says yes."""
        return self._try(*arguments).returncode == 0

    def _try(
        self, *arguments: str, feed: bytes | None = None, index: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        environment = ENVIRONMENT | {"GIT_DIR": str(self.path)}
        if index is not None:
            environment["GIT_INDEX_FILE"] = str(index)
        return subprocess.run(["git", *arguments], input=feed or b"", capture_output=True, env=environment)

    # refs

    def resolve(self, revision: str) -> str | None:
        """Commit that a branch, tag, full ref or sha (40 hex digits or an abbreviation) stands for."""
        if not revision or revision.startswith("-") or re.search(r"[\s~^:?*\[\\]|\.\.|@\{", revision):
            return None
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            done = self._try("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            if done.returncode == 0:
                return done.stdout.decode().strip()
        return None

    def ref(self, name: str) -> str | None:
        """Object that a full ref name points to."""
        return self.refs(name).get(name)

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Full names that start with `prefix` (any characters) and their objects, sorted."""
        folder = prefix.rpartition("/")[0] + "/"
        if prefix.startswith("-"):
            return {}
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)", folder).decode().splitlines()
        found = dict(line.split(" ") for line in lines)
        return {name: sha for name, sha in found.items() if name.startswith(prefix)}

    def set_ref(self, name: str, new: str, old: str | None = None) -> None:
        """Move a ref; with `old` only from there. Raises GitError if it is elsewhere or the name is bad."""
        self.run("update-ref", name, new, *([old] if old is not None else []))

    def delete_ref(self, name: str) -> None:
        """Remove a ref."""
        self.run("update-ref", "-d", name)

    def good_ref_name(self, name: str) -> bool:
        """Whether it is a full ref name that GitHub takes: `refs/…` with at least two slashes."""
        return name.startswith("refs/") and name.count("/") >= 2 and self.holds("check-ref-format", name)

    # objects

    def kind(self, sha: str) -> str | None:
        """blob, tree, commit or tag; None if there is no such object."""
        return self.kinds([sha])[0]

    def kinds(self, shas: Sequence[str]) -> list[str | None]:
        """The kinds of many objects by one command."""
        if not all(SHA.fullmatch(sha) for sha in shas):
            return [self.kind(sha) if SHA.fullmatch(sha) else None for sha in shas]
        output = self.run("cat-file", "--batch-check=%(objecttype)", feed="\n".join(shas).encode() + b"\n")
        return [None if " " in line else line for line in output.decode().splitlines()][: len(shas)]

    def read(self, sha: str, kind: str) -> bytes:
        """Content of an object. Raises GitError if it is missing or of another kind."""
        if not SHA.fullmatch(sha):
            raise GitError(f"{sha} is not an object id")
        return self.run("cat-file", kind, sha)

    def write(self, kind: str, content: bytes) -> str:
        """Keep an object as git does and return its id."""
        raw = f"{kind} {len(content)}\0".encode() + content
        sha = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        place = self.path / "objects" / sha[:2] / sha[2:]
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as fresh:
                fresh.write(zlib.compress(raw, 1))
            made = Path(fresh.name)
            made.chmod(0o444)
            made.replace(place)
        return sha

    def commit(self, sha: str) -> Commit:
        """A commit, parsed. Raises GitError if there is none."""
        head, _, message = self.read(sha, "commit").decode(errors="replace").partition("\n\n")
        fields = [line.partition(" ") for line in head.split("\n") if not line.startswith(" ")]
        value = {name: text for name, _, text in fields}
        parents = tuple(text for name, _, text in fields if name == "parent")
        author, committer = parse_signature(value["author"]), parse_signature(value["committer"])
        return Commit(sha, value["tree"], parents, author, committer, message)

    def write_commit(self, tree: str, parents: Sequence[str], message: str, author: str, committer: str) -> str:
        """Keep a commit; signatures are in git's raw form (see `raw_signature`)."""
        people = [f"author {author}", f"committer {committer}"]
        head = [f"tree {tree}", *(f"parent {parent}" for parent in parents), *people]
        return self.write("commit", ("\n".join(head) + "\n\n" + message).encode())

    def commits(self, *revisions: str, limit: int = 250, path: str = "") -> list[Commit]:
        """Commits of a range such as `base..head`, newest first."""
        arguments = ["rev-list", f"--max-count={limit}", *revisions, "--", *([path] if path else [])]
        return [self.commit(sha) for sha in self.run(*arguments).decode().split()]

    def count(self, revision_range: str) -> int:
        """Number of commits in a range."""
        return int(self.run("rev-list", "--count", revision_range, "--"))

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`."""
        return self.holds("merge-base", "--is-ancestor", older, newer)

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor."""
        done = self._try("merge-base", one, other)
        return done.stdout.decode().split()[0] if done.returncode == 0 else None

    def tree(self, tree: str, *, recursive: bool = False, path: str = "") -> list[Entry]:
        """Entries of a tree (or of a commit's); recursive ones carry their full path."""
        flags = ["-r", "-t"] if recursive else []
        where = ["--", path] if path else []
        entries = []
        output = self.run("ls-tree", "-z", "-l", *flags, tree, *where).decode(errors="replace")
        for line in output.split("\0"):
            if line:
                facts, _, name = line.partition("\t")
                mode, kind, sha, size = facts.split()
                entries.append(Entry(mode, kind, sha, None if size == "-" else int(size), name))
        return entries

    def write_tree(self, base: str | None, entries: Iterable[tuple[str, str, str | None]]) -> str:
        """Tree made of `base` and (mode, path, sha) entries; a sha of None removes the path.

        Raises GitError for impossible paths.
        """
        with tempfile.TemporaryDirectory() as folder:
            index = Path(folder) / "index"
            self.run("read-tree", base or "--empty", index=index)
            lines = []
            for mode, path, sha in entries:
                if mode == "040000":
                    old = self.tree(base, recursive=True, path=path) if base else []
                    lines += [f"0 {ZERO}\t{entry.path}\0" for entry in old if entry.kind != "tree"]
                    new = self.tree(sha, recursive=True) if sha else []
                    lines += [f"{e.mode} {e.sha}\t{path}/{e.path}\0" for e in new if e.kind != "tree"]
                else:
                    lines.append(f"{'0' if sha is None else mode} {sha or ZERO}\t{path}\0")
            feed = "".join(lines).encode()
            self.run("update-index", "--replace", "-z", "--index-info", feed=feed, index=index)
            return self.run("write-tree", index=index).decode().strip()


def parse_signature(raw: str) -> Signature:
    """`Name <email> seconds +zone` as name, email and time."""
    found = re.fullmatch(r"(.*?) ?<(.*)> (\d+) ([+-]\d{4})", raw)
    if found is None:
        return Signature("unknown", "", "1970-01-01T00:00:00Z", raw)
    name, email, seconds, _ = found.groups()
    return Signature(name, email, iso_time(int(seconds)), raw)


def raw_signature(name: str, email: str, seconds: int) -> str:
    """git's form of a signature in UTC; characters that would break it are dropped."""
    clean = [re.sub(r"[<>\n\0]", "", text).strip() for text in (name, email)]
    return f"{clean[0]} <{clean[1]}> {seconds} +0000"


def iso_time(seconds: float) -> str:
    """Time in GitHub's form, whole seconds in UTC."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
