"""The pages that only show."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bot.sandbox.github.errors import not_found
from bot.sandbox.github.git import Entry
from bot.sandbox.github.git_changes import changed_files
from bot.sandbox.github.pages.diffs import diff_lines, starts_folded
from bot.sandbox.github.pages.markdown import highlighted
from bot.sandbox.github.pages.site import Page
from bot.sandbox.github.pull_facts import pull_facts
from bot.sandbox.github.shapes.commits import EMPTY_TREE
from bot.sandbox.github.store import Doc

SHOWN_BYTES = 1_000_000
PICTURES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml"}
WORST_FIRST = ("failure", "timed_out", "cancelled", "action_required", "neutral", "skipped", "success")


def repositories(page: Page) -> Response:
    """All repositories, or those of one owner."""
    owner = page.path.get("owner")
    found = [r for r in page.hub.store.find("repo") if owner is None or r["owner"].lower() == owner.lower()]
    if owner is not None and not found:
        raise not_found()
    rows = [(repo, open_count(page, repo, pull=True), open_count(page, repo, pull=False)) for repo in found]
    return page.show("repositories.html", rows=rows)


def open_count(page: Page, repo: Doc, *, pull: bool) -> int:
    """Open pull requests or issues of a repository."""
    found = page.hub.store.find("issue", repo_id=repo["id"])
    return sum(1 for one in found if one["state"] == "open" and bool(one.get("pull")) == pull)


def split_ref(page: Page, text: str) -> tuple[str, str, str]:
    """Branch (or sha), commit and path of `branch/with/slashes/path/in/it`. Raises ApiError 404."""
    git, parts = page.hub.git(page.repo), text.strip("/").split("/")
    branches = git.refs("refs/heads/")
    for cut in range(len(parts), 0, -1):
        name = "/".join(parts[:cut])
        sha = branches.get(f"refs/heads/{name}") or (git.resolve(name) if cut == 1 else None)
        if sha:
            return name, sha, "/".join(parts[cut:])
    raise not_found()


def tree(page: Page) -> Response:
    """A folder of a branch, with its README."""
    git = page.hub.git(page.repo)
    branches = [name.removeprefix("refs/heads/") for name in git.refs("refs/heads/")]
    if not branches:
        return page.show("empty.html", tab="code")
    ref, sha, path = split_ref(page, page.path.get("rest") or page.repo["default_branch"])
    entries = git.tree(sha, path=f"{path}/" if path else "")
    if path and not entries:
        raise not_found()
    entries.sort(key=lambda entry: (entry.kind != "tree", entry.path))
    readme = next((e for e in entries if e.path.rpartition("/")[2].lower() == "readme.md"), None)
    text = git.read(readme.sha, "blob").decode(errors="replace") if readme else None
    return page.show(
        "tree.html", tab="code", ref=ref, path=path, entries=entries, branches=branches, readme=text,
        last=git.commit(sha), base=f"{page.home}/blob/{ref}/{path + '/' if path else ''}",
    )  # fmt: skip


def blob(page: Page) -> Response:
    """A file, highlighted; Markdown is rendered unless `?plain=1`."""
    ref, sha, path = split_ref(page, page.path["rest"])
    entry, raw = _file(page, sha, path)
    text = None if b"\0" in raw or len(raw) > SHOWN_BYTES else raw.decode(errors="replace")
    document = text if path.lower().endswith(".md") and "plain" not in page.query else None
    lines = highlighted(text, path) if text is not None and document is None else None
    editable = text is not None and page.hub.git(page.repo).ref(f"refs/heads/{ref}") is not None
    return page.show(
        "blob.html", tab="code", ref=ref, path=path, size=entry.size, document=document, lines=lines,
        editable=editable, base=f"{page.home}/blob/{ref}/{path}",
    )  # fmt: skip


def raw(page: Page) -> Response:
    """The bytes of a file: as a picture if its name says so, else as text."""
    _, sha, path = split_ref(page, page.path["rest"])
    picture = PICTURES.get(path.rpartition(".")[2].lower())
    return Response(
        _file(page, sha, path)[1],
        media_type=picture or "text/plain; charset=utf-8",
        headers={"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"},
    )


def _file(page: Page, sha: str, path: str) -> tuple[Entry, bytes]:
    git = page.hub.git(page.repo)
    found = [one for one in git.tree(sha, path=path) if one.kind == "blob"] if path else []
    if not found:
        raise not_found()
    return found[0], git.read(found[0].sha, "blob")


def commits(page: Page) -> Response:
    """History of a branch."""
    ref, sha, _ = split_ref(page, page.path.get("rest") or page.repo["default_branch"])
    return page.show("commits.html", tab="commits", ref=ref, commits=page.hub.git(page.repo).commits(sha))


def commit(page: Page) -> Response:
    """One commit with its diff."""
    git = page.hub.git(page.repo)
    sha = git.resolve(page.path["sha"])
    if sha is None:
        raise not_found()
    one = git.commit(sha)
    changes = changed_files(git, one.parents[0] if one.parents else EMPTY_TREE, sha)
    files = [(c, diff_lines(c, []), starts_folded(c, at)) for at, c in enumerate(changes)]
    return page.show("commit.html", tab="commits", commit=one, files=files)


def issues(page: Page) -> Response:
    """Issues or pull requests, the open ones first."""
    pull = page.here.endswith("/pulls")
    found = page.hub.store.find("issue", repo_id=page.repo["id"])
    rows = [one for one in reversed(found) if bool(one.get("pull")) == pull]
    rows.sort(key=lambda one: one["state"] != "open")
    return page.show("issues.html", tab="pulls" if pull else "issues", rows=rows, pull=pull)


def issue(page: Page) -> Response:
    """An issue with its comments; a pull request has its own page."""
    doc = page.hub.issue(page.repo, page.path["number"])
    if doc.get("pull"):
        return RedirectResponse(f"{page.home}/pull/{doc['number']}")
    return page.show("issue.html", tab="issues", issue=doc, talk=talk(page, doc))


def talk(page: Page, doc: Doc) -> list[Doc]:
    """Comments and reviews in the order of time."""
    place = {"repo_id": page.repo["id"], "number": doc["number"]}
    said = [one | {"at": one["created_at"], "state": ""} for one in page.hub.store.find("comment", **place)]
    said += [one | {"at": one["submitted_at"]} for one in page.hub.store.find("review", **place)]
    return sorted(said, key=lambda one: str(one["at"]))


def check_runs(page: Page, sha: str) -> list[Doc]:
    """The latest check run of each name, worst first."""
    latest = {
        run["name"]: run for run in page.hub.store.find("check_run", repo_id=page.repo["id"]) if run["head_sha"] == sha
    }
    order = {name: position for position, name in enumerate(WORST_FIRST)}
    return sorted(latest.values(), key=lambda run: (order.get(run["conclusion"], -1), run["name"]))


def pull(page: Page) -> Response:
    """A pull request: conversation, commits, checks or files."""
    doc = page.hub.issue(page.repo, page.path["number"], pull=True)
    view, facts = page.path.get("view", "conversation"), doc["pull"]
    if view not in ("conversation", "commits", "checks", "files"):
        raise not_found()
    compared = pull_facts(page.hub.git(page.repo), facts["base_sha"], facts["head_sha"])
    runs = check_runs(page, facts["head_sha"])
    files = []
    if view == "files":
        notes = [one | {"check": run["name"]} for run in runs for one in run["annotations"]]
        for position, change in enumerate(compared.files):
            here = [note for note in notes if note["path"] == change.path]
            files.append((change, diff_lines(change, here), starts_folded(change, position) and not here))
    return page.show(
        "pull.html", tab="pulls", view=view, issue=doc, pull=facts, compared=compared, runs=runs, files=files,
        talk=talk(page, doc), base=f"{page.home}/blob/{facts['head']}/",
        own=doc["user_id"] == page.person["id"],
    )  # fmt: skip


def pull_diff(page: Page) -> Response:
    """The diff as plain text."""
    doc = page.hub.issue(page.repo, page.path["number"], pull=True)
    git, facts = page.hub.git(page.repo), doc["pull"]
    common = pull_facts(git, facts["base_sha"], facts["head_sha"]).merge_base
    return PlainTextResponse(git.run("diff", "-M", common, facts["head_sha"], "--").decode(errors="replace"))


def run(page: Page) -> Response:
    """Where a check run's address leads: the pull request that has it, else its commit."""
    found = page.hub.store.get("check_run", page.path["id"])
    if found is None or found["repo_id"] != page.repo["id"]:
        raise not_found()
    for doc in page.hub.store.find("issue", repo_id=page.repo["id"]):
        if doc.get("pull") and doc["pull"]["head_sha"] == found["head_sha"]:
            return RedirectResponse(f"{page.home}/pull/{doc['number']}/checks#run-{found['id']}")
    runs = check_runs(page, found["head_sha"])
    return page.show("run.html", tab="commits", runs=runs, sha=found["head_sha"], base=f"{page.home}/blob/")
