"""Chapter of the implementation: which estimator is trained and how its settings are found."""

from agents.domain.outputs.training_pipeline import TrainingPipeline
from agents.reports.book import Book, Chapter, Section, parts
from agents.reports.text import code, count


def _built(book: Book) -> str:
    out = book.read("training_pipeline", TrainingPipeline)
    return (
        f"{code(out.estimator)} of {out.library.value}; {out.search.value} search, {count(out.trials, 'trial')} with "
        f"{count(out.folds, 'fold')}, seed {out.seed}."
    )


CHAPTER = Chapter(
    "training_pipeline",
    "Code Implementation: Model Training Pipeline",
    (
        Section("How it is built", _built, ("training_pipeline",)),
        Section(
            "Where it stands", lambda book: parts(book, book.read("training_pipeline", TrainingPipeline).components)
        ),
    ),
)
