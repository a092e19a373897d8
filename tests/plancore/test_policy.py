"""Policy rules: every file proves itself; the engine explains what it saw; waivers count only while they hold."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agents.cost.estimate import estimate
from agents.cost.pricebook import PriceBook
from agents.domain.constraints import Waiver
from agents.domain.findings import Finding, Severity
from agents.errors import Defect
from agents.patterns import Catalogue
from agents.policy.engine import evaluate, report
from agents.policy.examples import judge
from agents.policy.facts import plan_facts
from agents.policy.files import file_facts
from agents.policy.rules import RulePack
from agents.search import search
from agents.search.examples import case

PACK = RulePack.load()
EXAMPLES = [(c.rule.id, n) for c in PACK.rules for n in range(len(c.rule.examples))]


def facts(findings: tuple[Finding, ...] = (), **changes: Any) -> dict[str, Any]:
    requirements = case(changes)
    best = search(Catalogue.load(), PriceBook.load(), requirements).best
    assert best is not None
    return plan_facts(requirements, best, estimate(best, requirements, PriceBook.load()), findings)


BASE = facts()


@pytest.mark.parametrize(("rule_id", "n"), EXAMPLES, ids=[f"{i}-{n}" for i, n in EXAMPLES])
def test_example(rule_id: str, n: int) -> None:
    rule = next(c.rule for c in PACK.rules if c.rule.id == rule_id)
    assert judge(PACK, rule_id, rule.examples[n], BASE) is None


@pytest.mark.parametrize("rule_id", PACK.ids)
def test_a_rule_without_a_failing_example_is_refused(rule_id: str) -> None:
    rule = next(c.rule for c in PACK.rules if c.rule.id == rule_id)
    expected = {e.expect for e in rule.examples}
    assert "pass" in expected and rule.level in expected, "a rule file needs a passing and a failing example"


def test_the_first_ten_areas_of_judgement_are_there() -> None:
    assert len(PACK.rules) >= 10
    assert {"latency_slo", "budget_band", "region_policy", "pii_handling", "phi_hipaa"} <= set(PACK.ids)
    assert {c.rule.stage for c in PACK.rules} == {"plan", "files"}


def test_a_result_shows_the_values_and_the_condition() -> None:
    found = evaluate("plan", BASE, PACK)
    latency = next(r for r in found.rules if r.id == "latency_slo")
    assert latency.values["requirements.sla_latency_ms"] == "150"
    assert latency.values["plan.p95_latency_ms"] in latency.detail
    assert "plan.p95_latency_ms" in latency.expression
    assert found.pack == PACK.digest


def test_overall_is_the_worst_and_counts_add_up() -> None:
    good = evaluate("plan", BASE, PACK)
    assert good.overall in ("pass", "warn")
    bad = evaluate("plan", facts(data_classification="phi", compliance=["gdpr"]), PACK)
    assert bad.overall == "fail"
    assert [r.id for r in bad.rules if r.status == "fail"] == ["phi_hipaa"]
    assert report((*good.rules, *bad.rules), PACK.digest).overall == "fail"


def test_an_open_error_of_a_critic_fails() -> None:
    found = Finding(rule="tech.headroom", severity=Severity.ERROR, message="no headroom", source="critic_tech")
    result = next(r for r in evaluate("plan", facts((found,)), PACK).rules if r.id == "unresolved_findings")
    assert result.status == "fail" and "no headroom" in result.detail


def waiver(**changes: str) -> Waiver:
    return Waiver.model_validate(
        {"rule": "phi_hipaa", "owner": "dpo", "reason": "contract pending", "until": "2026-06-30", **changes}
    )


BAD = facts(data_classification="phi", compliance=["gdpr"])


@pytest.mark.parametrize(
    ("held", "as_of", "status", "words"),
    [
        (waiver(), date(2026, 6, 30), "waived", "waived by dpo until 2026-06-30: contract pending"),
        (waiver(), date(2026, 7, 1), "fail", "expired on 2026-06-30"),
        (waiver(), None, "fail", "no date was given"),
        (waiver(reason=""), date(2026, 1, 1), "fail", "no owner or no reason"),
        (waiver(until="2026-13-40"), date(2026, 1, 1), "fail", "no date"),
    ],
)
def test_waivers(held: Waiver, as_of: date | None, status: str, words: str) -> None:
    result = next(r for r in evaluate("plan", BAD, PACK, (held,), as_of).rules if r.id == "phi_hipaa")
    assert result.status == status
    assert words in result.detail
    assert (result.waived_by is not None) == (status == "waived")


def test_a_waived_rule_warns_and_a_waiver_for_nothing_is_said() -> None:
    assert evaluate("plan", BAD, PACK, (waiver(),), date(2026, 1, 1)).overall == "warn"
    found = evaluate("plan", BASE, PACK, (waiver(rule="no_such_rule"),), date(2026, 1, 1))
    assert next(r for r in found.rules if r.id == "no_such_rule").status == "warn"


def test_a_waiver_does_not_touch_a_rule_that_passes() -> None:
    result = next(
        r for r in evaluate("plan", BASE, PACK, (waiver(rule="latency_slo"),), None).rules if r.id == "latency_slo"
    )
    assert result.status == "pass" and result.waived_by is None


RULE = """id: mine
area: own
title: Mine
stage: plan
level: fail
pass_when: "{expression}"
detail: "{detail}"
remediation: Do it.
keys: [project]
examples:
  - {{facts: {{}}, expect: pass}}
  - {{facts: {{}}, expect: fail}}
"""


def own(tmp_path: Path, expression: str, detail: str = "d", name: str = "mine") -> Path:
    (tmp_path / "own").mkdir(parents=True)
    (tmp_path / "own" / f"{name}.yaml").write_text(RULE.format(expression=expression, detail=detail))
    return tmp_path


def test_a_rule_that_cannot_be_judged_fails_and_says_so(tmp_path: Path) -> None:
    pack = RulePack.load(own(tmp_path, "nothing.like_this > 3"))
    result = evaluate("plan", BASE, pack).rules[0]
    assert result.status == "fail" and "could not be judged" in result.detail
    missing = RulePack.load(own(tmp_path / "b", "true", "value {plan.nowhere}"))
    assert "no fact plan.nowhere" in evaluate("plan", BASE, missing).rules[0].detail


def test_a_broken_rule_file_names_file_and_field(tmp_path: Path) -> None:
    with pytest.raises(Defect, match=r"own/mine\.yaml: pass_when"):
        RulePack.load(own(tmp_path / "a", "1 +"))
    with pytest.raises(Defect, match=r"own/other\.yaml: id"):
        RulePack.load(own(tmp_path / "b", "true", name="other"))


def test_terraform_that_is_not_hcl_is_listed() -> None:
    found = file_facts({"infra/a.tf": b'resource "x" {{{', "infra/b.tf": b'resource "aws_sqs_queue" "q" {}'})
    assert [u.split(" ")[0] for u in found["terraform"]["unreadable"]] == ["infra/a.tf"]
    assert found["terraform"]["unencrypted"] == ["aws_sqs_queue.q (infra/b.tf)"]


def test_secrets_are_named_by_file_and_never_shown() -> None:
    found = file_facts({"a.py": b"token = 'abcdefabcdefabcdef'", "b.py": b"token = os.environ['TOKEN']"})
    assert found["secrets"] == ["a.py"]
    text = str(evaluate("files", found, PACK).rules)
    assert "abcdefabcdef" not in text


def test_a_public_access_block_counts_only_with_all_four_switches() -> None:
    switches = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]
    bucket = 'resource "aws_s3_bucket" "b" {\n  bucket = "x"\n}\n'

    def found(values: list[str]) -> list[str]:
        lines = "\n".join(f"  {s} = {v}" for s, v in zip(switches, values, strict=True))
        block = f'resource "aws_s3_bucket_public_access_block" "b" {{\n  bucket = aws_s3_bucket.b.id\n{lines}\n}}\n'
        public: list[str] = file_facts({"m/a.tf": (bucket + block).encode()})["terraform"]["public"]
        return public

    assert found(["true"] * 4) == []
    for i in range(4):
        assert found(["false" if n == i else "true" for n in range(4)]) == ["aws_s3_bucket.b (m/a.tf)"]
