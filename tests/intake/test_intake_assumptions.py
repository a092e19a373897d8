"""Assumptions: defaults that follow from what is known, ids that never move, and what is never assumed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import FULL, MINIMAL, PLANNABLE

from agents.domain.constraints import Constraints, DataSection, Problem
from agents.domain.requirements import Requirements
from agents.errors import BadInput
from agents.expert.schema import schema_of
from agents.intake.answers import constraints_from
from agents.intake.assumption_table import ASSUMABLE
from agents.intake.assumptions import Resolved, assumptions_of, resolve
from agents.intake.package_name import package_name
from agents.intake.parse import parse
from agents.intake.shape import member_at, record_shape

SLOTS = {
    "serve:aws-ecs-fargate": ("serve.online",),
    "serve:aws-batch-scoring": ("serve.batch",),
    "serve:aws-any": ("serve.online", "serve.batch"),
    "ingest:aws-kinesis": ("ingest.streaming",),
    "train:aws-batch-spot": ("train",),
}


def _slot_of(pattern: str) -> tuple[str, ...]:
    return SLOTS[pattern]


def _resolved(content: bytes, more: str = "") -> Resolved:
    parsed = parse(content + more.encode())
    assert parsed.constraints is not None, parsed.findings
    return resolve(parsed.constraints, _slot_of, parsed.locations)


def _assumed(more: str, content: bytes = PLANNABLE) -> dict[str, Any]:
    return {a.key: a.value for a in _resolved(content, more).assumptions}


def test_a_full_file_assumes_nothing() -> None:
    resolved = _resolved(FULL)
    r = resolved.requirements
    assert resolved.assumptions == () and resolved.findings == ()
    assert (r.slug, r.package, r.primary_region, r.team_size) == ("churn", "churn", "eu-west-1", 4)
    assert (r.budget_usd_max, r.budget_usd_target) == (Decimal(1500), Decimal(1100))
    assert (r.sla_latency_ms, r.requests_per_second, r.training_rows) == (150.0, 20.0, 2_000_000)
    assert r.workloads == ("batch", "online") and r.pins == {"serve.online": "serve:aws-ecs-fargate"}


@pytest.mark.parametrize("missing", ["cloud: aws\n", "regions: [eu-west-1]\n", "data_classification: internal\n"])
def test_cloud_place_and_data_class_are_never_assumed(missing: str) -> None:
    parsed = parse(PLANNABLE.replace(missing.encode(), b""))
    assert parsed.constraints is not None
    with pytest.raises(BadInput) as caught:
        resolve(parsed.constraints, _slot_of, parsed.locations)
    key = missing.partition(":")[0]
    assert [f.key for f in caught.value.findings] == [key]
    assert caught.value.remedy == f"Answer: `{key}: …`"
    assert caught.value.findings[0].location is not None


def test_ids_are_those_of_the_table_in_the_order_of_the_schema() -> None:
    for more in ("", "workload_types: [online]\n", "availability_target: 99\n"):
        for assumption in _resolved(PLANNABLE, more).assumptions:
            assert assumption.id == f"A{ASSUMABLE[assumption.key].number}"
    numbers = [int(a.id[1:]) for a in _resolved(PLANNABLE).assumptions]
    assert numbers == sorted(numbers)


def test_the_numbers_of_the_table_are_fixed() -> None:
    # Files in the world say `assume: {A5: 99.5}`: a number must never come to mean another field.
    assert {a.id: a.key for a in ASSUMABLE.values()} == {
        "A1": "project.problem",
        "A2": "project.domain",
        "A3": "budget_band.monthly_usd_max",
        "A4": "sla_latency_ms",
        "A5": "availability_target",
        "A6": "throughput.requests_per_second",
        "A7": "throughput.events_per_second",
        "A8": "throughput.batch_gb_per_day",
        "A9": "throughput.training_rows",
        "A10": "data.entity",
        "A11": "data.label",
        "A12": "data.event_time",
        "A13": "data.sources",
        "A14": "workload_types",
        "A15": "deployment_pref",
        "A16": "team_constraints.size",
        "A17": "compliance",
        "A18": "data.series",
    }
    schema = record_shape(Constraints)
    assert all(member_at(schema, key) is not None for key in ASSUMABLE)


@pytest.mark.parametrize(
    ("more", "key", "value"),
    [
        ("", "project.problem", "binary-classification"),
        ("data: {label: y, sources: [{name: a, columns: {y: float}}]}\n", "project.problem", "regression"),
        (
            "data: {label: y, sources: [{name: a, columns: {y: category}}]}\n",
            "project.problem",
            "multiclass-classification",
        ),
        ("data: {sources: [{name: a, format: images}]}\n", "project.problem", "image-classification"),
        ("data: {sources: [{name: a, format: documents}]}\n", "project.problem", "nlp-classification"),
        ("", "workload_types", "batch"),
        ("sla_latency_ms: 100\n", "workload_types", "online"),
        ("throughput: {events_per_second: 4, batch_gb_per_day: 1}\n", "workload_types", "batch, streaming"),
        ("", "budget_band.monthly_usd_max", "no limit"),
        ("budget_band: {target: 1000}\n", "budget_band.monthly_usd_max", 1250.0),
        ("workload_types: [online]\n", "sla_latency_ms", 200.0),
        ("workload_types: [online]\n", "throughput.requests_per_second", 10.0),
        ("workload_types: [online]\n", "availability_target", 99.9),
        ("workload_types: [batch]\n", "availability_target", 99.0),
        ("workload_types: [streaming]\n", "throughput.events_per_second", 100.0),
        (
            "workload_types: [streaming]\nthroughput: {events_per_second: 0}\n",
            "throughput.events_per_second",
            100.0,
        ),
        (
            "workload_types: [online]\nthroughput: {requests_per_second: 0}\n",
            "throughput.requests_per_second",
            10.0,
        ),
        ("throughput: {batch_gb_per_day: 0.1}\n", "throughput.training_rows", 3_000_000.0),
        ("throughput: {batch_gb_per_day: 100}\n", "throughput.training_rows", 10_000_000.0),
        ("throughput: {training_rows: 30000000}\n", "throughput.batch_gb_per_day", 1.0),
        (
            "workload_types: [streaming]\nthroughput: {events_per_second: 1}\n",
            "throughput.training_rows",
            2_600_000.0,
        ),
        ("team_constraints: {skills: [Kubernetes]}\n", "deployment_pref", "kubernetes"),
        ("", "deployment_pref", "any"),
        ("", "team_constraints.size", 3.0),
        ("data: {sources: [{name: a, columns: {k: id, d: date}}]}\n", "data.entity", "k"),
        ("data: {sources: [{name: a, columns: {k: id, d: date}}]}\n", "data.event_time", "d"),
        ("data: {sources: [{name: a, columns: {k: id}}]}\n", "data.event_time", "none"),
        ("data: {sources: [{name: a, columns: {x: float}}]}\n", "data.entity", "none"),
        ("data: {sources: [{name: a, columns: {x: float}}]}\n", "data.label", "none"),
        (
            "data: {sources: [{name: a, volume: 2 GB/day}, {name: b, volume: 7 TB a week}]}\n",
            "throughput.batch_gb_per_day",
            1000.0,
        ),
        ("data: {sources: [{name: a, volume: 60 GB}]}\n", "throughput.batch_gb_per_day", 2.0),
        ("data: {sources: [{name: a, rows: 4321}]}\n", "throughput.training_rows", 4321.0),
        ("data: {label: z, sources: [{name: a, columns: {k: id}}]}\n", "data.label", "z"),
        ("data: {sources: [{name: a}]}\n", "data.sources", "a"),
        ("", "data.sources", "records"),
    ],
)
def test_a_default_follows_from_what_is_known(more: str, key: str, value: object) -> None:
    assert _assumed(more)[key] == value


@pytest.mark.parametrize(
    ("kind", "region", "law"),
    [
        ("pii", "eu-west-1", "gdpr"),
        ("pii", "eu-west-2", "gdpr"),
        ("pii", "us-east-1", "none"),
        ("phi", "us-east-1", "hipaa"),
        ("phi", "eu-west-1", "gdpr"),
        ("pci", "ap-south-1", "pci-dss"),
        ("internal", "eu-west-1", None),
    ],
)
def test_laws_follow_from_data_and_place(kind: str, region: str, law: str | None) -> None:
    content = PLANNABLE.replace(b"internal", kind.encode()).replace(b"eu-west-1", region.encode())
    assert _assumed("", content).get("compliance") == law
    expected = () if law in (None, "none") else (law,)
    assert _resolved(content).requirements.compliance == expected
    assert _resolved(content, "assume: {compliance: none}\n").requirements.compliance == () if law else True


@pytest.mark.parametrize("absent", ["sla_latency_ms", "throughput.requests_per_second", "throughput.events_per_second"])
def test_nothing_is_assumed_for_what_has_no_part(absent: str) -> None:
    assert absent not in _assumed("workload_types: [batch]\n")
    r = _resolved(PLANNABLE, "workload_types: [batch]\nthroughput: {requests_per_second: 4}\n").requirements
    assert (r.sla_latency_ms, r.requests_per_second, r.events_per_second) == (None, 0.0, 0.0)


@pytest.mark.parametrize(
    ("more", "key", "reason"),
    [
        ("workload_types: [streaming]\n", "throughput.events_per_second", "no event rate is named"),
        (
            "workload_types: [streaming]\nthroughput: {events_per_second: 0}\n",
            "throughput.events_per_second",
            "0 contradicts",
        ),
        ("workload_types: [online]\n", "throughput.requests_per_second", "no request rate is named"),
        (
            "workload_types: [online]\nthroughput: {requests_per_second: 0}\n",
            "throughput.requests_per_second",
            "0 contradicts",
        ),
        ("throughput: {batch_gb_per_day: 3}\n", "throughput.training_rows", "30 days of 3 GB a day"),
        ("throughput: {events_per_second: 3}\n", "throughput.training_rows", "30 days of 3 events a second"),
        ("throughput: {training_rows: 3000}\n", "throughput.batch_gb_per_day", "3,000 training rows of 1,000 bytes"),
        ("workload_types: [streaming]\n", "availability_target", "streaming predictions are waited for"),
        ("workload_types: [batch]\n", "availability_target", "a late batch can be run again"),
        ("budget_band: {target: 1000}\n", "budget_band.monthly_usd_max", "a quarter above the target of 1,000"),
        ("sla_latency_ms: 9\n", "workload_types", "a latency or a request rate is given"),
        ("existing_stack: [EKS]\n", "deployment_pref", "the team has eks"),
    ],
)
def test_the_reason_says_what_the_default_follows_from(more: str, key: str, reason: str) -> None:
    found = next(a for a in _resolved(PLANNABLE, more).assumptions if a.key == key)
    assert reason in found.reason


def test_series_to_forecast_size_the_project() -> None:
    forecast = PLANNABLE.replace(b"churn", b"churn, problem: forecasting")
    assumed = _assumed("data: {series: 50000}\n", forecast)
    assert assumed["throughput.training_rows"] == 50_000 * 730 and assumed["throughput.batch_gb_per_day"] == 0.05
    assert _assumed("data: {series: 50000}\n")["throughput.training_rows"] != 50_000 * 730


def test_columns_that_nobody_declared_are_marked_and_declared_ones_are_left_alone() -> None:
    bare = _resolved(PLANNABLE, "data: {label: churned}\n").requirements
    assert bare.data.label == "churned" and "churned" not in bare.assumed_columns
    assert {*bare.assumed_columns, "churned"} == set(bare.data.sources[0].columns)
    assert bare.assumed_sources == ("records",)
    named = _resolved(PLANNABLE, "data: {sources: [{name: orders}]}\n").requirements
    assert named.assumed_sources == () and set(named.assumed_columns) == set(named.data.sources[0].columns)
    declared = _resolved(PLANNABLE, "data: {sources: [{name: homes, columns: {area: float, rooms: int}}]}\n")
    data = declared.requirements.data
    assert (data.entity, data.event_time, data.label) == (None, None, None)
    assert declared.requirements.assumed_columns == () and set(data.sources[0].columns) == {"area", "rooms"}
    told = _resolved(PLANNABLE, "assume: {A10: home}\ndata: {sources: [{name: h, columns: {area: float}}]}\n")
    assert told.requirements.data.entity == "home"


def test_the_schema_of_the_agents_is_the_one_that_was_assumed() -> None:
    for problem in Problem:
        content = PLANNABLE.replace(b"churn", f"churn, problem: {problem}".encode())
        r = _resolved(content).requirements
        schema = schema_of(r)
        assert not schema.declared and not any(column.declared for column in schema.columns)
        assert {column.name for column in schema.columns} == set(r.data.sources[0].columns) == set(r.assumed_columns)
        assert schema_of(r.model_copy(update={"data": DataSection(), "assumed_columns": ()})).columns == schema.columns
    keyless = schema_of(_resolved(PLANNABLE, "data: {sources: [{name: h, columns: {area: float}}]}\n").requirements)
    assert keyless.declared and keyless.entity == "row_id" and keyless.event_time is None
    assert [c.name for c in keyless.columns if not c.declared] == ["row_id", "label"]


def test_problems_without_an_outcome_have_no_label() -> None:
    r = _resolved(MINIMAL.replace(b"churn", b"churn, problem: rag") + PLANNABLE[len(MINIMAL) :]).requirements
    assert r.data.label is None and r.data.sources[0].format == "documents" and "body" in r.data.sources[0].columns


def test_assumed_columns_are_named_in_the_assumption() -> None:
    resolved = _resolved(PLANNABLE)
    reason = next(a.reason for a in resolved.assumptions if a.key == "data.sources")
    columns = resolved.requirements.data.sources[0].columns
    assert columns and all(column in reason for column in columns)
    data = resolved.requirements.data
    assert {data.entity, data.label, data.event_time} <= set(columns)


@pytest.mark.parametrize("reference", ["A5", "availability_target"])
def test_assume_sets_a_value_and_confirms_it(reference: str) -> None:
    resolved = _resolved(PLANNABLE, f"assume: {{{reference}: 99.95}}\n")
    assumption = next(a for a in resolved.assumptions if a.key == "availability_target")
    assert assumption.confirmed and assumption.value == 99.95
    assert resolved.requirements.availability_target == 99.95
    assert not any(a.confirmed for a in resolved.assumptions if a.key != "availability_target")


def test_a_confirmed_value_moves_what_follows_from_it() -> None:
    resolved = _resolved(PLANNABLE, "assume: {A14: 'online', A8: 0.1, A3: no limit, A13: orders}\n")
    assumed = {a.key: a for a in resolved.assumptions}
    assert resolved.requirements.workloads == ("online",) and assumed["sla_latency_ms"].id == "A4"
    assert assumed["throughput.training_rows"].value == 3_000_000.0
    assert resolved.requirements.budget_usd_max is None and resolved.requirements.data.sources[0].name == "orders"


def test_an_unknown_assumption_is_refused_on_its_line() -> None:
    text = PLANNABLE + b"assume:\n  A5: 99\n  A55: 1\n"
    parsed = parse(text)
    assert parsed.constraints is None
    (finding,) = parsed.findings
    assert finding.location is not None and finding.location.line == 8
    direct = constraints_from(
        {"cloud": "aws", "regions": ["eu-west-1"], "data_classification": "pii", "assume": {"A55": 1}}
    )
    with pytest.raises(BadInput, match="A55"):
        resolve(direct)


def test_pins() -> None:
    both = PLANNABLE + b"workload_types: [online, batch]\n"
    assert _resolved(both, "choose: {serve: aws-any, train: 'train:aws-batch-spot'}\n").requirements.pins == {
        "serve.online": "serve:aws-any",
        "serve.batch": "serve:aws-any",
        "train": "train:aws-batch-spot",
    }
    split = "choose: {serve: {online: aws-ecs-fargate, batch: aws-batch-scoring}}\n"
    assert _resolved(both, split).requirements.pins == {
        "serve.online": "serve:aws-ecs-fargate",
        "serve.batch": "serve:aws-batch-scoring",
    }
    streamed = _resolved(both, "throughput: {events_per_second: 4}\nchoose: {ingest: aws-kinesis}\n")
    assert streamed.requirements.pins == {"ingest.streaming": "ingest:aws-kinesis"}


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("choose: {serve: aws-nothing}", "there is no pattern serve:aws-nothing"),
        ("choose: {train: aws-nothing}", "there is no pattern train:aws-nothing"),
        ("choose: {ingest: aws-kinesis}", "no pattern for the workloads of this project (batch)"),
        (
            "workload_types: [batch]\nchoose: {serve: aws-ecs-fargate}",
            "no pattern for the workloads of this project (batch)",
        ),
    ],
)
def test_a_choice_that_no_slot_can_take_is_refused(choice: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        _resolved(PLANNABLE, choice + "\n")
    assert words in caught.value.message
    assert caught.value.findings[0].location is not None and caught.value.findings[0].location.line >= 6


def test_repeated_regions_are_planned_once() -> None:
    assert _resolved(PLANNABLE.replace(b"[eu-west-1]", b"[eu-west-1, eu-north-1, eu-west-1]")).requirements.regions == (
        "eu-west-1",
        "eu-north-1",
    )


@pytest.mark.parametrize(
    ("slug", "package"),
    [
        ("churn", "churn"),
        ("my-proj", "my_proj"),
        ("class", "class_ml"),
        ("random", "random_ml"),
        ("tests", "tests_ml"),
        ("pandas", "pandas_ml"),
        ("match", "match_ml"),
        ("a-1", "a_1"),
        ("email", "email_ml"),
    ],
)
def test_package_names(slug: str, package: str) -> None:
    assert package_name(slug) == package and package.isidentifier()


_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "workload_types": st.lists(st.sampled_from(["batch", "online", "streaming"]), unique=True),
    "project.problem": st.sampled_from(["rag", "regression", "forecasting", "image-classification"]),
    "throughput.events_per_second": st.sampled_from([0, 1, 5000]),
    "throughput.batch_gb_per_day": st.sampled_from([0, 0.001, 900]),
    "throughput.training_rows": st.sampled_from([0, 10, 10**9]),
    "sla_latency_ms": st.sampled_from([1, 5000]),
    "budget_band.target": st.sampled_from([0, 10.55]),
    "data.label": st.just("y"),
    "deployment_pref": st.just("containers"),
    "assume": st.sampled_from([{"A5": 99.0}, {"A14": "streaming"}, {"A9": 5.0}]),
}


@settings(max_examples=80, deadline=None)
@given(st.fixed_dictionaries({}, optional=_VALUES))
def test_laws_of_assumptions(values: dict[str, Any]) -> None:
    base = {"cloud": "aws", "regions": ["us-east-1"], "data_classification": "pii"}
    constraints = constraints_from({**base, **values})
    try:
        resolved = resolve(constraints)
    except BadInput as refused:
        assert all(f.remediation for f in refused.findings) and "assume" in values
        return
    r = resolved.requirements
    assert isinstance(r, Requirements) and resolved == resolve(constraints)
    assert resolved.assumptions == assumptions_of(constraints)
    keys = [a.key for a in resolved.assumptions]
    assert len(set(keys)) == len(keys) and all(a.reason and a.blast_radius for a in resolved.assumptions)
    # Every stated value is kept, unless it contradicts a workload.
    for key in keys:
        stated = values.get(key)
        assert stated in (None, 0, [], "y") or key in values.get("assume", {}), key
    assert r.sla_latency_ms is not None or "online" not in r.workloads
    assert r.sla_latency_ms is None or set(r.workloads) & {"online", "streaming"}
    assert r.data.sources[0].columns and r.assumed_columns
    # Writing the assumed values into the file leaves the requirements as they were.
    stated_again: dict[str, Any] = {
        a.key: a.value for a in resolved.assumptions if a.key.startswith(("sla", "avail", "throughput"))
    }
    stated_again["workload_types"] = list(r.workloads)
    if "assume" not in values:
        assert resolve(constraints_from({**base, **values, **stated_again})).requirements == r
