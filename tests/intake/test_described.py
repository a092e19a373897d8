"""What a description states in numbers is held against the fields that are planned with."""

import pytest

from agents.intake.parse import parse

FILE = """version: 1
project: {{name: shop, problem: ranking, description: "{description}"}}
cloud: aws
regions: [eu-west-1]
data_classification: internal
workload_types: [online]
throughput: {{requests_per_second: 20}}
team_constraints: {{size: 4}}
"""


def told(description: str) -> list[str]:
    found = parse(FILE.format(description=description).encode(), "constraints.yaml").findings
    return [f"{f.message} {f.remediation}" for f in found if f.rule.endswith("description")]


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("Rank at 300 requests per second", ['"300 requests per second"', "is 20", "requests_per_second: 300"]),
        ("Answers within 80 ms", ["sla_latency_ms is not given", "sla_latency_ms: 80"]),
        ("At most $900 a month", ["budget_band.monthly_usd_max is not given"]),
    ],
)
def test_a_number_that_no_field_repeats_is_told(description: str, words: list[str]) -> None:
    (said,) = told(description)
    assert all(word in said for word in words)


@pytest.mark.parametrize(
    "description",
    ["Rank at 20 requests per second", "Rank for a team of 4 people", "Rank, not at 300 requests per second", "Rank"],
)
def test_what_the_fields_say_too_or_nobody_states_is_not(description: str) -> None:
    assert told(description) == []


def test_a_field_that_the_description_alone_has_is_asked_about() -> None:
    located = parse(FILE.format(description="Answers within 80 ms").encode(), "constraints.yaml").findings
    (found,) = [f for f in located if f.rule.endswith("description")]
    assert found.location is not None and found.location.line == 2
