"""Registering an App from a manifest: the code that the page gave is exchanged for credentials, once.

https://docs.github.com/rest/apps/apps#create-a-github-app-from-a-manifest
"""

from __future__ import annotations

from dataclasses import replace

from bot.sandbox.github.call import Call, Routes
from bot.sandbox.github.errors import not_found
from bot.sandbox.github.shapes import accounts
from bot.sandbox.github.store import Doc

routes = Routes()


@routes.post("/app-manifests/{code}/conversions")
def convert(call: Call) -> Doc:
    """The credentials of this GitHub's one App, which becomes what the manifest says."""
    hub = call.hub
    manifest = hub.manifests.pop(call.path["code"], None)
    if manifest is None:
        raise not_found()
    asked = {"permissions": manifest["default_permissions"], "events": manifest["default_events"]}
    hub.identity = replace(hub.identity, **asked)
    hub.on_webhook_url(manifest["hook_attributes"]["url"])
    secret = {"pem": hub.identity.private_key_pem, "webhook_secret": hub.identity.webhook_secret}
    return {**accounts.app(hub), **secret, "client_secret": "0" * 40}
