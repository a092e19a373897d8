"""Chapter of the implementation: how deliveries are loaded and what a bad row does."""

from agents.domain.outputs.data_ingestion import DataIngestion
from agents.reports.book import Book, Chapter, Section, parts
from agents.reports.text import code, count


def _built(book: Book) -> str:
    out = book.read("data_ingestion", DataIngestion)
    since = (
        f" by {code(out.watermark_column)}, reaching back {count(out.lookback_days, 'day')}"
        if out.watermark_column
        else ""
    )
    return (
        f"{out.loader.value}{since}; {count(out.max_attempts, 'attempt')}. A row that breaks the contract: "
        f"{out.contract_action.value}; from {out.quarantine_max_percent:g} % on the delivery is refused."
    )


CHAPTER = Chapter(
    "data_ingestion",
    "Code Implementation: Data Ingestion Pipeline",
    (
        Section("How it is built", _built, ("ingestion",)),
        Section("Where it stands", lambda book: parts(book, book.read("data_ingestion", DataIngestion).components)),
    ),
)
