"""Records as rows: the names of their fields once, what several in a row share once, what is absent not at all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Rows = dict[str, Any]


def packed(records: Sequence[Mapping[str, Any]], shared: Sequence[str] = (), columns: Sequence[str] = ()) -> Rows:
    """`{"columns": […], "rows": […]}`. A row is a list in the order of the columns, cut behind its last value (null: it
    has no such field); an object instead says what all rows have that follow it (the fields named by `shared`).

    `columns` come first; further fields follow by how many records have them. The order of the records stays.
    """
    count: dict[str, int] = {}
    for record in records:
        for name in record:
            if name not in shared and name not in columns:
                count[name] = count.get(name, 0) + 1
    names = [*columns, *sorted(count, key=lambda name: (-count[name], name))]
    rows: list[Any] = []
    said: dict[str, Any] = {}
    for record in records:
        own = {name: record[name] for name in shared if name in record}
        if own != said:
            rows.append(own)
            said = own
        values = [record.get(name) for name in names]
        while values and values[-1] is None:
            values.pop()
        rows.append(values)
    return {"columns": names, "rows": rows}


def unpacked(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records again. Raises LookupError, TypeError or ValueError for what `packed` did not write."""
    return list(_records(table["columns"], table["rows"]))


def _records(columns: Sequence[str], rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
    shared: Mapping[str, Any] = {}
    for row in rows:
        if isinstance(row, Mapping):
            shared = row
        elif isinstance(row, list) and len(row) <= len(columns):
            named = zip(columns, row, strict=False)
            yield {**shared, **{name: value for name, value in named if value is not None}}
        else:
            raise ValueError("a row has more values than there are columns")
