"""Chapter 3: which sources, what they hold, and what is looked at before anything is trained."""

from agents.domain.outputs.data_sourcing import ColumnRole, DataSourcing
from agents.reports.book import Book, Chapter, Section, bullets
from agents.reports.text import cell, code, count, one_line, table


def _out(book: Book) -> DataSourcing:
    return book.read("data_sourcing", DataSourcing)


def _discovery(book: Book) -> str:
    out = _out(book)
    owners = {source.name: source for source in out.sources}
    rows = [
        (
            code(item.source, in_table=True),
            cell(owners[item.source].freshness if item.source in owners else "-"),
            cell(item.access),
            cell(item.ask),
            cell("; ".join(item.gaps) or "-"),
        )
        for item in out.discovery
    ]
    return table(("source", "fresh", "access", "ask first", "not known yet"), rows)


def _characteristics(book: Book) -> str:
    out = _out(book)
    roles = {role: [c.name for c in out.columns if c.role is role] for role in ColumnRole}
    parts = [
        f"{out.rows:,} rows of about {out.row_bytes:,} bytes ({out.training_gb:g} GB); a row is known by "
        f"{', '.join(code(name) for name in out.key)}.",
        f"Labels: {out.label_strategy.value}"
        + (f" from {code(out.label)}" if out.label else "")
        + (
            f", {count(out.label_delay_days, 'day')} late ({one_line(out.label_delay_basis)})."
            if out.label_delay_days
            else "."
        ),
        f"{count(len(roles[ColumnRole.INPUT]), 'input column')}, {count(len(roles[ColumnRole.PERSONAL]), 'personal one')}.",
    ]
    if out.schema_note:
        parts.append(f"**Assumed**: {one_line(out.schema_note)}")
    return " ".join(parts)


def _exploration(book: Book) -> str:
    out = _out(book)
    lead = (
        f"{out.exploration.value}: {out.exploration_rows:,} rows of each delivery, {count(len(out.checks), 'check')}."
    )
    leaks = [f"{code(leak.column)}: {one_line(leak.reason)} ({leak.rule})" for leak in out.leakage]
    return lead + (f"\n\nLeakage ruled out:\n\n{bullets(leaks)}" if leaks else "")


CHAPTER = Chapter(
    "data_sourcing",
    "Data Sourcing, Discovery, and Characteristics",
    (
        Section("Data Sourcing & Discovery Plan", _discovery),
        Section("Data Characteristics", _characteristics, ("sourcing.labels",)),
        Section("Exploratory Data Analysis", _exploration, ("sourcing.exploration",)),
    ),
)
