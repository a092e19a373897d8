"""A profiled table as the `data` section of constraints.yaml, short enough to read, and as lines for people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.domain.constraints import ColumnType, Constraints, Source
from agents.intake.profile.figures import TableFigures
from agents.intake.profile.judge import Judged, Parts, freshness, judge, no_key, parts, warnings
from agents.intake.profile.leaks import leaks_of

_MEASURED = (ColumnType.INTEGER, ColumnType.FLOAT, ColumnType.DATE, ColumnType.TIMESTAMP)
"""Types whose smallest and largest value say something of the column and nothing of a person."""
MAX_COLUMNS = 400
"""A wider table does not fit a constraint file of 5,000 values."""


@dataclass(frozen=True)
class Roles:
    """The columns that the person named as entity, label and event time; None: not named."""

    entity: str | None = None
    label: str | None = None
    event_time: str | None = None


@dataclass(frozen=True)
class Profiled:
    """A table that was judged. `roles` are what was named, or for the event time what is likeliest."""

    table: TableFigures
    columns: tuple[Judged, ...]
    candidates: Parts
    roles: Roles
    warnings: tuple[str, ...]
    leaks: Mapping[str, str]
    """Column to the way in which it gives the label away."""

    def of(self, name: str | None) -> Judged | None:
        """The column of that name."""
        return next((column for column in self.columns if column.figures.name == name), None)


def profiled(table: TableFigures, roles: Roles) -> Profiled:
    """Types, parts and warnings of a table."""
    columns = tuple(judge(figures) for figures in table.columns)
    said = tuple(warnings(table, columns, roles.label, roles.event_time))
    if roles.entity is None and (reason := no_key(columns)):
        said = (*said, reason)
    leaks = {found.column: str(found.kind) for found in leaks_of(table, roles.label, roles.event_time)}
    return Profiled(table, columns, parts(columns), roles, said, leaks)


def source_values(found: Profiled, name: str, known: Source | None, sample: bool) -> dict[str, Any]:
    """The source's fields as plain values. What a person declared of it stays: types, owner, freshness, volume.

    Of a `sample`, rows, size and counts of distinct values say nothing about the source, and are left out.
    """
    table = found.table
    values: dict[str, Any] = {"name": name, "format": known.format if known and known.format else table.format}
    declared = dict(known.columns) if known is not None else {}
    values["columns"] = {c.figures.name: str(declared.get(c.figures.name, c.type)) for c in found.columns}
    if (known and known.volume) or not sample:
        values["volume"] = known.volume if known and known.volume else size_words(table.size_gb)
    when = found.of(found.roles.event_time)
    guess = freshness(when.figures) if when is not None else None
    if known is not None and known.freshness:
        values["freshness"] = str(known.freshness)
    elif guess is not None:
        values["freshness"] = str(guess)
    if known is not None and known.owner:
        values["owner"] = known.owner
    if not sample:
        values["rows"] = table.rows
    measured = {c.figures.name: _measured(found, c, declared) for c in found.columns}
    values["profile"] = {
        name: {key: value for key, value in entry.items() if not (sample and key == "distinct")}
        for name, entry in measured.items()
    }
    return values


def data_values(
    found: Profiled, named: Roles, name: str, constraints: Constraints | None, sample: bool
) -> dict[str, Any]:
    """Dotted keys for `agents.intake.edit.set_values`: the source, and the parts that a person named (never a guess)."""
    data = constraints.data if constraints is not None else None
    known = list(data.sources) if data is not None else []
    place = next((index for index, source in enumerate(known) if source.name == name), len(known))
    source = source_values(found, name, known[place] if place < len(known) else None, sample)
    values: dict[str, Any] = {}
    if not known:
        values["data.sources"] = [source]
    elif place == len(known):
        values[f"data.sources.{place}"] = source
    else:
        values |= {f"data.sources.{place}.{key}": value for key, value in source.items() if key != "name"}
    values |= {
        f"data.{part}": column
        for part, column in (("entity", named.entity), ("label", named.label), ("event_time", named.event_time))
        if column is not None
    }
    entity = found.of(named.entity)
    if entity is not None and not sample and (data is None or data.series is None):
        values["data.series"] = _rounded(entity.figures.distinct)
    return values


def size_words(gb: float) -> str:
    """Gigabytes as `volume` takes them: `40 GB`, `310 MB`."""
    if gb >= 1:
        return f"{gb:.3g} GB" if gb < 1000 else f"{gb / 1000:.3g} TB"
    return f"{max(gb * 1000, 0.001):.3g} MB"


def _measured(found: Profiled, column: Judged, declared: Mapping[str, ColumnType]) -> dict[str, Any]:
    """Missing share, distinct values, and, of what is nobody's data, range and class balance."""
    figures, rows = column.figures, found.table.rows
    personal = column.type is ColumnType.PII or declared.get(figures.name) is ColumnType.PII
    entry: dict[str, Any] = {"missing": _figure(1 - figures.filled / rows) if rows else 0}
    if figures.distinct:
        entry["distinct"] = _rounded(min(figures.distinct, figures.filled))
    if column.type in _MEASURED and not personal and figures.low is not None and figures.high is not None:
        entry["min"], entry["max"] = _bound(figures.low), _bound(figures.high)
    if figures.name == found.roles.label and found.table.label.shares and not personal:
        entry["shares"] = {name: _figure(share) for name, share in found.table.label.shares.items()}
    if figures.name in found.leaks:
        entry["leak"] = found.leaks[figures.name]
    return entry


def _bound(value: float | str) -> float | str:
    return value if isinstance(value, str) else _figure(value)


def _figure(value: float) -> float:
    """Four significant digits: enough for a threshold, short in the file."""
    short = float(f"{value:.4g}")
    return int(short) if short == int(short) else short


def _rounded(count: int) -> int:
    """An estimate keeps two digits; up to 100 the count is exact enough as it is."""
    return count if count <= 100 else int(float(f"{count:.2g}"))


def report(found: Profiled, named: Roles) -> Iterator[str]:
    """What was seen, for people. No value of a personal column, no key and no free text is in it."""
    table = found.table
    yield f"{table.rows:,} rows, {len(found.columns)} columns, {size_words(table.size_gb)} of {table.format}"
    for column in found.columns:
        figures = column.figures
        entry = _measured(found, column, {})
        missing = f"{entry['missing']:.1%} missing" if entry["missing"] else "complete"
        said = [missing, f"about {entry.get('distinct', 0):,} values"]
        if "min" in entry:
            said.append(f"{entry['min']} to {entry['max']}")
        if column.personal:
            said.append(f"personal: {column.personal} ({column.why})")
        yield f"  {figures.name}: {column.type}   {', '.join(said)}"
    for part, name, taken, likely in (
        ("entity", named.entity, found.roles.entity, found.candidates.entities),
        ("event time", named.event_time, found.roles.event_time, found.candidates.times),
        ("label", named.label, found.roles.label, found.candidates.labels),
    ):
        others = ", ".join(other for other in likely[:4] if other != taken)
        told = name or (
            f"{taken}, by its name and type; --{part.replace(' ', '-')} {taken} confirms it" if taken else "none"
        )
        yield f"{part}: {told}" + (f"   could be: {others}" if others else "")
    if table.label.shares and (label := found.of(found.roles.label)) is not None and not label.personal:
        balance = ", ".join(f"{name} {share:.1%}" for name, share in table.label.shares.items())
        yield f"class balance: {balance}"
    yield from (f"⚠️ {warning}" for warning in (table.broken, *found.warnings) if warning)
    yield from (f"· {reason}" for reason in table.unreadable)
