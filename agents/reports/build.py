"""Every file of `reports/`, written after validation: JSON, its Markdown twins, pictures, differences, SBOM."""

from collections.abc import Iterable, Mapping

from agents.domain.files import LOCK_PATH
from agents.domain.proposal import Proposal
from agents.reports import shapes
from agents.reports.conflicts import conflict_pages
from agents.reports.json_text import report_json
from agents.reports.pages import pages
from agents.reports.raw import raw_pages
from agents.reports.sbom import sbom
from agents.reports.summary import summary
from agents.reports.versions import version_pages

SUMMARY = "reports/summary.md"

RECORDS = {
    "rationale": ("agents", "cards"),
    "provenance": ("extension_points", "files"),
    "policy": ("rules", "values", "controls"),
    "cost": ("lines",),
    "critics": ("rounds",),
    "receipts": ("receipts",),
    "plan": ("agents", "alternatives", "assumptions", "flips", "prices", "refused"),
}
"""Reports that are lists of records: one line each, so that a diff shows which of them changed."""


def build_reports(
    proposal: Proposal,
    packs: Mapping[str, str],
    constraints: str,
    dependencies: Mapping[str, bytes],
    records: Iterable[str] = (),
) -> dict[str, bytes]:
    """Path to bytes of `reports/`. Sections that the proposal has not reached give no file.

    `packs` are the versions that stand in the lock, `constraints` the digest of the parsed file,
    `dependencies` the merged tree's files that `sbom.reads` names, by path, `records` the paths of the other pages written
    after validation. The same proposal gives the same bytes: no time, duration or commit is in them.
    """
    found: dict[str, object] = {}
    if proposal.coverage is not None:
        found["coverage"] = shapes.coverage_shape(proposal.coverage)
    if proposal.critics:
        found["critics"] = shapes.critics_shape(proposal.critics)
    if proposal.cost is not None:
        found["cost"] = shapes.cost_shape(proposal.cost)
    if proposal.policy is not None:
        found["policy"] = shapes.policy_shape(proposal.policy)
    if proposal.validation is not None:
        found["validation"] = shapes.validation_shape(proposal.validation)
    if proposal.change is not None:
        found["change"] = shapes.change_shape(proposal.change)
    if proposal.plan is not None:
        found["plan"] = shapes.plan_shape(proposal.plan, proposal.inventory)
        if proposal.plan.receipts:
            found["receipts"] = shapes.receipts_shape(proposal.plan.receipts)
        found["rationale"] = shapes.rationale_shape(proposal.cards)
        if proposal.tree is not None:
            found["provenance"] = shapes.provenance_shape(proposal.tree, proposal.plan, packs, constraints)
    files = {f"reports/{name}.json": report_json(shape, *RECORDS.get(name, ())) for name, shape in found.items()}
    if proposal.tree is not None:
        files["reports/sbom.cdx.json"] = sbom(proposal.project, dependencies)
        files |= conflict_pages(proposal.tree.conflicts)
    if proposal.validation is not None:
        files |= raw_pages(proposal.validation)
    files |= pages(proposal)
    if proposal.plan is not None:
        files |= version_pages(proposal.change, proposal.plan.digest)
    committed = dict.fromkeys((*files, SUMMARY, *records, LOCK_PATH), "")
    files[SUMMARY] = summary(proposal.model_copy(update={"reports": committed}), packs)
    return dict(sorted(files.items()))
