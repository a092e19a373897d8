"""A CSV, Parquet or JSON-lines file to its figures: the one door to DuckDB, locked to that file, in bounded memory."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import BadInput
from agents.intake.profile.figures import ColumnFigures, LabelFigures, TableFigures
from agents.intake.profile.judge import FEW_CLASSES
from agents.intake.profile.personal import forms_of
from bot.cli.table_broken import Broken, broken_csv, whole_lines
from bot.cli.table_columns import check_names

if TYPE_CHECKING:
    import duckdb

MEMORY = "512MB"
SAMPLE = 2_000
"""Rows whose values are judged for the form of personal data; a share is then known within two points."""
SEED = 42
BATCH = 40
"""Columns counted in one passage over the file."""
BUCKETS = 200
"""Groups of a number's range when it is asked how much of the label it tells."""
READERS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "json",
    ".ndjson": "json", ".json": "json",
}  # fmt: skip
_MISSING = ["", "NA", "N/A", "na", "null", "NULL", "None", "NaN", "nan", "\\N"]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class TableFile:
    """An open table. Use as a context manager; nothing is left on disk."""

    def __init__(self, path: Path) -> None:
        """Raises BadInput if the file is missing, of another kind, or cannot be read as what it says it is."""
        suffix = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
        self.format = READERS.get(suffix.lower().removesuffix(".gz"), "")
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file.", remedy="Name a CSV, Parquet or JSON-lines file.")
        if not self.format:
            raise BadInput(f"{path}: not a kind of file that is read.", remedy=f"Name one of {', '.join(READERS)}.")
        if self.format != "parquet" and path.open("rb").read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise BadInput(f"{path}: is UTF-16, which is not read.", remedy="Save it as UTF-8.")
        self.path = path
        self._spill = tempfile.TemporaryDirectory(prefix="mlwright-profile-")
        self._connection = _locked(path, self._spill.name)
        try:
            self.broken = Broken()
            self.columns, self.unreadable = self._read_whole() if self.format == "json" else self._read(path)
            self.rows = int(self._one("SELECT count(*) FROM t")[0])
            if self.format == "csv":
                self.broken = broken_csv(self._all)
            self.broken.check(path, self.format, self.rows)
            if not self.rows:
                raise BadInput(f"{self.path}: no row is in it.", remedy="Give a file with rows.")
        except Exception:
            self.close()
            raise

    def __enter__(self) -> TableFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drops what was spilled."""
        self._connection.close()
        self._spill.cleanup()

    def count(self) -> tuple[ColumnFigures, ...]:
        """Each column by itself, in a few passages over the file. Deterministic: one thread, a fixed seed."""
        names = list(self.columns)
        counted = [f for start in range(0, len(names), BATCH) for f in self._count(names[start : start + BATCH])]
        samples = self._samples(names)
        return tuple(replace(f, sampled=len(samples[f.name]), personal=forms_of(samples[f.name])) for f in counted)

    def figures(self, columns: tuple[ColumnFigures, ...], event_time: str | None, label: str | None) -> TableFigures:
        """The table: its columns as counted, and how they stand to event time and label (None: not known)."""
        by_name = {f.name: f for f in columns}
        return TableFigures(
            rows=self.rows,
            size_gb=self.path.stat().st_size / 1e9,
            format=self.format,
            columns=columns,
            unreadable=self.unreadable,
            broken=self.broken.words(self.rows),
            label=self._label(by_name, label) if label in by_name else LabelFigures(),
            after=self._after(by_name, event_time) if event_time in by_name else {},
        )

    def _read_whole(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """A JSON-lines file; if it cannot be read as it is, then without the lines that are no object."""
        try:
            return self._read(self.path)
        except BadInput:
            good = Path(self._spill.name) / "whole.jsonl"
            self.broken, read = whole_lines(self.path, good)
            if not self.broken.rows:
                raise
            self.broken.check(self.path, self.format, read)
            return self._read(good)

    def _read(self, path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
        """`t`: every column that can be named in constraints.yaml, as text. Text formats are read once into columns on
        disk (deleted at the end), so that the passages that follow read only what they count."""
        quoted = _text(str(path.resolve()))
        missing = f"[{', '.join(map(_text, _MISSING))}]"
        reader = {
            "csv": f"read_csv({quoted}, all_varchar=true, header=true, nullstr={missing}, store_rejects=true,"
            " rejects_limit=0)",
            "parquet": f"read_parquet({quoted})",
            "json": f"read_json({quoted}, format='newline_delimited', records='true', sample_size=-1)",
        }[self.format]
        described = self._all(f"DESCRIBE SELECT * FROM {reader}")
        check_names(self._all, str(self.path), quoted, self.format)
        kept: dict[str, str] = {}
        unreadable: list[str] = []
        for name, native, *_ in described:
            if _NAME.fullmatch(name) is None:
                unreadable.append(
                    f"column {name[:60]!r} is left out: a name has letters, digits and _ only. Rename it."
                )
            elif native.startswith(("STRUCT", "MAP", "UNION", "BLOB")):
                unreadable.append(
                    f"{name} is left out: {native.split('(')[0].lower()} values have no type here. Flatten it."
                )
            else:
                kept[name] = "list" if native.endswith("]") else native.lower()
        if not kept:
            raise BadInput(f"{self.path}: no column can be used.", remedy="; ".join(unreadable) or "Give it a header.")
        chosen = ", ".join(f"CAST({_id(name)} AS VARCHAR) AS {_id(name)}" for name in kept)
        self._run(f"CREATE {'VIEW' if self.format == 'parquet' else 'TABLE'} t AS SELECT {chosen} FROM {reader}")
        return kept, tuple(unreadable)

    def _count(self, names: Sequence[str]) -> Iterator[ColumnFigures]:
        asked = [part.format(c=_id(name)) for name in names for part in _COUNTS.values()]
        row = self._one(f"SELECT {', '.join(asked)} FROM t")
        width = len(_COUNTS)
        for index, name in enumerate(names):
            found = dict(zip(_COUNTS, row[index * width : (index + 1) * width], strict=True))
            low, high = _bounds(found)
            yield ColumnFigures(
                name=name,
                native=self.columns[name],
                filled=found["filled"],
                distinct=min(found["distinct"], found["filled"]),
                integers=found["integers"],
                numbers=found["numbers"],
                booleans=found["booleans"],
                dates=found["dates"],
                times=found["times"],
                padded=found["padded"],
                images=found["images"],
                words=float(found["words"] or 0),
                length=float(found["length"] or 0),
                low=low,
                high=high,
            )

    def _samples(self, names: Sequence[str]) -> dict[str, list[str]]:
        chosen = ", ".join(f"left({_id(name)}, 500)" for name in names)
        drawn = self._all(f"SELECT {chosen} FROM t USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE ({SEED})")
        return {name: [row[i] for row in drawn if row[i] is not None] for i, name in enumerate(names)}

    def _label(self, columns: dict[str, ColumnFigures], label: str | None) -> LabelFigures:
        figures = columns[label or ""]
        others = [f for f in columns.values() if f.name != label and f.filled]
        quantity = figures.numbers == figures.filled and figures.distinct > FEW_CLASSES
        y = _id(figures.name)
        if quantity:
            numeric = [f for f in others if f.numbers == f.filled]
            asked = ", ".join(f"corr(TRY_CAST({_id(f.name)} AS DOUBLE), TRY_CAST({y} AS DOUBLE))" for f in numeric)
            row = self._one(f"SELECT {asked} FROM t") if numeric else ()
            return LabelFigures(correlation={f.name: r for f, r in zip(numeric, row, strict=True) if r is not None})
        if figures.distinct > FEW_CLASSES:
            return LabelFigures()
        counts = self._all(f"SELECT left({y}, 64), count(*) FROM t WHERE {y} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1")
        total = sum(count for _, count in counts)
        purity, groups, absence = {}, {}, {}
        for f in others:
            groups[f.name], purity[f.name] = self._purity(_bucket(f), y, total)
            if 0 < f.filled < figures.filled:
                absence[f.name] = self._purity(f"{_id(f.name)} IS NULL", y, total)[1]
        shares = {str(name): count / total for name, count in counts}
        return LabelFigures(shares=shares, purity=purity, groups=groups, absence=absence)

    def _purity(self, bucket: str, y: str, total: int) -> tuple[int, float]:
        inner = f"SELECT {bucket} AS b, {y} AS y, count(*) AS n FROM t WHERE {y} IS NOT NULL GROUP BY 1, 2"
        groups, purest = self._one(f"SELECT count(*), sum(m) FROM (SELECT b, max(n) AS m FROM ({inner}) GROUP BY 1)")
        return int(groups), float(purest) / total

    def _after(self, columns: dict[str, ColumnFigures], event_time: str | None) -> dict[str, float]:
        when = columns[event_time or ""]
        times = [
            f for f in columns.values() if f.name != when.name and f.filled and f.times == f.filled and not f.numbers
        ]
        if not times or when.times != when.filled:
            return {}
        at = f"TRY_CAST({_id(when.name)} AS TIMESTAMP)"
        # A date without a time is compared by day: an event at noon is not after its own day.
        asked = ", ".join(
            f"avg(CASE WHEN CAST(TRY_CAST({_id(f.name)} AS TIMESTAMP) AS DATE) > CAST({at} AS DATE) THEN 1.0 ELSE 0.0 END)"
            for f in times
        )
        return dict(zip((f.name for f in times), map(float, self._one(f"SELECT {asked} FROM t")), strict=True))

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        import duckdb

        try:
            return self._connection.execute(sql)
        except duckdb.OutOfMemoryException:
            raise BadInput(
                f"{self.path}: needs more than {MEMORY} at once.", remedy="Give a sample of its rows."
            ) from None
        except duckdb.Error as error:
            reason = (
                str(error).splitlines()[0]
                if not isinstance(error, duckdb.ConversionException)
                else "a value does not fit"
            )
            raise BadInput(
                f"{self.path}: cannot be read as {self.format} ({type(error).__name__}).",
                remedy=f"Mend the file or name it after what it is. {_without_values(reason)}",
            ) from None

    def _all(self, sql: str) -> list[Any]:
        return self._run(sql).fetchall()

    def _one(self, sql: str) -> tuple[Any, ...]:
        row = self._run(sql).fetchone()
        assert row is not None  # every query asked here is an aggregate
        return tuple(row)


_COUNTS = {
    "filled": "count({c})",
    "distinct": "approx_count_distinct({c})",
    "integers": "count(TRY_CAST({c} AS BIGINT)) FILTER (regexp_full_match({c}, '[+-]?\\d+'))",
    "numbers": "count(TRY_CAST({c} AS DOUBLE)) FILTER (isfinite(TRY_CAST({c} AS DOUBLE)))",
    "booleans": "count(*) FILTER (lower({c}) IN ('true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', '0', '1'))",
    "dates": "count(TRY_CAST({c} AS DATE)) FILTER (length({c}) <= 10)",
    "times": "count(TRY_CAST({c} AS TIMESTAMP))",
    "padded": "count(*) FILTER (regexp_matches({c}, '^0\\d'))",
    "images": "count(*) FILTER (regexp_matches(lower({c}), '\\.(jpe?g|png|tiff?|gif|bmp|webp|dcm)$'))",
    "words": "avg(length({c}) - length(replace({c}, ' ', '')) + 1)",
    "length": "avg(length({c}))",
    "low": "min(TRY_CAST({c} AS DOUBLE))",
    "high": "max(TRY_CAST({c} AS DOUBLE))",
    "first": "min(TRY_CAST({c} AS TIMESTAMP))",
    "last": "max(TRY_CAST({c} AS TIMESTAMP))",
}


def _bounds(found: dict[str, Any]) -> tuple[float | str | None, float | str | None]:
    if found["filled"] and found["numbers"] == found["filled"]:
        return float(found["low"]), float(found["high"])
    if found["filled"] and found["times"] == found["filled"]:
        whole = found["dates"] == found["filled"]
        first, last = (found[key].replace(microsecond=0) for key in ("first", "last"))
        return (first.date().isoformat(), last.date().isoformat()) if whole else (first.isoformat(), last.isoformat())
    return None, None


def _bucket(f: ColumnFigures) -> str:
    """The value itself, or its place in the range for numbers with many values."""
    if isinstance(f.low, float) and isinstance(f.high, float) and f.distinct > BUCKETS and f.high > f.low:
        step = (f.high - f.low) / BUCKETS
        return f"floor((TRY_CAST({_id(f.name)} AS DOUBLE) - {f.low!r}) / {step!r})"
    return _id(f.name) if f.distinct <= 10_000 else f"hash({_id(f.name)}) % 10000"


def _locked(path: Path, spill: str) -> duckdb.DuckDBPyConnection:
    """A connection that can read this one file, write only where it spills, and load and reach nothing else."""
    import duckdb

    connection = duckdb.connect(
        str(Path(spill) / "table.duckdb"),
        config={
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": spill,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    connection.execute(f"SET allowed_paths = [{_text(str(path.resolve()))}]")
    connection.execute(f"SET allowed_directories = [{_text(spill)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _without_values(reason: str) -> str:
    """An error of the reader without what stands in quotes: that may be a value of the file."""
    return re.sub(r"\"[^\"]*\"|'[^']*'", "…", reason)[:200]


def _id(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
