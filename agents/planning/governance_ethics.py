"""Agent 15: personal data, fairness, explanations, access, duties from the laws that were named."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, Compliance, DataClass
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import (
    DataEngineering,
    DataSourcing,
    GovernanceEthics,
    ModelDevelopment,
    TestingStrategy,
)
from agents.domain.outputs.data_sourcing import ColumnRole
from agents.domain.outputs.governance_ethics import AccessRole, Explanation, FairnessCheck, PersonalData
from agents.domain.outputs.model_development import Family
from agents.domain.requirements import Requirements
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.duties import obligations
from agents.expert.project import high_stakes, protected, regulated, words_of
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed

NAME = "governance_ethics"
SENSITIVE = frozenset(
    [
        "age",
        "gender",
        "sex",
        "race",
        "ethnicity",
        "nationality",
        "religion",
        "disability",
        "marital",
        "language",
        "region",
        "postcode",
        "zip",
    ]
)
"""Words in column names that stand for protected groups, or for where they live."""
CARD = frozenset({"card", "pan"})
"""Words by which a column is taken for a card number (PCI DSS 3.2: primary account number)."""
RATIO_GAP = 0.2
"""Four-fifths rule: selection rates of groups within 80 % of each other (29 CFR 1607.4(D))."""


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    laws = listed((c.value for c in r.compliance), empty="no law named")
    pattern = SlotAsk(
        "govern",
        f"What guards {r.data_classification.value} data of {r.slug} ({laws})?",
        ("data_classification", "compliance", "budget_band.monthly_usd_max"),
        (
            Risk(
                risk="somebody reads raw rows with a role meant for curated ones",
                probe="try each role against each bucket prefix in dev; count what opens",
            ),
        ),
        ("pii", "region_policy"),
    )
    return (*slot_questions(brief, NAME, (pattern,)), _personal(brief), _explanation(brief))


def _personal_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    named = data.personal_columns
    joined = _joined(r, data)
    personal = bool(named) or protected(r)
    columns = listed(named, empty="no column is declared as personal")
    people = "a person is found again by them" if joined else f"{data.entity} joins the sources already"
    return (
        option(
            PersonalData.NONE,
            "nothing is changed on the way",
            (Fact(not personal, 0.4, f"{r.data_classification.value} data, {columns}"),),
            refusals=(Refusal(personal, f"{r.data_classification.value} data: {columns}"),),
            tradeoffs=("a column that turns out to be personal later is already everywhere",),
        ),
        option(
            PersonalData.DROP,
            f"{columns}: left behind in raw data" if named else "what is declared personal later stays in raw data",
            (Fact(personal and not joined, 0.35, f"{people}; no feature needs them"),),
            refusals=(Refusal(bool(joined), f"{listed(joined)} is the entity on which rows are joined"),),
            tradeoffs=("what is not copied cannot leak; joins on it are gone",),
        ),
        option(
            PersonalData.KEYED_HASH,
            f"{listed(dict.fromkeys((*joined, *named)), empty='personal columns')}: replaced by a "
            "hash with a key in KMS",
            (
                Fact(bool(joined), 0.4, f"{listed(joined)} must join the sources"),
                Fact(personal and not joined, 0.1, "cases can be found again after a complaint"),
            ),
            tradeoffs=("still personal data in law (GDPR, recital 26); the key must be guarded and turned",),
        ),
    )


def _personal(brief: Brief) -> Question:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    return ask(
        brief,
        NAME,
        "governance.personal_data",
        f"What becomes of personal columns of {r.slug} on the way to curated data?",
        _personal_options(brief),
        rests_on=("data_classification", "data.sources", "data.entity", "compliance"),
        flips={
            PersonalData.NONE: "if neither the class nor a column is personal",
            PersonalData.DROP: "if personal columns join nothing",
            PersonalData.KEYED_HASH: "if the entity itself is personal (an e-mail address, a card number)",
        },
        certainty=0.92 if data.schema_declared else 0.65,
        reasons=() if data.schema_declared else ("no columns are declared, so none could be recognised as personal",),
        policies=("pii",),
    )


def _joined(r: Requirements, data: DataSourcing) -> list[str]:
    """The entity, if it is itself personal: declared so, or a card number by its name under card data."""
    card = r.data_classification is DataClass.PCI and not CARD.isdisjoint(words_of([data.entity]))
    return [data.entity] if data.entity in data.personal_columns or card else []


def _explanation(brief: Brief) -> Question:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    stakes, gdpr = high_stakes(r), Compliance.GDPR in r.compliance
    candidates = (
        option(
            Explanation.GLOBAL,
            "which columns matter overall, in the model card",
            (Fact(not stakes, 0.3, f"scores in {r.domain} do not decide about a person's rights"),),
            tradeoffs=("free; says nothing about one case",),
            burden=1.0,
        ),
        option(
            Explanation.PER_PREDICTION,
            f"the three strongest reasons with each score of {model.family.value}",
            (
                Fact(stakes, 0.3, f"in {r.domain} the person concerned may ask why"),
                Fact(stakes and gdpr, 0.15, "GDPR Art. 13-15 and 22: meaningful information about the logic"),
                Fact(model.family is Family.LINEAR, 0.05, "weights give the reasons at no cost"),
                Fact(model.family is Family.NEURAL, -0.1, "reasons of a network are approximations"),
            ),
            tradeoffs=("each case can be answered; adds time to each prediction and personal data to the log",),
            burden=2.0,
        ),
    )
    return ask(
        brief,
        NAME,
        "governance.explanation",
        f"Is each score of {r.slug} explained, or the model as a whole?",
        candidates,
        rests_on=("project.domain", "compliance", "data_classification"),
        flips={
            Explanation.GLOBAL: "where scores do not decide about people",
            Explanation.PER_PREDICTION: "in credit, insurance, health, hiring, education and justice",
        },
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> GovernanceEthics:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    lake = brief.read("data_engineering", DataEngineering)
    handling = PersonalData(chosen["governance.personal_data"].id)
    explanation = Explanation(chosen["governance.explanation"].id)
    pattern = chosen["govern"]
    review = high_stakes(r) and "classification" in r.problem.value
    forget = protected(r) and bool({Compliance.GDPR, Compliance.CCPA} & set(r.compliance))
    trail = int(pattern.parameters.get("trail_retention_days", 365))
    return GovernanceEthics(
        pattern=pattern.id,
        parameters=dict(pattern.parameters),
        personal_data=handling,
        personal_columns=tuple(dict.fromkeys((*_joined(r, data), *data.personal_columns))),
        fairness=_fairness(brief),
        explanation=explanation,
        human_review=review,
        review_band=0.05 if review else 0.0,
        roles=_roles(brief),
        obligations=obligations(r, lake, handling, explanation, review, trail),
        prediction_retention_days=lake.raw_retention_days,
        audit_retention_days=trail,
        erasure_days=30 if forget else 0,
    )


def _fairness(brief: Brief) -> tuple[FairnessCheck, ...]:
    """Columns that name protected groups; where the stakes are high and none is declared, the categories
    there are."""
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    rows = brief.read("testing_strategy", TestingStrategy).min_slice_rows
    kinds = (ColumnType.CATEGORY, ColumnType.BOOLEAN)
    groups = [c.name for c in data.columns if c.role is ColumnRole.INPUT and c.type in kinds]
    named = [g for g in groups if not words_of([g.replace("_", " ")]).isdisjoint(SENSITIVE)]
    about_people = protected(r) and r.data_classification is not DataClass.PCI
    columns = named or (groups[:3] if high_stakes(r) else [])
    if not (about_people or high_stakes(r)):
        columns = []
    chooses = "classification" in r.problem.value
    return tuple(
        FairnessCheck(
            column=name,
            metric="selection_rate_ratio" if chooses else "mean_error_gap",
            max_gap=RATIO_GAP if chooses else 0.1,
            min_group_rows=rows,
        )
        for name in columns
    )


def _roles(brief: Brief) -> tuple[AccessRole, ...]:
    r = brief.requirements
    raw = "read raw data"
    roles = [
        AccessRole(name="pipeline", may=(raw, "write curated data"), may_not=("approve a model",)),
        AccessRole(name="training", may=("read curated data", "write models"), may_not=(raw,)),
        AccessRole(name="serving", may=("read the champion", "write predictions"), may_not=(raw, "write models")),
        AccessRole(name="analyst", may=("read curated data",), may_not=(raw, "change anything")),
    ]
    if regulated(r) or high_stakes(r):
        roles.append(AccessRole(name="approver", may=("approve a model",), may_not=("train one", "write data")))
    return tuple(roles)


AGENT = Agent(
    number=15,
    name=NAME,
    title="Governance, ethics and the human element",
    reads=("data_sourcing", "testing_strategy", "data_engineering", "model_development"),
    writes=("govern", "governance"),
    output=GovernanceEthics,
    options=options,
    conclude=conclude,
    slots=("govern",),
)
