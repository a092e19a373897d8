"""Chapter of the implementation: how the service runs its workers and ends."""

from agents.domain.outputs.inference_service import InferenceService
from agents.reports.book import Book, Chapter, Section, parts
from agents.reports.text import count


def _built(book: Book) -> str:
    out = book.read("inference_service", InferenceService)
    if not out.workers:
        return f"Batches of {out.batch_chunk_rows:,} rows." if out.batch_chunk_rows else ""
    return (
        f"{out.concurrency.value}: {count(out.workers, 'worker')} of {count(out.threads, 'thread')}, bodies up to "
        f"{out.max_body_kb:,} KB; a stopping server has {count(out.drain_seconds, 'second')} for requests in flight."
    )


CHAPTER = Chapter(
    "inference_service",
    "Code Implementation: Inference Pipeline",
    (
        Section("How it is built", _built, ("inference_service",)),
        Section(
            "Where it stands", lambda book: parts(book, book.read("inference_service", InferenceService).components)
        ),
    ),
)
