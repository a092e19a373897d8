"""Locks of generated repositories: every requirement stands in them in range, nothing else does, and no network is needed."""

import random
import re
import tomllib
from collections.abc import Iterable

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from agents.errors import Defect
from agents.locks import Lock, Resolution, locked, read, resolution, split
from agents.render.dependencies import DEV, Dependencies, Row, table
from agents.resources import content_root
from tests.render.projects import tree

ROOT = content_root("templates")
ROWS = table(ROOT)
RESOLUTIONS = sorted({row.resolution for row in ROWS if row.resolution})
CHOSEN = random.Random(4)


def variants() -> list[tuple[str, tuple[Row, ...]]]:
    """In each resolution: the rows that always hold, each row alone with them, all rows, and some mixtures."""
    found = []
    for name in RESOLUTIONS:
        possible = [row for row in ROWS if row.resolution in ("", name)]
        always = [row for row in possible if not row.when or row.resolution == name]
        rest = [row for row in possible if row not in always]
        mixtures = [[row for row in rest if CHOSEN.random() < 0.5] for _ in range(20)]
        for extra in ([], *([row] for row in rest), rest, *mixtures):
            found.append((name, tuple(row for row in ROWS if row in always or row in extra)))
    return found


def satisfied(requirements: Iterable[str], *locks: Lock) -> None:
    """Every requirement is there, and each of its locked versions is one that it allows."""
    for text in requirements:
        needed = Requirement(text)
        pins = [pin for lock in locks for pin in lock.pins if pin.name == canonicalize_name(needed.name)]
        assert pins, f"{text} is not locked"
        assert all(needed.specifier.contains(pin.version) for pin in pins), text


@pytest.mark.parametrize(("name", "rows"), variants())
def test_each_variant_is_locked_exactly(name: str, rows: tuple[Row, ...]) -> None:
    chosen, known = Dependencies(rows, ROOT), resolution(ROOT, name)
    assert chosen.resolution == name
    running, tools = read(chosen.lock()), read(chosen.lock(dev=True))
    satisfied((row.needs for row in rows if row.extra != DEV), running)
    satisfied((row.needs for row in rows if row.extra == DEV), running, tools)
    image, beside = {pin.name for pin in running.pins}, {pin.name for pin in tools.pins}
    assert not image & beside
    # Complete, and nothing that nobody asks for: local to each package, other than the walk that made it.
    for needs, place in ((needs_of(known, image), image), (needs_of(known, image | beside), image | beside)):
        assert {split(need)[0] for need in needs} <= place
    asked = {row.needs for row in rows} | needs_of(known, image | beside)
    by_extra = {need for text in asked for extra in split(text)[1] for need in needs_of(known, {split(text)[0]}, extra)}
    assert image | beside == {split(text)[0] for text in asked | by_extra}


def needs_of(known: Resolution, names: Iterable[str], extra: str = "") -> set[str]:
    """What these packages require by themselves, or by one of their extras."""
    return {need for name in names for package in known.packages[name] for need in package.needs.get(extra, ())}


def test_packages_come_and_go_with_the_row_that_needs_them() -> None:
    plain = [row for row in ROWS if not row.when or row.resolution == "plain"]
    for needs, brings in (
        ("lightgbm>=4.6,<5", {"lightgbm"}),
        ("mlflow-skinny>=3.1,<4", {"mlflow-skinny", "gitpython", "gitdb", "smmap"}),
    ):
        row = next(row for row in ROWS if row.needs == needs)
        before = {pin.name for pin in read(Dependencies(tuple(plain), ROOT).lock()).pins}
        after = {pin.name for pin in read(Dependencies((*plain, row), ROOT).lock()).pins}
        assert not brings & before and brings <= after


def test_an_extra_brings_what_it_needs() -> None:
    assert "sqlalchemy" in locked(ROOT, "plain", ["pyiceberg[sql-sqlite]"])
    assert "sqlalchemy" not in locked(ROOT, "plain", ["pyiceberg"])


@pytest.mark.parametrize("name", RESOLUTIONS)
def test_every_entry_is_hashed_and_none_has_an_address(name: str) -> None:
    text = (ROOT / "locks" / f"{name}.jsonl").read_text("utf-8")
    assert not re.search(r"https?:|://|\.(org|com|io)\b", text)
    rows = [row for row in ROWS if row.resolution in ("", name)]
    lock = read(Dependencies(tuple(rows), ROOT).lock())
    assert not lock.others and all(pin.hashes for pin in lock.pins)
    assert {row.name for packages in resolution(ROOT, name).packages.values() for row in packages} == {
        pin.name for dev in (False, True) for pin in read(Dependencies(tuple(rows), ROOT).lock(dev)).pins
    }, "the data holds a package that no repository can need"


@pytest.mark.parametrize("name", RESOLUTIONS)
def test_no_two_versions_stand_for_one_environment(name: str) -> None:
    from packaging.markers import Marker

    for packages in resolution(ROOT, name).packages.values():
        for minor in (11, 12, 13, 14):
            around = {"python_full_version": f"3.{minor}.9", "python_version": f"3.{minor}", "sys_platform": "linux"}
            here = [p for p in packages if not p.marker or Marker(p.marker).evaluate(around)]  # type: ignore[arg-type]
            assert len(here) <= 1, packages


def test_what_was_never_resolved_is_refused_with_the_way_out() -> None:
    with pytest.raises(Defect, match="tensorflow") as caught:
        locked(ROOT, "plain", ["tensorflow>=2"])
    assert "make templates-lock" in str(caught.value.remedy)


@pytest.mark.parametrize("name", ["churn", "fargate"])
def test_a_rendered_project_and_its_locks_agree(name: str) -> None:
    files = {path: content.decode("utf-8") for path, content in tree(name)[1].items()}
    project = tomllib.loads(files["pyproject.toml"])["project"]
    running, tools = read(files["requirements.lock"]), read(files["requirements-dev.lock"])
    extras = project["optional-dependencies"]
    satisfied([*project["dependencies"], *(n for e, needs in extras.items() if e != DEV for n in needs)], running)
    satisfied(extras[DEV], running, tools)
    assert "--require-hashes" in files["Makefile"] and "--require-hashes" in files["docker/Dockerfile"]


def test_a_lock_is_read_as_installers_read_it() -> None:
    digest = "a" * 64
    lock = read(
        f"# told\n\nA_b[x]==1.0 ; python_version < '3' \\\n    --hash=sha256:{digest}\n-i https://x\nc>=1\nd==2  # via a\n"
    )
    assert [(p.name, p.version, p.marker, p.hashes, p.line) for p in lock.pins] == [
        ("a-b", "1.0", "python_version < '3'", (digest,), 3),
        ("d", "2", "", (), 7),
    ]
    assert lock.others == ((5, "-i https://x"), (6, "c>=1"))
