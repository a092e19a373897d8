"""Chapter 4: the six pipelines, what starts each, and by when somebody is told that it is late."""

from agents.domain.outputs.continual_learning import ContinualLearning
from agents.domain.outputs.pipelines_blueprint import PipelinesBlueprint
from agents.reports.book import Book, Chapter, Section
from agents.reports.text import count, one_line


def _out(book: Book) -> PipelinesBlueprint:
    return book.read("pipelines_blueprint", PipelinesBlueprint)


def _told(book: Book, *names: str) -> str:
    lines = []
    for name in names:
        pipeline = _out(book).pipeline(name)
        if pipeline is None:
            continue
        starts = f"`{pipeline.cron}` UTC" if pipeline.cron else pipeline.trigger
        after = f" after {', '.join(pipeline.after)}" if pipeline.after else ""
        lines.append(
            f"**{name}**: {one_line(pipeline.purpose)}. Starts: {starts}{after}; late after "
            f"{count(pipeline.deadline_minutes, 'minute')}."
        )
    return " ".join(lines)


def _ingestion(book: Book) -> str:
    out = _out(book)
    words = [f"{out.ingestion_mode.value}."]
    if out.batch_needed:
        words.append(
            f"Deliveries: {out.ingest_cadence.value}, {out.gb_per_run:g} GB a run, {out.runs_per_day:g} runs a day."
        )
    if out.streaming_needed:
        gathered = count(out.stream_interval_seconds, "second")
        words.append(f"A streaming pipeline is needed; events are gathered for {gathered} before they are written.")
    else:
        words.append("No streaming pipeline is needed: nothing here acts within minutes of an event.")
    return " ".join([*words, _told(book, "data_ingestion", "stream_ingestion")])


def _flywheel(book: Book) -> str:
    out = book.read("continual_learning", ContinualLearning)
    turns = f"A training starts by {out.trigger.value}; its outcome is known {count(out.feedback_days, 'day')} later."
    return f"{_told(book, 'continual_learning')} {turns}"


CHAPTER = Chapter(
    "pipelines_blueprint",
    "Pipelines/Workflows to be developed: An Operational Blueprint",
    (
        Section("Data Ingestion Pipeline", _ingestion, ("pipelines.streaming", "pipelines.frequency")),
        Section("Feature Engineering Pipeline", lambda book: _told(book, "feature_engineering")),
        Section("Model Training Pipeline", lambda book: _told(book, "model_training")),
        Section(
            "Inference Pipeline",
            lambda book: _told(book, "batch_inference", "stream_inference", "online_inference"),
        ),
        Section("Monitoring & Observability Setup", lambda book: _told(book, "monitoring")),
        Section("Continual Learning & Data Flywheel Pipeline", _flywheel),
    ),
)
