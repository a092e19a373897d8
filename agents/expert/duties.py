"""Duties from the laws and frameworks that were named, each with the part of the plan that answers it. No
legal advice."""

from agents.domain.constraints import Compliance
from agents.domain.outputs import DataEngineering
from agents.domain.outputs.governance_ethics import Explanation, Obligation, PersonalData
from agents.domain.requirements import Requirements
from agents.expert.words import listed

Duties = tuple[tuple[str, str], ...]


def obligations(
    r: Requirements,
    lake: DataEngineering,
    handling: PersonalData,
    explanation: Explanation,
    review: bool,
    trail_days: int,
) -> tuple[Obligation, ...]:
    """Duties of each named law, in the order the laws were named."""
    trail = f"access is recorded for {trail_days} days"
    duties: dict[Compliance, Duties] = {
        Compliance.GDPR: _gdpr(r, lake, handling, explanation, review),
        **_health_and_cards(lake, handling, trail),
        **_frameworks(lake, trail),
    }
    return tuple(
        Obligation(law=law.value, duty=duty, answer=answer) for law in r.compliance for duty, answer in duties[law]
    )


def _gdpr(
    r: Requirements, lake: DataEngineering, handling: PersonalData, explanation: Explanation, review: bool
) -> Duties:
    decides = "a person decides near the threshold" if review else "no score alone decides about a person's rights"
    return (
        ("storage limitation (Art. 5(1)(e))", f"raw rows expire after {lake.raw_retention_days} days"),
        ("data minimisation (Art. 5(1)(c))", f"personal columns: {handling.value}"),
        ("erasure (Art. 17)", f"rows of one person are deleted in {lake.patterns['store']} within 30 days"),
        ("transfers (Chapter V)", f"everything stands in {listed(r.regions)}"),
        ("automated decisions (Art. 22)", f"explanation {explanation.value}; {decides}"),
    )


def _health_and_cards(lake: DataEngineering, handling: PersonalData, trail: str) -> dict[Compliance, Duties]:
    return {
        Compliance.HIPAA: (
            ("audit controls (164.312(b))", trail),
            ("encryption (164.312(a)(2)(iv))", f"keys of the project encrypt {lake.patterns['store']}"),
            (
                "business associate agreement (164.308(b))",
                "to be signed with the provider before the first row",
            ),
        ),
        Compliance.PCI_DSS: (
            ("stored account data (req. 3)", f"card columns: {handling.value}"),
            ("logging (req. 10)", f"{trail} (12 months are asked for)"),
        ),
    }


def _frameworks(lake: DataEngineering, trail: str) -> dict[Compliance, Duties]:
    return {
        Compliance.CCPA: (
            (
                "deletion (1798.105)",
                f"rows of one person are deleted in {lake.patterns['store']} within 45 days",
            ),
            ("right to know (1798.110)", "predictions are logged with their version"),
        ),
        Compliance.SOC2: (
            ("change management (CC8.1)", "each release is a reviewed pull request"),
            ("monitoring (CC7.2)", f"alerts, and {trail}"),
        ),
        Compliance.ISO27001: (
            ("access control (A.5.15)", "roles by duty, none with all rights"),
            ("logging (A.8.15)", trail),
        ),
    }
