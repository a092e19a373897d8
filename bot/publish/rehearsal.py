"""A repository in memory behind the same port: for counting calls, for dry runs and for tests.

Blobs have git's own ids; trees and commits have ids of their content, so that the same state has the same
ids.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from agents.domain.base import digest
from agents.domain.files import git_blob_sha
from bot.errors import Conflict, NotFound, PermissionMissing, Refused
from bot.ports import github as port
from bot.publish.limits import ANNOTATIONS, BODY, CHECK_TEXT

WORKFLOWS = ".github/workflows/"
IDENTITY = port.Identity(app_id=1, slug="mlwright")
REPOSITORY = port.Repository(1, "acme", "churn", "main", "https://github.com/acme/churn")
K = TypeVar("K")
V = TypeVar("V")


@dataclass
class MemoryRepository:
    """Implements `bot.ports.github.GitHubRepository`. `calls` counts by method; `workflows`, `drafts` and
    `graphql` are what GitHub would allow here."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    workflows: bool = True
    drafts: bool = True
    graphql: bool = True
    calls: Counter[str] = field(default_factory=Counter)
    refs: dict[str, str] = field(default_factory=dict)
    pulls: list[port.PullRequest] = field(default_factory=list)
    checks: dict[int, port.CheckRun] = field(default_factory=dict)
    check_bodies: dict[int, list[port.NewCheck]] = field(default_factory=dict)
    comments: dict[int, list[port.Comment]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, port.Entry]] = field(default_factory=dict)
    commits: dict[str, port.Commit] = field(default_factory=dict)
    reactions: dict[int, list[str]] = field(default_factory=dict)
    roles: dict[str, port.Role] = field(default_factory=dict)
    reviews: dict[int, list[port.Review]] = field(default_factory=dict)
    issues: dict[int, port.Issue] = field(default_factory=dict)
    identity: port.Identity = IDENTITY
    repository: port.Repository = REPOSITORY

    def __post_init__(self) -> None:
        entries = {path: port.Entry(self._keep(content), "100644") for path, content in self.files.items()}
        self.refs["heads/main"] = self._commit("first", self._tree(entries), ())

    # --- reads -------------------------------------------------------------------------------------------
    def get_identity(self) -> port.Identity:
        return self.identity

    def get_repository(self) -> port.Repository:
        return self.repository

    def get_ref(self, ref: str) -> str | None:
        self.calls["get_ref"] += 1
        return self.refs.get(ref)

    def get_commit(self, sha: str) -> port.Commit:
        self.calls["get_commit"] += 1
        return self._found(self.commits, sha)

    def get_tree(self, sha: str) -> Mapping[str, port.Entry]:
        self.calls["get_tree"] += 1
        return dict(self._found(self.trees, self.commits[sha].tree if sha in self.commits else sha))

    def get_blob(self, sha: str) -> bytes:
        self.calls["get_blob"] += 1
        return self._found(self.blobs, sha)

    def compare(self, base: str, head: str) -> port.Comparison | None:
        self.calls["compare"] += 1
        ours, theirs = self._history(head), self._history(base)
        common = next((sha for sha in ours if sha in theirs), None)
        if common is None:
            return None
        return port.Comparison(common, len(set(ours) - set(theirs)), len(set(theirs) - set(ours)))

    def list_pull_requests(self, head_ref: str, state: Literal["open", "closed", "all"]) -> Sequence[port.PullRequest]:
        self.calls["list_pull_requests"] += 1
        return [p for p in reversed(self.pulls) if p.head_ref == head_ref and state in ("all", p.state)]

    def get_pull_request(self, number: int) -> port.PullRequest:
        self.calls["get_pull_request"] += 1
        return self._found({p.number: p for p in self.pulls}, number)

    def list_check_runs(self, sha: str) -> Sequence[port.CheckRun]:
        self.calls["list_check_runs"] += 1
        ids = [i for i, bodies in sorted(self.check_bodies.items()) if bodies[0].head_sha == sha]
        return list({self.checks[i].name: self.checks[i] for i in ids}.values())

    def find_comment(self, number: int, marker: str) -> port.Comment | None:
        self.calls["find_comment"] += 1
        ours = (c for c in self.comments.get(number, []) if c.app_id == self.identity.app_id)
        return next((c for c in ours if marker in c.body), None)

    def get_comment(self, comment_id: int) -> port.Comment:
        self.calls["get_comment"] += 1
        return self._found({c.id: c for comments in self.comments.values() for c in comments}, comment_id)

    def get_issue(self, number: int) -> port.Issue:
        self.calls["get_issue"] += 1
        for p in self.pulls:
            if p.number == number:
                login = self.identity.login
                return port.Issue(number, p.title, p.body, p.state, p.labels, login, 0, True, pull_request=True)
        return self._found(self.issues, number)

    def find_issue(self, marker: str) -> port.Issue | None:
        self.calls["find_issue"] += 1
        ours = (i for i in self.issues.values() if i.author.lower() == self.identity.login.lower())
        return min((i for i in ours if marker in i.body), key=lambda issue: issue.number, default=None)

    def list_comments(self, number: int) -> Sequence[port.Comment]:
        self.calls["list_comments"] += 1
        return list(self.comments.get(number, ()))

    def list_reviews(self, number: int) -> Sequence[port.Review]:
        self.calls["list_reviews"] += 1
        return tuple(self.reviews.get(number, ()))

    def get_role(self, login: str) -> port.Role:
        self.calls["get_role"] += 1
        return self.roles.get(login, "none" if self.repository.private else "read")

    def can_write_workflows(self) -> bool:
        self.calls["can_write_workflows"] += 1
        return self.workflows

    # --- writes ------------------------------------------------------------------------------------------
    def create_blob(self, content: bytes) -> str:
        self.calls["create_blob"] += 1
        return self._keep(content)

    def create_tree(self, entries: Sequence[port.NewEntry], base: str | None, *, workflows: bool = False) -> str:
        self.calls["create_tree"] += 1
        tree = dict(self._found(self.trees, base)) if base else {}
        for entry in entries:
            if entry.path.startswith(WORKFLOWS) and entry.content is not None and not self.workflows:
                raise PermissionMissing("no", permission="workflows=write")
            if entry.content is not None:
                tree[entry.path] = port.Entry(self._keep(entry.content.encode()), entry.mode)
            elif entry.sha is not None:
                tree[entry.path] = port.Entry(entry.sha, entry.mode)
            elif tree.pop(entry.path, None) is None:
                raise Refused(f"tree.path {entry.path} is not there")
        return self._tree(tree)

    def create_commit(self, message: str, tree: str, parents: Sequence[str], *, workflows: bool = False) -> str:
        self.calls["create_commit"] += 1
        self._found(self.trees, tree)
        return self._commit(message, tree, tuple(parents))

    def create_ref(self, ref: str, sha: str, *, workflows: bool = False) -> None:
        self.calls["create_ref"] += 1
        if ref in self.refs:
            raise Conflict("Reference already exists")
        self.refs[ref] = sha

    def update_ref(self, ref: str, sha: str, *, workflows: bool = False) -> None:
        self.calls["update_ref"] += 1
        if ref not in self.refs or self.refs[ref] not in self._history(sha):
            raise Conflict("Update is not a fast forward")
        self.refs[ref] = sha

    def create_pull_request(
        self, *, title: str, body: str, head_ref: str, base_ref: str, draft: bool
    ) -> port.PullRequest:
        self.calls["create_pull_request"] += 1
        if any(p.head_ref == head_ref and p.state == "open" for p in self.pulls):
            raise Conflict("A pull request already exists")
        if draft and not self.drafts:
            raise Refused("Draft pull requests are not supported", reason="drafts-unsupported")
        if self.refs[f"heads/{head_ref}"] in self._history(self.refs[f"heads/{base_ref}"]):
            raise Refused("No commits between", reason="no-commits")
        number = len(self.pulls) + 1
        head = self.refs[f"heads/{head_ref}"]
        self._fits(body, BODY)
        pull = port.PullRequest(
            number, f"PR_{number}", "open", False, draft, title, body, head_ref, head,
            self.repository.id, base_ref, (), f"{self.repository.html_url}/pull/{number}",
        )  # fmt: skip
        self.pulls.append(pull)
        return pull

    def update_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, base_ref: str | None = None
    ) -> port.PullRequest:
        self.calls["update_pull_request"] += 1
        self._fits(body or "", BODY)
        given = {"title": title, "body": body, "base_ref": base_ref}
        return self.change_pull(number, **{k: v for k, v in given.items() if v is not None})

    def set_draft(self, pull: port.PullRequest, draft: bool) -> bool:
        self.calls["set_draft"] += 1
        if not self.graphql or (draft and not self.drafts):
            return False
        self.change_pull(pull.number, draft=draft)
        return True

    def create_check_run(self, check: port.NewCheck) -> port.CheckRun:
        self.calls["create_check_run"] += 1
        return self._report(len(self.checks) + 1, check, 0)

    def update_check_run(self, run_id: int, check: port.NewCheck) -> port.CheckRun:
        self.calls["update_check_run"] += 1
        return self._report(run_id, check, self.checks[run_id].annotations or 0)

    def create_issue(self, title: str, body: str) -> port.Issue:
        self.calls["create_issue"] += 1
        self._fits(body, BODY)
        number = max((*self.issues, *(pull.number for pull in self.pulls)), default=0) + 1
        self.issues[number] = port.Issue(number, title, body, "open", (), self.identity.login, 0, True)
        return self.issues[number]

    def update_issue(self, number: int, body: str) -> port.Issue:
        self.calls["update_issue"] += 1
        self._fits(body, BODY)
        self.issues[number] = replace(self._found(self.issues, number), body=body)
        return self.issues[number]

    def create_comment(self, number: int, body: str) -> port.Comment:
        self.calls["create_comment"] += 1
        self._fits(body, BODY)
        identity = sum(len(c) for c in self.comments.values()) + 1
        comment = port.Comment(identity, body, self.identity.login, True, self.identity.app_id)
        self.comments.setdefault(number, []).append(comment)
        return comment

    def update_comment(self, comment_id: int, body: str) -> port.Comment:
        self.calls["update_comment"] += 1
        self._fits(body, BODY)
        for comments in self.comments.values():
            for place, comment in enumerate(comments):
                if comment.id == comment_id:
                    comments[place] = replace(comment, body=body)
                    return comments[place]
        raise NotFound("comment")

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        self.calls["add_labels"] += 1
        have = self.get_pull_request(number).labels
        self.change_pull(number, labels=(*have, *(label for label in labels if label not in have)))

    def add_reaction(self, comment_id: int, reaction: port.Reaction) -> None:
        self.calls["add_reaction"] += 1
        self._found({c.id: c for comments in self.comments.values() for c in comments}, comment_id)
        given = self.reactions.setdefault(comment_id, [])
        given.extend([] if reaction in given else [reaction])

    # --- what people and tests do ------------------------------------------------------------------------
    def change_pull(self, number: int, **changes: object) -> port.PullRequest:
        self.pulls = [replace(p, **changes) if p.number == number else p for p in self.pulls]  # type: ignore[arg-type]
        return next(p for p in self.pulls if p.number == number)

    def push(self, branch: str, files: Mapping[str, bytes | None], merge: str | None = None) -> str:
        """A person's commit on a branch; None removes a file. `merge` is a second parent."""
        head = self.refs[f"heads/{branch}"]
        tree = dict(self.trees[self.commits[head].tree])
        for path, content in files.items():
            if content is None:
                tree.pop(path, None)
            else:
                tree[path] = port.Entry(self._keep(content), "100644")
        parents = (head,) if merge is None else (head, merge)
        self.refs[f"heads/{branch}"] = self._commit("person", self._tree(tree), parents)
        return self.refs[f"heads/{branch}"]

    def content(self, branch: str) -> dict[str, bytes]:
        """All files of a ref (`heads/main`)."""
        tree = self.trees[self.commits[self.refs[branch]].tree]
        return {path: self.blobs[entry.sha] for path, entry in tree.items()}

    # --- inside ------------------------------------------------------------------------------------------
    def _keep(self, content: bytes) -> str:
        sha = git_blob_sha(content)
        self.blobs[sha] = content
        return sha

    def _tree(self, entries: dict[str, port.Entry]) -> str:
        sha = digest({path: [e.sha, e.mode] for path, e in entries.items()})[:40]
        self.trees[sha] = entries
        return sha

    def _commit(self, message: str, tree: str, parents: tuple[str, ...]) -> str:
        sha = digest([message, tree, parents, len(self.commits)])[:40]
        self.commits[sha] = port.Commit(sha, tree, parents)
        return sha

    def _history(self, head: str) -> list[str]:
        """The commit and all before it, nearest first."""
        seen: dict[str, None] = {}
        waiting = [head]
        while waiting:
            sha = waiting.pop(0)
            if sha not in seen:
                seen[sha] = None
                waiting.extend(self.commits[sha].parents)
        return list(seen)

    def _report(self, run_id: int, check: port.NewCheck, before: int) -> port.CheckRun:
        self._fits(check.summary, CHECK_TEXT)
        self._fits(check.text, CHECK_TEXT)
        if len(check.annotations) > ANNOTATIONS:
            raise Refused("No more than 50 annotations")
        notes = before + len(check.annotations)
        self.check_bodies.setdefault(run_id, []).append(check)
        self.checks[run_id] = port.CheckRun(
            run_id, check.name, "completed", check.conclusion, check.external_id, notes,
            self.identity.app_id, check.title,
        )  # fmt: skip
        return self.checks[run_id]

    def _fits(self, text: str, limit: int) -> None:
        if len(text) > limit:
            raise Refused("is too long")

    def _found(self, known: Mapping[K, V], key: K) -> V:
        if key not in known:
            raise NotFound(str(key))
        return known[key]
