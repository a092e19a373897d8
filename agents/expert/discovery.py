"""What must be found out about each source, and the checks every delivery is held to, each with its basis."""

from math import ceil

from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec, DiscoveryItem, EdaCheck, SourceSpec
from agents.domain.requirements import Requirements
from agents.expert.formulas import sample_for_share
from agents.expert.measured import MIN_CLASS_ROWS, profile_of, rare_share
from agents.expert.schema import Schema
from agents.expert.words import listed, number

MARGIN = 0.005
"""A share is estimated within half a point."""
UNPROFILED_MISSING = 0.05
"""Missing share allowed where nobody has profiled the column (unverified)."""
MISSING_SLACK = 2.0
"""A profiled column may miss twice what its sample missed, plus the sampling margin."""
ACCESS = {
    "stream": "a consumer of the stream, read only",
    "table": "a JDBC login that may read its tables, in a secret of its own",
}


def key_of(schema: Schema) -> tuple[str, ...]:
    """What makes a row of the main source unique: entity, event time (panel data), and its other ids; none of those
    that a profile found to be mostly empty, or to be filled after the fact."""
    main = [c for c in schema.columns if c.source == schema.sources[0].name]
    ids = [c.name for c in main if c.type == "id" and c.role is ColumnRole.INPUT and not c.left_out]
    times = [schema.event_time] if schema.event_time in {c.name for c in main} else []
    return tuple(dict.fromkeys(name for name in (schema.entity, *times, *ids) if name))


def discovery_of(r: Requirements, schema: Schema) -> tuple[DiscoveryItem, ...]:
    """One item a source; gaps are facts that nobody has told, in the order in which they stop the work."""
    return tuple(_item(r, schema, source) for source in schema.sources)


def _item(r: Requirements, schema: Schema, source: SourceSpec) -> DiscoveryItem:
    columns = [c for c in schema.columns if c.source == source.name]
    told = next((s for s in r.data.sources if s.name == source.name), None)
    gaps = [
        words
        for missing, words in (
            (not source.declared, "the source itself: no declared source stands behind it"),
            (not source.owner, "its owner"),
            (any(not c.declared for c in columns), f"columns {_names(columns)}, which are assumed"),
            (told is None or told.freshness is None, f"how often it changes ({source.freshness} is assumed)"),
            (told is None or not told.profile, "missing shares and ranges: run mlwright profile on a sample"),
        )
        if missing
    ]
    kinds = "its columns, how late they are filled and how they are corrected"
    return DiscoveryItem(
        source=source.name,
        access=ACCESS.get(source.format, f"read access to its {source.format} files below landing/{source.name}/"),
        ask=f"{source.owner or 'whoever produces ' + source.name}: {kinds}",
        gaps=tuple(gaps),
        feeds=(f"raw_{source.name}", f"curated_{source.name}"),
    )


def _names(columns: list[ColumnSpec]) -> str:
    return listed((c.name for c in columns if not c.declared), limit=4)


def checks_of(r: Requirements, schema: Schema) -> tuple[EdaCheck, ...]:
    """Executable questions to every delivery; thresholds from the profile where there is one."""
    checks = [_age(source) for source in schema.sources]
    main, key = schema.sources[0].name, key_of(schema)
    rows = min(r.training_rows, sample_for_share(MARGIN))
    basis = f"rows that estimate a share within {MARGIN:.1%}, at most the {number(r.training_rows)} there are"
    checks.append(_check("enough_rows", main, None, "min_rows", float(rows), basis))
    checks.append(
        _check(
            "key_unique", main, None, "duplicate_share_max", 0.0, f"{' and '.join(key)} name a row; more is sent twice"
        )
    )
    checks += [_present(r, c) for c in schema.columns if c.role is ColumnRole.INPUT]
    checks += [found for c in schema.columns if (found := _levels(r, c)) is not None]
    checks += [found for c in schema.columns for found in _range(r, c)]
    return (*checks, *_rare(r, schema, main))


def _age(s: SourceSpec) -> EdaCheck:
    return _check(f"{s.name}_fresh", s.name, None, "max_age_hours", s.max_age_hours, f"1.5 periods of {s.freshness}")


def _present(r: Requirements, column: ColumnSpec) -> EdaCheck:
    seen = profile_of(r, column.source, column.name)
    if seen is None or seen.missing is None:
        limit, basis = UNPROFILED_MISSING, "not profiled: an assumption"
    else:
        limit = round(min(1.0, MISSING_SLACK * seen.missing + MARGIN), 4)
        basis = f"{MISSING_SLACK:g} x the profiled share {seen.missing:g} + {MARGIN:g}"
    return _check(
        f"{column.source}_{column.name}_present", column.source, column.name, "missing_share_max", limit, basis
    )


def _levels(r: Requirements, column: ColumnSpec) -> EdaCheck | None:
    """A category may show new values, but not another order of magnitude of them."""
    seen = profile_of(r, column.source, column.name)
    if column.type != "category" or column.role is not ColumnRole.INPUT or seen is None or not seen.distinct:
        return None
    name, limit = f"{column.source}_{column.name}_levels", float(ceil(1.5 * seen.distinct) + 1)
    return _check(name, column.source, column.name, "distinct_max", limit, f"1.5 x the profiled {seen.distinct} + 1")


def _range(r: Requirements, column: ColumnSpec) -> tuple[EdaCheck, ...]:
    """A number may leave its profiled range by one more span, but not change its sign: cents for euros are seen."""
    seen = profile_of(r, column.source, column.name)
    if column.type not in ("float", "int") or seen is None or column.role not in (ColumnRole.INPUT, ColumnRole.LABEL):
        return ()
    low, high = seen.min, seen.max
    if isinstance(low, str) or isinstance(high, str) or low is None or high is None or low >= high:
        return ()
    lowest, highest = low - (high - low), high + (high - low)
    bounds = (max(0.0, lowest) if low >= 0 else lowest, min(0.0, highest) if high <= 0 else highest)
    basis = f"the profiled {low:g} to {high:g}, and one more span"
    stem = f"{column.source}_{column.name}"
    return tuple(
        _check(f"{stem}_{rule.removeprefix('value_')}", column.source, column.name, rule, float(f"{bound:.6g}"), basis)
        for rule, bound in zip(("value_min", "value_max"), bounds, strict=True)
    )


def _rare(r: Requirements, schema: Schema, main: str) -> tuple[EdaCheck, ...]:
    if not schema.label or "classification" not in r.problem.value:
        return ()
    column, rarest = next((c for c in schema.columns if c.name == schema.label), None), rare_share(r)
    if rarest is not None:
        share, basis = rarest / 2, f"half of the profiled share {rarest:g} of the rarest class"
    else:
        share = MIN_CLASS_ROWS / max(r.training_rows, 10 * MIN_CLASS_ROWS)
        basis = f"{MIN_CLASS_ROWS} rows of the rarest class among {number(r.training_rows)}"
    share = round(max(share, 0.00005), 5)
    return (_check("rare_class", column.source if column else main, schema.label, "min_class_share", share, basis),)


def _check(name: str, source: str, column: str | None, rule: str, threshold: float, basis: str) -> EdaCheck:
    return EdaCheck(name=name, source=source, column=column, rule=rule, threshold=threshold, basis=basis)
