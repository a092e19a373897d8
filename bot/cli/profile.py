"""`mlwright profile`: what a file of data shows, printed or written into constraints.yaml. No row leaves the machine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from agents.errors import BadInput
from bot.cli.exits import Exit

if TYPE_CHECKING:
    from agents.domain.constraints import Constraints, DataSection
    from agents.intake.profile.section import Profiled, Roles


def profile(
    file: Path,
    write: Path | None,
    source: str | None,
    entity: str | None,
    label: str | None,
    event_time: str | None,
    sample: bool,
    format: str,
) -> int:
    """Profiles one file. Raises BadInput for a file that cannot be read, and for a column that it does not have."""
    from agents.domain.constraints import DataSection
    from agents.intake.profile.section import Roles, data_values, report

    constraints = _constraints(write) if write is not None else None
    data = constraints.data if constraints is not None else DataSection()
    name = source or _source_name(file)
    found, named = _measured(file, Roles(entity, label, event_time), data)
    if format == "json":
        _print_json(found, named, name, data, sample)
    else:
        print("\n".join(report(found, named)))
    if write is not None:
        _write(write, data_values(found, named, name, constraints, sample), name)
    elif format != "json":
        print(f"next: mlwright profile {file} --write constraints.yaml --source {name}")
    return Exit.GOOD


def _constraints(path: Path) -> Constraints:
    """The file that will be written into. Raises BadInput if it is missing or has mistakes: nothing is measured then."""
    from agents.intake.parse import parse
    from bot.cli.engine_run import read_constraints

    parsed = parse(read_constraints(path), str(path))
    if parsed.constraints is None:
        raise BadInput(f"{path} has mistakes; nothing was measured.", parsed.errors, remedy="Mend it first.")
    return parsed.constraints


def _measured(file: Path, asked: Roles, data: DataSection) -> tuple[Profiled, Roles]:
    """The judged table, and the parts that a person named (by an option or in the file); the others are guesses."""
    from agents.intake.profile.judge import judge, parts
    from agents.intake.profile.section import MAX_COLUMNS, Roles, profiled
    from bot.cli.table_file import TableFile

    with TableFile(file) as table:
        if len(table.columns) > MAX_COLUMNS:
            raise BadInput(
                f"{file} has {len(table.columns):,} columns; at most {MAX_COLUMNS} fit a constraint file.",
                remedy="Give a file with the columns that may become features.",
            )
        options = {"--entity": asked.entity, "--label": asked.label, "--event-time": asked.event_time}
        for option, column in options.items():
            if column is not None and column not in table.columns:
                raise BadInput(f"{option} {column}: {file} has no such column.", remedy="Name one of its columns.")
        there = set(table.columns)
        named = Roles(
            entity=asked.entity or (data.entity if data.entity in there else None),
            label=asked.label or (data.label if data.label in there else None),
            event_time=asked.event_time or (data.event_time if data.event_time in there else None),
        )
        columns = table.count()
        likely = parts(tuple(judge(figures) for figures in columns))
        roles = Roles(
            entity=named.entity,
            label=named.label or next(iter(likely.labels), None),
            event_time=named.event_time or next(iter(likely.times), None),
        )
        return profiled(table.figures(columns, roles.event_time, roles.label), roles), named


def _print_json(found: Profiled, named: Roles, name: str, data: DataSection, sample: bool) -> None:
    from agents.intake.profile.section import source_values

    known = next((source for source in data.sources if source.name == name), None)
    document = {
        "source": source_values(found, name, known, sample),
        "named": {"entity": named.entity, "label": named.label, "event_time": named.event_time},
        "candidates": {
            "entity": found.candidates.entities,
            "label": found.candidates.labels,
            "event_time": found.candidates.times,
        },
        "personal": {c.figures.name: c.personal for c in found.columns if c.personal},
        "warnings": [*([found.table.broken] if found.table.broken else []), *found.warnings, *found.table.unreadable],
    }
    print(json.dumps(document, indent=2, ensure_ascii=False))


def _write(path: Path, values: dict[str, object], name: str) -> None:
    from agents.intake.edit import set_values
    from agents.intake.parse import parse

    content = set_values(path.read_bytes(), values)
    parsed = parse(content, str(path))
    if parsed.errors:
        raise BadInput("What was measured contradicts the file; nothing was written.", parsed.errors)
    path.write_bytes(content)
    print(f"wrote data.sources ({name}) into {path}   next: mlwright check {path}")


def _source_name(file: Path) -> str:
    """The file's name as a source's name."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", file.name.split(".")[0]).strip("_").lower() or "table"
    return word if word[0].isalpha() else f"t_{word}"
