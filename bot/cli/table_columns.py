"""The columns of a file of data as the file names them: DuckDB numbers those that it takes for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agents.errors import BadInput

LINES = 2_000
"""Lines of JSON whose keys are compared."""

Ask = Callable[[str], list[Any]]
"""The rows of a query."""


def check_names(ask: Ask, path: str, quoted: str, format: str) -> None:
    """Raises BadInput for two columns whose names differ only in case, or not at all. `quoted` is the file in SQL."""
    from agents.intake.names import same

    names = {"csv": _header, "parquet": _schema, "json": _keys}[format](ask, quoted)
    for place, name, before in same((name, name.lower()) for name in names):
        where = f"{path}:1" if format == "csv" else path
        raise BadInput(
            f"{where}: column {place + 1}, {name[:60]!r}, and column {names.index(before) + 1}, {before[:60]!r}, are one"
            " name: SQL does not tell upper from lower case.",
            remedy="Rename one of the two, or leave it out of the file.",
        )


def _header(ask: Ask, quoted: str) -> list[str]:
    first = ask(f"SELECT * FROM read_csv({quoted}, all_varchar=true, header=false, ignore_errors=true) LIMIT 1")
    return [name for name in (first[0] if first else ()) if name]


def _schema(ask: Ask, quoted: str) -> list[str]:
    rows = iter(ask(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({quoted})"))
    next(rows, None)  # the root

    def top() -> Iterator[str]:
        inside = 0  # parts of a nested column that are still to come
        for name, parts in rows:
            if not inside:
                yield name
            inside += parts - bool(inside)

    return list(top())


def _keys(ask: Ask, quoted: str) -> list[str]:
    lines = f"SELECT json FROM read_ndjson_objects({quoted}) LIMIT {LINES}"
    return [name for (name,) in ask(f"SELECT DISTINCT unnest(json_keys(json)) AS k FROM ({lines}) ORDER BY k")]
