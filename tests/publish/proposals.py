"""A proposal as the engine yields it, small but complete, and the surroundings of a publish."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from agents.domain.change import Changed, ChangeSummary
from agents.domain.cost import BomLine, CostDelta, CostEstimate, PricedLine
from agents.domain.coverage import Coverage
from agents.domain.decision import (
    Candidate,
    CardCandidate,
    CardChoice,
    CardInputs,
    Decision,
    Impacts,
    Question,
    ReasonCard,
    Risk,
)
from agents.domain.files import GeneratedFile, Lock, LockFile, MergedTree, git_blob_sha
from agents.domain.findings import Finding, Location, Severity
from agents.domain.plan import Alternative, Composition, CriticReport, Plan
from agents.domain.policy import PolicyReport, RuleResult
from agents.domain.proposal import Proposal
from agents.domain.requirements import Assumption
from agents.domain.validation import ToolResult, ValidationReport
from agents.render.lock import lock_bytes
from bot.ports.github import GitHubRepository
from bot.publish.desired import Context
from bot.publish.publish import Published, publish
from bot.publish.snapshot import ProjectSnapshot, get_heads

CONSTRAINTS = b"version: 1\nproject: {name: churn}\ncloud: aws\nbudget_band: {monthly_usd_max: 1500}\n"
FILES: dict[str, bytes] = {
    "README.md": b"# churn\n",
    "src/churn/train.py": b"ROWS = 2_000_000\n",
    "infra/main.tf": b'resource "aws_s3_bucket" "raw" {}\n',
    ".github/workflows/ci.yml": b"name: ci\non: push\n",
}


class Contents:
    """An artifact store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, content: bytes, name: str = "") -> str:
        sha = hashlib.sha256(content).hexdigest()
        self.kept[sha] = content
        return sha

    def put_all(self, contents: Iterable[tuple[str, bytes]]) -> list[str]:
        return [self.put(content, name) for name, content in contents]

    def get(self, sha256: str) -> bytes:
        return self.kept[sha256]


ASSUMPTION = Assumption(
    id="A3",
    key="data.label_delay",
    value="30d",
    reason="no delay is named",
    blast_radius="retraining cadence",
)


def decision(number: int, agent: str, key: str, choice: str, other: str, why: str) -> Decision:
    return Decision(
        agent=agent,
        number=number,
        question=Question(
            key=key,
            text=f"Which {key}?",
            candidates=(
                Candidate(id=choice, summary=choice, tradeoffs=("cheap",), score=0.9),
                Candidate(id=other, summary=other, tradeoffs=("slow",), score=0.4, refusals=("misses 150 ms",)),
            ),
            rests_on=("sla_latency_ms",),
            confidence=0.82,
            confidence_reasons=("load is stated",),
        ),
        choice=choice,
        justification=why,
        provider="expert",
        prompt_hash="p" * 12,
    )


def card(made: Decision, *, changed: bool = False) -> ReasonCard:
    return ReasonCard(
        decision_id=made.id,
        key=made.question.key,
        agent=made.agent,
        number=made.number,
        node_name="planner",
        trigger="constraints_updated",
        inputs=CardInputs(constraints_keys=("budget_band.monthly_usd_max",), artifacts=(), decisions=()),
        question=made.question.text,
        candidates=tuple(
            CardCandidate(
                id=c.id,
                summary=c.summary,
                tradeoffs=c.tradeoffs,
                verdict=f"refused: {c.refusals[0]}" if c.refusals else "chosen: cheapest that holds 150 ms",
                impacts=Impacts(monthly_usd=Decimal(511), p95_latency_ms=62.0, burden=2.5),
            )
            for c in made.question.candidates
        ),
        choice=CardChoice(id=made.choice, justification=made.justification),
        policy_results={"budget": "pass"},
        impacts=Impacts(monthly_usd=Decimal(1086)),
        confidence=0.82,
        confidence_reasons=("load is stated",),
        risks=(Risk(risk="image pull on scale-out", probe="tests/load"),),
        flips=("flips to Lambda below 41 rps",),
        dissent=(),
        links={},
        provider="expert",
        prompt_pack_hash="p" * 12,
        changed=changed,
    )


DECISIONS = (
    decision(
        7,
        "data_engineering",
        "ingest.batch",
        "ingest:aws-s3-batch",
        "ingest:aws-glue-jdbc",
        "files land in S3",
    ),
    decision(
        11,
        "deployment_serving",
        "serve.online",
        "serve:aws-ecs-fargate",
        "serve:aws-lambda-container",
        "62 ms",
    ),
)


def plan() -> Plan:
    slots = {d.question.key: d.choice for d in DECISIONS}
    return Plan(
        patterns={"ingest": "ingest:aws-s3-batch", "serve": "serve:aws-ecs-fargate"},
        patterns_by_workload={"online": {"serve": "serve:aws-ecs-fargate"}},
        agents={},
        assumptions=(ASSUMPTION,),
        alternatives=(
            Alternative(
                patterns={"serve.online": "serve:aws-sagemaker-realtime"},
                monthly_usd=Decimal(1413),
                p95_latency_ms=48.0,
                burden=2.0,
                why_not="$327 more for 14 ms that nobody asked for",
            ),
        ),
        composition=Composition(
            slots=slots,
            bom=(),
            monthly_usd=Decimal(1086),
            low_usd=Decimal(940),
            high_usd=Decimal(1310),
            p95_latency_ms=62.0,
            availability_pct=99.95,
            burden=2.0,
            objective=1.0,
        ),
        decisions=DECISIONS,
    )


def estimate(monthly: int = 1086) -> CostEstimate:
    line = BomLine(
        slot="serve.online",
        pattern="serve:aws-ecs-fargate",
        component="Fargate tasks",
        service="fargate",
        sku="vcpu",
        quantity=Decimal(10),
        driver="requests_per_second",
    )
    return CostEstimate(
        monthly_usd=Decimal(monthly),
        low_usd=Decimal(940),
        high_usd=Decimal(1310),
        breakdown=(),
        method="bom_v1",
        delta_vs_prev_usd=None,
        delta_vs_prev_pct=None,
        fixed_usd=Decimal(100),
        variable_usd=Decimal(986),
        lines=(
            PricedLine(
                line=line,
                unit="hour",
                unit_usd=Decimal(1),
                usd=Decimal(monthly),
                usd_low=Decimal(940),
                usd_high=Decimal(1310),
                confidence="M",
                source="aws",
                asof="2026-10-01",
                region="eu-west-1",
            ),
        ),
        deltas=(),
        unpriced=(),
        assumptions=(),
        unit_costs={},
        price_book="b" * 12,
        price_book_date="2026-10-01",
        oldest_price="2026-09-01",
    )


def policy_report(status: str = "pass") -> PolicyReport:
    rule = RuleResult(
        id="budget_band",
        area="cost",
        title="Budget",
        status=status,  # type: ignore[arg-type]
        detail="est $1,086 <= $1,500",
        severity=Severity.ERROR,
        expression="cost <= max",
        values={"cost": "1086"},
        remediation="raise the budget or relax sla_latency_ms",
        keys=("budget_band.monthly_usd_max",),
    )
    overall = {"pass": "pass", "warn": "warn", "fail": "fail"}[status]
    return PolicyReport(rules=(rule,), overall=overall, pack="c" * 12)  # type: ignore[arg-type]


def validation_report(*, overall: str = "pass") -> ValidationReport:
    ruff = ToolResult(
        tool="ruff", version="0.17", arguments=(), exit_code=0,
        status="pass" if overall == "pass" else "fail",
        findings=() if overall == "pass" else (
            Finding(rule="F401", severity=Severity.ERROR, message="unused import", source="ruff",
                    location=Location(path="src/churn/train.py", line=1)),
        ),
        files_checked=2, required=True,
    )  # fmt: skip
    terraform = ToolResult(
        tool="terraform", version="", arguments=(), status="skipped", exit_code=None, findings=(),
        files_checked=0, required=False, reason="not installed", remedy="install terraform 1.9",
    )  # fmt: skip
    return ValidationReport(tree="d" * 64, results=(ruff, terraform), overall=overall)  # type: ignore[arg-type]


def lock(files: Mapping[str, bytes]) -> Lock:
    return Lock(
        project="churn", engine="0.1.0", pattern_pack="a" * 64, prompt_pack="b" * 64, policy_pack="c" * 64,
        template_pack="d" * 64, price_book="e" * 64, constraints="f" * 64, plan=plan().digest,
        decisions={}, choices={}, monthly_usd="1086", bom=(), state={},
        files=tuple(
            LockFile(path=p, blob=git_blob_sha(c), owner="generated", decision=None)
            for p, c in sorted(files.items())
        ),
    )  # fmt: skip


@dataclass
class Maker:
    """Makes proposals whose bytes are in `contents`."""

    contents: Contents = field(default_factory=Contents)

    def files(self, files: Mapping[str, bytes]) -> tuple[GeneratedFile, ...]:
        return tuple(
            GeneratedFile(
                path=path,
                sha256=self.contents.put(content),
                blob=git_blob_sha(content),
                size=len(content),
                mode="100755" if path.endswith(".sh") else "100644",
                agent="a",
                template="t",
            )
            for path, content in sorted(files.items())
        )

    def proposal(
        self, files: Mapping[str, bytes] = FILES, merged: Mapping[str, bytes] | None = None, **changes: Any
    ) -> Proposal:
        """`files` as generated; `merged` where people's edits were kept (default: the same)."""
        made = lock(files)
        reports = {
            "reports/cost.json": b'{"monthly_usd": 1086.00}\n',
            "reports/plan.json": b"{}\n",
            "reports/rationale.json": b"[]\n",
            "reports/provenance.json": b"{}\n",
            "docs/decisions/011-deployment_serving.md": b"# 11\n",
            ".mlwright/lock.json": lock_bytes(made),
        }
        values: dict[str, Any] = {
            "project": "churn",
            "root": "",
            "outcome": "proposed",
            "coverage": Coverage(score=0.92, threshold=0.6, gaps=(), assumptions=(ASSUMPTION,), questions=()),
            "plan": plan(),
            "critics": (CriticReport(critic="critic_tech", stage="plan", round=1, findings=()),),
            "cost": estimate(),
            "policy": policy_report(),
            "tree": MergedTree(
                files=self.files(merged if merged is not None else files),
                pristine=self.files(files),
                owners=dict.fromkeys(files, "generated"),
            ),
            "validation": validation_report(),
            "cards": tuple(card(d) for d in DECISIONS),
            "change": first_change(),
            "lock": made,
            "reports": {path: self.contents.put(content) for path, content in reports.items()},
            "reading_guide": (("README.md", "what it is"), ("infra/main.tf", "what is built")),
            "mermaid": "flowchart LR\n  a --> b",
        }
        return Proposal(**{**values, **changes})


def first_change() -> ChangeSummary:
    return ChangeSummary(
        previous=None, constraints=(), decisions=(), docs_changed=(), files_added=4, files_removed=0,
        files_modified=0, added=(), removed=(), modified=(), kept=(), conflicts=(), cost_before_usd=None,
        cost_after_usd=Decimal(1086), cost_delta_usd=None, cost_delta_pct=None, cost=(), packs=(),
        state_keys_changed=(), diff="",
    )  # fmt: skip


def later_change() -> ChangeSummary:
    return first_change().model_copy(
        update={
            "previous": "0" * 64,
            "constraints": (Changed(key="throughput.requests_per_second", before="20", after="90"),),
            "decisions": (
                Changed(
                    key="serve.online",
                    before="Lambda container",
                    after="ECS Fargate",
                    why="cold starts miss 150 ms",
                ),
            ),
            "files_modified": 7,
            "files_added": 2,
            "cost_before_usd": Decimal(742),
            "cost_delta_usd": Decimal(344),
            "cost_delta_pct": Decimal("46.4"),
            "cost": (
                CostDelta(
                    component="Fargate tasks",
                    before_usd=Decimal(0),
                    after_usd=Decimal(313),
                    kind="added",
                    driver="requests_per_second",
                ),
            ),
        }
    )


def put(
    repository: GitHubRepository,
    proposal: Proposal,
    contents: Contents,
    root: str = "",
    *,
    upgrade: bool = False,
    **context: Any,
) -> Published:
    """One run's end: snapshot, then publish."""
    heads = get_heads(repository, proposal.project, upgrade=upgrade)
    snapshot = ProjectSnapshot(repository, proposal.project, root, heads)
    around = Context(repository.get_repository(), root=root, locations=LOCATIONS, **context)
    return publish(repository, proposal, around, snapshot, contents)


LOCATIONS = {"budget_band.monthly_usd_max": Location(path="constraints.yaml", line=4, column=16)}
