"""Impact on people: the risk class of the EU AI Act, who may be hurt and what answers it, and who may do what."""

from collections.abc import Sequence

from agents.domain.agent import Brief
from agents.domain.constraints import DataClass, Problem, WorkloadType
from agents.domain.outputs import DataSourcing, InferencePipeline
from agents.domain.outputs.data_sourcing import LabelStrategy
from agents.domain.outputs.governance_ethics import AccessRole, FairnessCheck, Harm, Oversight, RiskClass
from agents.domain.requirements import Requirements
from agents.expert.project import high_stakes, protected, regulated
from agents.expert.words import listed, number


def risk_class_of(r: Requirements) -> RiskClass:
    """Annex III by the domain, Article 50 where people read what is found for them; no legal advice."""
    if high_stakes(r):
        return RiskClass.HIGH
    return RiskClass.TRANSPARENCY if r.problem is Problem.RAG else RiskClass.MINIMAL


def harms_of(
    r: Requirements,
    data: DataSourcing,
    oversight: Oversight,
    fairness: Sequence[FairnessCheck],
    inference: InferencePipeline,
) -> tuple[Harm, ...]:
    """Harms that this project can do, each with the part of the plan that answers it."""
    found = []
    who = f"the person behind {data.entity}" if protected(r) or high_stakes(r) else f"whoever relies on {data.entity}"
    if high_stakes(r):
        answer = "a person decides: " + oversight.value
        found.append(Harm(who=who, how=f"a wrong score in {r.domain} costs a chance or care", answer=answer))
    if fairness:
        columns = listed(c.column for c in fairness)
        gap = number(fairness[0].max_gap)
        found.append(
            Harm(who=f"groups of {columns}", how="served worse than others", answer=f"refused above a gap of {gap}")
        )
    if protected(r):
        columns = listed(data.personal_columns, empty=f"rows by {data.entity}")
        found.append(Harm(who=who, how=f"{columns} become known", answer="see personal columns, roles and encryption"))
    if r.problem is Problem.RAG:
        how = f"a passage of {data.sources[0].name} that does not answer is taken for the answer"
        found.append(Harm(who="readers", how=how, answer="likeness is shown, thin answers raise an alert"))
    if r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING):
        how = f"no score within {number(r.sla_latency_ms or 0)} ms" if r.sla_latency_ms else "no score in time"
        found.append(Harm(who="callers", how=how, answer=f"fallback {inference.fallback.value}"))
    else:
        found.append(
            Harm(who="readers", how="scores of a broken run are acted upon", answer="the pointer moves after checks")
        )
    return tuple(found)


def access_roles(brief: Brief, data: DataSourcing, oversight: Oversight) -> tuple[AccessRole, ...]:
    """A role for each kind of work that this project has; what it may not is what would hurt most."""
    r = brief.requirements
    names = listed((s.name for s in data.sources), limit=3)
    raw = f"read raw {names}"
    secret = protected(r)
    roles = [
        AccessRole(name="pipeline", may=(raw, "write curated data"), may_not=("approve a model",)),
        AccessRole(name="training", may=("read curated data", "write models"), may_not=(raw,)),
        AccessRole(name="serving", may=_serving(r), may_not=(raw, "write models")),
    ]
    if r.team_size > 2:
        may = "read counts and shares" if r.data_classification is DataClass.PHI else "read curated data"
        roles.append(AccessRole(name="analyst", may=(may,), may_not=(raw, "change anything")))
    if data.label_strategy is LabelStrategy.ANNOTATION:
        hidden = (raw, f"see {listed(data.personal_columns)}") if data.personal_columns else (raw,)
        roles.append(AccessRole(name="labeller", may=(f"read cases of {data.entity}", "write labels"), may_not=hidden))
    if oversight is not Oversight.NONE:
        roles.append(
            AccessRole(name="reviewer", may=("read cases marked for review", "decide them"), may_not=("train",))
        )
    if regulated(r) or high_stakes(r):
        roles.append(AccessRole(name="approver", may=("approve a model",), may_not=("train one", "write data")))
    if regulated(r):
        roles.append(
            AccessRole(name="auditor", may=("read the record of access, cards and verdicts",), may_not=(raw, "write"))
        )
    if secret and r.team_size > 1:
        roles.append(
            AccessRole(name="privacy", may=("erase a person's rows", "turn the key"), may_not=("write models",))
        )
    return tuple(roles)


def _serving(r: Requirements) -> tuple[str, ...]:
    may = ["read the champion and a candidate"]
    if r.has(WorkloadType.BATCH):
        may.append("write predictions")
    if r.has(WorkloadType.STREAMING):
        may += ["read the stream", "write scored events"]
    return tuple(may)
