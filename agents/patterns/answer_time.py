"""Processor time of one answer: a fixed part, and a part for each row that the answer weighs.

    milliseconds of one vCPU = fixed + rows x each

One row where a case is scored; all candidates where a list is ordered; all passages where a question is answered, since
every one is compared. Which family of models is chosen comes later in the plan, so the slowest one that these requirements
leave open counts. The one rule of latency, of how many instances stand, and of the bill.
"""

from dataclasses import dataclass
from math import ceil

from agents.domain.constraints import ColumnType, Problem, WorkloadType
from agents.domain.requirements import Requirements

FINE_TUNE_MIN = 2_000
"""Labelled texts or images from which fine-tuning beats a linear model on ready-made vectors (rule of
thumb)."""
CANDIDATES = 300
"""Rows ordered for one answer where nothing says how many: candidates reach a ranker in hundreds (Covington and others,
Deep Neural Networks for YouTube Recommendations, 2016, §2)."""
BATCH_ITEMS = 50
"""Items scored for each entity by a batch run of the generated repository."""
EVENT_SHARE = 0.3
"""Of the fixed part, what one event of a batch takes (judgement)."""
PLANNED_USE = 0.6
"""Use of a processor that is planned for: above it waiting grows fast."""
ITEM_WORDS = ("item", "product", "article", "offer", "sku")
ORDERED = (Problem.RANKING, Problem.RECOMMENDATION)


@dataclass(frozen=True)
class Cost:
    """`fixed` and `each` in milliseconds of one vCPU; `table` for one row of a whole table, where calls are shared."""

    fixed: float
    each: float
    table: float


TABULAR = Cost(10.0, 0.01, 0.01)
"""Boosted trees (300 of 31 leaves, 20 columns) behind pandas and scikit-learn 1.9: 5.0 ms for one row, 7.9 for 300, 14.1 for
1,000, measured on one vCPU, thus 5 ms and 0.009 a row; reading, checking, looking up and logging take as much again
(judgement). LightGBM alone: 0.0044 ms a row, https://github.com/siboehm/lleaves. Linear models and small networks took
3.6 ms and 0.003 a row: never the slowest."""
COSTS = {
    Problem.IMAGE_CLASSIFICATION: Cost(180.0, 0.0, 180.0),
    Problem.NLP_CLASSIFICATION: Cost(90.0, 0.0, 90.0),
    Problem.RAG: Cost(30.0, 0.0003, 60.0),
    Problem.FORECASTING: Cost(20.0, 0.0, 0.5),
}
"""Images: a network of 4 GFLOP (unverified). Texts: a distilled transformer at 128 tokens (38 ms at 64 on one core,
https://raufibishov.com/blogs/onnx-quantization). Passages: 0.0003 ms each, measured on one vCPU with 256 numbers a passage,
beside 30 ms for question and prompt (unverified); the language model's own time is `generation_ms`. Forecasts: one series
with its own past (unverified); a request asks for one."""
GPU_MS = {Problem.IMAGE_CLASSIFICATION: 20.0, Problem.NLP_CLASSIFICATION: 12.0}
DEEP = frozenset(GPU_MS)


def deep(r: Requirements) -> bool:
    """True where a deep network may be chosen. Too few labelled texts to tune one leave a linear model on their words;
    images need a network for their vectors in any case."""
    return r.problem in DEEP and (r.problem is not Problem.NLP_CLASSIFICATION or r.training_rows >= FINE_TUNE_MIN)


def rows_weighed(r: Requirements) -> int:
    """Rows that one answer weighs: `CANDIDATES` of a list, fewer where the profile counted fewer items; every passage; else
    1, also where no column says what is ordered: then a request is one pair, and its caller orders by their scores."""
    if r.problem is Problem.RAG:
        return max(1, r.training_rows)
    ordered = r.problem in ORDERED and item_column(r) is not None
    return min(CANDIDATES, items(r) or CANDIDATES) if ordered else 1


def items(r: Requirements) -> int | None:
    """Different items that `mlwright profile` counted in the column of what is ranked; None where nobody counted."""
    name = item_column(r)
    counted = [s.profile[name].distinct for s in r.data.sources if name in s.profile] if name else []
    return max((count for count in counted if count), default=None)


def item_column(r: Requirements) -> str | None:
    """What is ranked or recommended: the first id column that is not the entity, else a category named like an item."""
    others = [
        (name, kind)
        for source in r.data.sources
        for name, kind in source.columns.items()
        if name not in (r.data.entity, r.data.label)
    ]
    ids = [name for name, kind in others if kind is ColumnType.ID]
    named = [name for name, kind in others if kind is ColumnType.CATEGORY and name.startswith(ITEM_WORDS)]
    return next(iter([*ids, *named]), None)


def _cost(r: Requirements) -> Cost:
    return TABULAR if r.problem in DEEP and not deep(r) else COSTS.get(r.problem, TABULAR)


def answer_ms(r: Requirements) -> float:
    """Milliseconds of one vCPU for one answer; the first row is in the fixed part."""
    cost = _cost(r)
    return round(cost.fixed + (rows_weighed(r) - 1) * cost.each, 2)


def row_ms(r: Requirements) -> float:
    """Milliseconds of one vCPU for one row by itself: an event of a stream is one, whatever a request orders."""
    return _cost(r).fixed


def event_ms(r: Requirements) -> float:
    """Milliseconds of one vCPU for one event: one row, in a batch that shares what is fixed."""
    return round(_cost(r).fixed * EVENT_SHARE, 2)


def stream_readers(r: Requirements) -> int:
    """Consumers of one vCPU that score the events of the peak. One reads a shard or partition, so a stream needs as many."""
    scored = r.events_per_second if r.has(WorkloadType.STREAMING) else 0.0
    return ceil(scored * event_ms(r) / (1000 * PLANNED_USE))


def answer_ms_gpu(r: Requirements) -> float:
    """The same beside a GPU, where one helps."""
    return GPU_MS[r.problem] if deep(r) else answer_ms(r)


def table_ms(r: Requirements) -> float:
    """Milliseconds of one vCPU for one row of a whole table, with its items where they are ordered."""
    items_each = min(BATCH_ITEMS, items(r) or BATCH_ITEMS) if r.problem in ORDERED and item_column(r) else 1
    return round(_cost(r).table * items_each, 4)


def in_words(r: Requirements) -> str:
    """The time of an answer as the cost report says it."""
    rows, cost = rows_weighed(r), _cost(r)
    each = f" and {cost.each:g} for each further one of {rows:,} {'passages' if r.problem is Problem.RAG else 'candidates'}"
    fixed = f"{cost.fixed:g} ms{each if rows > 1 else ''}"
    return f"an answer takes {answer_ms(r):g} ms of one vCPU: {fixed} ({r.problem.value}, the slowest family left open)"
