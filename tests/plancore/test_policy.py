"""Policy rules: every file proves itself; the engine explains what it saw; waivers count only while they hold."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agents.cost.estimate import estimate
from agents.cost.pricebook import PriceBook
from agents.domain.constraints import Waiver
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import OUTPUTS
from agents.domain.plan import AgentOutput
from agents.errors import Defect
from agents.expressions import Scope
from agents.patterns import Catalogue
from agents.policy.clauses import clause
from agents.policy.clauses import judged as tree
from agents.policy.engine import evaluate, report
from agents.policy.examples import judge
from agents.policy.facts import plan_facts
from agents.policy.files import file_facts
from agents.policy.rules import RulePack
from agents.resources import content_root
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


def concluded(name: str, **values: Any) -> dict[str, AgentOutput]:
    """One agent's conclusion, with no more than what is given."""
    return {name: OUTPUTS[name].model_construct(**values)}


def judged(rule: str, found: dict[str, Any]) -> str:
    return next(r for r in evaluate("plan", found, PACK).rules if r.id == rule).status


@pytest.mark.parametrize(("rule_id", "n"), EXAMPLES, ids=[f"{i}-{n}" for i, n in EXAMPLES])
def test_example(rule_id: str, n: int) -> None:
    rule = next(c.rule for c in PACK.rules if c.rule.id == rule_id)
    assert judge(PACK, rule_id, rule.examples[n], BASE) is None


@pytest.mark.parametrize("rule_id", PACK.ids)
def test_a_rule_without_a_failing_example_is_refused(rule_id: str) -> None:
    rule = next(c.rule for c in PACK.rules if c.rule.id == rule_id)
    expected = {e.expect for e in rule.examples}
    assert "pass" in expected and rule.level in expected, "a rule file needs a passing and a failing example"


def test_every_subject_of_judgement_has_a_rule() -> None:
    assert len(PACK.rules) >= 38
    assert {"latency_slo", "budget_band", "region_policy", "pii_handling", "phi_hipaa", "backups", "erasure"} <= set(
        PACK.ids
    )
    assert {c.rule.stage for c in PACK.rules} == {"plan", "files"}
    frameworks = {control.framework for c in PACK.rules for control in c.rule.controls}
    assert frameworks == {"gdpr", "hipaa", "soc2", "pci-dss", "iso27001"}


def test_one_control_has_one_text() -> None:
    texts: dict[tuple[str, str], set[str]] = {}
    for c in PACK.rules:
        for control in c.rule.controls:
            texts.setdefault((control.framework, control.id), set()).add(control.text)
    assert {key: words for key, words in texts.items() if len(words) > 1} == {}


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
    assert words in result.told
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


WIDE, OURS = '["0.0.0.0/0"]', '["10.0.0.0/8"]'


@pytest.mark.parametrize(
    ("kind", "ports", "cidr", "is_public"),
    [
        ("ingress", (5432, 5432), WIDE, True),
        ("ingress", (443, 443), WIDE, False),
        ("ingress", (80, 80), WIDE, False),
        ("ingress", (80, 443), WIDE, True),  # all that lies between
        ("ingress", (443, 5432), WIDE, True),
        ("ingress", (5432, 5432), OURS, False),
        ("egress", (5432, 5432), WIDE, False),
    ],
)
def test_a_security_group_opens_by_what_it_lets_in(
    kind: str, ports: tuple[int, int], cidr: str, is_public: bool
) -> None:
    low, high = ports
    rule = f"from_port = {low}\n  to_port = {high}\n"
    alone = f'resource "aws_security_group_rule" "a" {{\n  type = "{kind}"\n  {rule}  cidr_blocks = {cidr}\n}}\n'
    inside = f'resource "aws_security_group" "b" {{\n  {kind} {{\n  {rule}  cidr_blocks = {cidr}\n  }}\n}}\n'
    six = alone.replace('"a"', '"c"').replace("cidr_blocks", "ipv6_cidr_blocks").replace("0.0.0.0/0", "::/0")
    found = file_facts({"m/a.tf": (alone + inside + six).encode()})["terraform"]["public"]
    open_ones = [
        "aws_security_group_rule.a (m/a.tf)",
        "aws_security_group.b (m/a.tf)",
        "aws_security_group_rule.c (m/a.tf)",
    ]
    assert sorted(found) == (sorted(open_ones) if is_public else [])


# --- facts --------------------------------------------------------------------------------------------------------------


def test_rules_read_what_agents_concluded_and_decided() -> None:
    requirements = case({})
    best = search(Catalogue.load(), PriceBook.load(), requirements).best
    assert best is not None
    cost = estimate(best, requirements, PriceBook.load())
    outputs = concluded("versioning_governance", required_reviews=2, protected_branches=("main",))
    found = plan_facts(requirements, best, cost, outputs=outputs, decisions={"serve.online": "x"})
    assert found["agents"]["versioning_governance"]["required_reviews"] == 2 and found["decisions"] == {
        "serve.online": "x"
    }
    assert len(found["bom"]) == len(cost.lines) and {"slot", "service", "usd", "region"} <= set(found["bom"][0])
    assert {q["name"] for q in found["plan"]["quotas"]} and BASE["agents"] == {}


def test_regions_are_all_regions_in_which_something_stands() -> None:
    requirements = case({"regions": ["eu-west-1"]})
    best = search(Catalogue.load(), PriceBook.load(), requirements).best
    assert best is not None
    cost = estimate(best, requirements, PriceBook.load())
    away = plan_facts(requirements, best, cost, outputs=concluded("system_architecture", recovery_region="us-east-1"))
    assert away["plan"]["regions"] == ["eu-west-1", "us-east-1"] and judged("region_policy", away) == "fail"
    assert judged("region_policy", plan_facts(requirements, best, cost)) == "pass"


def test_columns_are_those_of_agent_3_or_else_the_declared_ones() -> None:
    declared = facts(data={"entity": "id", "sources": [{"name": "s", "columns": {"id": "id", "mail": "pii"}}]})
    assert {"source": "s", "name": "mail", "type": "pii", "role": ""} in declared["data"]["columns"]
    assert declared["requirements"]["pii_columns"] == ["mail"]


# --- rules that fail through a plan, not only by hand -------------------------------------------------------------------

MAIL = {"entity": "id", "sources": [{"name": "s", "columns": {"id": "id", "mail": "pii"}}]}


@pytest.mark.parametrize(
    ("rule", "changes", "status"),
    [
        ("pii_class", {"data": MAIL, "data_classification": "internal", "compliance": []}, "fail"),
        ("pii_class", {"data": MAIL}, "pass"),
        ("log_retention", {"compliance": ["pci-dss"], "data_classification": "internal"}, "fail"),
        ("log_retention", {"compliance": ["soc2"], "data_classification": "internal"}, "warn"),
        ("log_retention", {"compliance": ["soc2"], "data_classification": "pii"}, "pass"),
        # every govern pattern that HIPAA leaves open keeps six years, whatever the data is called
        ("audit_retention", {"compliance": ["hipaa"], "data_classification": "internal"}, "pass"),
        ("audit_retention", {"compliance": ["hipaa"], "data_classification": "phi"}, "pass"),
        ("single_region", {"availability_target": 99.96, "data": {}, "budget_usd_max": None}, "warn"),
        (
            "pci_segmentation",
            {
                "data_classification": "pci",
                "compliance": ["pci-dss"],
                "pins": {"serve.online": "serve:aws-lambda-container"},
                "budget_usd_max": None,
            },
            "fail",
        ),
        (
            "pci_segmentation",
            {
                "data_classification": "pci",
                "compliance": ["pci-dss"],
                "pins": {"serve.online": "serve:aws-ecs-fargate"},
                "budget_usd_max": None,
            },
            "pass",
        ),
        (
            "hipaa_eligible",
            {
                "data_classification": "phi",
                "compliance": ["hipaa"],
                "pins": {"observe": "observe:aws-managed-prometheus", "serve.online": "serve:aws-ecs-fargate"},
                "budget_usd_max": None,
            },
            "fail",
        ),
        (
            "hipaa_eligible",
            {"data_classification": "phi", "compliance": ["hipaa"], "pins": {"observe": "observe:aws-cloudwatch"}},
            "pass",
        ),
        (
            "certified_services",
            {
                "compliance": ["pci-dss"],
                "pins": {"observe": "observe:aws-managed-prometheus", "serve.online": "serve:aws-ecs-fargate"},
                "budget_usd_max": None,
            },
            "fail",
        ),
    ],
)
def test_a_plan_breaks_the_rule(rule: str, changes: dict[str, Any], status: str) -> None:
    assert judged(rule, facts(**changes)) == status


def test_a_govern_pattern_without_audit_fails_the_handling_of_personal_data(tmp_path: Path) -> None:
    root = tmp_path / "patterns"
    shutil.copytree(content_root("patterns"), root)
    file = root / "govern" / "aws-kms-cloudtrail.yaml"
    file.write_text(file.read_text().replace("provides: [encryption, audit]", "provides: [encryption]"))
    lighter, requirements = Catalogue.load(root), case({"pins": {"govern": "govern:aws-kms-cloudtrail"}})
    best = search(lighter, PriceBook.load(), requirements).best
    assert best is not None
    found = plan_facts(requirements, best, estimate(best, requirements, PriceBook.load()), catalogue=lighter)
    assert judged("pii_handling", found) == "fail"


# --- the result tree and the control matrix -----------------------------------------------------------------------------


def test_a_condition_is_told_part_by_part() -> None:
    found = clause("a.b > 1 && (c == 'x || y' || d.all(e, e > 0 && e < 9)) && (f ? g : h)")
    assert (found.op, [part.op for part in found.parts]) == ("all", ["test", "any", "test"])
    assert [part.expression.text for part in found.parts[1].parts] == ["c == 'x || y'", "d.all(e, e > 0 && e < 9)"]
    assert clause("((a && b))").op == "all" and clause("(a) || (b)").op == "any" and clause("a").parts == ()
    assert clause("a ? b && c : d").op == "test"


def test_a_part_that_cannot_be_judged_is_said_beside_those_that_can() -> None:
    scope = Scope({"a": 1.0, "b": {"c": 2.0}})
    parts = tree(clause("b.c == 2 || nothing.there > 1"), scope, lambda text: {"seen": text})
    assert (parts.holds, [p.holds for p in parts.parts]) == (True, [True, None])
    assert parts.parts[0].values == {"seen": "b.c == 2"} and parts.values == {}


def test_the_parts_say_which_one_failed() -> None:
    over = facts(budget_usd_max=100000, budget_usd_target=1)
    result = next(r for r in evaluate("plan", over, PACK).rules if r.id == "budget_band")
    limit, target = result.parts
    assert (limit.holds, target.op, target.holds) == (True, "any", False)
    assert target.parts[1].values["requirements.budget_usd_target"] == "1"
    assert (
        next(r for r in evaluate("plan", facts(budget_usd_max=None), PACK).rules if r.id == "budget_band").parts == ()
    )


def test_the_control_matrix_has_the_worst_of_its_rules() -> None:
    good, bad = evaluate("plan", BASE, PACK), evaluate("plan", facts(regions=["us-east-1"]), PACK)
    rows = {(row.framework, row.id): row for row in bad.controls}
    transfer = rows[("gdpr", "Art. 44")]
    assert (transfer.status, transfer.rules) == ("warn", {"gdpr_residency": "warn", "region_policy": "pass"})
    assert {r.status for r in good.controls if (r.framework, r.id) == ("gdpr", "Art. 44")} == {"pass"}
    articles = [row.id for row in bad.controls if row.framework == "gdpr"]
    assert articles.index("Art. 5(1)(e)") < articles.index("Art. 32") < articles.index("Art. 44")
    assert rows[("hipaa", "164.308(b)")].status == "not_applicable"
