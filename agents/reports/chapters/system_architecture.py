"""Chapter 16: the whole, where it gets tight, what it costs, and how it grows."""

from agents.domain.constraints import WorkloadType
from agents.domain.outputs.system_architecture import Scaling, SystemArchitecture
from agents.reports.book import Book, Chapter, Section, bullets
from agents.reports.text import cell, count, money, one_line, table

MOST_EDGES = 40


def _out(book: Book) -> SystemArchitecture:
    return book.read("system_architecture", SystemArchitecture)


def _blueprint(book: Book) -> str:
    out = _out(book)
    names = {node.id: node.label for node in out.nodes}
    edges = [
        f"{one_line(names.get(e.source, e.source))} → {one_line(names.get(e.target, e.target))}: {one_line(e.label)}"
        for e in out.edges[:MOST_EDGES]
    ]
    reach = f"Reaches {out.availability_pct:g} %"
    reach += f", p95 {out.p95_latency_ms:g} ms." if out.p95_latency_ms is not None else "."
    return f"{reach}\n\n{bullets(edges)}"


def _tight(book: Book) -> str:
    out = _out(book)
    rows = [
        (cell(b.stage), f"{b.load:,.4g} {cell(b.unit)}", f"{b.capacity:,.4g}", f"{b.headroom:.1f}x", cell(b.remedy))
        for b in out.bottlenecks
    ]
    better = [f"{o.kind}, {one_line(o.part)}: {one_line(o.figure)}; {one_line(o.action)}" for o in out.optimisations]
    return "\n\n".join(
        part for part in (table(("stage", "load", "carries", "headroom", "remedy"), rows), bullets(better)) if part
    )


def _costs(book: Book) -> str:
    cost = book.cost
    dearest = sorted(cost.lines, key=lambda p: (-p.usd, p.line.component))[:5]
    parts = ", ".join(f"{one_line(p.line.component)} {money(p.usd)}" for p in dearest)
    return (
        f"{money(cost.monthly_usd)} a month expected, {money(cost.low_usd)} to {money(cost.high_usd)}; "
        f"{money(cost.fixed_usd)} of it without any load. Dearest: {parts}. All of it: "
        "[cost](../reports/cost.md)."
    )


def _growth(book: Book) -> str:
    out = _out(book)
    steps = "\n".join(f"{n}. {one_line(step, 400)}" for n, step in enumerate(out.scale_steps, 1))
    where = f" in {out.recovery_region}" if out.recovery_region else ""
    lost = (
        f"If the region is lost: {out.recovery.value}{where}, back within {count(out.recovery_time_hours, 'hour')}, at most "
        f"{count(out.recovery_point_hours, 'hour')} of data lost."
    )
    standing = f", {count(out.standing_replicas, 'replica')} stand at no load" if out.standing_replicas else ""
    r = book.requirements
    rates = [f"{r.requests_per_second:g} requests a second"] if r.has(WorkloadType.ONLINE) else []
    rates += [f"{r.events_per_second:g} events a second"] if r.has(WorkloadType.STREAMING) else []
    rates += [f"{r.batch_gb_per_day:g} GB a day"] if r.batch_gb_per_day else []
    how = {
        Scaling.AUTOSCALE: "replicas follow the load",
        Scaling.HEADROOM: "what stands carries more than today's load",
        Scaling.SCHEDULED: "runs are sized by their schedule",
    }[out.scaling]
    return (
        f"From today's {' and '.join(rates) or 'load'}, {how} (`{out.scaling.value}`){standing}.\n\n{steps}\n\n{lost}"
    )


CHAPTER = Chapter(
    "system_architecture",
    "Overall System Architecture",
    (
        Section("Unified Architectural Blueprint", _blueprint),
        Section("Potential Bottlenecks, Cost and Performance Optimizations", _tight),
        Section("Estimated Monthly Costs", _costs),
        Section("Scaling Strategies", _growth, ("architecture.scaling", "architecture.recovery")),
    ),
)
