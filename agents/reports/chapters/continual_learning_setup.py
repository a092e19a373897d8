"""Chapter of the implementation: when a retraining starts and how a challenger is compared."""

from agents.domain.outputs.continual_learning_setup import ContinualLearningSetup
from agents.reports.book import Book, Chapter, Section, parts
from agents.reports.text import code, count


def _built(book: Book) -> str:
    out = book.read("continual_learning_setup", ContinualLearningSetup)
    person = "; a person promotes" if out.promotion_needs_person else ""
    return (
        f"Starts after {count(out.consecutive_breaches, 'breach', 'breaches')} in a row. Outcomes meet predictions on "
        f"{code(out.feedback_join_column)} within {count(out.join_tolerance_days, 'day')}; {out.challenger_test.value} on "
        f"{out.evaluation_rows:,} rows{person}."
    )


CHAPTER = Chapter(
    "continual_learning_setup",
    "Code Implementation: Continual Learning & Data Flywheel Pipeline Setup",
    (
        Section("How it is built", _built, ("continual_setup",)),
        Section(
            "Where it stands",
            lambda book: parts(book, book.read("continual_learning_setup", ContinualLearningSetup).components),
        ),
    ),
)
