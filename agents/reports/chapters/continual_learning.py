"""Chapter 14: what starts a training, what a challenger must show, and how all of it is stopped."""

from agents.domain.outputs.continual_learning import ContinualLearning
from agents.reports.book import Book, Chapter, Section
from agents.reports.text import code, count


def _out(book: Book) -> ContinualLearning:
    return book.read("continual_learning", ContinualLearning)


def _triggers(book: Book) -> str:
    out = _out(book)
    rules = "; ".join(f"{code(r.metric)} {r.comparison} {r.threshold:g} over {r.window_hours} h" for r in out.rules)
    return (
        f"{out.trigger.value}: {rules}. Not within {count(out.cooldown_hours, 'hour')} of the last, at most "
        f"{out.max_retrains_per_month} a month, and only with {out.min_new_labels:,} new labels."
    )


def _feedback(book: Book) -> str:
    out = _out(book)
    asked = f"; people judge {out.review_rows} cases a day" if out.review_rows else ""
    return f"{out.feedback.value}: an outcome is known {count(out.feedback_days, 'day')} after its prediction{asked}."


def _challenger(book: Book) -> str:
    out = _out(book)
    return (
        f"A gain of {out.challenger_min_gain:g} over the champion on {out.evaluation_rows:,} outcomes, which takes "
        f"{count(out.comparison_days, 'day')}; promotion: {out.promotion.value}."
    )


def _experiment(book: Book) -> str:
    out = _out(book)
    held = f": {out.holdout_percent:g} % of the cases get the trivial rule" if out.holdout_percent else ""
    return f"{out.experiment.value}{held}. The stop switch makes answers {out.stop.value}; training and promotion stop too."


CHAPTER = Chapter(
    "continual_learning",
    "Continual Learning & Production Testing",
    (
        Section("What starts a training", _triggers, ("continual.trigger",)),
        Section("Feedback", _feedback, ("continual.feedback",)),
        Section("Champion and challenger", _challenger, ("continual.promotion",)),
        Section("Production testing", _experiment, ("continual.experiment", "continual.stop")),
    ),
)
