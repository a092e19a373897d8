"""Chapter 10: where training runs, how often, on what, and what happens when it fails."""

from agents.domain.outputs.model_training import ModelTraining
from agents.reports.book import Book, Chapter, Section
from agents.reports.text import count


def _out(book: Book) -> ModelTraining:
    return book.read("model_training", ModelTraining)


def _where(book: Book) -> str:
    out = _out(book)
    room = f" of {out.available_gb:g} GB" if out.available_gb else ""
    return (
        f"{out.rows_per_run:,} rows from {count(out.window_days, 'day')} need {out.memory_gb:g} GB{room} and about "
        f"{count(out.hours_per_run, 'hour')}; stopped after {count(out.timeout_minutes, 'minute')}."
    )


def _when(book: Book) -> str:
    out = _out(book)
    return (
        f"{out.cadence.value} (`{out.cron}` UTC), {out.runs_per_month:.1f} runs and {out.train_hours_per_month:.1f} hours a "
        f"month; each begins as {out.start.value}."
    )


def _fails(book: Book) -> str:
    out = _out(book)
    stop = (
        f" Training stops by itself after {out.early_stop_rounds} rounds without gain." if out.early_stop_rounds else ""
    )
    return f"At most {count(out.max_attempts, 'attempt')} of a run.{stop}"


def _registered(book: Book) -> str:
    out = _out(book)
    return (
        f"Before it is registered, the stored model must score {out.validation_rows:,} held-out rows as the one in memory did; "
        f"its training rows can be read again for {count(out.snapshot_days, 'day')}."
    )


CHAPTER = Chapter(
    "model_training",
    "Planning Model Training Pipelines",
    (
        Section("Where and on what", _where, ("train",)),
        Section("When", _when, ("training.cadence", "training.start")),
        Section("When it fails", _fails),
        Section("Validation and registration", _registered),
    ),
)
