"""Every literal reads back as the value it was made from, whatever the text."""

import ast
import json
import tomllib
from typing import Any

import hcl2
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agents.serialise import comment, markdown, one_line, quoted, to_hcl, to_json, to_python, to_yaml

texts = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "",
        "no",
        "1.0",
        "2026-01-01",
        "~",
        "a: b",
        "- x",
        "${x}",
        "%{ if }",
        "$${",
        '"',
        "\\",
        "'''",
        '"""',
        "\u2028",
        "\x85",
        "\x7f",
    ]
)
numbers = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)
scalars = texts | numbers | st.booleans() | st.none()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


@given(values)
@settings(max_examples=150, deadline=None)
def test_json_and_python_read_back(value: Any) -> None:
    assert json.loads(to_json(value)) == value
    assert ast.literal_eval(to_python(value)) == value


@given(values, st.integers(0, 4))
@settings(max_examples=150, deadline=None)
def test_yaml_reads_back_at_any_indent(value: Any, indent: int) -> None:
    text = f"{' ' * indent}{to_yaml(value, indent)}"
    document = f"root:\n{text}\n" if isinstance(value, (dict, list)) and value and indent else text
    read = yaml.safe_load(document)
    assert (read["root"] if document.startswith("root:") and indent else read) == value


@given(texts)
@settings(max_examples=150, deadline=None)
def test_toml_and_hcl_strings_read_back(text: str) -> None:
    assert tomllib.loads(f"x = {quoted(text)}")["x"] == text
    literal = to_hcl(text)
    assert "${" not in literal and "%{" not in literal
    assert json.loads(hcl2.loads(f"x = {literal}\n")["x"]) == text


@given(texts)
@settings(max_examples=150, deadline=None)
def test_comments_and_lines_stay_on_their_lines(text: str) -> None:
    assert all(line.startswith("#") for line in comment(text).split("\n"))
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=150, deadline=None)
def test_markdown_has_no_markup(text: str) -> None:
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(f"x {markdown(text)} y")
    assert html.count("<") == html.count("<p>") + html.count("</p>") == 2


def test_surrogates_and_nan_are_handled() -> None:
    assert json.loads(quoted("a\ud800b")) == "a\ufffdb"
    with pytest.raises(ValueError):
        to_json(float("nan"))


def test_hcl_is_aligned_as_terraform_writes_it() -> None:
    assert to_hcl({"a": 1, "long_key": "x", "b c": [1, "y"]}) == (
        '{\n  a        = 1\n  long_key = "x"\n  "b c"    = [1, "y"]\n}'
    )
    assert to_hcl({}) == "{}"


def test_only_escapes_that_every_language_knows_are_used() -> None:
    assert quoted("\b\f\\b\n\t\x00") == '"\\u0008\\u000c\\\\b\\n\\t\\u0000"'


def test_long_text_is_cut() -> None:
    assert one_line("word " * 200, 20) == "word word word word…"
