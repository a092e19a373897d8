"""The validator `licences`: what may be used, what may not, and what nobody says."""

import pytest

from agents.domain.findings import Severity
from agents.locks import packages
from agents.resources import content_root
from agents.validators.judge import Circumstances, validate
from agents.validators.licences import refused, table
from agents.validators.validator import discover

HASH = " --hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("licence", "lacking"),
    [
        ("MIT", ()),
        ("BSD License", ()),
        ("MIT AND Zlib", ()),
        ("GPL-3.0-only", ("GPL-3.0-only",)),
        ("MIT OR GPL-3.0-only", ()),
        ("MIT AND GPL-3.0-only", ("GPL-3.0-only",)),
        ("(MIT OR GPL-2.0-only) AND AGPL-3.0-only", ("AGPL-3.0-only",)),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ("GPL-2.0-only WITH Classpath-exception-2.0",)),
        ("Apache-2.0, MIT", ()),
        ("MIT, Proprietary", ("Proprietary",)),
        ("Other/Proprietary License", ("Other/Proprietary License",)),
        ("MIT and (", ("MIT and (",)),
    ],
)
def test_an_expression_means_what_spdx_says(licence: str, lacking: tuple[str, ...]) -> None:
    assert refused(licence) == lacking


def test_every_package_that_can_be_generated_may_be_used() -> None:
    known = packages(content_root("templates"))
    for name, versions in known.by_name.items():
        for package in versions:
            found = known.licence(name, package.version)
            assert found is not None, f"{name}: its metadata names no licence"
            assert refused(found.text) == (), (name, found)


def test_the_list_has_nothing_that_nobody_needs() -> None:
    text = {
        package.licence for versions in packages(content_root("templates")).by_name.values() for package in versions
    }
    words = {word for licence in text for word in licence.replace("(", " ").replace(")", " ").replace(",", " ").split()}
    spare = {name for name in table()["allowed"] if name not in words} | {
        name for name in table()["named"] if not any(name in t for t in text)
    }
    assert not spare


def judged(lock: str, edited: bool = False) -> list[tuple[str, Severity, int]]:
    around = Circumstances(edited=("requirements.lock",) if edited else ())
    report = validate({"requirements.lock": lock.encode()}, None, around, [discover()["licences"]])
    return [(f.rule, f.severity, f.location.line or 0) for r in report.results for f in r.findings if f.location]


def test_an_unknown_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(f"numpy==2.4.6{HASH}\nnumpy==99.0{HASH}\n") == []
    assert judged(f"numpy==2.4.6{HASH}\nnobody-knows==1{HASH}\n") == [("licences.unknown", Severity.WARNING, 2)]


def test_a_licence_off_the_list_fails_the_run_and_warns_where_a_person_chose_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fewer = {**table(), "allowed": {k: v for k, v in table()["allowed"].items() if k != "MPL-2.0"}}
    monkeypatch.setattr("agents.validators.licences.table", lambda: fewer)
    lock = f"certifi==2026.10.18{HASH}\n"
    assert judged(lock) == [("licences.refused", Severity.ERROR, 1)]
    assert judged(lock, edited=True) == [("licences.refused", Severity.WARNING, 1)]
