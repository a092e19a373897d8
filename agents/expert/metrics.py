"""Metrics of each problem, and the trivial rule that a model must beat."""

import re
from typing import NamedTuple

from agents.domain.constraints import Problem


class Metric(NamedTuple):
    """`good_for` says when it is the right one; `blind_to` what it does not see."""

    name: str
    higher_is_better: bool
    good_for: str
    blind_to: str


METRICS: dict[Problem, tuple[Metric, Metric]] = {
    Problem.BINARY_CLASSIFICATION: (
        Metric("average_precision", True, "rare positives that someone acts on", "how sure the negatives are"),
        Metric(
            "roc_auc",
            True,
            "balanced classes and a free choice of threshold",
            "precision among the top scores",
        ),
    ),
    Problem.MULTICLASS_CLASSIFICATION: (
        Metric("macro_f1", True, "classes that all matter, the rare ones too", "how sure a prediction is"),
        Metric("accuracy", True, "classes of similar size and equal cost", "rare classes"),
    ),
    Problem.REGRESSION: (
        Metric("mae", False, "errors that cost in proportion to their size", "single large misses"),
        Metric("rmse", False, "large misses that hurt more than small ones", "what a typical error is"),
    ),
    Problem.FORECASTING: (
        Metric("wape", False, "totals over many series, intermittent ones too", "small series"),
        Metric("mase", False, "series of very different scale", "what an error costs"),
    ),
    Problem.RANKING: (
        Metric("ndcg_at_10", True, "graded relevance, the first places most", "anything below place ten"),
        Metric("map_at_10", True, "relevance that is yes or no", "degrees of relevance"),
    ),
    Problem.RECOMMENDATION: (
        Metric(
            "recall_at_10",
            True,
            "a shelf of ten on which the right item must stand",
            "its place on the shelf",
        ),
        Metric("ndcg_at_10", True, "a list read from the top", "items below place ten"),
    ),
    Problem.ANOMALY_DETECTION: (
        Metric("precision_at_100", True, "a daily list that people work through", "anomalies below the list"),
        Metric("average_precision", True, "labelled incidents of the past", "new kinds of anomaly"),
    ),
    Problem.NLP_CLASSIFICATION: (
        Metric("macro_f1", True, "topics that all matter, the rare ones too", "how sure a prediction is"),
        Metric("accuracy", True, "topics of similar size", "rare topics"),
    ),
    Problem.RAG: (
        Metric("recall_at_5", True, "an answer that needs the right passage among five", "the passage's place"),
        Metric("mrr", True, "one right passage, the higher the better", "answers that need several passages"),
    ),
    Problem.IMAGE_CLASSIFICATION: (
        Metric("macro_f1", True, "classes that all matter, the rare ones too", "how sure a prediction is"),
        Metric("roc_auc", True, "a finding whose threshold people choose later", "precision among the alarms"),
    ),
}
BASELINES: dict[Problem, str] = {
    Problem.BINARY_CLASSIFICATION: "the share of {label} among the training rows as every {entity}'s score",
    Problem.MULTICLASS_CLASSIFICATION: "each class's share of {label} as every {entity}'s score",
    Problem.REGRESSION: "the mean {label} of the training rows for every {entity}",
    Problem.FORECASTING: "{label} of the same {entity} a week before",
    Problem.RANKING: "the same order of every list, whatever {entity} asks",
    Problem.RECOMMENDATION: "the most frequent items for every {entity}",
    Problem.ANOMALY_DETECTION: "every {entity} equally unusual",
    Problem.NLP_CLASSIFICATION: "each class's share of {label} as every {entity}'s score",
    Problem.RAG: "passages of {source} in the order in which they lie there",
    Problem.IMAGE_CLASSIFICATION: "each class's share of {label} as every {entity}'s score",
}
"""What the generated training code computes as `trivial`."""
SYNONYMS = {
    "auc": "roc_auc",
    "rocauc": "roc_auc",
    "prauc": "average_precision",
    "auprc": "average_precision",
    "ap": "average_precision",
    "f1": "macro_f1",
    "ndcg": "ndcg_at_10",
    "map": "map_at_10",
    "ndcg10": "ndcg_at_10",
    "recall10": "recall_at_10",
    "recall5": "recall_at_5",
}


def metric_named(kpi: str | None, problem: Problem) -> Metric | None:
    """The problem's metric that a KPI names (`AUC`, `recall@10`), or None if the KPI is a business figure."""
    if not kpi:
        return None
    plain = re.sub(r"[^a-z0-9]", "", kpi.lower())
    name = SYNONYMS.get(plain, plain)
    plain_names = {re.sub(r"[^a-z0-9]", "", m.name).replace("at", ""): m for m in METRICS[problem]}
    return plain_names.get(re.sub(r"[^a-z0-9]", "", name).replace("at", ""))


def baseline_of(problem: Problem, label: str | None, entity: str, source: str) -> str:
    """The trivial rule of a problem in the names of its data."""
    return BASELINES[problem].format(label=label or "the outcome", entity=entity, source=source)
