"""Writing: whole files that read back the same, and changes that touch nothing else."""

import difflib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import FULL, MINIMAL

from agents.domain.constraints import Constraints
from agents.errors import BadInput
from agents.intake.answers import nested
from agents.intake.edit import set_values
from agents.intake.known import value_at
from agents.intake.parse import parse
from agents.intake.shape import record_shape, walk
from agents.intake.write import render_yaml

BLOCK = b"""\
# head
version: 1   # form
project:
  name: churn   # slug
  # about
  description: |
    Two lines
    of text
regions:
- eu-west-1   # primary
- eu-north-1
throughput:

# data follows
data:
  sources:
    - name: usage   # daily
      columns:
        a: id
        b: float    # minutes
    - {name: other}
workload_types:
  - batch
# tail
"""


def _changed(content: bytes, values: dict[str, Any]) -> list[str]:
    before, after = content.decode().splitlines(), set_values(content, values).decode().splitlines()
    return [
        line
        for line in difflib.unified_diff(before, after, lineterm="", n=0)
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]


@pytest.mark.parametrize(
    ("values", "diff"),
    [
        ({"project.name": "loyal"}, ["-  name: churn   # slug", "+  name: loyal   # slug"]),
        ({"cloud": "aws"}, ["+cloud: aws"]),
        ({"project.problem": "rag"}, ["+  problem: rag"]),
        ({"throughput.events_per_second": 5}, ["-throughput:", "+throughput: {events_per_second: 5}"]),
        ({"data.sources.0.columns.b": "int"}, ["-        b: float    # minutes", "+        b: int    # minutes"]),
        ({"data.sources.0.columns.c": "text"}, ["+        c: text"]),
        ({"data.sources.0.format": "csv"}, ["+      format: csv"]),
        ({"data.sources.1.format": "csv"}, ["-    - {name: other}", "+    - {name: other, format: csv}"]),
        ({"data.entity": "a"}, ["+  entity: a"]),
        ({"regions.1": "eu-west-3"}, ["-- eu-north-1", "+- eu-west-3"]),
        ({"workload_types": ["batch", "online"]}, ["+  - online"]),
        ({"budget_band.target": 12.5}, ["+budget_band: {target: 12.5}"]),
        ({"choose": {"serve": "aws-x", "train": "aws-y"}}, ["+choose: {serve: aws-x, train: aws-y}"]),
        (
            {"project.description": "a: b # c"},
            ["-  description: |", "-    Two lines", "-    of text", '+  description: "a: b # c"'],
        ),
        ({"version": None}, ["-version: 1   # form", "+version: null   # form"]),
    ],
)
def test_a_change_touches_only_its_own_lines(values: dict[str, Any], diff: list[str]) -> None:
    assert _changed(BLOCK, values) == diff


def test_a_new_field_goes_where_the_schema_has_it() -> None:
    lines = set_values(FULL, {"provider": "expert", "extends": "acme/p@1234567"}).decode().splitlines()
    assert (
        lines.index('extends: "acme/p@1234567"')
        == next(n for n, text in enumerate(lines) if text.startswith("objective")) + 1
    )
    assert lines[-1] == "provider: expert"


def test_a_choice_with_a_split_and_without() -> None:
    split = set_values(FULL, {"choose.serve.online": "aws-lambda-container"})
    assert b"choose: {serve: {online: aws-lambda-container}}    # pins, optional" in split
    both = set_values(split, {"choose.serve.batch": "aws-batch-scoring", "choose.train": "aws-batch-spot"})
    assert b"choose: {serve: {online: aws-lambda-container, batch: aws-batch-scoring}, train: aws-batch-spot}" in both


def test_line_ends_byte_order_mark_and_a_missing_last_line_end_are_kept() -> None:
    content = b"\xef\xbb\xbf" + MINIMAL.replace(b"\n", b"\r\n").rstrip()
    assert set_values(content, {"cloud": "aws"}) == content + b"\r\ncloud: aws"
    assert b"\n" not in set_values(BLOCK.replace(b"\n", b"\r\n"), {"cloud": "aws", "regions": ["a", "b"]}).replace(
        b"\r\n", b""
    )


def test_a_file_that_cannot_be_read_is_not_changed() -> None:
    with pytest.raises(BadInput):
        set_values(b"a: [", {"cloud": "aws"})
    with pytest.raises(BadInput):
        set_values(BLOCK, {"regions.9": "x"})


_WRITTEN: dict[str, st.SearchStrategy[Any]] = {
    "project.name": st.sampled_from(["a", "no", "on", "null", "true"]),
    "project.description": st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cn", "Zl", "Zp")), max_size=40).map(
        str.strip
    ),
    "cloud": st.just("aws"),
    "throughput.events_per_second": st.floats(0, 1e7),
    "throughput.training_rows": st.integers(0, 10**12),
    "budget_band.monthly_usd_max": st.integers(0, 10**8),
    "budget_band.target": st.just(0),
    "data.label": st.sampled_from(["y", "Yes", "n"]),
    "storage_prefs": st.lists(st.sampled_from(["parquet", "1e3", "NO", "a b", "x#y", "0x1", "3.10"]), max_size=3),
    "compliance": st.lists(st.sampled_from(["gdpr", "soc2"]), unique=True),
    "approval.mode": st.sampled_from(["merge", "review"]),
    "data.sources": st.lists(
        st.sampled_from([{"name": "a", "columns": {"yes": "id"}}, {"name": "b", "format": "csv"}]), unique_by=str
    ),
}


def _comments(content: bytes) -> list[str]:
    return [line.partition("#")[2] for line in content.decode().splitlines() if "#" in line]


def _in_order(parts: list[str], text: str) -> bool:
    at = 0
    for part in parts:
        at = text.find(f"#{part}", at) + 1
        if at == 0:
            return False
    return True


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([FULL, BLOCK, MINIMAL, MINIMAL.replace(b"\n", b"\r\n")]),
    st.fixed_dictionaries({}, optional=_WRITTEN),
)
def test_set_then_parse_gives_the_value_and_comments_survive(content: bytes, values: dict[str, Any]) -> None:
    changed = set_values(content, values)
    parsed = parse(changed)
    expected = Constraints.model_validate(nested({"version": 1, "project.name": "x", **values}))
    for key in values:
        found = [f for f in parsed.errors if f.key and f.key.startswith(key)]
        if parsed.constraints is not None:
            assert value_at(parsed.constraints, key) == value_at(expected, key), changed
        else:
            assert not [f for f in found if "budget-order" not in f.rule and "name" not in f.rule], (
                changed,
                found,
            )
    kept = [c for c in _comments(content) if "primary" not in c and "daily" not in c and "minutes" not in c]
    assert _in_order(kept, changed.decode()), changed
    assert set_values(changed, values) == changed


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({}, optional=_WRITTEN), st.booleans())
def test_a_rendered_file_reads_back_the_same(values: dict[str, Any], suggest: bool) -> None:
    full = {"version": 1, "project.name": "x", **values}
    text = render_yaml(full, suggest)
    parsed = parse(text.encode())
    told = [f.rule for f in parsed.errors if "budget-order" not in f.rule]
    assert told == [], (text, parsed.errors)
    if parsed.constraints is not None:
        assert parsed.constraints == Constraints.model_validate(nested(full)), text
    assert text == render_yaml(dict(reversed(full.items())), suggest)


def test_a_rendered_file_has_units_and_choices_beside_the_values() -> None:
    original = parse(FULL).constraints
    assert original is not None
    text = render_yaml(original.model_dump(exclude_defaults=True))
    assert "  monthly_usd_max: 1500             # USD a month\n" in text
    assert "workload_types: [batch, online]     # batch | streaming | online\n" in text
    tops = [line.partition(":")[0] for line in text.splitlines() if line[0].isalpha()]
    assert tops == [key for key, _ in walk(record_shape(Constraints)) if key in tops]
    assert parse(text.encode()).constraints == original


def test_suggestions_are_comments_that_work_when_uncommented() -> None:
    text = render_yaml({"project.name": "x"}, suggest=True)
    assert parse(text.encode()).constraints == parse(MINIMAL.replace(b"churn", b"x")).constraints
    bare = "\n".join(
        line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in text.splitlines()
    )
    parsed = parse(bare.encode())
    rules = {f.rule.partition(".")[2] for f in parsed.errors}
    # Examples of single fields need not fit each other; their form must be right.
    assert rules <= {"undeclared-column", "assume-against-statement"}, (bare, parsed.errors)


def test_an_unknown_field_is_never_rendered() -> None:
    with pytest.raises(KeyError, match="colour"):
        render_yaml({"project.name": "x", "colour": "red"})
