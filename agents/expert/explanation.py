"""Whether each score or answer is explained, or the model as a whole (agent 15)."""

from agents.domain.constraints import Compliance, Problem
from agents.domain.decision import Candidate
from agents.domain.outputs.governance_ethics import Explanation
from agents.domain.outputs.model_development import Family
from agents.domain.requirements import Requirements
from agents.expert.project import high_stakes
from agents.expert.weigh import Fact, option


def explanations(r: Requirements, family: Family) -> tuple[Candidate, ...]:
    """The candidates of `governance.explanation` for a model of that family."""
    stakes, gdpr, passages = high_stakes(r), Compliance.GDPR in r.compliance, r.problem is Problem.RAG
    each = "the passages it rests on, with each answer" if passages else "the three strongest reasons with each score"
    return (
        option(
            Explanation.GLOBAL,
            "where passages come from and how often the right one is found, in the model card"
            if passages
            else "which columns matter overall, in the model card",
            (Fact(not stakes and not passages, 0.3, f"scores in {r.domain} do not decide about a person's rights"),),
            tradeoffs=("free; says nothing about one case",),
            burden=1.0,
        ),
        option(
            Explanation.PER_PREDICTION,
            f"{each} of {family.value}",
            (
                Fact(passages, 0.4, f"people check an answer in {r.domain} by the passages it cites"),
                Fact(stakes, 0.3, f"in {r.domain} the person concerned may ask why"),
                Fact(stakes and gdpr, 0.15, "GDPR Art. 13-15 and 22: meaningful information about the logic"),
                Fact(family is Family.LINEAR, 0.05, "weights give the reasons at no cost"),
                Fact(family is Family.NEURAL, -0.1, "reasons of a network are approximations"),
            ),
            tradeoffs=(
                "an answer can be checked where it came from; who may read it must be allowed to read its passages"
                if passages
                else "each case can be answered; adds time to each prediction and personal data to the log",
            ),
            burden=2.0,
        ),
    )
