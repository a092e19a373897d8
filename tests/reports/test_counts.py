"""What several views count, they count alike; what a person accepted is explained wherever it shows."""

from proposal_builder import dissent, proposal
from test_pages import rule

from agents.domain.findings import Severity, tally
from agents.domain.plan import CriticReport, last_rounds
from agents.domain.policy import PolicyReport
from agents.reports.headline import headline
from agents.reports.pages import pages
from agents.reports.summary import summary
from bot.cli.plan import problems
from bot.cli.show import verdict
from bot.publish.views.facts import open_findings


def found(critic: str, round: int, *severities: Severity) -> CriticReport:
    (one,) = dissent().findings
    findings = tuple(
        one.model_copy(update={"severity": severity, "message": f"{critic} {round} {n}"})
        for n, severity in enumerate(severities)
    )
    return CriticReport(critic=critic, stage="plan", round=round, findings=findings)


W, N = Severity.WARNING, Severity.INFO
REPORTS = (found("technical", 1, Severity.ERROR, W), found("technical", 2, W, W, N), found("cost", 1, N, W))


def test_every_view_counts_the_same_open_findings() -> None:
    given = proposal(critics=REPORTS)
    assert tally(open_findings(given)) == "3 warnings, 2 notes"
    assert "critics 3 warnings, 2 notes" in verdict(given)
    page = summary(given, {}).decode()
    assert "[Critics](policy.md): 3 warnings, 2 notes open" in page and "with 3 warnings of the critics" in headline(
        given
    )
    assert page.count("Warning (technical)") + page.count("Warning (cost)") == 3
    judged = pages(given)["reports/policy.md"].decode()
    for report in last_rounds(given.critics):
        assert tally(report.findings).capitalize() + "." in judged


def test_a_tally_says_one_of_one() -> None:
    assert tally(found("cost", 1, Severity.ERROR, W, N).findings) == "1 error, 1 warning, 1 note"
    assert tally(()) == "no findings"


WAIVED = rule(
    id="mine",
    status="waived",
    remediation="do this",
    waived_by="waived by ada until 2027-01-31: the pilot is paid by the board",
)


def test_a_waived_rule_says_who_until_when_and_why_wherever_it_shows() -> None:
    given = proposal(policy=PolicyReport(rules=(WAIVED,), overall="warn", pack="p"))
    told = "waived by ada until 2027-01-31: the pilot is paid by the board; it saw: what came of it"
    for text in (summary(given, {}).decode(), pages(given)["reports/policy.md"].decode(), "\n".join(problems(given))):
        assert text.count(told) == 1 and text.count("waived by ada") == 1
        assert "do this" not in text, "what is accepted is nothing to do"
