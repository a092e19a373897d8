"""Repositories, branches, collaborators.

https://docs.github.com/rest/repos
"""

from __future__ import annotations

from bot.sandbox.github.call import Answer, Call, Routes, one_or_404
from bot.sandbox.github.errors import invalid
from bot.sandbox.github.shapes import accounts, commits, repositories
from bot.sandbox.github.store import Doc

routes = Routes()


@routes.get("/repos/{owner}/{repo}")
def get_repository(call: Call) -> Doc:
    """One repository, with the caller's permissions if a person asks."""
    login = call.user["login"] if call.actor.kind == "user" else None
    return repositories.full_repository(call.hub, call.repo, login)


@routes.get("/repositories/{id:int}")
def get_repository_by_id(call: Call) -> Doc:
    """The same by id, which survives renames."""
    repo = one_or_404(call.hub.store.get("repo", call.path["id"]))
    one_or_404(repo if call.actor.sees(call.hub, repo) else None)
    return repositories.full_repository(call.hub, repo)


@routes.add("PATCH", "/repos/{owner}/{repo}", "administration:write", person="admin")
def update_repository(call: Call) -> Doc:
    """Change description, privacy, archival or default branch."""
    for name in ("description", "private", "archived", "default_branch"):
        if name in call.body:
            call.repo[name] = call.body[name]
    branch = call.repo["default_branch"]
    if call.git.ref(f"refs/heads/{branch}") is None:
        raise invalid("Repository", "default_branch", message=f"The branch {branch} was not found.")
    call.git.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    call.hub.store.put("repo", call.repo)
    return repositories.full_repository(call.hub, call.repo)


@routes.get("/repos/{owner}/{repo}/branches", "contents:read")
def list_branches(call: Call) -> Answer:
    """Branches and their heads."""
    return call.page(list(call.git.refs("refs/heads/").items()), lambda one: _branch(call, *one))


@routes.get("/repos/{owner}/{repo}/branches/{branch:path}", "contents:read")
def get_branch(call: Call) -> Doc:
    """One branch with its head commit."""
    name = f"refs/heads/{call.path['branch']}"
    sha = call.git.ref(name)
    one_or_404({} if sha is None else {"sha": sha})
    assert sha is not None
    short = _branch(call, name, sha)
    base = f"{commits.api(call.hub, call.repo)}/branches/{call.path['branch']}"
    links = {"self": base, "html": f"{commits.page(call.hub, call.repo)}/tree/{call.path['branch']}"}
    full = commits.commit(call.hub, call.repo, call.git.commit(sha))
    checks = {"enforcement_level": "off", "contexts": [], "checks": []}
    protection = {"enabled": short["protected"], "required_status_checks": checks}
    short |= {"commit": full, "_links": links, "protection": protection}
    return short | {"protection_url": f"{base}/protection"}


@routes.get("/repos/{owner}/{repo}/collaborators/{login}/permission", "metadata:read")
def get_permission(call: Call) -> Doc:
    """What a person may do: admin, write, read or none, and the finer role."""
    user = call.hub.user(call.path["login"])
    role = call.hub.role(call.repo, user["login"])
    shown = accounts.simple_user(call.hub, user)
    shown |= {"permissions": repositories.permissions(role), "role_name": role}
    plain = {"maintain": "write", "triage": "read"}.get(role, role)
    return {"permission": plain, "role_name": role, "user": shown}


def _branch(call: Call, name: str, sha: str) -> Doc:
    short = name.removeprefix("refs/heads/")
    url = f"{commits.api(call.hub, call.repo)}/commits/{sha}"
    return {"name": short, "commit": {"sha": sha, "url": url}, "protected": short in call.repo["protected"]}
