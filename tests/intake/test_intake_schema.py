"""The JSON Schema: as committed, valid by its own rules, and of one mind with the parser."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from samples import FULL, MINIMAL
from test_intake_conflicts import HEAD
from test_intake_parse import MISTAKES

from agents.domain.constraints import Constraints
from agents.intake.schema import SCHEMA_ID, constraints_schema, schema_text
from agents.intake.shape import record_shape, walk

COMMITTED = Path(__file__).parents[2] / "docs" / "constraints.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(constraints_schema())


def test_the_committed_schema_is_the_one_that_is_made() -> None:
    # After a change of the model: `python -m agents.intake.schema > docs/constraints.schema.json`
    assert COMMITTED.read_text("utf-8") == schema_text()


def test_it_is_a_valid_schema_of_2020_12_with_a_name_that_resolves_nowhere() -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == SCHEMA_ID and SCHEMA_ID.startswith("urn:")
    assert schema["additionalProperties"] is False


def test_every_field_has_words_for_an_editor() -> None:
    schema = constraints_schema()
    for key, member in walk(record_shape(Constraints)):
        place = schema
        for part in key.split("."):
            if "$ref" in place:
                place = schema["$defs"][place["$ref"].rpartition("/")[2]]
            for option in place.get("anyOf", ()):
                if "$ref" in option:
                    place = schema["$defs"][option["$ref"].rpartition("/")[2]]
            place = place["properties"][part]
        assert "description" in place, (key, place)
        assert place["description"] and place["title"], key
        if member.unit:
            assert place["x-unit"] == member.unit and f"Unit: {member.unit}." in place["description"]


@pytest.mark.parametrize(
    "content", [FULL, MINIMAL, MINIMAL + b"throughput:\ncloud:\nregions:\nbudget_band: {target:}\n"]
)
def test_good_files_pass(content: bytes) -> None:
    VALIDATOR.validate(yaml.safe_load(content))


def test_regions_follow_the_cloud() -> None:
    wrong = yaml.safe_load(HEAD + "cloud: aws\nregions: [europe-west1]\n")
    right = yaml.safe_load(HEAD + "cloud: aws\nregions: [eu-west-1]\n")
    assert {error.absolute_path[0] for error in VALIDATOR.iter_errors(wrong)} == {"regions"}
    assert VALIDATOR.is_valid(right)


ALSO_TEXT = ("budget_band: {monthly_usd_max: 1_500", "project: {name: x, cloud", "cloud: aws\ncloud", "? [a]")
"""Mistakes of YAML itself, or that a reader of YAML 1.1 or JSON sees otherwise."""


@pytest.mark.parametrize("text", [m[0] for m in MISTAKES if m[0] and not m[0].startswith(ALSO_TEXT)])
def test_what_the_parser_refuses_the_schema_refuses(text: str) -> None:
    head = "" if text.startswith("version") else "version: 1\n"
    tail = "" if "project" in text else "\nproject: {name: x}"
    data = yaml.safe_load(head + text + tail)
    assert not VALIDATOR.is_valid(json.loads(json.dumps(data, default=str)))
