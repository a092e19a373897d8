"""CycloneDX 1.6 bill of materials of what the generated project declares; versions as declared, nothing
resolved.

https://cyclonedx.org/docs/1.6/json/. No serial number and no time: the same project gives the same bytes.
"""

import re
import tomllib
from typing import Any

from agents.domain.base import pretty_json

_REQUIREMENT = re.compile(
    r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:@\s*\S+|\(?([^;()]*)\)?)\s*(?:;(.*))?$"
)
_EXACT = re.compile(r"^==\s*([A-Za-z0-9][A-Za-z0-9.!+_-]*)$")


def sbom(project: str, pyproject: bytes | None) -> bytes:
    """The SBOM's bytes. A missing or unreadable `pyproject.toml` gives no components, and the file says
    so.
    """
    declared, note = _declared(pyproject)
    components = [_component(name, entries) for name, entries in sorted(declared.items())]
    root = {"type": "application", "name": project, "bom-ref": f"project:{project}"}
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": root,
            "lifecycles": [{"phase": "design"}],
            "properties": [{"name": "mlwright:completeness", "value": note}],
            "tools": {"components": [{"type": "application", "name": "mlwright"}]},
        },
        "components": components,
        "compositions": [{"aggregate": "incomplete", "dependencies": [root["bom-ref"]]}],
        "dependencies": [
            {"ref": root["bom-ref"], "dependsOn": [component["bom-ref"] for component in components]},
            *({"ref": component["bom-ref"]} for component in components),
        ],
    }
    return pretty_json(document).encode("utf-8")


def _declared(pyproject: bytes | None) -> tuple[dict[str, list[tuple[str, str]]], str]:
    """Normalised name to (specifier, where it is declared)."""
    try:
        document = tomllib.loads((pyproject or b"").decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}, "pyproject.toml cannot be read: no dependency is listed"
    project = document.get("project", {})
    groups = {"runtime": project.get("dependencies", [])}
    groups |= {f"extra {name}": items for name, items in project.get("optional-dependencies", {}).items()}
    groups |= {f"group {name}": items for name, items in document.get("dependency-groups", {}).items()}
    found: dict[str, list[tuple[str, str]]] = {}
    for where, items in sorted(groups.items()):
        for item in items:
            parsed = _REQUIREMENT.match(item) if isinstance(item, str) else None
            if parsed:
                name = re.sub(r"[-_.]+", "-", parsed[1]).lower()
                found.setdefault(name, []).append(((parsed[2] or "").strip(), where))
    note = "declared in pyproject.toml, not resolved: transitive dependencies are not listed"
    return found, note if found else "no dependency is declared in pyproject.toml"


def _component(name: str, entries: list[tuple[str, str]]) -> dict[str, Any]:
    exact = next((found[1] for specifier, _ in entries if (found := _EXACT.match(specifier))), None)
    reference = f"pkg:pypi/{name}" + (f"@{exact}" if exact else "")
    properties = [
        {"name": "mlwright:declared", "value": f"{where}: {specifier or 'any version'}"} for specifier, where in entries
    ]
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "purl": reference,
        "scope": "required" if any(where == "runtime" for _, where in entries) else "optional",
        "properties": properties,
    }
    if exact:
        component["version"] = exact
    return component
