"""Review of the generated tree against the plan: modules that are missing; bill and Terraform that differ."""

from collections.abc import Iterator, Mapping

from agents.critics.critic import Critic, CriticFacts
from agents.domain.findings import Finding, Location, Severity
from agents.patterns import Catalogue
from agents.policy.terraform import Block, parse

MODULES = "infra/terraform/modules/"
OWNERS: Mapping[str, str] = {
    "ingest": "data_ingestion",
    "store": "data_ingestion",
    "transform": "data_ingestion",
    "feature": "feature_pipeline",
    "train": "training_pipeline",
    "serve": "inference_service",
    "observe": "monitoring_setup",
    "govern": "data_ingestion",
    "platform": "data_ingestion",
}
"""Which implementation agent delivers a capability, and so must think again."""
COSTLY = frozenset(
    (
        "aws_db_instance",
        "aws_dynamodb_table",
        "aws_ebs_volume",
        "aws_ecs_service",
        "aws_elasticache_cluster",
        "aws_elasticache_replication_group",
        "aws_eks_cluster",
        "aws_emr_cluster",
        "aws_grafana_workspace",
        "aws_instance",
        "aws_kinesis_firehose_delivery_stream",
        "aws_kinesis_stream",
        "aws_kms_key",
        "aws_lambda_provisioned_concurrency_config",
        "aws_lb",
        "aws_msk_cluster",
        "aws_msk_serverless_cluster",
        "aws_mwaa_environment",
        "aws_nat_gateway",
        "aws_opensearchserverless_collection",
        "aws_prometheus_workspace",
        "aws_rds_cluster",
        "aws_redshift_cluster",
        "aws_redshiftserverless_workgroup",
        "aws_sagemaker_endpoint",
        "aws_sagemaker_endpoint_configuration",
        "aws_sagemaker_notebook_instance",
        "aws_wafv2_web_acl",
    )
)
"""Resources that cost money by standing there. One of them without a line in the bill is a hole in the estimate."""
PART_OF: Mapping[str, str] = {"aws_sagemaker_endpoint_configuration": "aws_sagemaker_endpoint"}
CENTS_IGNORED = 100
"""A priced line below a dollar a month need not have a resource of its own."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings; empty before there is a tree."""
    if facts.files is None:
        return ()
    blocks = [
        b for path, content in sorted(facts.files.items()) if path.endswith(".tf") for b in _parsed(path, content)
    ]
    resources = [b for b in blocks if b.kind == "resource"]
    return (
        *_modules(facts),
        *_priced_not_generated(facts, resources),
        *_generated_not_priced(facts, resources),
    )


def _parsed(path: str, content: bytes) -> list[Block]:
    try:
        return parse(path, content.decode("utf-8", "replace"))
    except ValueError:
        return []  # the HCL validator and the rule readable_infrastructure say so, with the place


def _modules(facts: CriticFacts) -> Iterator[Finding]:
    """The Terraform modules that each chosen pattern names are there."""
    catalogue = Catalogue.load()
    assert facts.files is not None
    folders = {path.split(MODULES, 1)[1].split("/", 1)[0] for path in facts.files if MODULES in path}
    for slot, pattern in facts.composition.slots.items():
        for module in catalogue.get(pattern).terraform if pattern in catalogue.ids else ():
            if module not in folders:
                yield _finding(
                    "module-missing",
                    Severity.ERROR,
                    slot,
                    f"{pattern} in {slot} needs the Terraform module {module}, and {MODULES}{module} was not generated",
                    f"Render {MODULES}{module}.",
                )


def _priced_not_generated(facts: CriticFacts, resources: list[Block]) -> Iterator[Finding]:
    types = {b.type for b in resources}
    usd: dict[tuple[str, str], int] = {}
    for line in facts.cost.lines if facts.cost else ():
        if line.line.resource is not None:
            key = (line.line.resource, line.line.slot)
            usd[key] = usd.get(key, 0) + int(line.usd * 100)
    for (resource, slot), cents in sorted(usd.items()):
        if resource not in types and cents >= CENTS_IGNORED:
            yield _finding(
                "priced-not-generated",
                Severity.WARNING,
                slot,
                f"{cents / 100:,.2f} USD a month are planned for {resource} in {slot}, and none is generated",
                f"Generate {resource}, or take the line out of the pattern's bill.",
            )


def _generated_not_priced(facts: CriticFacts, resources: list[Block]) -> Iterator[Finding]:
    billed = {line.resource for line in facts.composition.bom if line.resource is not None}
    for block in resources:
        if block.type in COSTLY and block.type not in billed and PART_OF.get(block.type) not in billed:
            finding = _finding(
                "generated-not-priced",
                Severity.WARNING,
                "platform",
                f"{block.type}.{block.name} costs money by standing there, and the estimate has no line for it",
                "Add it to the bill of its pattern, or leave it out.",
            )
            yield finding.model_copy(update={"location": Location(path=block.path)})


def _finding(rule: str, severity: Severity, slot: str, message: str, remediation: str) -> Finding:
    return Finding(
        rule=f"implementation.{rule}",
        severity=severity,
        message=message,
        remediation=remediation,
        source="critic_implementation",
        agent=OWNERS[slot.split(".")[0]],
        key=slot,
    )


CRITIC = Critic(name="implementation", stage="implementation", judge=judge)
