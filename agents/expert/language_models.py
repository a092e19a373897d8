"""Which hosted language model answers from the passages that were found (agent 5, retrieval projects).

All candidates are served by Amazon Bedrock inside the account: no document goes to another company's account.
"""

from collections.abc import Mapping
from decimal import Decimal

from agents.domain.agent import Brief
from agents.domain.constraints import DataClass
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs.tech_stack import LanguageModel
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.project import high_stakes, knows
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import usd

SMALL_SHARE, LARGE_SHARE = Decimal("0.1"), Decimal("0.3")
"""Shares of the budget: below the first the tokens of a model are no argument, above the second they are the bill."""
HURRY_MS = 3000.0
"""A limit below which a large model's answer is hardly there in time (unverified)."""
SUMMARIES = {
    LanguageModel.NOVA_LITE: ("Amazon Nova Lite: the least a token costs here", 1.0),
    LanguageModel.HAIKU: ("Claude Haiku 4.5: small, and keeps to the passages it is given", 1.0),
    LanguageModel.SONNET: ("Claude Sonnet 4.5: reasons over several passages", 1.0),
    LanguageModel.LLAMA: ("Llama 3.3 70B: open weights that can move to an own GPU", 1.2),
}
TRADEOFFS = {
    LanguageModel.NOVA_LITE: "follows long instructions less closely: the answers are worth a judge (testing.answers)",
    LanguageModel.HAIKU: "several times the price of the smallest models",
    LanguageModel.SONNET: "three times the price of the small one of its family, and slower",
    LanguageModel.LLAMA: "no licence fee, but the prompt is yours to tune",
}


def models(r: Requirements, bill: Mapping[LanguageModel, Decimal | None]) -> tuple[Candidate, ...]:
    """The candidates of `stack.llm`; `bill` is what the answers of a month cost with each (None: nowhere priced). The one
    that costs least is never refused for its price: whether the plan fits is the budget's matter."""
    limit, known = r.budget_usd_max, [usd for usd in bill.values() if usd is not None]
    careful = high_stakes(r) or r.data_classification in (DataClass.PHI, DataClass.PCI)
    why = f"{r.domain} answers" if high_stakes(r) else f"answers on {r.data_classification.value} data"
    hurry = r.sla_latency_ms is not None and r.sla_latency_ms < HURRY_MS
    open_weights = knows(r, "llama", "vllm", "gpu")
    found = []
    for model, (summary, burden) in SUMMARIES.items():
        cost = bill[model]
        share = cost / limit if cost is not None and limit else None
        of_limit = (
            f"{usd(cost)} a month" + (f", {share:.0%} of the budget" if share is not None else "") if cost else ""
        )
        points = {
            LanguageModel.NOVA_LITE: (Fact(not careful, 0.05, f"{why} may be looked up again"),),
            LanguageModel.HAIKU: (
                Fact(not careful, 0.15, "quotes what it was given more often than it invents (judgement)"),
            ),
            LanguageModel.SONNET: (
                Fact(careful, 0.3, f"wrong {why} do harm"),
                Fact(hurry, -0.15, f"{r.sla_latency_ms or 0:g} ms leave a large model little time"),
            ),
            LanguageModel.LLAMA: (Fact(open_weights, 0.3, "the team runs open models already"),),
        }[model]
        found.append(
            option(
                model,
                f"{summary}; {of_limit}",
                (
                    *points,
                    Fact(share is not None and share <= SMALL_SHARE, 0.1, f"{of_limit}: no argument against it"),
                    Fact(share is not None and share > LARGE_SHARE, -0.3, f"{of_limit}: the tokens would be the bill"),
                ),
                refusals=(
                    Refusal(
                        share is not None and share > 1 and cost != min(known), f"its tokens alone take {of_limit}"
                    ),
                ),
                tradeoffs=(TRADEOFFS[model],),
                burden=burden,
                monthly_usd=cost,
            )
        )
    return tuple(found)


def llm_question(
    brief: Brief, agent: str, answers: float, bill: Mapping[LanguageModel, Decimal | None], region: str
) -> Question:
    """`stack.llm`, with so many `answers` a month priced in `region`."""
    r = brief.requirements
    priced = (
        "" if region == r.primary_region else f", at the prices of {region}: the book has none in {r.primary_region}"
    )
    return ask(
        brief,
        agent,
        "stack.llm",
        f"Which hosted model answers the {answers:,.0f} questions a month of {r.slug}{priced}?",
        models(r, bill),
        rests_on=(
            "throughput.requests_per_second",
            "budget_band.monthly_usd_max",
            "project.domain",
            "data_classification",
        ),
        flips={
            LanguageModel.NOVA_LITE: f"where the tokens of the others take more than {LARGE_SHARE:.0%} of the budget",
            LanguageModel.HAIKU: "where answers may be checked and its tokens are within the budget",
            LanguageModel.SONNET: "where a wrong answer does harm (domain, health or card data)",
            LanguageModel.LLAMA: "if skills name llama, vllm or gpu",
        },
        risks=(
            Risk(
                risk=f"the model is not offered in {r.primary_region}, or only through other regions of the area",
                probe=f"aws bedrock list-foundation-models --region {r.primary_region}; ask for access before the launch",
            ),
            Risk(
                risk=f"answers of {r.slug} state what no passage says",
                probe="let the answer judge score 100 logged questions against their passages",
            ),
        ),
    )
