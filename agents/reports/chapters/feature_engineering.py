"""Chapter 8: the features one by one, and the batch and live ways to their values."""

from agents.domain.outputs.feature_engineering import FeatureEngineering
from agents.domain.outputs.feature_pipeline import FeaturePipeline
from agents.reports.book import Book, Chapter, Section
from agents.reports.text import cell, code, count, one_line, table


def _out(book: Book) -> FeatureEngineering:
    return book.read("feature_engineering", FeatureEngineering)


def _strategy(book: Book) -> str:
    out = _out(book)
    when = "as of the event time" if out.point_in_time else "of the newest row: there is no event time"
    gone = "; ".join(f"{code(x.column)} ({one_line(x.reason)})" for x in out.excluded)
    return (
        f"{out.scope.value} by {code(out.entity)}, values {when}. A first run reads "
        f"{count(out.backfill_days, 'day')} back." + (f" Left out: {gone}." if gone else "")
    )


def _list(book: Book) -> str:
    rows = [
        (
            code(f.name, in_table=True),
            f.transform
            + (f" {f.window_days} d" if f.window_days else "")
            + (f" / {cell(f.divisor)}" if f.divisor else ""),
            code(f.column, in_table=True),
            "live" if f.online else "batch",
            cell(f.owner or "-"),
            f"{f.max_missing:.0%}",
        )
        for f in _out(book).features
    ]
    return table(("feature", "made by", "column", "", "owner", "may miss"), rows)


def _batch(book: Book) -> str:
    out, built = _out(book), book.read("feature_pipeline", FeaturePipeline)
    return (
        f"{count(len(out.features), 'feature')} by {built.dataframe.value}, {built.materialisation.value}: "
        f"{count(built.recompute_days, 'day')} computed anew each run. {out.parity_rows:,} rows are compared between both "
        f"paths, within {out.parity_tolerance:g}."
    )


def _live(book: Book) -> str:
    out = _out(book)
    words = []
    if out.online_store:
        words.append(
            f"Live values come from the online store and are served for {count(out.ttl_hours, 'hour')} at most."
        )
    if out.stream_lookup:
        words.append("Scores on the stream read windows that batch runs refresh; the stream itself aggregates nothing.")
    if not words:
        kinds = " and ".join(kind.value for kind in book.requirements.workloads)
        words.append(
            f"None: {kinds} scoring reads values of {code(out.entity)} that were computed before, or that come with the request."
        )
    return " ".join(words)


CHAPTER = Chapter(
    "feature_engineering",
    "Planning Feature Engineering Pipelines",
    (
        Section("Feature Engineering Lifecycle and Strategy", _strategy, ("features.scope",)),
        Section("List of features", _list),
        Section("Batch Feature Pipeline", _batch, ("feature",)),
        Section("Real-Time Streaming Feature Pipeline", _live),
    ),
)
