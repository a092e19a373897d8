"""Generated Markdown of plain and odd projects: no hole where something was not named, no list or number that trips."""

import re
from collections.abc import Iterator

import pytest

from agents.domain.constraints import DataSection
from tests.agents_suite.scenarios import C, source
from tests.render.projects import PROJECTS, changed, plan, rendered, tree

LONG = {f"column_number_{n:02d}": (C.FLOAT, C.CATEGORY, C.BOOLEAN, C.INTEGER)[n % 4] for n in range(40)}
ODD = {
    "nothing said": changed("churn", description=""),
    "one letter": changed("churn", slug="x", package="x", description="Ünïcödé | `ticks` *stars* <b>html</b> # 日本語"),
    "no feature": changed(
        "churn_nightly",
        slug="json",
        package="json_ml",
        description="many words " * 300,
        data=DataSection(entity="k", label="y", sources=(source("only", None, k=C.ID, y=C.BOOLEAN),)),
    ),
    "forty features": changed(
        "churn",
        slug="a" * 39,
        package="a" * 39,
        requests_per_second=1.0,
        data=DataSection(
            entity="k", label="y", event_time="t",
            sources=(source("s" * 63, None, k=C.ID, t=C.TIMESTAMP, y=C.FLOAT, **LONG),),
        ),
    ),
}  # fmt: skip
UNITS = "day|hour|minute|week|month|request|event|row|feature|alert|shard|replica|source|file|step|decision"


def trips(text: str) -> Iterator[str]:
    """What a reader would stumble over, with its line."""
    lines, code, number = text.split("\n"), False, 0
    for place, (before, line, after) in enumerate(zip(["", *lines], lines, [*lines[1:], ""], strict=False), 1):
        code ^= line.startswith("```")
        if code:
            continue
        if not line and not before and place > 1 and place < len(lines):
            yield f"{place}: two empty lines"
        if re.fullmatch(r"\|[-:| ]+\|", line) and not after.startswith("|"):
            yield f"{place}: a table without a row"
        if found := re.search(
            rf"(?<![\w.,])1 (?:{UNITS})s\b|\b(?:None|nan|inf)\b|[.?!]\.(?=\s|$)| of \.|: \.|\(\)", line
        ):
            yield f"{place}: {found[0]!r} in {line[:120]}"
        if item := re.match(r"(\d+)\. ", line):
            if int(item[1]) not in (number + 1, 1):
                yield f"{place}: item {item[1]} after {number}"
            number = int(item[1])
        elif not line.startswith(" "):
            number = 0


@pytest.mark.parametrize("name", ["churn_nightly", "fraud", *ODD])
def test_markdown_has_no_holes(name: str) -> None:
    files = tree(name)[1] if name in PROJECTS else rendered(plan(ODD[name]))[1]
    pages = {path: content.decode() for path, content in files.items() if path.endswith(".md")}
    assert "README.md" in pages and len(pages) > 3
    assert {path: found for path, page in pages.items() if (found := list(trips(page)))} == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# a\n\n\nb\n", "two empty lines"),
        ("| a |\n|---|\n\nb\n", "without a row"),
        ("after 1 days\n", "1 days"),
        ("did it stop?.\n", "?."),
        ("1. a\n3. b\n", "item 3 after 1"),
        ("of None\n", "None"),
    ],
)
def test_each_hole_is_seen(text: str, told: str) -> None:
    assert any(told in found for found in trips(text))
    assert not list(trips("# a\n\n| a |\n|---|\n| b |\n\n1. a\n2. b\n\nafter 1 day, 21 days, 0.1 days\n```\n\n\n```\n"))


def test_the_demo_counts_the_steps_that_it_has() -> None:
    demo = tree("churn_nightly")[1]["src/" + PROJECTS["churn_nightly"].package + "/demo.py"].decode()
    assert not re.search(r'_say\(\s*f?"\d', demo) and "next(NUMBERS)" in demo
