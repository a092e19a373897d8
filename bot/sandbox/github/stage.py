"""Sets the stage: accounts, repositories with first files, installations."""

from __future__ import annotations

from typing import Any

from bot.sandbox.github import webhooks
from bot.sandbox.github.changes import refs_changed
from bot.sandbox.github.errors import not_found
from bot.sandbox.github.git import ZERO
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.store import Doc

PERSON = "ada"


def prepare(hub: Hub) -> None:
    """The accounts that always exist: the app's bot and the local person."""
    with hub.change():
        hub.add_user(hub.identity.bot_login, "Bot")
        hub.add_user(PERSON, name="Ada Lovelace")


def create_repository(
    hub: Hub,
    owner: str,
    name: str,
    *,
    private: bool = False,
    default_branch: str = "main",
    files: dict[str, str] | None = None,
    collaborators: dict[str, str] | None = None,
    installed: bool = True,
) -> Doc:
    """Make a repository, once, and return its document.

    Its owner becomes an organisation if unknown, `ada` an admin, and the app is installed there unless told
    otherwise. `files` make the first commit, which tells the app nothing.
    """
    with hub.change():
        if hub.store.one("user", key=owner.lower()) is None:
            hub.add_user(owner, "Organization")
        for login in collaborators or {}:
            hub.add_user(login)
        roles = {PERSON: "admin"} | (collaborators or {})
        repo = hub.add_repository(owner, name, private=private, default_branch=default_branch, collaborators=roles)
        git = hub.git(repo)
        ref = f"refs/heads/{default_branch}"
        if files and git.ref(ref) is None:
            blobs = {path: git.write("blob", text.encode()) for path, text in files.items()}
            tree = git.write_tree(None, [("100644", path, blob) for path, blob in blobs.items()])
            who = hub.signature(hub.user(PERSON))
            sha = git.write_commit(tree, [], "First commit\n", who, who)
            git.set_ref(ref, sha, ZERO)
            refs_changed(hub, repo, [], hub.user(PERSON))
        if installed and not hub.installations(repo):
            hub.add_installation(owner)
        return repo


def change_installation(hub: Hub, account: str, **changes: Any) -> Doc:
    """Change what the app may do at an account, and tell the app as GitHub does.

    `permissions`, `events`, `repositories` (ids, then only these), `suspended` (true or false).
    """
    with hub.change():
        one = _installation(hub, account)
        action = "new_permissions_accepted" if "permissions" in changes else ""
        if "suspended" in changes:
            action = "suspend" if changes["suspended"] else "unsuspend"
            changes["suspended_at"] = hub.now() if changes.pop("suspended") else None
        if "repositories" in changes:
            changes["repository_selection"] = "selected"
        one |= changes | {"updated_at": hub.now()}
        hub.store.put("installation", one)
        if action:
            webhooks.installation_event(hub, one, action, hub.user(PERSON))
        return one


def uninstall(hub: Hub, account: str) -> None:
    """Remove the app from an account; its tokens are worth nothing from now on."""
    with hub.change():
        one = _installation(hub, account)
        webhooks.installation_event(hub, one, "deleted", hub.user(PERSON))
        hub.store.remove("installation", one["id"])


def _installation(hub: Hub, account: str) -> Doc:
    for one in hub.store.find("installation"):
        if one["account"].lower() == account.lower():
            return one
    raise not_found()
