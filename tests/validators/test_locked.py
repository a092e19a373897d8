"""The validator `locked`: what people change in pyproject.toml must stand in the lock."""

import pytest

from agents.validators.judge import validate
from agents.validators.validator import discover

HASH = " --hash=sha256:" + "0" * 64
PROJECT = '[project]\nname = "p"\ndependencies = [\n    "numpy>=2,<3",\n]\n[project.optional-dependencies]\ndev = ["pytest>=8"]\n'
LOCK, TOOLS = f"numpy==2.4{HASH}\n", f"pytest==9.0{HASH}\n"


def found(**changed: str) -> list[tuple[str, str, int]]:
    """Rule, path and line of each finding, for a good project with some files changed."""
    files = {"pyproject.toml": PROJECT, "requirements.lock": LOCK, "requirements-dev.lock": TOOLS}
    files |= {"Makefile": "setup:\n\tpip install --require-hashes -r requirements.lock\n"}
    named = {"project": "pyproject.toml", "lock": "requirements.lock", "tools": "requirements-dev.lock"}
    files |= {named[key]: text for key, text in changed.items()}
    tree = {path: text.encode() for path, text in files.items() if text}
    report = validate(tree, validators=[discover()["locked"]])
    places = [(f.rule, f.location) for result in report.results for f in result.findings]
    return [
        (rule.removeprefix("locked."), place.path if place else "", place.line if place else 0)
        for rule, place in places
    ]


def test_a_lock_that_meets_its_project_is_good() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"project": PROJECT.replace("numpy>=2,<3", "numpy>=3")}, ("not-locked", "pyproject.toml", 4)),
        ({"project": PROJECT.replace("numpy>=2,<3", "torch")}, ("not-locked", "pyproject.toml", 4)),
        ({"tools": f"ruff==1{HASH}\n"}, ("not-locked", "pyproject.toml", 7)),
        ({"lock": f"pytest==9.0{HASH}\n", "tools": LOCK}, ("not-locked", "pyproject.toml", 4)),
        ({"lock": "numpy==2.4\n"}, ("not-hashed", "requirements.lock", 1)),
        ({"lock": f"{LOCK}--index-url https://packages.example\n"}, ("not-pinned", "requirements.lock", 2)),
        ({"lock": f"{LOCK}joblib>=1{HASH}\n"}, ("not-pinned", "requirements.lock", 2)),
        ({"lock": ""}, ("no-lock", "Makefile", 1)),
        ({"project": PROJECT.replace("numpy>=2,<3", "numpy at 2")}, ("not-a-requirement", "pyproject.toml", 4)),
    ],
)
def test_each_way_to_be_unlocked_is_found_at_its_place(changed: dict[str, str], expected: tuple[str, str, int]) -> None:
    assert expected in found(**changed)
