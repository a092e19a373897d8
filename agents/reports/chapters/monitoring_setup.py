"""Chapter of the implementation: where drift is computed and how a release is judged."""

from agents.domain.outputs.monitoring_setup import MonitoringSetup
from agents.reports.book import Book, Chapter, Section, parts
from agents.reports.text import count


def _built(book: Book) -> str:
    out = book.read("monitoring_setup", MonitoringSetup)
    return (
        f"Drift: {out.drift_runner.value} with {count(out.drift_bins, 'bin')}; a release is judged by a {out.release_test.value} "
        f"test from {out.release_min_events:,} events in each arm on."
    )


CHAPTER = Chapter(
    "monitoring_setup",
    "Code Implementation: Monitoring & Observability, Testing in Production Setup",
    (
        Section("How it is built", _built, ("monitoring_setup",)),
        Section("Where it stands", lambda book: parts(book, book.read("monitoring_setup", MonitoringSetup).components)),
    ),
)
