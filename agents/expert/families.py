"""Model families for each problem, weighed for rows, features, latency and stakes. Row limits are rules of
thumb, named so."""

from agents.domain.constraints import ColumnType, Problem
from agents.domain.decision import Candidate
from agents.domain.outputs import FeatureEngineering
from agents.domain.outputs.model_development import Family
from agents.domain.requirements import Requirements
from agents.expert.measured import rare_rows
from agents.expert.project import high_stakes
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number
from agents.patterns.answer_time import FINE_TUNE_MIN

FEW = 5_000
"""Below this many rows boosted trees learn noise (rule of thumb)."""
MANY = 10_000_000
"""From here on a network has enough to learn more than trees do (rule of thumb)."""
RARE_A_FEATURE = 10
"""Rows of the rarest class a feature below which trees learn single cases (Peduzzi et al. 1996, for regression;
unverified for trees)."""
NEURAL_MIN = 50_000


def family_options(r: Requirements, features: FeatureEngineering) -> tuple[Candidate, ...]:
    """Two or three families for the problem, at least one feasible."""
    if r.problem is Problem.FORECASTING:
        return _forecasting(r, features)
    if r.problem is Problem.RECOMMENDATION:
        return _recommendation(r)
    if r.problem is Problem.ANOMALY_DETECTION:
        return _anomaly(r, features)
    if r.problem is Problem.RAG:
        return _retrieval(r)
    if r.problem in (Problem.NLP_CLASSIFICATION, Problem.IMAGE_CLASSIFICATION):
        return _perception(r)
    return _tabular(r, features)


def flips_of(r: Requirements) -> dict[str, str]:
    """When another family of the problem would be tried first."""
    rows = f"(now {number(r.training_rows)})"
    if r.problem is Problem.FORECASTING:
        return {
            Family.SEASONAL: f"below {number(FEW * 4)} rows {rows} or without drivers",
            Family.GRADIENT_BOOSTING: f"from {number(FEW * 4)} rows {rows} with two drivers",
        }
    if r.problem is Problem.RECOMMENDATION:
        return {
            Family.NEAREST_NEIGHBOURS: f"below 1,000,000 interactions {rows}",
            Family.FACTORISATION: f"from 1,000,000 interactions {rows}",
        }
    if r.problem is Problem.ANOMALY_DETECTION:
        return {
            Family.ROBUST_DISTANCE: "with up to five features, or under 20 ms",
            Family.ISOLATION_FOREST: "with more than five features",
        }
    if r.problem is Problem.RAG:
        return {
            Family.LEXICAL_RETRIEVAL: f"below 100,000 passages {rows} full of exact terms",
            Family.DENSE_RETRIEVAL: f"from 100,000 passages {rows}, or where people ask in their own words",
        }
    if r.problem in (Problem.NLP_CLASSIFICATION, Problem.IMAGE_CLASSIFICATION):
        return {
            Family.LINEAR: f"below {number(FINE_TUNE_MIN)} labelled cases {rows}, or under 30 ms",
            Family.NEURAL: f"from {number(FINE_TUNE_MIN)} labelled cases {rows}",
        }
    return {
        Family.LINEAR: f"below {number(FEW)} rows {rows}, or where each score must explain itself",
        Family.GRADIENT_BOOSTING: f"from {number(FEW)} rows {rows}",
        Family.NEURAL: f"far above {number(MANY)} rows {rows} with many-valued categories",
    }


def _tabular(r: Requirements, features: FeatureEngineering) -> tuple[Candidate, ...]:
    rows = f"{number(r.training_rows)} rows"
    tight = r.sla_latency_ms is not None and r.sla_latency_ms < 15
    explain = high_stakes(r)
    rare, wanted = rare_rows(r), RARE_A_FEATURE * len(features.features)
    few = rare is not None and rare < wanted and r.training_rows >= FEW
    thin = (
        f"{number(rare or 0)} rows of the rarest class for {len(features.features)} features, {number(wanted)} wanted"
    )
    return (
        option(
            Family.LINEAR,
            f"a regularised linear model on {len(features.features)} features",
            (
                Fact(r.training_rows < FEW, 0.35, f"{rows}: too few for trees"),
                Fact(few, 0.35, f"{thin}: too few for trees"),
                Fact(explain, 0.25, f"each score in {r.domain} must be explained; weights explain themselves"),
                Fact(tight, 0.15, f"{number(r.sla_latency_ms or 0)} ms at p95: microseconds a prediction"),
            ),
            tradeoffs=("needs hand-made interactions; the reference every other model must beat",),
            burden=1.0,
        ),
        option(
            Family.GRADIENT_BOOSTING,
            f"boosted trees on {rows}",
            (
                Fact(FEW <= r.training_rows < MANY, 0.4, f"{rows}: the range in which trees win on tables"),
                Fact(r.training_rows >= MANY, 0.35, f"{rows}: histogram trees still train in hours"),
                Fact(few, -0.35, thin),
            ),
            tradeoffs=("strong without tuning; explained by SHAP values, not by itself",),
            burden=1.5,
        ),
        option(
            Family.NEURAL,
            f"a network with embeddings on {rows}",
            (Fact(r.training_rows >= MANY, 0.2, f"{rows} can feed it"),),
            refusals=(
                Refusal(r.training_rows < NEURAL_MIN, f"{rows} are fewer than {number(NEURAL_MIN)}"),
                Refusal(few, thin),
            ),
            tradeoffs=("learns categories with many values; slower to train, tune and explain",),
            burden=3.0,
        ),
    )


def _forecasting(r: Requirements, features: FeatureEngineering) -> tuple[Candidate, ...]:
    rows = f"{number(r.training_rows)} rows"
    drivers = [f for f in features.features if f.transform not in ("window-mean", "calendar")]
    return (
        option(
            Family.SEASONAL,
            "a seasonal method on each series alone",
            (
                Fact(r.training_rows < FEW * 4, 0.35, f"{rows}: few series, each with its own season"),
                Fact(len(drivers) < 2, 0.15, "no drivers beside the series itself were declared"),
            ),
            tradeoffs=("robust and readable; learns nothing from one series for another",),
            burden=1.5,
        ),
        option(
            Family.GRADIENT_BOOSTING,
            f"one model over all series with lags and {len(drivers)} drivers",
            (
                Fact(r.training_rows >= FEW * 4, 0.35, f"{rows}: one model learns across series"),
                Fact(
                    len(drivers) >= 2,
                    0.15,
                    f"{len(drivers)} drivers (price, promotion …) can explain a change",
                ),
            ),
            tradeoffs=("one model to run for any number of series; cannot go beyond levels it has seen",),
            burden=2.0,
        ),
    )


def _recommendation(r: Requirements) -> tuple[Candidate, ...]:
    rows = f"{number(r.training_rows)} interactions"
    return (
        option(
            Family.NEAREST_NEIGHBOURS,
            "items that the same people liked",
            (Fact(r.training_rows < 1_000_000, 0.35, f"{rows}: a similarity table is enough"),),
            tradeoffs=("explains itself (because you bought …); weak on rare items",),
            burden=1.5,
        ),
        option(
            Family.FACTORISATION,
            "hidden tastes learned from all interactions",
            (Fact(r.training_rows >= 1_000_000, 0.35, f"{rows}: enough to learn tastes"),),
            tradeoffs=("finds what neighbours miss; a new customer needs a fallback",),
            burden=2.0,
        ),
    )


def _anomaly(r: Requirements, features: FeatureEngineering) -> tuple[Candidate, ...]:
    count = len(features.features)
    tight = r.sla_latency_ms is not None and r.sla_latency_ms < 20
    return (
        option(
            Family.ROBUST_DISTANCE,
            f"distance from the usual on {count} features, in robust units",
            (
                Fact(count <= 5, 0.3, f"{count} features: a limit a person can check"),
                Fact(tight, 0.15, f"{number(r.sla_latency_ms or 0)} ms at p95"),
            ),
            tradeoffs=("each alarm names its feature; blind to odd combinations",),
            burden=1.0,
        ),
        option(
            Family.ISOLATION_FOREST,
            f"an isolation forest over {count} features together",
            (Fact(count > 5, 0.35, f"{count} features: the odd thing is a combination"),),
            tradeoffs=("finds combinations; says that, not why",),
            burden=1.5,
        ),
    )


def _retrieval(r: Requirements) -> tuple[Candidate, ...]:
    rows = f"{number(r.training_rows)} passages"
    words = r.domain.lower() in {"legal", "telecom", "engineering", "manufacturing", "insurance"}
    return (
        option(
            Family.LEXICAL_RETRIEVAL,
            f"BM25 over {rows}",
            (
                Fact(r.training_rows < 100_000, 0.2, f"{rows} fit in memory of one small server"),
                Fact(words, 0.2, f"in {r.domain} people search by exact terms and numbers"),
            ),
            tradeoffs=("finds exact terms; misses other words for the same thing",),
            burden=1.0,
        ),
        option(
            Family.DENSE_RETRIEVAL,
            f"embeddings of {rows}, nearest first",
            (
                Fact(r.training_rows >= 100_000, 0.3, f"{rows}: shared words alone bring too many"),
                Fact(
                    not words,
                    0.15,
                    f"questions in {r.domain} are asked in other words than the documents use",
                ),
            ),
            tradeoffs=("finds meaning; the index is rebuilt when the embedding model changes",),
            burden=2.5,
        ),
    )


def _perception(r: Requirements) -> tuple[Candidate, ...]:
    kind = "images" if r.problem is Problem.IMAGE_CLASSIFICATION else "texts"
    rows = f"{number(r.training_rows)} {kind}"
    tight = r.sla_latency_ms is not None and r.sla_latency_ms < 30
    shape = ColumnType.IMAGE.value if kind == "images" else ColumnType.TEXT.value
    return (
        option(
            Family.LINEAR,
            f"a linear model on ready-made {shape} vectors",
            (
                Fact(r.training_rows < FINE_TUNE_MIN, 0.4, f"{rows}: too few to tune a network"),
                Fact(tight, 0.2, f"{number(r.sla_latency_ms or 0)} ms at p95 leave no time for a deep network"),
                Fact(
                    kind == "texts" and r.training_rows < 10 * FINE_TUNE_MIN,
                    0.1,
                    f"{rows}: words say most of it",
                ),
            ),
            tradeoffs=("trains in minutes on a processor; stops improving early",),
            burden=1.0,
        ),
        option(
            Family.NEURAL,
            f"a pre-trained network tuned on {rows}",
            (Fact(r.training_rows >= FINE_TUNE_MIN, 0.35, f"{rows}: enough to tune"),),
            tradeoffs=("best figures; needs a GPU to train, and care to serve",),
            burden=3.0,
        ),
    )
