"""The dashboard issue: what it lists, and that it is written only where it differs."""

from datetime import date

import pytest

from bot.commands.permission import wants_dashboard
from bot.ports.github import Issue
from bot.ports.ledger import OpenProposal, RepositoryRecords
from bot.publish.dashboard import TITLE, ensure
from bot.publish.rehearsal import MemoryRepository
from bot.publish.views.dashboard import ProjectOnDefault, dashboard

TODAY = date(2026, 3, 1)


def text(*projects: ProjectOnDefault, open: tuple[OpenProposal, ...] = ()) -> str:
    return dashboard(projects, RepositoryRecords(TODAY, open, ()))


def test_projects_proposals_drift_and_waivers_are_listed() -> None:
    waivers = (
        ("cost.within-band", "jane", "2026-03-31"),
        ("net.public", "jo|e", "2026-02-28"),
        ("far.off", "x", "2026-04-01"),
    )
    shown = text(
        ProjectOnDefault("", "churn", True, False, False, waivers),
        ProjectOnDefault("svc/a", "fraud", True, True, True, ()),
        ProjectOnDefault("svc/b", "ads", True, False, True, ()),
        ProjectOnDefault("svc/c", "", False, False, False, ()),
        open=(OpenProposal("svc/a", "fraud", 3, 12, "proposed"), OpenProposal("", "churn", 2, 9, "awaiting_review")),
    )
    for line in (
        "| `churn` | `.` | up to date |",
        "| `fraud` | `svc/a` | older than the constraints |",
        "| `ads` | `svc/b` | made by an older version of mlwright |",
        "| its file has mistakes | `svc/c` | nothing yet |",
        "| `fraud` | #12 (v3) | waits to be merged |",
        "| `churn` | #9 (v2) | plan waits for a review |",
        "| `churn` | `cost.within-band` | `jane` | 2026-03-31 |",
        "| `churn` | `net.public` | `jo\\|e` | 2026-02-28 (over) |",
    ):
        assert line in shown.splitlines(), line
    assert "far.off" not in shown and shown.index("(over)") < shown.index("2026-03-31")
    assert "no data yet" in shown and "None is open." in text() and "None ends within" in text()


def test_it_is_opened_once_and_silent_until_something_differs() -> None:
    github = MemoryRepository({"constraints.yaml": b""})
    github.issues[1] = Issue(1, TITLE, "<!-- mlwright:dashboard repository ab -->", "open", (), "eve", 5, False)
    assert ensure(github, "one") and not ensure(github, "one")
    assert ensure(github, "two") and not ensure(github, "two")
    assert (github.calls["create_issue"], github.calls["update_issue"]) == (1, 1)
    ours = github.find_issue("mlwright:dashboard")
    assert ours is not None and ours.number == 2 and "two" in ours.body and "one" not in ours.body
    github.update_issue(2, f"Read me first.\n{ours.body}")
    assert ensure(github, "three") and github.issues[2].body.startswith("Read me first.\n")
    github.issues[2] = Issue(2, TITLE, github.issues[2].body, "closed", (), ours.author, 0, True)
    assert not ensure(github, "four") and len(github.issues) == 2, "closed by people: left alone"


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (b"dashboard: true\ncommands: {replan: admin}\n", True),
        (b"dashboard: 'true'\n", False),
        (b"dashboard: false\n", False),
        (b"- dashboard\n", False),
        (b"dashboard: [\n", False),
        (b"", False),
        (None, False),
    ],
)
def test_only_the_settings_ask_for_it(settings: bytes | None, wanted: bool) -> None:
    assert wants_dashboard(settings) is wanted
