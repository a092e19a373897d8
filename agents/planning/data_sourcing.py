"""Agent 3: where data and labels come from, what they look like, how the answer could leak, what to look at
first."""

from collections.abc import Mapping
from math import ceil, sqrt

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Problem
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing
from agents.domain.outputs.data_sourcing import (
    ColumnRole,
    Exploration,
    LabelStrategy,
    LeakageCheck,
)
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.discovery import MARGIN, checks_of, discovery_of, key_of
from agents.expert.formulas import sample_for_share
from agents.expert.measured import profile_of, rows_for_rare
from agents.expert.project import TEXT_OR_IMAGE, label_delay_days, load
from agents.expert.schema import SELF_LABELLED, Schema, schema_of
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "data_sourcing"
DEFAULT_DELAY_DAYS = 7.0
"""Assumed where outcomes are joined and the label's name says no period, and where people label once a week."""
FULL_SCAN_GB = 10.0
"""What one small worker profiles in minutes; measured figures belong here once there are some."""
LEAK_CORRELATION = 0.95
"""From this rank correlation with the label on, a column named like it is taken for its copy (unverified)."""
UNLABELLED = frozenset({Problem.ANOMALY_DETECTION, Problem.RAG})


def options(brief: Brief) -> tuple[Question, ...]:
    return (_labels(brief), _exploration(brief))


def _labels_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    label, delay = _known_label(r), label_delay_days(r.data.label)
    none, assumed = f"no label is declared for {r.problem.value}", _assumed(r, label)
    there = label is not None and not delay and not assumed
    return (
        option(
            LabelStrategy.DECLARED_COLUMN,
            f"train on the column {label} as it stands in the source",
            (
                Fact(there, 0.3, f"{label} is there and names no waiting time"),
                Fact(
                    assumed and r.problem not in TEXT_OR_IMAGE,
                    0.3,
                    f"outcomes of {r.problem.value} are usually recorded by the business; {label} stands in for that column",
                ),
                Fact(r.data.event_time is None, 0.1, "without an event time nothing could be joined later"),
            ),
            refusals=(Refusal(label is None, none),),
            tradeoffs=("the source's owner decides what the label means",),
            burden=1.0,
        ),
        _delayed_join(brief),
        option(
            LabelStrategy.ANNOTATION,
            f"people label a first set for {r.problem.value} and a sample of new cases each week",
            (
                Fact(label is None and r.problem not in UNLABELLED, 0.35, none),
                Fact(assumed and r.problem in TEXT_OR_IMAGE, 0.35, none),
                Fact(r.problem in TEXT_OR_IMAGE, 0.1, f"{r.problem.value} needs eyes"),
            ),
            tradeoffs=("the only way to a truth nobody recorded; costs people's hours",),
            burden=3.0,
        ),
        option(
            LabelStrategy.UNSUPERVISED,
            "no label: judge the unusual, or the found passages, by a small set that people check",
            (Fact(label is None and r.problem in UNLABELLED, 0.4, none),),
            refusals=(Refusal(r.problem not in UNLABELLED, f"{r.problem.value} cannot be learned without a truth"),),
            tradeoffs=("starts on day one; quality is only known on the checked set",),
            burden=2.0,
        ),
    )


def _delayed_join(brief: Brief) -> Candidate:
    r = brief.requirements
    label, delay = _known_label(r), label_delay_days(r.data.label)
    known = f"{label} tells its own delay: {plural(delay, 'day')}" if delay else ""
    none = f"no label is declared for {r.problem.value}"
    return option(
        LabelStrategy.DELAYED_JOIN,
        f"join each prediction with its outcome {plural(delay or DEFAULT_DELAY_DAYS, 'day')} later",
        (
            Fact(bool(delay), 0.4, known),
            Fact(r.data.event_time is not None, 0.1, f"{r.data.event_time} says when each row was true"),
        ),
        refusals=(
            Refusal(label is None, none),
            Refusal(r.data.entity is None, "no entity is declared to join predictions and outcomes on"),
        ),
        tradeoffs=("gives feedback for agent 14 as well; the newest rows have no label yet",),
        burden=2.0,
        parameters={"delay_days": delay or DEFAULT_DELAY_DAYS},
    )


def _labels(brief: Brief) -> Question:
    r = brief.requirements
    label = _known_label(r)
    none = f"no label is declared for {r.problem.value}"
    return ask(
        brief,
        NAME,
        "sourcing.labels",
        f"Where does the truth for {r.slug} come from, and how late?",
        _labels_options(brief),
        rests_on=("data.label", "data.event_time", "data.entity", "project.problem"),
        flips={
            LabelStrategy.DECLARED_COLUMN: "if the label is complete when its row arrives",
            LabelStrategy.DELAYED_JOIN: "if the label's name gives a waiting time "
            "(churned_within_30d) and rows have an event time",
            LabelStrategy.ANNOTATION: f"if no label column exists (now {label or 'none'})",
            LabelStrategy.UNSUPERVISED: "for anomalies and retrieval without a label",
        },
        risks=(
            Risk(
                risk=f"{label} is filled by the very process that {r.slug} will change",
                probe="compare the share of rows above the mean before and after a past change of rules, in equal halves of "
                f"{number(r.training_rows)} rows: a gap above {196 / sqrt(max(1, r.training_rows)):.2g} % is no chance",
            )
            if label
            else Risk(
                risk=f"no column says which of {number(r.training_rows)} rows were right, and nobody agrees on it",
                probe=f"let two people judge {sample_for_share(0.1)} rows: a tenth judged apart needs a written rule",
            ),
        ),
        reasons=() if label and not _assumed(r, label) else (none,),
    )


def _assumed(r: Requirements, label: str | None) -> bool:
    """True if nobody declared the label."""
    return label is not None and label in r.assumed_columns


def _known_label(r: Requirements) -> str | None:
    """The declared label, or the column that is its own truth (a forecast quantity, an interaction)."""
    schema = schema_of(r)
    own = r.problem in SELF_LABELLED and any(c.name == schema.label for c in schema.columns)
    return r.data.label or (schema.label if own else None)


def explored_sample(r: Requirements) -> int:
    """Rows that estimate a share within `MARGIN`, rare values within five points in each of 20 parts, and hold a
    hundred of the rarest class that was measured."""
    return min(r.training_rows, max(sample_for_share(MARGIN), 20 * sample_for_share(0.05), rows_for_rare(r)))


def _exploration_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    size, width = load(r, "training_gb"), load(r, "row_bytes")
    sample = explored_sample(r)
    facts = f"{number(r.training_rows)} rows of about {number(width)} bytes are {number(round(size, 2))} GB"
    return (
        option(
            Exploration.FULL_SCAN,
            f"profile every row: {facts}",
            (
                Fact(size <= FULL_SCAN_GB, 0.3, f"{facts}, within {number(FULL_SCAN_GB)} GB"),
                Fact(size > FULL_SCAN_GB, -0.2, f"{facts}, hours for one worker"),
            ),
            tradeoffs=(f"single bad rows among {number(r.training_rows)} are seen",),
            parameters={"rows": r.training_rows},
        ),
        option(
            Exploration.SAMPLE,
            f"profile {number(sample)} rows drawn evenly over time: shares within {MARGIN:.1%}",
            (
                Fact(
                    size > FULL_SCAN_GB,
                    0.3,
                    f"{number(sample)} rows answer as well as {number(r.training_rows)}",
                ),
            ),
            refusals=(Refusal(sample >= r.training_rows, f"{number(r.training_rows)} rows are fewer than the sample"),),
            tradeoffs=(
                f"minutes instead of hours; duplicates among the other {number(r.training_rows - sample)} rows are missed",
            ),
            parameters={"rows": sample},
        ),
    )


def _exploration(brief: Brief) -> Question:
    r = brief.requirements
    schema, sample = schema_of(r), explored_sample(r)
    size, most = load(r, "training_gb"), ceil(FULL_SCAN_GB * 1e9 / load(r, "row_bytes"))
    return ask(
        brief,
        NAME,
        "sourcing.exploration",
        f"Is the first look at {listed(s.name for s in schema.sources)} at every row or at a sample?",
        _exploration_options(brief),
        rests_on=("throughput.training_rows", "data.sources"),
        flips={
            Exploration.FULL_SCAN: f"up to {number(FULL_SCAN_GB)} GB (now {number(round(size, 2))})",
            Exploration.SAMPLE: f"above {number(FULL_SCAN_GB)} GB, about {number(most)} rows",
        },
        risks=lambda leader: (
            Risk(
                risk=f"a sample of {number(sample)} rows has no row of a class rarer than 1 in {number(sample // 100)}",
                probe=f"count the rarest values of {schema.label or schema.entity} in the source with one query",
            )
            if leader == Exploration.SAMPLE
            else Risk(
                risk=f"{number(r.training_rows)} rows of the past do not look like those of next quarter",
                probe="profile the first and the last month apart and compare missing shares and means",
            )
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> DataSourcing:
    r = brief.requirements
    schema = schema_of(r)
    strategy = LabelStrategy(chosen["sourcing.labels"].id)
    supervised = strategy is not LabelStrategy.UNSUPERVISED
    read = label_delay_days(r.data.label)
    waits = {
        LabelStrategy.DELAYED_JOIN: (read or DEFAULT_DELAY_DAYS, "label name" if read else "assumption"),
        LabelStrategy.ANNOTATION: (DEFAULT_DELAY_DAYS, "assumption"),
    }
    delay, basis = waits.get(strategy, (0.0, "none"))
    return DataSourcing(
        label_strategy=strategy,
        label_delay_days=delay,
        label_delay_basis=basis,
        entity=schema.entity,
        label=schema.label if supervised else None,
        event_time=schema.event_time,
        sources=schema.sources,
        discovery=discovery_of(r, schema),
        columns=schema.columns,
        key=key_of(schema),
        schema_declared=schema.declared,
        schema_note=schema.note,
        personal_columns=schema.personal,
        leakage=(*_leakage(schema, delay), *_measured_leaks(r, schema)),
        exploration=Exploration(chosen["sourcing.exploration"].id),
        exploration_rows=int(chosen["sourcing.exploration"].parameters["rows"]),
        checks=checks_of(r, schema),
        rows=r.training_rows,
        row_bytes=int(load(r, "row_bytes")),
        training_gb=round(load(r, "training_gb"), 3),
    )


def _leakage(schema: Schema, delay: float) -> tuple[LeakageCheck, ...]:
    """The label itself, columns named like it, the future, and the wait for the truth."""
    checks = []
    if schema.label:
        checks.append(LeakageCheck(column=schema.label, reason="it is the answer", rule="exclude"))
        stem = schema.label.split("_")[0]
        for name in schema.names(ColumnRole.INPUT):
            if len(stem) > 3 and stem[:5] in name:
                checks.append(
                    LeakageCheck(
                        column=name,
                        reason=f"its name resembles {schema.label}",
                        rule="correlation",
                        threshold=LEAK_CORRELATION,
                    )
                )
    if schema.event_time:
        checks.append(
            LeakageCheck(
                column=schema.event_time,
                reason="rows after it belong to the future",
                rule="before-event-time",
            )
        )
        if delay:
            checks.append(
                LeakageCheck(
                    column=schema.event_time,
                    reason=f"the outcome is known {plural(delay, 'day')} later",
                    rule="gap-days",
                    threshold=delay,
                )
            )
    return tuple(checks)


def _measured_leaks(r: Requirements, schema: Schema) -> tuple[LeakageCheck, ...]:
    """Inputs that the profile found to give the label away: forbidden as features, by a test of the repository."""
    return tuple(
        LeakageCheck(column=c.name, reason=c.left_out, rule="exclude")
        for c in schema.columns
        if c.left_out and (seen := profile_of(r, c.source, c.name)) is not None and seen.leak is not None
    )


AGENT = Agent(
    number=3,
    name=NAME,
    title="Data sourcing, discovery and characteristics",
    reads=(),
    writes=("sourcing",),
    output=DataSourcing,
    options=options,
    conclude=conclude,
)
