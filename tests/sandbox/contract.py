"""Judges answers and webhooks by GitHub's published schemas, and by githubkit's typed models."""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parent / "schemas"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
VERSIONS = ("2022-11-28", "2026-03-10")


@cache
def schemas(name: str) -> Any:
    """The trimmed file of `trim_schemas.py`."""
    return json.loads(gzip.decompress((SCHEMAS / f"{name}.json.gz").read_bytes()))


@cache
def _validator(file: str, part: str, key: str, status: str = "") -> Draft202012Validator | None:
    found = schemas(file)["versions"][part] if file == "rest" else schemas(file)[part]
    schema = found["paths"].get(key)
    if status and schema is not None:
        schema = schema.get(status)
    return None if schema is None else Draft202012Validator({**schema, "$defs": found["$defs"]})


@cache
def _operations(version: str) -> list[tuple[str, re.Pattern[str]]]:
    """Operations and their paths as patterns, the most special ones first."""
    found = []
    for key in schemas("rest")["versions"][version]["paths"]:
        _, path = key.split(" ")
        pattern = re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(path))
        if path.endswith(("{ref}", "{path}", "{branch}", "{basehead}", "{tree_sha}")):
            pattern = pattern.removesuffix("([^/]+)") + "(.*)"
        pattern = pattern.replace("/commits/([^/]+)/check\\-runs", "/commits/(.+)/check\\-runs")
        found.append((key, re.compile(pattern)))
    return sorted(found, key=lambda one: (one[0].count("{"), -len(one[0])))


def operation(method: str, path: str, version: str) -> str | None:
    """The described operation of a request."""
    for key, pattern in _operations(version):
        if key.startswith(method + " ") and pattern.fullmatch(path):
            return key
    return None


def check_response(response: httpx.Response) -> None:
    """Fail if the answer is not as GitHub describes it, or lacks the headers that all have."""
    request = response.request
    version = request.headers.get("x-github-api-version", VERSIONS[0])
    assert "x-ratelimit-remaining" in response.headers and "x-github-request-id" in response.headers
    if response.status_code >= 400:
        body = response.json()
        assert isinstance(body["message"], str) and body["status"] == str(response.status_code)
        assert body["documentation_url"].startswith("https://docs.github.com/")
        return
    if response.status_code in (204, 304) or "json" not in response.headers["content-type"]:
        return
    key = operation(request.method, request.url.path, version)
    assert key is not None, f"{request.method} {request.url.path} is not in GitHub's description"
    validator = _validator("rest", version, key, str(response.status_code))
    assert validator is not None, f"{key} describes no JSON answer of status {response.status_code}"
    _check(validator, response.json(), f"{key} {version}")


def check_webhook(event: str, payload: dict[str, Any]) -> None:
    """Fail if a payload is not as both published descriptions have it."""
    key = f"{event} {payload.get('action', '')}".strip()
    for part in ("openapi", "strict"):
        validator = _validator("webhooks", part, key)
        assert validator is not None, f"{key} is not in {part}"
        _check(validator, payload, f"{key} ({part})")


def _check(validator: Draft202012Validator, value: Any, what: str) -> None:
    errors = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
    assert not errors, f"{what}\n" + "\n".join(errors[:10])
    _check_times(value, what)


def _check_times(value: Any, path: str) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("_at") and isinstance(inner, str):
                assert TIME.fullmatch(inner), f"{path}.{name} = {inner!r}"
            _check_times(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            _check_times(inner, path)
