"""The app, its installations and their tokens; accounts; the rate limit.

https://docs.github.com/rest/apps
"""

from __future__ import annotations

from bot.sandbox.github.access import installation_token
from bot.sandbox.github.call import Answer, Call, Routes, one_or_404
from bot.sandbox.github.errors import ApiError, not_found, unprocessable
from bot.sandbox.github.shapes import accounts, repositories
from bot.sandbox.github.store import Doc

routes = Routes()


@routes.get("/app", "app")
def get_app(call: Call) -> Doc:
    """The authenticated app."""
    count = len(call.hub.store.find("installation"))
    return accounts.app(call.hub) | {"installations_count": count}


@routes.get("/apps/{slug}")
def get_app_by_slug(call: Call) -> Doc:
    """An app by its name, for anybody."""
    if call.path["slug"] != call.hub.identity.slug:
        raise not_found()
    return accounts.app(call.hub)


@routes.get("/app/installations", "app")
def list_installations(call: Call) -> Answer:
    """Where the app is installed."""
    return call.page(call.hub.store.find("installation"), lambda one: accounts.installation(call.hub, one))


@routes.get("/app/installations/{id:int}", "app")
def get_installation(call: Call) -> Doc:
    """One installation."""
    return accounts.installation(call.hub, one_or_404(call.hub.store.get("installation", call.path["id"])))


@routes.get("/repos/{owner}/{repo}/installation", "app")
def get_repository_installation(call: Call) -> Doc:
    """The installation that sees a repository."""
    repo = call.hub.repository(call.path["owner"], call.path["repo"])
    found = call.hub.installations(repo)
    return accounts.installation(call.hub, one_or_404(found[0] if found else None))


@routes.post("/app/installations/{id:int}/access_tokens", "app")
def create_access_token(call: Call) -> Doc:
    """A token of one hour, narrowed to `repository_ids`/`repositories` and `permissions` if given."""
    hub = call.hub
    installation = one_or_404(hub.store.get("installation", call.path["id"]))
    if installation["suspended_at"]:
        raise ApiError(403, "This installation has been suspended")
    ids, names = call.body.get("repository_ids", []), call.body.get("repositories", [])
    found = [one for one in hub.store.find("repo") if one["id"] in ids or one["name"] in names]
    seen = [one for one in found if installation in hub.installations(one)]
    wanted = [one for one in seen if one["id"] in ids] + [one for one in seen if one["name"] in names]
    asked = len(ids) + len(names)
    if asked != len(wanted):
        raise unprocessable(
            "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    narrowed = [one["id"] for one in wanted] if asked else None
    token = installation_token(hub, installation, call.body.get("permissions"), narrowed)
    answer = {
        "token": token["key"],
        "expires_at": token["expires_at"],
        "permissions": token["permissions"],
        "repository_selection": "selected" if asked else installation["repository_selection"],
    }
    return answer | ({"repositories": [repositories.repository(hub, one) for one in wanted]} if asked else {})


@routes.get("/installation/repositories", "metadata:read")
def list_installation_repositories(call: Call) -> Answer:
    """The repositories that an installation token reaches."""
    seen = [one for one in call.hub.store.find("repo") if call.actor.owns(call.hub, one)]
    answer = call.page(seen, lambda one: repositories.full_repository(call.hub, one), "repositories")
    answer.body["repository_selection"] = "selected" if call.actor.repositories else "all"
    return answer


@routes.get("/user", "metadata:read")
def get_user(call: Call) -> Doc:
    """The authenticated person; an installation is none."""
    if call.actor.kind != "user":
        raise ApiError(403, "Resource not accessible by integration")
    return accounts.public_user(call.hub, call.user, private=True)


@routes.get("/users/{login}")
def get_user_by_login(call: Call) -> Doc:
    """Any account."""
    return accounts.public_user(call.hub, call.hub.user(call.path["login"]))


@routes.get("/rate_limit")
def get_rate_limit(call: Call) -> Doc:
    """How much is left this hour; asking costs nothing."""
    core = call.hub.rates.state(call.actor.name, call.hub.seconds())
    shown = core | {"resource": "core"}
    other = {"limit": 30, "used": 0, "remaining": 30, "reset": core["reset"]}
    return {"resources": {"core": shown, "graphql": shown, "search": other}, "rate": core}
