"""Chapter 12: one prediction from request to answer, and what the caller gets when it fails."""

from agents.domain.outputs.inference_pipeline import Batching, Caching, InferencePipeline
from agents.reports.book import Book, Chapter, Section
from agents.reports.text import code, count


def _out(book: Book) -> InferencePipeline:
    return book.read("inference_pipeline", InferencePipeline)


def _contract(book: Book) -> str:
    out = _out(book)
    asked = ", ".join(code(f.name) + ("" if f.required else "?") for f in out.fields)
    given = ", ".join(code(f.name) + ("?" if f.nullable else "") for f in out.response)
    return f"Asked with {asked}; features come from the {out.features_from}. Answered with {given}." if given else ""


def _budget(book: Book) -> str:
    out = _out(book)
    if not out.budget_ms:
        return ""
    steps = ", ".join(f"{name} {ms:g} ms" for name, ms in out.budget_ms.items())
    words = [f"{steps}; cut off after {out.timeout_ms:g} ms."]
    if out.batching is Batching.MICRO_BATCH:
        words.append(f"Up to {out.batch_size} calls wait {out.max_wait_ms:g} ms for each other.")
    if out.caching is not Caching.NONE:
        words.append(f"Answers are kept {count(out.cache_seconds, 'second')} ({out.caching.value}).")
    return " ".join(words)


def _failure(book: Book) -> str:
    out = _out(book)
    return (
        f"{out.fallback.value}, also where more than {out.max_missing_share:.0%} of the features are missing; "
        f"{count(out.max_attempts, 'attempt')} in all."
    )


def _batch(book: Book) -> str:
    out = _out(book)
    words = []
    if out.batch_cron:
        words.append(
            f"Scores are written at `{out.batch_cron}` UTC in pieces of {out.batch_chunk_rows:,} rows; readers are pointed to "
            f"a run that has at least {out.batch_min_share:.0%} of the rows of the one before."
        )
    if out.stream_batch_records:
        words.append(f"The stream is scored {out.stream_batch_records:,} events at a time.")
    return " ".join(words)


CHAPTER = Chapter(
    "inference_pipeline",
    "Planning Inference Pipeline",
    (
        Section("Request and answer", _contract),
        Section("Time budget", _budget, ("inference.batching", "inference.caching")),
        Section("When it fails", _failure, ("inference.fallback",)),
        Section("Batch and stream", _batch),
    ),
)
