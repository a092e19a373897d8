"""The events of a run: those that the specification names, each with the payload it describes."""

import json
import re
from pathlib import Path
from typing import Any

from agents.domain import events
from agents.domain.events import in_words

ENGINE = {
    "plan_proposed": {"node_name", "round", "plan", "decisions", "patterns", "monthly_usd"},
    "critic_passed": {"node_name", "critic", "round", "errors", "warnings", "notes"},
    "reason-card": {
        *("decision_id", "agent", "node_name", "trigger", "inputs", "candidates", "choice", "policy_results"),
        *("impacts", "confidence", "risks", "links"),
    },
    "policy-update": {"rules", "overall"},
    "cost-update": {"monthly_usd", "breakdown", "method", "delta_vs_prev_usd", "delta_vs_prev_pct"},
    "diff-update": {
        *("docs_changed", "files_added", "files_removed", "files_modified", "cost_delta_usd", "state_keys_changed"),
    },
}
"""Names and payloads of SPEC §19 and §22 that the engine tells. The bot tells the others with the change of state that they
report: `run-error` and `run-complete` (tests/store/test_ledger.py), `gate-waiting` when a run rests at a gate. `git_commit`
stands in the ledger: no commit is made before the engine has ended."""
SCENARIO = "rag-internal-docs"


def test_a_run_tells_every_event_of_the_specification_with_its_payload(planned: Any, heard: Any) -> None:
    planned(SCENARIO)
    told = heard[SCENARIO].events
    for name, fields in ENGINE.items():
        payloads = [payload for type, payload in told if type == name]
        assert payloads, f"nobody heard {name}"
        for payload in payloads:
            assert fields <= set(payload), (name, fields - set(payload))
            json.dumps(payload)


def test_a_plan_is_proposed_and_judged_once_a_round(planned: Any, heard: Any) -> None:
    proposal, told = planned(SCENARIO), heard[SCENARIO].events
    plans = [payload for type, payload in told if type == "plan_proposed"]
    rounds = [report.round for report in proposal.critics if report.critic == "technical"]
    assert [p["round"] for p in plans] == rounds
    assert plans[-1]["patterns"] == proposal.plan.composition.slots
    assert plans[-1]["monthly_usd"] == str(proposal.plan.composition.monthly_usd)
    judged = [(type, p) for type, p in told if type.startswith("critic_")]
    assert [(p["critic"], p["round"]) for _, p in judged] == [(r.critic, r.round) for r in proposal.critics]
    for (type, payload), report in zip(judged, proposal.critics, strict=True):
        found = [f.severity.value for f in report.findings]
        assert [payload["errors"], payload["warnings"], payload["notes"]] == [
            found.count(name) for name in ("error", "warning", "info")
        ]
        assert type == ("critic_findings" if "error" in found else "critic_passed")


def test_an_event_is_told_in_words_and_one_of_an_older_version_too(planned: Any, heard: Any) -> None:
    planned(SCENARIO)
    words = [in_words(type, payload) for type, payload in heard[SCENARIO].events]
    assert any(re.fullmatch(r"\d+ planning decisions, \$[\d,]+ a month", text) for text in words)
    assert any(re.search(r"\d+ warning", text) for text in words)
    again = {"errors": 1, "warnings": 2, "sent_back": ["tech_stack"]}
    assert in_words("critic_findings", again) == "1 error, 2 warnings; asked again: tech_stack"
    assert in_words("plan_proposed", {}) == "" and in_words("critic_passed", {"critic": "cost"}) == "no findings"
    assert in_words("critic_passed", {"critic": "implementation"}) == "code review: no findings", (
        "not the tools' verdict"
    )
    assert in_words("node-started", {"node_name": "planner"}) == ""


def test_the_run_page_is_refreshed_by_every_event() -> None:
    script = Path(__file__).parents[2] / "bot" / "web" / "static" / "run.js"
    listed = set(re.findall(r'"([a-z]+(?:[-_][a-z]+)*)"', script.read_text("utf-8")))
    assert set(ENGINE) | {events.CRITIC_FINDINGS, "gate-waiting", "run-error", "run-complete"} <= listed
