"""The JSON Schema (2020-12) of `constraints.yaml`, made of the model: for editors, `mlwright schema` and the docs."""

import json
from collections.abc import Mapping
from typing import Any

from agents.domain.constraints import Cloud, Constraints
from agents.intake.clouds import planned_clouds
from agents.intake.regions import regions_of
from agents.intake.shape import Member, Record, record_shape

SCHEMA_ID = "urn:mlwright:constraints:1"
_NULL = {"type": "null"}


def constraints_schema() -> dict[str, Any]:
    """The schema as data, in the order of the fields. Pure: the same for every call and machine."""
    raw = Constraints.model_json_schema()
    definitions = {name: _object(part) for name, part in raw.pop("$defs").items()}
    body = _object(raw)
    _describe(body, definitions, record_shape(Constraints))
    offered = planned_clouds()
    known = [code for cloud in offered for code in regions_of(cloud)]
    body["properties"]["regions"]["anyOf"][0]["items"] = {"type": "string", "enum": known}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **body,
        "title": "mlwright constraints",
        "allOf": [_regions_of_cloud(cloud) for cloud in offered],
        "$defs": {**definitions, "Cloud": {**definitions["Cloud"], "enum": [cloud.value for cloud in offered]}},
    }


def schema_text() -> str:
    """The committed text of `docs/constraints.schema.json`."""
    return json.dumps(constraints_schema(), indent=2, ensure_ascii=False) + "\n"


def _regions_of_cloud(cloud: Cloud) -> dict[str, Any]:
    return {
        "if": {"properties": {"cloud": {"const": cloud.value}}, "required": ["cloud"]},
        "then": {"properties": {"regions": {"items": {"enum": list(regions_of(cloud))}}}},
    }


def _object(part: dict[str, Any]) -> dict[str, Any]:
    """A definition without what only Python needs: titles made of names, defaults of whole sections."""
    cleaned = {key: _clean(value) for key, value in part.items() if key != "title"}
    if "properties" in part:
        required = part.get("required", ())
        cleaned["properties"] = {
            name: _property(_clean(value), name in required) for name, value in part["properties"].items()
        }
    return cleaned


def _clean(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "anyOf" in value:
        # pydantic lets a Decimal be text as well; in the file it is a number.
        numbers = [option for option in value["anyOf"] if option.get("type") == "number"]
        if numbers:
            value = {**value, "anyOf": [o for o in value["anyOf"] if o.get("type") != "string"]}
    if "patternProperties" in value:
        value = {**value, "additionalProperties": False}
    return {key: _clean(inner) for key, inner in value.items() if key != "title"}


def _property(value: dict[str, Any], required: bool) -> dict[str, Any]:
    """An optional field may be left empty (`throughput:`), which says unknown; so null is allowed."""
    if isinstance(value.get("default"), (dict, list, type(None))):
        value.pop("default", None)
    if required:
        return value
    outer = ("description", "examples", "default", "x-unit", "format")
    kept = {key: value[key] for key in outer if key in value}
    inner = {key: part for key, part in value.items() if key not in outer}
    options = inner.pop("anyOf", None) or [inner]
    return {"anyOf": [*(option for option in options if option != _NULL), _NULL], **kept}


def _describe(body: dict[str, Any], definitions: Mapping[str, dict[str, Any]], record: Record) -> None:
    """Titles and units where an editor shows them: on hovering over a field."""
    for name, member in record.members.items():
        _describe_field(body["properties"][name], name, member)
        inner = member.shape
        for nested in (inner, getattr(inner, "item", None), getattr(inner, "value", None)):
            if isinstance(nested, Record):
                _describe(definitions[nested.model.__name__], definitions, nested)


def _describe_field(field: dict[str, Any], name: str, member: Member) -> None:
    field["title"] = name.replace("_", " ")
    if member.unit and not field["description"].endswith(f"Unit: {member.unit}."):
        field["description"] = f"{field['description']} Unit: {member.unit}."


if __name__ == "__main__":
    print(schema_text(), end="")
