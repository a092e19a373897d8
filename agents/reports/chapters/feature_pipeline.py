"""Chapter of the implementation: what computes the features, and how much of them anew."""

from agents.domain.outputs.feature_pipeline import FeaturePipeline
from agents.reports.book import Book, Chapter, Section, parts
from agents.reports.text import count


def _built(book: Book) -> str:
    out = book.read("feature_pipeline", FeaturePipeline)
    return (
        f"{out.dataframe.value}, {out.materialisation.value}: each run computes {count(out.recompute_days, 'day')} again in "
        f"{out.memory_gb:g} GB (a task of {out.task_cpu} CPU units and {out.task_memory_mb:,} MB)."
    )


CHAPTER = Chapter(
    "feature_pipeline",
    "Code Implementation: Feature Engineering Pipeline",
    (
        Section("How it is built", _built, ("feature_pipeline",)),
        Section("Where it stands", lambda book: parts(book, book.read("feature_pipeline", FeaturePipeline).components)),
    ),
)
