"""A trail is promised, generated and billed together, or none is."""

import pytest

from agents.patterns import Catalogue
from agents.search.examples import case
from tests.render.projects import planned, tree

WIRING = "infra/terraform/modules/project/"


@pytest.mark.parametrize("name", ["table_bucket", "tables"])
def test_what_is_said_to_be_recorded_is_what_the_terraform_records(name: str) -> None:
    """Personal data and data that no rule is about, both with keys of their own."""
    context, (_, files) = planned(name), tree(name)
    governance = context.outputs["governance_ethics"]
    wiring = next(
        t for p, raw in files.items() if p.startswith(WIRING) and "govern_kms_cloudtrail" in (t := raw.decode())
    )
    made = "record_data_events   = true" in wiring
    assert made is ("record_data_events   = false" not in wiring) is (governance.audited == "access")
    found = Catalogue.load().evaluate("govern:aws-kms-cloudtrail", context.requirements)
    assert made is any(line.resource == "aws_cloudtrail" for line in found.bom)
    kept = governance.audit_retention_days
    assert kept == (2190 if made else 90), "ninety days are CloudTrail's own history"
    assert f"| record of {'access' if made else 'changes'} | {kept} |" in files["SECURITY.md"].decode()


def test_card_rules_bring_a_trail_whatever_the_data_is_called() -> None:
    found = Catalogue.load().evaluate(
        "govern:aws-kms-cloudtrail", case({"data_classification": "internal", "compliance": ["pci-dss"]})
    )
    assert any(line.resource == "aws_cloudtrail" for line in found.bom)
