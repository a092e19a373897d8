"""Agents are found by their module; a module without its agent, or with another's name or number, is loud."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from agents.errors import Defect
from agents.expert.discover import discover

GOOD = """
from agents.planning.{source} import AGENT as A
import dataclasses
AGENT = dataclasses.replace(A, name={name!r})
"""


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, **modules: str) -> ModuleType:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return __import__(name)


def test_modules_are_found_in_the_order_of_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = discover(
        package(
            tmp_path,
            monkeypatch,
            "pack_good",
            aa=GOOD.format(source="tech_stack", name="aa"),
            zz=GOOD.format(source="project_stages", name="zz"),
        )
    )
    assert list(found) == ["zz", "aa"]


@pytest.mark.parametrize(
    ("name", "modules", "said"),
    [
        ("pack_none", {"aa": "X = 1"}, "has no AGENT"),
        (
            "pack_name",
            {"aa": GOOD.format(source="tech_stack", name="bb")},
            "name and module must be the same",
        ),
        (
            "pack_twice",
            {
                "aa": GOOD.format(source="tech_stack", name="aa"),
                "bb": GOOD.format(source="tech_stack", name="bb"),
            },
            "share a number",
        ),
    ],
)
def test_a_wrong_module_is_loud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, modules: dict[str, str], said: str
) -> None:
    with pytest.raises(Defect, match=said):
        discover(package(tmp_path, monkeypatch, name, **modules))


def test_importing_the_packages_loads_no_agent() -> None:
    code = (
        "import sys, agents.planning, agents.implementation;"
        "print([m for m in sys.modules if m.startswith(('agents.planning.', 'agents.implementation.'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
