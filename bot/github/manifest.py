"""`app.yml`: what the App asks for, and the manifest that registers it."""

import re
from pathlib import Path
from typing import Any

import yaml

TOLD = ("name", "url", "description", "public", "default_events", "default_permissions")


REASON = re.compile(r"^  (\w+): (?:read|write|admin) +# (.+)$", re.MULTILINE)


def manifest() -> dict[str, Any]:
    """`app.yml` as a document."""
    loaded: dict[str, Any] = yaml.safe_load(_text())
    return loaded


def reasons() -> dict[str, str]:
    """What each permission is for, by the comments of `app.yml`."""
    return dict(REASON.findall(_text()))


def _text() -> str:
    """Beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_app.yml"
    path = installed if installed.is_file() else package.parent / "app.yml"
    return path.read_text(encoding="utf-8")


def registered(name: str, hook_url: str, redirect_url: str) -> dict[str, Any]:
    """The document that GitHub's page for new Apps takes: `app.yml` with this installation's addresses.

    https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest#github-app-manifest-parameters
    """
    asked = {key: value for key, value in manifest().items() if key in TOLD}
    hook = {"url": hook_url, "active": True}
    return {**asked, "name": name, "hook_attributes": hook, "redirect_url": redirect_url}
