"""The addresses of the pages, like GitHub's own."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from bot.sandbox.github.hub import Hub
from bot.sandbox.github.pages import forms, registration, site, views

HOME = "/{owner}/{repo}"
NUMBER = "/{number:int}"
TABLE: list[tuple[str, str, site.Work]] = [
    ("GET", "/", views.repositories),
    ("GET", HOME + "/pulls", views.issues),
    ("GET", HOME + "/issues", views.issues),
    ("POST", HOME + "/issues", forms.new_issue),
    ("GET", HOME + "/issues" + NUMBER, views.issue),
    ("POST", HOME + "/issues" + NUMBER + "/comment", forms.comment),
    ("GET", HOME + "/pull/{number:int}.diff", views.pull_diff),
    ("GET", HOME + "/pull" + NUMBER, views.pull),
    ("GET", HOME + "/pull" + NUMBER + "/{view}", views.pull),
    ("POST", HOME + "/pull" + NUMBER + "/comment", forms.comment),
    ("POST", HOME + "/pull" + NUMBER + "/review", forms.review),
    ("POST", HOME + "/pull" + NUMBER + "/merge", forms.merge),
    ("POST", HOME + "/pull" + NUMBER + "/draft", forms.draft),
    ("GET", HOME + "/runs/{id:int}", views.run),
    ("GET", HOME + "/tree/{rest:path}", views.tree),
    ("GET", HOME + "/blob/{rest:path}", views.blob),
    ("GET", HOME + "/raw/{rest:path}", views.raw),
    ("GET", HOME + "/commits", views.commits),
    ("GET", HOME + "/commits/{rest:path}", views.commits),
    ("GET", HOME + "/commit/{sha}", views.commit),
    ("GET", HOME + "/edit/{rest:path}", forms.edit),
    ("POST", HOME + "/edit/{rest:path}", forms.save),
    ("GET", HOME, views.tree),
    ("GET", "/{owner}", views.repositories),
]


def routes(hub: Hub) -> list[BaseRoute]:
    """All of them, after the API's."""
    found: list[BaseRoute] = [Route("/_assets/{name:path}", site.asset, methods=["GET"])]
    found += registration.routes(hub)
    found += [site.bound(hub, method, path, work) for method, path, work in TABLE]
    return found
