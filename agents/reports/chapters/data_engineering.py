"""Chapter 7: the data engineering lifecycle as this plan does it, and the stream if there is one."""

from agents.domain.outputs.data_engineering import DataEngineering
from agents.reports.book import Book, Chapter, Section, bullets
from agents.reports.text import code, count, one_line


def _out(book: Book) -> DataEngineering:
    return book.read("data_engineering", DataEngineering)


def _lifecycle(book: Book) -> str:
    out = _out(book)
    steps = bullets([f"**{step.step}**: {one_line(step.how)}" for step in out.lifecycle])
    return (
        f"{steps}\n\nPartitions by {out.partitioning.value} ({out.partition_mb:,.0f} MB each), {out.rows_per_file:,} rows a "
        f"file; deliveries are kept for {count(out.raw_retention_days, 'day')}, curated for "
        f"{count(out.curated_retention_days, 'day')}."
    )


def _stream(book: Book) -> str:
    out = _out(book)
    if out.stream is None:
        r = book.requirements
        kinds = " and ".join(kind.value for kind in r.workloads)
        sources = ", ".join(
            f"{code(s.name)} ({s.freshness.value if s.freshness else 'no freshness named'})" for s in r.data.sources
        )
        return f"None: {one_line(r.slug)} works on {kinds} scoring; {sources or 'its one assumed source'} come by deliveries."
    stream = out.stream
    dead = (
        f" What cannot be read waits {out.dead_letter_retention_days} days as dead letters." if out.dead_letter else ""
    )
    shards = f"{count(out.stream_shards, 'shard')}; " if out.stream_shards else ""
    return (
        f"At least once, in order by {code(stream.partition_key)}. {shards}consumers carry "
        f"{stream.consumer_records_per_second:,.0f} records a second. An event counts as late after "
        f"{stream.watermark_seconds:,} s ({stream.late.value}); {stream.replay_hours} hours can be read again; from "
        f"{stream.backlog_records:,} waiting events on, somebody is told.{dead}"
    )


CHAPTER = Chapter(
    "data_engineering",
    "Planning Data Engineering and Data Ingestion Pipeline",
    (
        Section(
            "The Data Engineering Lifecycle", _lifecycle, ("ingest.batch", "store", "transform", "lake.partitioning")
        ),
        Section(
            "Real-Time Streaming Pipeline: Design & Architecture", _stream, ("ingest.streaming", "lake.late_events")
        ),
    ),
)
