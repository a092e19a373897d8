"""Review of the generated tree against the plan: modules that are missing; bill and Terraform that differ."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from agents.cost.compared import Gap, gaps
from agents.cost.terraform_bom import standing
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
HOLE_USD, HOLE_SHARE = Decimal(5), Decimal("0.25")
"""A shortfall on the bill above both is an error: the estimate is then of another system."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings; empty before there is a tree."""
    if facts.files is None:
        return ()
    blocks = [
        b for path, content in sorted(facts.files.items()) if path.endswith(".tf") for b in _parsed(path, content)
    ]
    return (*_modules(facts), *_gaps(facts, blocks))


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


def _gaps(facts: CriticFacts, blocks: list[Block]) -> Iterator[Finding]:
    """Bill and Terraform, both ways and by quantity (`agents.cost.compared`)."""
    if facts.cost is None:
        return
    for gap in gaps(standing(blocks), facts.cost.lines):
        where = "" if facts.cost.environments[1:] == () else f" in {', '.join(gap.environments)}"
        if gap.kind == "priced-not-generated":
            severity = Severity.WARNING
            message = (
                f"{gap.usd:,.2f} USD a month are planned for {gap.resource} in {gap.slot}, and none is generated{where}"
            )
            remedy = f"Generate {gap.resource}, or take the line out of the pattern's bill."
        elif gap.kind == "generated-not-priced":
            severity = Severity.WARNING
            message = (
                f"{gap.resource}.{gap.name} costs money by standing there{where}, and the estimate has no line for it"
            )
            remedy = "Add it to the bill of its pattern, or leave it out."
        elif gap.kind == "priced-too-many":
            severity = Severity.WARNING
            message = (
                f"{gap.generated:g} of {gap.resource} stand{where}, {gap.priced:g} are on the bill:"
                f" about {gap.usd:,.2f} USD a month too much"
            )
            remedy = "Let the quantity of the bill and the number in the wiring come from the same parameter."
        else:
            hole = gap.usd > max(HOLE_USD, facts.cost.monthly_usd * HOLE_SHARE)
            severity = Severity.ERROR if hole else Severity.WARNING
            message = (
                f"{gap.generated:g} of {gap.resource} stand{where}, {gap.priced:g} are on the bill:"
                f" about {gap.usd:,.2f} USD a month are missing"
            )
            remedy = "Let the quantity of the bill and the number in the wiring come from the same parameter."
        finding = _finding(gap.kind, severity, gap.slot or "platform", message, remedy)
        place = _place(facts, gap)
        yield finding if place is None else finding.model_copy(update={"location": place})


def _place(facts: CriticFacts, gap: Gap) -> Location | None:
    """Where the block stands, if one does."""
    if not gap.path or facts.files is None:
        return None
    lines = facts.files[gap.path].decode("utf-8", "replace").splitlines()
    head = f'resource "{gap.resource}" "{gap.name}"'
    line = next((n for n, text in enumerate(lines, 1) if text.startswith(head)), 1)
    return Location(path=gap.path, line=line)


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
