"""Facts of generated files for rules: Terraform, workflows, secrets. `docs/policies.md` lists them."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from agents.policy.infrastructure import infrastructure
from agents.policy.rules import Loader
from agents.policy.terraform import Block, parse

SECRETS = (
    re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    re.compile(r"(?i)\b(?:password|secret|api_?key|token)\b[\"']?\s*[:=]\s*[\"'][^\"'\s${}<>]{12,}[\"']"),
)
"""Shapes of secrets that no generated file may hold; the gitleaks validator looks for many more."""
PINNED = re.compile(r"@[0-9a-f]{40}$")
TERRAFORM = (".tf", ".tfvars")


def file_facts(files: Mapping[str, bytes]) -> dict[str, Any]:
    """What file rules read, from a tree of path to bytes. Files that cannot be parsed are listed, never
    skipped silently."""
    texts = {path: content.decode("utf-8", "replace") for path, content in sorted(files.items())}
    blocks: list[Block] = []
    unreadable: list[str] = []
    for path, text in texts.items():
        if path.endswith(".tf"):
            try:
                blocks += parse(path, text)
            except ValueError as error:
                unreadable.append(str(error))
    named = {path: text for path, text in texts.items() if path.endswith(TERRAFORM)}
    return {
        "terraform": infrastructure(blocks, named, unreadable),
        "workflows": _workflows(texts),
        "secrets": [path for path, text in texts.items() if any(shape.search(text) for shape in SECRETS)],
        "files": sorted(texts),
    }


def _workflows(texts: Mapping[str, str]) -> dict[str, Any]:
    found = {
        p: t
        for p, t in texts.items()
        if p.lstrip("/").startswith(".github/workflows") and p.endswith((".yml", ".yaml"))
    }
    unrestricted, unpinned = [], []
    for path, text in found.items():
        try:
            content = yaml.load(text, Loader=Loader)
        except yaml.YAMLError:
            content = None
        body = content if isinstance(content, dict) else {}
        if body.get("permissions") in (None, "write-all"):
            unrestricted.append(path)
        unpinned += [f"{path}: {use}" for use in _uses(body) if not use.startswith("./") and not PINNED.search(use)]
    return {"paths": sorted(found), "unrestricted": unrestricted, "unpinned": unpinned}


def _uses(value: Any) -> list[str]:
    """Every `uses:` below a value, in order."""
    if isinstance(value, dict):
        own = [value["uses"]] if isinstance(value.get("uses"), str) else []
        return [*own, *(use for v in value.values() for use in _uses(v))]
    return [use for v in value for use in _uses(v)] if isinstance(value, list) else []
