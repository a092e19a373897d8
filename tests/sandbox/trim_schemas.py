"""Trims GitHub's published schemas to what the local GitHub answers and sends.

    npm pack @octokit/openapi @octokit/openapi-webhooks @octokit/webhooks-schemas
    for file in octokit-*.tgz; do mkdir "${file%.tgz}"; tar xzf "$file" -C "${file%.tgz}"; done
    python tests/sandbox/trim_schemas.py FOLDER_OF_THE_UNPACKED_PACKAGES

writes `schemas/rest.json.gz` and `schemas/webhooks.json.gz` beside this file. Both are JSON Schema (draft 2020-12)
with a `$defs` of what is referred to; prose and examples are left out. `rest` holds two versions of the API: the
one that is described, and 2026-03-10 by the patches that the description carries (`x-github-breaking-changes`).
The packages are MIT-licensed; their versions stand in the files.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

from bot.sandbox.github.application import discover

HERE = Path(__file__).parent / "schemas"
DROPPED = {"description", "example", "examples", "title", "deprecated", "externalDocs", "discriminator", "default"}
EVENTS = (
    "push", "issue_comment", "issues", "pull_request", "pull_request_review", "installation", "ping",
)  # fmt: skip
ACTIONS = {
    "opened", "synchronize", "closed", "reopened", "edited", "converted_to_draft", "ready_for_review", "created",
    "deleted", "submitted", "suspend", "unsuspend", "new_permissions_accepted", "labeled", "unlabeled",
}  # fmt: skip


def main(packages: Path) -> None:
    """Write both files."""
    rest = _load(packages, "openapi", "generated/api.github.com.json")
    HERE.mkdir(exist_ok=True)
    versions = {version: _rest(rest, version) for version in ("2022-11-28", "2026-03-10")}
    _write("rest", {"source": _source(packages, "openapi"), "versions": versions})
    hooks = _load(packages, "openapi-webhooks", "generated/api.github.com.json")
    strict = _load(packages, "webhooks-schemas", "schema.json")
    sources = [_source(packages, "openapi-webhooks"), _source(packages, "webhooks-schemas")]
    _write("webhooks", {"source": sources, "openapi": _hooks(hooks), "strict": _strict(strict)})


def normal(path: str) -> str:
    """A path with its parameters made alike."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _rest(document: Any, version: str) -> Any:
    ours = {(method, normal(path)) for routes in discover() for method, path, _ in routes.found}
    paths: dict[str, Any] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if (method.upper(), normal(path)) in ours:
                answers = {status: _answer(document, a) for status, a in operation["responses"].items()}
                paths[f"{method.upper()} {path}"] = {
                    status: answer["content"]["application/json"]["schema"]
                    for status, answer in answers.items()
                    if status.startswith("2") and "application/json" in answer.get("content", {})
                }
    # As published, an account in this list must be a user and an enterprise at once; elsewhere it is either.
    paths["GET /app/installations"]["200"]["items"] = {"$ref": "#/components/schemas/installation"}
    components = document["components"]["schemas"]
    return _with_definitions(paths, components, version)


def _answer(document: Any, answer: Any) -> Any:
    """A response, or the shared one that it refers to."""
    name = answer.get("$ref", "").rpartition("/")[2]
    return document["components"]["responses"][name] if name else answer


def _hooks(document: Any) -> Any:
    paths = {}
    for name, hook in document["webhooks"].items():
        schema = hook["post"]["requestBody"]["content"]["application/json"]["schema"]
        for event in EVENTS:
            plain = event.replace("_", "-")
            action = name.removeprefix(plain).removeprefix("-").replace("-", "_")
            if name == plain or (name.startswith(f"{plain}-") and action in ACTIONS):
                paths[f"{event} {action}".strip()] = schema
    return _with_definitions(paths, document["components"]["schemas"], "2022-11-28")


def _strict(document: Any) -> Any:
    paths = {}
    for member in ("archived_at", "archived_by"):  # newer than these schemas, which forbid what they do not know
        document["definitions"]["label"]["properties"][member] = {}
    for name, schema in document["definitions"].items():
        event, _, action = name.partition("$")
        if event in EVENTS and (action in ACTIONS or action == "event"):
            paths[f"{event} {action.replace('event', '')}".strip()] = schema
    return _with_definitions(paths, document["definitions"], "2022-11-28", "#/definitions/")


def _with_definitions(
    paths: Any, components: Any, version: str, prefix: str = "#/components/schemas/"
) -> dict[str, Any]:
    """The schemas and all that they refer to, cleaned."""
    kept: dict[str, Any] = {}

    def clean(node: Any, *, names: bool = False) -> Any:
        """`names` is set inside `properties`, where keys are names and not keywords."""
        if isinstance(node, list):
            return [clean(item) for item in node]
        if not isinstance(node, dict):
            return node
        if not names and version >= "2026":
            for change in node.get("x-github-breaking-changes", []):
                if change["version"] == version:
                    node = _merged(node, change["patch"])
        if not names and "$ref" in node and isinstance(node["$ref"], str):
            name = node["$ref"].removeprefix(prefix)
            if name not in kept:
                kept[name] = None
                kept[name] = clean(components[name])
            return {"$ref": f"#/$defs/{name}"}
        result = {
            key: clean(value, names=not names and key in ("properties", "patternProperties"))
            for key, value in node.items()
            if names or not (key in DROPPED or key.startswith("x-") or key in ("nullable", "$schema"))
        }
        if names or not node.get("nullable"):
            return result
        return _nullable(result)

    return {"paths": clean(paths, names=True), "$defs": kept}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0's `nullable` in terms of JSON Schema."""
    if isinstance(schema.get("type"), str) and not {"oneOf", "anyOf", "allOf"} & schema.keys():
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        return schema
    return {"anyOf": [{"type": "null"}, schema]}


def _merged(node: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(node) if isinstance(node, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def _find(packages: Path, name: str) -> Path:
    return next(packages.glob(f"octokit-{name}-[0-9]*/package"))


def _load(packages: Path, name: str, file: str) -> Any:
    return json.loads((_find(packages, name) / file).read_text())


def _source(packages: Path, name: str) -> str:
    return f"@octokit/{name} {json.loads((_find(packages, name) / 'package.json').read_text())['version']}"


def _write(name: str, content: Any) -> None:
    raw = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    (HERE / f"{name}.json.gz").write_bytes(gzip.compress(raw, 9, mtime=0))
    print(f"{name}: {len(raw):,} bytes, {(HERE / f'{name}.json.gz').stat().st_size:,} compressed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
