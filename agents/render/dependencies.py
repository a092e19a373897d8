"""What a generated repository depends on: the rows of `templates/dependencies.yaml` that its plan has."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agents.errors import Defect
from agents.locks import locked, resolution

TABLE = "dependencies.yaml"
DEV = "dev"
"""The extra that only people and CI install; its packages have a lock of their own."""


@dataclass(frozen=True)
class Row:
    """One requirement. An empty `extra` is the project's own; an empty `resolution` belongs to all of them."""

    needs: str
    extra: str = ""
    when: str = ""
    resolution: str = ""


@dataclass(frozen=True)
class Dependencies:
    """Those of one repository, as templates read them."""

    rows: tuple[Row, ...]
    folder: Path

    def of(self, extra: str = "") -> list[str]:
        """The requirements of one extra, in the table's order."""
        return [row.needs for row in self.rows if row.extra == extra]

    @property
    def extras(self) -> list[str]:
        """The extras that have a requirement, as the table first names them."""
        return list(dict.fromkeys(row.extra for row in self.rows if row.extra))

    @property
    def running(self) -> list[str]:
        """The extras of the image: all but the tools."""
        return [extra for extra in self.extras if extra != DEV]

    @property
    def resolution(self) -> str:
        """The one resolution that the rows belong to. Raises Defect if the plan's rows exclude each other."""
        named = {row.resolution for row in self.rows if row.resolution}
        if len(named) != 1:
            raise Defect(f"{TABLE}: one resolution is needed, the plan's rows name {sorted(named) or 'none'}")
        return named.pop()

    @property
    def uv(self) -> str:
        """The version of uv that made the lock, and installs it."""
        return resolution(self.folder, self.resolution).uv

    def lock(self, dev: bool = False) -> str:
        """The text of `requirements.lock`, or with `dev` of what the tools need beside it."""
        running = [row.needs for row in self.rows if row.extra != DEV]
        more = [row.needs for row in self.rows if row.extra == DEV] if dev else []
        return locked(self.folder, self.resolution, more or running, besides=running if dev else ())


def dependencies(folder: Path, value: Callable[[str], Any]) -> Dependencies:
    """The rows whose `when` holds, by `value`, which evaluates a template's expression."""
    return Dependencies(tuple(row for row in table(folder) if not row.when or value(row.when)), folder)


@cache
def table(folder: Path) -> tuple[Row, ...]:
    """Every row; none where a pack of templates has no table."""
    import yaml

    path = folder / TABLE
    if not path.is_file():
        return ()
    return tuple(Row(**row) for row in yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
