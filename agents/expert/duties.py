"""Duties from the laws and frameworks that were named, each with the part of the plan that answers it. No
legal advice."""

from agents.domain.constraints import Compliance
from agents.domain.outputs import DataEngineering
from agents.domain.outputs.governance_ethics import Explanation, Obligation, Oversight, PersonalData, RiskClass
from agents.domain.requirements import Requirements
from agents.expert.words import listed, plural

Duties = tuple[tuple[str, str], ...]
ERASURE_DAYS = {Compliance.GDPR: 30, Compliance.CCPA: 45}
"""Days to erase a person's data: GDPR Art. 12(3), one month; CCPA 1798.130(a)(2), 45 days."""


def obligations(
    r: Requirements,
    lake: DataEngineering,
    handling: PersonalData,
    explanation: Explanation,
    oversight: Oversight,
    recorded: str,
    risk: RiskClass,
) -> tuple[Obligation, ...]:
    """Duties of each named law, in the order the laws were named; then those of the EU AI Act where it applies.
    `recorded` says what the trail keeps, and how long."""
    duties: dict[Compliance, Duties] = {
        Compliance.GDPR: _gdpr(r, lake, handling, explanation, oversight),
        **_health_and_cards(lake, handling, recorded),
        **_frameworks(lake, recorded),
    }
    named = [
        Obligation(law=law.value, duty=duty, answer=answer) for law in r.compliance for duty, answer in duties[law]
    ]
    act = _ai_act(explanation, oversight, recorded, risk) if _in_europe(r) else ()
    return (*named, *(Obligation(law="eu-ai-act", duty=duty, answer=answer) for duty, answer in act))


def _in_europe(r: Requirements) -> bool:
    """The Act follows the place of use (Art. 2(1)); a region in Europe or GDPR stands in for it."""
    return Compliance.GDPR in r.compliance or any(region.startswith("eu") for region in r.regions)


def _ai_act(explanation: Explanation, oversight: Oversight, recorded: str, risk: RiskClass) -> Duties:
    """Regulation (EU) 2024/1689: Chapter III for Annex III, Article 50 for what people read, else nothing binding."""
    if risk is RiskClass.TRANSPARENCY:
        return (("transparency (Art. 50)", "the page says that a machine chose the passages"),)
    if risk is RiskClass.MINIMAL:
        return ()
    return (
        ("risk management (Art. 9)", "docs/model-card.md, impact on people"),
        ("data governance (Art. 10)", "contracts, leakage rules and fairness checks in configs/project.yaml"),
        (
            "record keeping (Art. 12, 19)",
            f"versions are registered, {recorded} (six months are asked for)",
        ),
        ("transparency to deployers (Art. 13)", f"model card; explanation {explanation.value}"),
        ("human oversight (Art. 14)", f"a person decides {oversight.value}; the stop switch is in the runbook"),
        ("accuracy and robustness (Art. 15)", "gate of the metric, slices, drift and fallback"),
        ("conformity assessment and registration (Art. 43, 49)", "to be done by the provider before the first use"),
        (
            "fundamental rights impact assessment (Art. 27)",
            "to be done by deployers whom the article names, from the harms here",
        ),
    )


def _gdpr(
    r: Requirements, lake: DataEngineering, handling: PersonalData, explanation: Explanation, oversight: Oversight
) -> Duties:
    decides = "no score alone decides about a person's rights"
    if oversight is not Oversight.NONE:
        decides = f"a person decides ({oversight.value})"
    return (
        ("storage limitation (Art. 5(1)(e))", f"deliveries expire after {plural(lake.raw_retention_days, 'day')}"),
        ("data minimisation (Art. 5(1)(c))", f"personal columns: {handling.value}"),
        (
            "erasure (Art. 17)",
            f"`erase` deletes a person's rows in {lake.patterns['store']} within {ERASURE_DAYS[Compliance.GDPR]} days",
        ),
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
                f"`erase` deletes a person's rows in {lake.patterns['store']} within {ERASURE_DAYS[Compliance.CCPA]} days",
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
