"""Text that people wrote is emitted as data: it cannot end a string, start an expression or open a tag."""

import ast
import json
import tomllib

import hcl2
import pytest
import yaml
from markdown_it import MarkdownIt

from tests.render.projects import changed, plan, rendered

HOSTILE = (
    "a \"quote\" and 'another', a \\ backslash\nname: injected\n\"\"\"; import os\n'''"
    ' {{ 7*7 }} {% raw %} ${{ secrets.TOKEN }} ${file("/etc/passwd")} %{ if true }'
    " --> ]]> </details><script>alert(1)</script> `rm -rf /` @acme/admins #1 fixes #2"
    " ![x](https://example.invalid/a.png) [l](javascript:alert(1)) \u202e\u200b\x07 <!-- mlwright -->"
)


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    return rendered(plan(changed("churn", description=HOSTILE)))[1]


def test_every_file_still_parses_and_keeps_the_text_as_data(contents: dict[str, bytes]) -> None:
    for path, content in contents.items():
        text = content.decode("utf-8")
        if path.endswith(".py"):
            ast.parse(text)
        elif path.endswith((".yaml", ".yml")):
            yaml.safe_load(text)
        elif path.endswith(".json"):
            json.loads(text)
        elif path.endswith(".tf"):
            hcl2.loads(text)
    assert yaml.safe_load(contents["configs/project.yaml"])["project"]["description"] == HOSTILE
    assert "injected" not in yaml.safe_load(contents["configs/project.yaml"])
    described = tomllib.loads(contents["pyproject.toml"].decode())["project"]["description"]
    assert "\n" not in described and described.startswith('a "quote"')


def test_no_file_holds_control_or_direction_characters(contents: dict[str, bytes]) -> None:
    for path, content in contents.items():
        text = content.decode("utf-8")
        assert not set(text) & set("\u202e\u200b\x07\ufeff"), path


def test_workflows_and_infrastructure_never_see_it(contents: dict[str, bytes]) -> None:
    for path, content in contents.items():
        if path.startswith((".github/", "infra/", "src/", "tests/", "pipelines/", "docker/")):
            assert b"injected" not in content, path
            assert b"secrets.TOKEN" not in content, path


def test_markdown_shows_it_as_plain_text(contents: dict[str, bytes]) -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(contents["README.md"].decode())
    assert "<script" not in html and "<img" not in html and "javascript:" not in html.replace("(javascript:", "")
    assert 'href="javascript' not in html
    assert "{{ 7*7 }}" in html  # as text, not 49
