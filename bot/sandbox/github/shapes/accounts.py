"""Users, organisations, the app, its installations."""

from __future__ import annotations

from bot.sandbox.github.hub import Hub
from bot.sandbox.github.store import Doc

USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def simple_user(hub: Hub, user: Doc) -> Doc:
    """The short form, used wherever an account is mentioned."""
    api = f"{hub.url}/users/{user['login'].replace('[', '%5B').replace(']', '%5D')}"
    page = f"{hub.url}/apps/{hub.identity.slug}" if user["type"] == "Bot" else f"{hub.url}/{user['login']}"
    return {
        "login": user["login"],
        "id": user["id"],
        "node_id": f"U_{user['id']}",
        "avatar_url": f"{hub.url}/_assets/avatar/{user['id']}.svg",
        "gravatar_id": "",
        "url": api,
        "html_url": page,
        **{name: api + path for name, path in USER_LINKS.items()},
        "type": user["type"],
        "site_admin": False,
    }


def public_user(hub: Hub, user: Doc, *, private: bool = False) -> Doc:
    """The long form; `private` adds what only the person sees."""
    facts = {
        "name": user["name"], "company": None, "blog": "", "location": None, "email": user["email"],
        "hireable": None, "bio": None, "twitter_username": None, "public_repos": 0, "public_gists": 0,
        "followers": 0, "following": 0, "created_at": user["created_at"], "updated_at": user["created_at"],
    }  # fmt: skip
    own = {
        "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0,
        "collaborators": 0, "two_factor_authentication": True,
    }  # fmt: skip
    return simple_user(hub, user) | facts | (own if private else {})


def organization(hub: Hub, user: Doc) -> Doc:
    """The form in webhooks."""
    api = f"{hub.url}/orgs/{user['login']}"
    return {
        "login": user["login"],
        "id": user["id"],
        "node_id": f"O_{user['id']}",
        "url": api,
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events",
        "hooks_url": f"{api}/hooks",
        "issues_url": f"{api}/issues",
        "members_url": f"{api}/members{{/member}}",
        "public_members_url": f"{api}/public_members{{/member}}",
        "avatar_url": f"{hub.url}/_assets/avatar/{user['id']}.svg",
        "description": "",
    }


def app(hub: Hub) -> Doc:
    """The GitHub App."""
    identity = hub.identity
    made = hub.bot()["created_at"]
    return {
        "id": identity.app_id,
        "client_id": identity.client_id,
        "slug": identity.slug,
        "node_id": f"A_{identity.app_id}",
        "owner": simple_user(hub, hub.bot() | {"login": identity.slug, "type": "Organization"}),
        "name": identity.slug,
        "description": "",
        "external_url": hub.url,
        "html_url": f"{hub.url}/apps/{identity.slug}",
        "created_at": made,
        "updated_at": made,
        "permissions": identity.permissions,
        "events": identity.events,
    }


def webhook_app(hub: Hub) -> Doc:
    """The app as webhooks carry it."""
    return {name: value for name, value in app(hub).items() if name != "client_id"}


def installation(hub: Hub, doc: Doc) -> Doc:
    """An installation of the app."""
    account = hub.user(doc["account"])
    return {
        "id": doc["id"],
        "account": simple_user(hub, account),
        "repository_selection": doc["repository_selection"],
        "access_tokens_url": f"{hub.url}/app/installations/{doc['id']}/access_tokens",
        "repositories_url": f"{hub.url}/installation/repositories",
        "html_url": f"{hub.url}/organizations/{account['login']}/settings/installations/{doc['id']}",
        "app_id": hub.identity.app_id,
        "app_slug": hub.identity.slug,
        "target_id": account["id"],
        "target_type": account["type"],
        "permissions": doc["permissions"],
        "events": doc["events"],
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": simple_user(hub, account) if doc["suspended_at"] else None,
        "suspended_at": doc["suspended_at"],
    }
