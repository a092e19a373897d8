"""One repository over REST: the reads and plain writes of `bot.ports.github.GitHubRepository`.

Every method names GitHub's page; needs are the permissions those pages list.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Literal
from urllib.parse import quote

from bot.errors import (
    Conflict,
    EngineError,
    Gone,
    NotFound,
    PermissionMissing,
    RateLimited,
    Refused,
    Unavailable,
)
from bot.github import records
from bot.github.records import read
from bot.github.session import Session
from bot.ports import github as port

DRAFT = "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"
READY = "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"
WORKFLOW_REFUSALS = (NotFound, PermissionMissing)
"""GitHub answers 403 or a bare 404 to workflow files without the permission
(peter-evans/create-pull-request#1713).
"""


class RestRepository:
    """See the port. Made by GitHubApp.repository; not for use after its context has ended."""

    def __init__(
        self,
        session: Session,
        repository: port.Repository,
        identity: Callable[[], port.Identity],
        graphql_url: str,
    ) -> None:
        self._session = session
        self._repository = repository
        self._identity = identity
        self._graphql = graphql_url

    # --- reads -----------------------------------------------------------------------------------------
    def get_identity(self) -> port.Identity:
        return self._identity()

    def get_repository(self) -> port.Repository:
        return self._repository

    def get_ref(self, ref: str) -> str | None:
        """https://docs.github.com/rest/git/refs#get-a-reference (409: the repository has no commit yet)."""
        try:
            answer = self._session.call("GET", f"/git/ref/{quote(ref)}")
        except (NotFound, Conflict):
            return None
        return read(records.RefAnswer, answer).object.sha

    def get_commit(self, sha: str) -> port.Commit:
        """https://docs.github.com/rest/git/commits#get-a-commit-object"""
        return read(records.CommitAnswer, self._session.call("GET", f"/git/commits/{sha}")).record()

    def get_tree(self, sha: str) -> Mapping[str, port.Entry]:
        """https://docs.github.com/rest/git/trees#get-a-tree (over 100,000 entries or 7 MB it comes folder
        by folder).
        """
        answer = read(records.TreeAnswer, self._session.call("GET", f"/git/trees/{sha}", params={"recursive": "1"}))
        if not answer.truncated:
            return {i.path: port.Entry(i.sha, i.mode, i.size) for i in answer.tree if i.type != "tree"}
        entries: dict[str, port.Entry] = {}
        for item in read(records.TreeAnswer, self._session.call("GET", f"/git/trees/{sha}")).tree:
            if item.type != "tree":
                entries[item.path] = port.Entry(item.sha, item.mode, item.size)
                continue
            for path, entry in self.get_tree(item.sha).items():
                entries[f"{item.path}/{path}"] = entry
        return entries

    def get_blob(self, sha: str) -> bytes:
        """https://docs.github.com/rest/git/blobs#get-a-blob"""
        blob = read(records.BlobAnswer, self._session.call("GET", f"/git/blobs/{sha}"))
        if blob.encoding != "base64":
            return blob.content.encode("utf-8")
        try:
            return base64.b64decode(blob.content)
        except binascii.Error as error:
            raise Unavailable(f"The blob {sha} came damaged", after_s=15) from error

    def compare(self, base: str, head: str) -> port.Comparison | None:
        """https://docs.github.com/rest/commits/commits#compare-two-commits"""
        try:
            answer = self._session.call(
                "GET", f"/compare/{quote(base)}...{quote(head)}", params={"per_page": 1, "page": 2}
            )
            return read(records.CompareAnswer, answer).record()
        except NotFound:
            return None

    def list_pull_requests(self, head_ref: str, state: Literal["open", "closed", "all"]) -> Sequence[port.PullRequest]:
        """https://docs.github.com/rest/pulls/pulls#list-pull-requests"""
        params = {
            "head": f"{self._repository.owner}:{head_ref}",
            "state": state,
            "sort": "created",
            "direction": "desc",
        }
        pulls = [read(records.PullAnswer, item).record() for item in self._session.pages("/pulls", params=params)]
        ours = (p for p in pulls if p.head_ref == head_ref and p.head_repository in (None, self._repository.id))
        return sorted((p for p in ours if state in ("all", p.state)), key=lambda p: p.number, reverse=True)

    def get_pull_request(self, number: int) -> port.PullRequest:
        """https://docs.github.com/rest/pulls/pulls#get-a-pull-request"""
        return read(records.PullAnswer, self._session.call("GET", f"/pulls/{number}")).record()

    def list_check_runs(self, sha: str) -> Sequence[port.CheckRun]:
        """https://docs.github.com/rest/checks/runs#list-check-runs-for-a-git-reference"""
        ours = self._identity().app_id
        latest: dict[str, port.CheckRun] = {}
        for item in self._session.pages(f"/commits/{sha}/check-runs", key="check_runs", params={"filter": "latest"}):
            run = read(records.CheckAnswer, item).record()
            known = latest.get(run.name)
            if (run.app_id in (None, ours) or ours == 0) and (known is None or run.id > known.id):
                latest[run.name] = run
        return list(latest.values())

    def find_comment(self, number: int, marker: str) -> port.Comment | None:
        """https://docs.github.com/rest/issues/comments#list-issue-comments

        A marker alone proves nothing: anybody can write one. The App must have written the comment, by
        `performed_via_github_app`; where an implementation leaves that out, or our number is not known, its author must be
        our bot.
        """
        us = self._identity()
        for item in self._session.pages(f"/issues/{number}/comments"):
            comment = read(records.CommentAnswer, item).record()
            by_app = us.app_id != 0 and comment.app_id == us.app_id
            by_bot = (comment.app_id is None or us.app_id == 0) and comment.author.lower() == us.login.lower()
            if marker in comment.body and (by_app or by_bot):
                return comment
        return None

    def get_comment(self, comment_id: int) -> port.Comment:
        """https://docs.github.com/rest/issues/comments#get-an-issue-comment"""
        return read(records.CommentAnswer, self._session.call("GET", f"/issues/comments/{comment_id}")).record()

    def get_issue(self, number: int) -> port.Issue:
        """https://docs.github.com/rest/issues/issues#get-an-issue"""
        return read(records.IssueAnswer, self._session.call("GET", f"/issues/{number}")).record()

    def find_issue(self, marker: str) -> port.Issue | None:
        """https://docs.github.com/rest/issues/issues#list-repository-issues (of our bot: anybody can write a marker)"""
        us = self._identity().login
        params = {"state": "all", "creator": us, "sort": "created", "direction": "asc"}
        pages = self._session.pages("/issues", params=params)
        issues = (read(records.IssueAnswer, item).record() for item in pages)
        ours = [i for i in issues if marker in i.body and not i.pull_request and i.author.lower() == us.lower()]
        return min(ours, key=lambda issue: issue.number, default=None)

    def list_comments(self, number: int) -> Sequence[port.Comment]:
        """https://docs.github.com/rest/issues/comments#list-issue-comments (by id, so oldest first)"""
        items = islice(self._session.pages(f"/issues/{number}/comments"), port.MOST_COMMENTS)
        return [read(records.CommentAnswer, item).record() for item in items]

    def list_reviews(self, number: int) -> Sequence[port.Review]:
        """https://docs.github.com/rest/pulls/reviews#list-reviews-for-a-pull-request (oldest first)"""
        return [read(records.ReviewAnswer, item).record() for item in self._session.pages(f"/pulls/{number}/reviews")]

    def get_role(self, login: str) -> port.Role:
        """https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""
        try:
            answer = self._session.call("GET", f"/collaborators/{quote(login, safe='')}/permission")
        except NotFound:
            return "none"
        return read(records.PermissionAnswer, answer).role()

    def can_write_workflows(self) -> bool:
        """Whether a token with `workflows: write` is to be had."""
        try:
            token = self._session.token(workflows=True)
        except (PermissionMissing, Refused):
            return False
        return token.permissions.get("workflows", "write") == "write"

    # --- writes ----------------------------------------------------------------------------------------
    def create_blob(self, content: bytes) -> str:
        """https://docs.github.com/rest/git/blobs#create-a-blob"""
        body = {"content": base64.b64encode(content).decode("ascii"), "encoding": "base64"}
        return self._sha(self._session.call("POST", "/git/blobs", json=body, needs="contents=write"))

    def create_tree(self, entries: Sequence[port.NewEntry], base: str | None, *, workflows: bool = False) -> str:
        """https://docs.github.com/rest/git/trees#create-a-tree"""
        body: dict[str, Any] = {"tree": [_tree_item(entry) for entry in entries]}
        if base is not None:
            body["base_tree"] = base
        return self._sha(self._git("POST", "/git/trees", body, workflows))

    def create_commit(self, message: str, tree: str, parents: Sequence[str], *, workflows: bool = False) -> str:
        """https://docs.github.com/rest/git/commits#create-a-commit (author and date: GitHub's, so it can be
        verified).
        """
        body = {"message": message, "tree": tree, "parents": list(parents)}
        return self._sha(self._git("POST", "/git/commits", body, workflows))

    def create_ref(self, ref: str, sha: str, *, workflows: bool = False) -> None:
        """https://docs.github.com/rest/git/refs#create-a-reference"""
        self._git("POST", "/git/refs", {"ref": f"refs/{ref}", "sha": sha}, workflows)

    def update_ref(self, ref: str, sha: str, *, workflows: bool = False) -> None:
        """https://docs.github.com/rest/git/refs#update-a-reference"""
        self._git("PATCH", f"/git/refs/{quote(ref)}", {"sha": sha, "force": False}, workflows)

    def create_pull_request(
        self, *, title: str, body: str, head_ref: str, base_ref: str, draft: bool
    ) -> port.PullRequest:
        """https://docs.github.com/rest/pulls/pulls#create-a-pull-request"""
        document: dict[str, Any] = {"title": title, "body": body, "head": head_ref, "base": base_ref}
        if draft:
            document["draft"] = True
        return self._pull(self._session.call("POST", "/pulls", json=document, needs="pull_requests=write"))

    def update_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, base_ref: str | None = None
    ) -> port.PullRequest:
        """https://docs.github.com/rest/pulls/pulls#update-a-pull-request"""
        given = {"title": title, "body": body, "base": base_ref}
        document = {name: value for name, value in given.items() if value is not None}
        return self._pull(self._session.call("PATCH", f"/pulls/{number}", json=document, needs="pull_requests=write"))

    def set_draft(self, pull: port.PullRequest, draft: bool) -> bool:
        """https://docs.github.com/graphql/reference/mutations#convertpullrequesttodraft"""
        if not pull.node_id:
            return False
        try:
            answer = self._session.graphql(self._graphql, DRAFT if draft else READY, {"id": pull.node_id})
        except (NotFound, PermissionMissing, Refused, Conflict, Gone):
            return False
        errors = answer.get("errors") if isinstance(answer, dict) else True
        if errors and "RATE_LIMITED" in str(errors):
            raise RateLimited("GitHub's GraphQL limit is used up. Resumes by itself.", after_s=60)
        return not errors

    def create_check_run(self, check: port.NewCheck) -> port.CheckRun:
        """https://docs.github.com/rest/checks/runs#create-a-check-run"""
        body = {**_check(check), "head_sha": check.head_sha}
        return self._check_run(self._session.call("POST", "/check-runs", json=body, needs="checks=write"))

    def update_check_run(self, run_id: int, check: port.NewCheck) -> port.CheckRun:
        """https://docs.github.com/rest/checks/runs#update-a-check-run"""
        return self._check_run(
            self._session.call("PATCH", f"/check-runs/{run_id}", json=_check(check), needs="checks=write")
        )

    def create_issue(self, title: str, body: str) -> port.Issue:
        """https://docs.github.com/rest/issues/issues#create-an-issue"""
        answer = self._session.call("POST", "/issues", json={"title": title, "body": body}, needs="issues=write")
        return read(records.IssueAnswer, answer).record()

    def update_issue(self, number: int, body: str) -> port.Issue:
        """https://docs.github.com/rest/issues/issues#update-an-issue"""
        answer = self._session.call("PATCH", f"/issues/{number}", json={"body": body}, needs="issues=write")
        return read(records.IssueAnswer, answer).record()

    def create_comment(self, number: int, body: str) -> port.Comment:
        """https://docs.github.com/rest/issues/comments#create-an-issue-comment"""
        path = f"/issues/{number}/comments"
        answer = self._session.call("POST", path, json={"body": body}, needs="pull_requests=write")
        return read(records.CommentAnswer, answer).record()

    def update_comment(self, comment_id: int, body: str) -> port.Comment:
        """https://docs.github.com/rest/issues/comments#update-an-issue-comment"""
        path = f"/issues/comments/{comment_id}"
        answer = self._session.call("PATCH", path, json={"body": body}, needs="pull_requests=write")
        return read(records.CommentAnswer, answer).record()

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """https://docs.github.com/rest/issues/labels#add-labels-to-an-issue"""
        path = f"/issues/{number}/labels"
        self._session.call("POST", path, json={"labels": list(labels)}, needs="pull_requests=write")

    def add_reaction(self, comment_id: int, reaction: port.Reaction) -> None:
        """https://docs.github.com/rest/reactions/reactions#create-reaction-for-an-issue-comment"""
        path = f"/issues/comments/{comment_id}/reactions"
        self._session.call("POST", path, json={"content": reaction}, needs="issues=write")

    def _git(self, method: str, path: str, body: Mapping[str, Any], workflows: bool) -> Any:
        """A write of the Git Data API; a refusal of workflow files is named as what it is."""
        try:
            return self._session.call(method, path, json=body, workflows=workflows, needs="contents=write")
        except WORKFLOW_REFUSALS as refused:
            if not workflows:
                raise
            raise workflow_refusal(refused) from refused

    def _sha(self, answer: Any) -> str:
        return read(records.ObjectRef, answer).sha

    def _pull(self, answer: Any) -> port.PullRequest:
        return read(records.PullAnswer, answer).record()

    def _check_run(self, answer: Any) -> port.CheckRun:
        return read(records.CheckAnswer, answer).record()


def workflow_refusal(refused: EngineError) -> PermissionMissing:
    return PermissionMissing(
        refused.message, permission="workflows=write", remedy="Give the App Workflows: write and accept it."
    )


def _tree_item(entry: port.NewEntry) -> dict[str, Any]:
    item: dict[str, Any] = {"path": entry.path, "mode": entry.mode, "type": "blob"}
    if entry.content is not None:
        item["content"] = entry.content
    else:
        item["sha"] = entry.sha
    return item


def _check(check: port.NewCheck) -> dict[str, Any]:
    output: dict[str, Any] = {"title": check.title, "summary": check.summary}
    if check.text:
        output["text"] = check.text
    if check.annotations:
        output["annotations"] = [_annotation(a) for a in check.annotations]
    body: dict[str, Any] = {
        "name": check.name,
        "status": "completed",
        "conclusion": check.conclusion,
        "external_id": check.external_id,
        "output": output,
    }
    if check.details_url:
        body["details_url"] = check.details_url
    return body


def _annotation(note: port.Annotation) -> dict[str, Any]:
    document: dict[str, Any] = {
        "path": note.path,
        "start_line": note.start_line,
        "end_line": note.end_line,
        "annotation_level": note.level,
        "message": note.message,
    }
    if note.title:
        document["title"] = note.title
    return document
