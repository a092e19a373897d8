"""Prompts: a page for every agent and critic that speaks of its own questions and candidates, known by
content hash."""

from functools import cache
from pathlib import Path

import pytest

from agents.domain.outputs import OUTPUTS
from agents.errors import Defect
from agents.llm.prompts import PromptPack
from tests.agents_suite.fakes import PARAMETERS, FakeComposer
from tests.agents_suite.scenarios import SCENARIOS
from tests.agents_suite.walking import Walk, walk

PACK = PromptPack.load()
CRITICS = ("critic_tech", "critic_cost", "critic_implementation")
SECTIONS = (
    "## Role",
    "## Questions",
    "## Factors",
    "## Options",
    "## Worked example",
    "## What not to do",
    "## Output",
)


def test_one_folder_for_each_agent_and_critic_and_no_other() -> None:
    assert set(PACK.prompts) == {*OUTPUTS, *CRITICS}


@pytest.mark.parametrize("agent", [*OUTPUTS, *CRITICS])
def test_each_page_is_a_page(agent: str) -> None:
    page = PACK.page(agent)
    assert all(section in page for section in SECTIONS), agent
    assert 40 <= len(page.splitlines()) <= 80
    assert page.endswith("\n") and "TODO" not in page


def test_pages_are_not_copies_of_each_other() -> None:
    bodies = [page.split("## Output")[0].splitlines() for page in (PACK.page(a) for a in PACK.prompts)]
    lines = [line for body in bodies for line in body if len(line) > 40]
    assert len(set(lines)) == len(lines)


@cache
def walks() -> tuple[Walk, ...]:
    return tuple(walk(r, FakeComposer(r)) for r in SCENARIOS.values())


@pytest.mark.parametrize("agent", OUTPUTS)
def test_each_page_names_the_questions_and_candidates_of_its_agent(agent: str) -> None:
    page = PACK.page(agent)
    for done in walks():
        for key in done.chosen[agent]:
            assert f"`{key}`" in page, key
            if key not in PARAMETERS and key != "model.metric":
                missing = [c.id for c in done.questions[key].candidates if f"`{c.id}`" not in page]
                assert not missing, (key, missing)


def pack(root: Path, **pages: str) -> PromptPack:
    for name, text in pages.items():
        folder, file = name.split("__")
        (root / folder).mkdir(exist_ok=True)
        (root / folder / f"{file}.md").write_text(text, encoding="utf-8")
    return PromptPack.load(root)


def test_hash_follows_content_and_nothing_else(tmp_path: Path) -> None:
    first = pack(tmp_path, a__system="one\n", b__system="two\n")
    (tmp_path / "a" / "notes.txt").write_text("not a page")
    (tmp_path / ".cache").mkdir()
    assert PromptPack.load(tmp_path) == first
    second = pack(tmp_path, a__example="shot\n")
    assert second.hash("a") != first.hash("a") and second.hash("b") == first.hash("b")
    assert second.digest != first.digest
    assert second.prompt("a").pages == (("example.md", "shot\n"),)


def test_broken_packs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Defect, match=r"no system\.md"):
        pack(tmp_path, a__other="x")
    with pytest.raises(Defect, match="is empty"):
        pack(tmp_path, a__system=" \n")
    (tmp_path / "a" / "system.md").write_bytes(b"\xff\xfe")
    with pytest.raises(Defect, match="UTF-8"):
        PromptPack.load(tmp_path)
    with pytest.raises(Defect, match="no prompt for nobody"):
        PACK.page("nobody")
