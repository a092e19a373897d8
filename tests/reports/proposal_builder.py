"""A small, complete proposal by hand: two decisions, a bill, a policy report, a tree."""

import hashlib
from decimal import Decimal as D
from typing import Any

from agents.domain.change import ChangeSummary
from agents.domain.constraints import (
    Cloud,
    Constraints,
    DataClass,
    DataSection,
    DeploymentPref,
    Objective,
    Problem,
    WorkloadType,
)
from agents.domain.cost import BomLine, BreakdownItem, CostEstimate, PricedLine, Unpriced
from agents.domain.decision import Candidate, Decision, Impacts, Question, Risk
from agents.domain.files import GeneratedFile, Lock, LockFile, MergedTree, git_blob_sha
from agents.domain.findings import Finding, Location, Severity
from agents.domain.plan import Composition, CriticReport, Plan
from agents.domain.policy import PolicyReport, RuleResult
from agents.domain.proposal import Proposal
from agents.domain.requirements import Assumption, Requirements
from agents.domain.validation import ToolResult, ValidationReport
from agents.render.lock import flat_state
from agents.reports.cards import cards
from agents.reports.change import summarise
from agents.reports.guide import reading_guide
from agents.reports.mermaid import architecture

PACKS = {
    name: name[:3] + "0" * 9
    for name in ("engine", "pattern_pack", "prompt_pack", "policy_pack", "template_pack", "price_book")
}


def requirements(**changes: Any) -> Requirements:
    return Requirements(
        slug="churn",
        package="churn",
        description="Nightly churn scores",
        problem=Problem.BINARY_CLASSIFICATION,
        domain="telecom",
        cloud=Cloud.AWS,
        regions=("eu-west-1",),
        primary_region="eu-west-1",
        budget_usd_max=D(1500),
        budget_usd_target=D(1100),
        data_classification=DataClass.PII,
        compliance=(),
        workloads=(WorkloadType.BATCH, WorkloadType.ONLINE),
        sla_latency_ms=150,
        availability_target=99.9,
        requests_per_second=90,
        events_per_second=0,
        batch_gb_per_day=12,
        training_rows=2_000_000,
        deployment_pref=DeploymentPref.SERVERLESS,
        storage_prefs=(),
        observability_prefs=(),
        languages=("python",),
        skills=("sql",),
        team_size=4,
        existing_stack=(),
        data=DataSection(),
        objective=Objective(),
        pins={},
    ).model_copy(update=changes)


def candidate(
    name: str, usd: float | None, p95: float | None, burden: float | None, score: float, **more: Any
) -> Candidate:
    impacts = Impacts(
        monthly_usd=None if usd is None else D(str(usd)),
        p95_latency_ms=p95,
        availability_pct=None,
        burden=burden,
    )
    return Candidate(
        id=name,
        summary=f"{name} summary",
        tradeoffs=("scales | itself",),
        score=score,
        impacts=impacts,
        **more,
    )


SERVING = (
    candidate("serve:aws-ecs-fargate", 1086, 62, 3.0, 0.8, parameters={"tasks": 2}),
    candidate("serve:aws-sagemaker-realtime", 1413, 48, 2.0, 0.7),
    candidate("serve:aws-lambda-container", 861, 410, 2.0, 0.5, refusals=("cold starts miss the SLO above 41 rps",)),
)


def decision(
    key: str = "serve.online",
    candidates: tuple[Candidate, ...] = SERVING,
    choice: str = "serve:aws-ecs-fargate",
    number: int = 11,
    agent: str = "deployment_serving",
    justification: str = "It holds 150 ms at 90 requests/s for the least money.",
) -> Decision:
    question = Question(
        key=key,
        text="Where do online predictions run?",
        candidates=candidates,
        rests_on=("sla_latency_ms", "throughput.requests_per_second"),
        policies=("latency-slo",),
        confidence=0.82,
        confidence_reasons=("two of three figures are measured",),
        risks=(Risk(risk="image pull on scale-out", probe="tests/load"),),
        flips=("to Lambda below 41 requests/s",),
    )
    return Decision(
        agent=agent,
        number=number,
        question=question,
        choice=choice,
        justification=justification,
        provider="expert",
        prompt_hash="abc",
    )


DRIFT = decision(
    key="drift.window",
    candidates=(candidate("7d", None, None, None, 0.9), candidate("1d", None, None, None, 0.4)),
    choice="7d",
    number=13,
    agent="monitoring_observability",
)


def priced(slot: str, pattern: str, component: str, usd: float) -> PricedLine:
    line = BomLine(
        slot=slot,
        pattern=pattern,
        component=component,
        service="fargate",
        sku="vcpu",
        quantity=D("2.5"),
        driver="requests_per_second",
    )
    return PricedLine(
        line=line,
        unit="hour",
        unit_usd=D("0.04048"),
        usd=D(str(usd)),
        usd_low=D(str(usd)) * D("0.9"),
        usd_high=D(str(usd)) * D("1.2"),
        confidence="M",
        source="https://aws.amazon.com/fargate/pricing/",
        asof="2026-01-01",
        region="eu-west-1",
    )


def bill(**changes: Any) -> CostEstimate:
    lines = (
        priced("serve.online", "serve:aws-ecs-fargate", "Fargate tasks", 511.1),
        priced("train", "train:aws-batch-spot", "Spot training", 574.9),
    )
    return CostEstimate(
        monthly_usd=D("1086.00"),
        low_usd=D("940.00"),
        high_usd=D("1310.00"),
        breakdown=(BreakdownItem(service="fargate vcpu", qty="2.5 hour", usd=D("1086.00")),),
        method="bom_v1",
        delta_vs_prev_usd=None,
        delta_vs_prev_pct=None,
        fixed_usd=D(0),
        variable_usd=D("1086.00"),
        lines=lines,
        deltas=(),
        unpriced=(Unpriced(component="Support plan", reason="not asked"),),
        assumptions=(),
        unit_costs={"per_1000_predictions": D("0.0022")},
        price_book="book",
        price_book_date="2026-01-01",
        oldest_price="2025-06-01",
    ).model_copy(update=changes)


def policies(status: str = "pass") -> PolicyReport:
    rule = RuleResult.model_validate(
        {
            "id": "latency-slo",
            "area": "latency",
            "title": "p95",
            "status": status,
            "detail": "p95 62 ms <= 150 ms",
            "severity": "error",
            "expression": "p95 <= sla",
            "values": {"p95": "62", "sla": "150"},
            "keys": ("sla_latency_ms",),
        }
    )
    other = rule.model_copy(update={"id": "phi", "status": "not_applicable"})
    return PolicyReport(rules=(rule, other), overall="fail" if status == "fail" else "pass", pack="p")


def generated(path: str, text: str = "x = 1\n", **more: Any) -> GeneratedFile:
    content = text.encode()
    return GeneratedFile(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        blob=git_blob_sha(content),
        size=len(content),
        template="t.j2",
        **{"agent": "inference_service", **more},
    )


FILES = (
    generated("README.md", "# churn\n", agent="project_stages"),
    generated("contracts/usage.yaml", agent="data_ingestion"),
    generated("infra/terraform/modules/serving/main.tf", pattern="serve:aws-ecs-fargate", decision="serve.online"),
    generated("src/churn/serving/app.py"),
)


def tree_of(files: tuple[GeneratedFile, ...] = FILES, **changes: Any) -> MergedTree:
    return MergedTree(files=files, pristine=files, owners={f.path: "generated" for f in files}).model_copy(
        update=changes
    )


def plan_of(decisions: tuple[Decision, ...] | None = None, **changes: Any) -> Plan:
    slots = {
        "serve.online": "serve:aws-ecs-fargate",
        "train": "train:aws-batch-spot",
        "ingest.batch": "ingest:aws-s3-batch",
    }
    composition = Composition(
        slots=slots,
        bom=(),
        monthly_usd=D("1086.00"),
        low_usd=D(940),
        high_usd=D(1310),
        p95_latency_ms=62,
        availability_pct=99.95,
        burden=3,
        objective=1,
    )
    assumption = Assumption(
        id="A3", key="data.label_delay", value="30d", reason="usual", blast_radius="moves training by a month"
    )
    return Plan(
        patterns={
            "serve": "serve:aws-ecs-fargate",
            "train": "train:aws-batch-spot",
            "ingest": "ingest:aws-s3-batch",
        },
        patterns_by_workload={"online": {"serve": "serve:aws-ecs-fargate"}},
        agents={},
        assumptions=(assumption,),
        alternatives=(),
        composition=composition,
        decisions=decisions if decisions is not None else (decision(), DRIFT),
    ).model_copy(update=changes)


def lock_of(plan: Plan, needs: Requirements, tree: MergedTree, **changes: Any) -> Lock:
    return Lock(
        project="churn",
        constraints="c",
        plan=plan.digest,
        decisions={d.question.key: d.id for d in plan.decisions},
        choices={d.question.key: d.choice for d in plan.decisions},
        monthly_usd="742.00",
        bom=(),
        state=flat_state(constraints(needs), needs, plan.decisions, policies()),
        files=tuple(LockFile(path=f.path, blob=f.blob, owner="generated", decision=None) for f in tree.pristine),
        **PACKS,
    ).model_copy(update=changes)


def constraints(needs: Requirements) -> Constraints:
    return Constraints.model_validate(
        {
            "version": 1,
            "project": {"name": "churn"},
            "sla_latency_ms": needs.sla_latency_ms,
            "throughput": {"requests_per_second": needs.requests_per_second},
        }
    )


def validation(**changes: Any) -> ValidationReport:
    ran = ToolResult(
        tool="ruff check",
        version="ruff 0.17",
        arguments=("check",),
        status="pass",
        exit_code=0,
        findings=(),
        files_checked=3,
        required=True,
    )
    skipped = ran.model_copy(
        update={
            "tool": "terraform fmt",
            "status": "skipped",
            "required": False,
            "reason": "terraform is not installed",
            "remedy": "install it",
        }
    )
    return ValidationReport(tree="4f9c" + "0" * 60, results=(ran, skipped), overall="pass").model_copy(update=changes)


def dissent(message: str = "one NAT gateway") -> CriticReport:
    finding = Finding(
        rule="single-point",
        severity=Severity.ERROR,
        message=message,
        location=Location(path="x"),
        agent="deployment_serving",
    )
    return CriticReport(critic="technical", stage="plan", round=1, findings=(finding,))


def change_of(
    previous: Lock | None,
    needs: Requirements,
    plan: Plan,
    cost: CostEstimate,
    tree: MergedTree,
    records: tuple[GeneratedFile, ...] = (),
) -> ChangeSummary:
    state = flat_state(constraints(needs), needs, plan.decisions, policies())
    return summarise(previous, plan=plan, cost=cost, state=state, packs=PACKS, tree=tree, records=records)


def proposal(previous: Lock | None = None, needs: Requirements | None = None, **changes: Any) -> Proposal:
    needs = needs or requirements()
    plan, cost, policy, tree = plan_of(), bill(), policies(), changes.get("tree", tree_of())
    made = cards(plan, policy, cost, previous, requirements=needs, trigger="constraints_updated")
    change = change_of(previous, needs, plan, cost, tree)
    return Proposal(
        project="churn",
        root="",
        outcome="proposed",
        constraints=constraints(needs),
        requirements=needs,
        plan=plan,
        critics=(),
        cost=cost,
        policy=policy,
        tree=tree,
        validation=validation(),
        cards=made,
        change=change,
        reading_guide=reading_guide(tree, made, cost, change),
        mermaid=architecture(needs, plan),
    ).model_copy(update=changes)


def previous_of(choice: str = "serve:aws-sagemaker-realtime", rps: float = 20.0, **changes: Any) -> Any:
    plan = plan_of((decision(choice=choice), DRIFT))
    return lock_of(plan, requirements(requests_per_second=rps), tree_of(FILES[:-1]), **changes)
