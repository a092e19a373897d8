"""Rows of a file of data that cannot be read: set aside, counted, and named by their first lines."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from agents.errors import BadInput

MOST = 0.2
"""Share of broken rows above which a file is refused: figures of what is left would describe another table."""
NAMED = 5
"""Lines that are named."""
LONGEST = 16_000_000
"""Bytes of a JSON line; what is longer is broken, so that memory stays bounded."""
CSV_WORDS = {
    "MISSING COLUMNS": "too few fields",
    "TOO MANY COLUMNS": "too many fields",
    "UNQUOTED VALUE": "a quote that is not closed",
    "LINE SIZE OVER MAXIMUM": "too long",
    "INVALID ENCODING": "not UTF-8",
}

Ask = Callable[[str], list[Any]]
"""The rows of a query."""


@dataclass(frozen=True)
class Broken:
    """Rows that were set aside: how many, the first lines, and how many of each kind."""

    rows: int = 0
    lines: tuple[int, ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()

    def words(self, read: int) -> str:
        """`3,000 of 30,000 rows (10 %) are broken and set aside: too few fields 3,000; lines 5, 15, …`; "" for none."""
        return f"{self._counted(read, 'broken and set aside')}." if self.rows else ""

    def check(self, path: Path, format: str, read: int) -> None:
        """Raises BadInput, at the first broken line, if too much of a file is broken."""
        if self.rows > MOST * (self.rows + read):
            unknown = self.kinds[0][0] == "not UTF-8"
            raise BadInput(
                f"{path}:{self.lines[0]}: cannot be read as {format}: {self._counted(read, 'broken')}; at most"
                f" {MOST * 100:g} % may be.",
                remedy="Save it as UTF-8." if unknown else "Mend those lines, or name the file after what it is.",
            )

    def _counted(self, read: int, what: str) -> str:
        total = self.rows + read
        share = f"{self.rows:,} of {total:,} rows ({self.rows / total * 100:.3g} %)"
        kinds = ", ".join(f"{name} {count:,}" for name, count in self.kinds)
        more = ", …" if self.rows > len(self.lines) else ""
        where = f"line{'' if self.rows == 1 else 's'} {', '.join(f'{line:,}' for line in self.lines)}{more}"
        return f"{share} {'is' if self.rows == 1 else 'are'} {what}: {kinds}; {where}"


def broken_csv(ask: Ask) -> Broken:
    """What the CSV reader rejected while it filled a table."""
    if not ask("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'"):
        return Broken()
    ((rows,),) = ask("SELECT count(DISTINCT line) FROM reject_errors")
    lines = ask(f"SELECT DISTINCT line FROM reject_errors ORDER BY line LIMIT {NAMED}")
    first = "SELECT line, min(error_type::VARCHAR) AS kind FROM reject_errors GROUP BY line"
    kinds = ask(f"SELECT kind, count(*) FROM ({first}) GROUP BY kind ORDER BY 2 DESC, 1")
    named = tuple((CSV_WORDS.get(kind, kind.lower()), count) for kind, count in kinds)
    return Broken(rows, tuple(line for (line,) in lines), named)


def whole_lines(path: Path, target: Path) -> tuple[Broken, int]:
    """Copies the lines that are JSON objects, one by one; says what the others are, and how many were copied."""
    kinds: Counter[str] = Counter()
    lines: list[int] = []
    copied = 0
    with _opened(path) as source, target.open("wb") as out:
        for number, line in _lines(source):
            wrong = _wrong(line)
            if wrong is None:
                out.write(line.rstrip(b"\r\n") + b"\n")
                copied += 1
            else:
                kinds[wrong] += 1
                lines += [number] if len(lines) < NAMED else []
    ordered = tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
    return Broken(kinds.total(), tuple(lines), ordered), copied


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _lines(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line that holds anything with its number; of one that is too long only its beginning."""
    number = 0
    while line := source.readline(LONGEST):
        number += 1
        rest = line
        while len(rest) == LONGEST and not rest.endswith(b"\n"):
            rest = source.readline(LONGEST)
        if line.strip():
            yield number, line


def _wrong(line: bytes) -> str | None:
    """What is wrong with a line; None for an object."""
    if len(line) >= LONGEST:
        return "too long"
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except UnicodeDecodeError:
        return "not UTF-8"
    except (ValueError, RecursionError):
        return "not JSON"
    return None if isinstance(found, dict) else "not an object"


def _refuse(word: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(word)
