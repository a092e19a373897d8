"""The constraint file: what it means, and what is said about every mistake."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import FULL, MINIMAL

from agents.domain.constraints import Constraints
from agents.domain.findings import Severity
from agents.intake.mistakes import _FORMS
from agents.intake.parse import line, parse
from agents.intake.shape import Either, Items, Leaf, Record, Shape, Table, record_shape
from agents.intake.write import render_yaml
from agents.intake.yaml_text import flow_text


def _lines(text: str) -> list[str]:
    return [line(finding) for finding in parse(text.encode()).findings]


def test_the_sketch_of_bad_input() -> None:
    parsed = parse(b"version: 1\nproject: {name: churn}\n\n\n\n\n\n\nbuget_band: {}\n")
    assert _lines("version: 1\nproject: {name: churn}\n\n\n\n\n\n\nbuget_band: {}\n") == [
        "constraints.yaml:9:1 buget_band: unknown field. Did you mean budget_band?"
    ]
    assert parsed.constraints is None
    assert parsed.findings[0].remediation == "Write budget_band instead of buget_band."


def test_a_full_file_is_read_with_its_places() -> None:
    parsed = parse(FULL, "apps/churn/constraints.yaml")
    assert parsed.findings == () and parsed.constraints is not None
    assert parsed.constraints.budget_band.monthly_usd_max == Decimal(1500)
    assert parsed.constraints.data.sources[0].columns["churned"] == "bool"
    lines = FULL.decode().splitlines()
    for key, number, word in (
        ("version", 1, "version: 1"),
        ("regions.0", 4, "eu-west-1]"),
        ("throughput.training_rows", 10, "training_rows: 2000000}"),
        ("data.sources.0", 22, "{name: usage_daily"),
        ("data.sources.0.columns.plan", 23, "plan: category"),
        ("choose.serve", 25, "serve: aws-ecs-fargate}"),
    ):
        place = parsed.locations[key]
        assert place.line == number and lines[place.line - 1][place.column - 1 :].startswith(word)
    assert parsed.locations["data"].end_line == 23
    assert {place.path for place in parsed.locations.values()} == {"apps/churn/constraints.yaml"}


MISTAKES = [
    ("version: 2", "1:10 version: 2 is not known.", "Write 1."),
    ("", "1:1 version: missing. Version of this file's form.", "Write `version: 1`."),
    (
        "project: churn",
        "2:1 project: needs fields (name, description, problem, domain); found the text churn.",
        "{name: churn}",
    ),
    ("cloud: AWS", "Did you mean aws?", "Write aws."),
    ("cloud: ibm", "ibm is not known.", "Write aws."),
    ("cloud: google", "2:8 cloud: gcp has no patterns in the catalogue yet; aws has.", "cloud: aws,"),
    ("cloud: NO", "NO is not known.", ""),
    ("regions: eu-west-1", "regions: needs a list; found the text eu-west-1.", "Write `regions: [eu-west-1]`."),
    ("regions: [[a]]", "regions.0: needs text; found a list of 1.", ""),
    ("regions: [null]", "regions.0: needs text; found the text null.", ""),
    ("sla_latency_ms: 150ms", "needs a number (ms); found the text 150ms.", "Write 150."),
    ("sla_latency_ms: 2s", "needs a number (ms)", "Write 2000."),
    ("sla_latency_ms: 0", "0 is out of range; allowed is more than 0, at most 86,400,000 ms.", ""),
    ("sla_latency_ms: true", "needs a number (ms); found the text true.", ""),
    (
        "sla_latency_ms: 1e-400",
        "1e-400 is out of range; allowed is more than 0, at most 86,400,000 ms.",
        "Write a number",
    ),
    (
        "availability_target: 99.9999999999999999999",
        "is out of range; allowed is 90 to less than 100",
        "Write a number",
    ),
    ("availability_target: 100", "allowed is 90 to less than 100 per cent a month.", ""),
    ("availability_target: 99.9%", "needs a number", "Write 99.9."),
    ("budget_band: {monthly_usd_max: $1500}", "needs a number (USD a month); found the text $1500.", "Write 1500."),
    ("budget_band: {monthly_usd_max: 1_500}", "found the text 1_500.", "Write 1500."),
    (
        "budget_band: {monthly_usd_max: 1,500}",
        "budget_band.500: unknown field. A comma separates fields",
        "without a comma",
    ),
    ("budget_band: {target: -1}", "-1 is out of range", ""),
    ("throughput: {training_rows: 2M}", "needs a whole number (rows); found the text 2M.", "Write 2000000."),
    ("throughput: {training_rows: 1.5}", "1.5 has a fraction; needs a whole number (rows).", ""),
    ("throughput: {qps: 3}", "throughput.qps: unknown field. Did you mean requests_per_second?", ""),
    (
        "requests_per_second: 3",
        "Did you mean throughput.requests_per_second?",
        "Write requests_per_second under throughput.",
    ),
    ("project: {name: x, cloud: aws}", "project.cloud: unknown field. Did you mean cloud?", "at the top level"),
    ("zzz: 1", "zzz: unknown field.", "Remove it. Allowed here: version, project"),
    ("data: {sources: [{nam: a}]}", "data.sources.0.nam: unknown field. Did you mean name?", ""),
    (
        "data: {sources: [{name: a, columns: {x: strng}}]}",
        "data.sources.0.columns.x: strng is not known. Did you mean text?",
        "",
    ),
    ("data: {sources: [{name: a, columns: {a b: int}}]}", "a b is not a column name", "Write a_b, for"),
    (
        "project: {name: My Project}",
        "My Project is not lower-case letters, digits and single dashes",
        "Write my-project, for",
    ),
    ("project: {name: café}", "café is not lower-case", "Write cafe, for"),
    (
        "project: {name: сhurn}",
        "сhurn is not lower-case",
        "с is U+0441 (CYRILLIC SMALL LETTER ES): write plain letters",
    ),
    ("project: {name: a\u200bb}", "is not lower-case", "It holds U+200B (ZERO WIDTH SPACE): write plain letters"),
    ("project: {name: " + "a" * 40 + "}", "40 characters are too many; at most 39.", ""),
    ("project: {name: ''}", "an empty text is not lower-case", ""),
    ("project: {}", "project.name: missing.", "Write `name: churn`."),
    ("project: {name: x, problem: clasification}", "Did you mean binary-classification?", ""),
    ("compliance: [PCI]", "compliance.0: PCI is not known. Did you mean pci-dss?", ""),
    ("choose: {sevre: aws-x}", "choose.sevre: unknown field. Did you mean serve?", ""),
    ("choose: {serve: 3}", "3 is not a pattern id", "Correct it."),
    ("choose: {serve: {onlin: aws-x}}", "choose.serve.onlin: unknown field. Did you mean online?", ""),
    ("choose: {serve: [aws-x]}", "choose.serve: needs text; found a list of 1.", ""),
    ("assume: {b c: 1}", "is not an assumption's id", ""),
    ("waivers: [{rule: x, owner: y, reason: z, until: 2027-1-1}]", "2027-1-1 is not a date such as 2027-01-31.", ""),
    (
        "waivers: [{rule: x, owner: y, reason: z}]",
        "waivers.0.until: missing. Last day it counts.",
        "`until: 2027-01-31`",
    ),
    ("extends: acme/pack", "is not owner/repository@commit", ""),
    ("cloud: aws\ncloud: gcp", "3:1 cloud: written twice; the first is on line 2.", "Keep one of the two."),
    ("? [a]\n: b", "a field's name cannot be a list or a mapping.", ""),
]


@pytest.mark.parametrize(("text", "words", "remedy"), MISTAKES, ids=[case[0][:40] for case in MISTAKES])
def test_each_mistake_is_told_with_place_value_and_remedy(text: str, words: str, remedy: str) -> None:
    head = [] if text.startswith("version") or not text else ["version: 1"]
    tail = [] if "project" in text else ["project: {name: x}"]
    parsed = parse("\n".join(part for part in [*head, text, *tail] if part).encode())
    assert parsed.constraints is None
    assert any(words in line(f) and remedy in f.remediation for f in parsed.findings), [
        (line(f), f.remediation) for f in parsed.findings
    ]
    formed = [f for f in parsed.findings if f.rule == "constraints.wrong-form"]
    assert not any(f.remediation.removeprefix("Write ") in f.message for f in formed), "the form is said twice"


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "version: 1\nproject: {name: X}\ncloud: aws\nregions: [mars]\n"
    text += "budget_band: {monthly_usd_max: 1, target: 2}\nx: 1\n"
    found = parse(text.encode()).findings
    assert [(f.rule.partition(".")[2], f.location.line if f.location else 0) for f in found] == [
        ("wrong-form", 2),
        ("region-of-cloud", 4),
        ("budget-order", 5),
        ("unknown-field", 6),
    ]


def test_a_clash_with_a_value_that_was_not_understood_is_not_told() -> None:
    assert [f.rule for f in parse(MINIMAL + b"cloud: aws\nregions: [eu-west-1, 7up!]\n").findings] == [
        "constraints.wrong-form"
    ]
    assert [f.rule for f in parse(MINIMAL + b"workload_types: [batsch]\nsla_latency_ms: 3\n").findings] == [
        "constraints.unknown-value"
    ]


def test_the_list_of_mistakes_is_bounded() -> None:
    assert len(parse(b"".join(b"k%d: 1\n" % n for n in range(500))).findings) == 100


def test_yaml_1_2_keeps_text_as_text() -> None:
    parsed = parse(
        MINIMAL.replace(b"churn", b"churn, description: 2027, domain: 5")
        + b"existing_stack: [NO, on, 010, 1e3, 0x10, y, 2027-01-01]\n"
        b"waivers: [{rule: a.b, owner: jane, reason: later, until: 2027-01-01}]\n"
        b"assume: {budget_band.monthly_usd_max: NO LIMIT}\n"
    )
    assert parsed.constraints is not None, parsed.findings
    assert parsed.constraints.existing_stack == ("NO", "on", "010", "1e3", "0x10", "y", "2027-01-01")
    assert parsed.constraints.waivers[0].until == "2027-01-01"
    assert (parsed.constraints.project.description, parsed.constraints.project.domain) == ("2027", "5")


def test_a_leading_zero_is_decimal_and_said_to_be_ambiguous() -> None:
    parsed = parse(MINIMAL + b"throughput: {training_rows: 010}\n")
    assert parsed.constraints is not None and parsed.constraints.throughput.training_rows == 10
    (finding,) = parsed.findings
    assert finding.severity is Severity.WARNING and finding.remediation == "Write 10."


@pytest.mark.parametrize("empty", ["", "~", "null"])
def test_an_empty_value_is_unknown(empty: str) -> None:
    keys = ("cloud", "regions", "throughput", "budget_band", "choose", "approval", "data", "workload_types")
    text = MINIMAL.decode() + "".join(f"{key}: {empty}\n" for key in keys)
    assert parse(text.encode()).constraints == parse(MINIMAL).constraints


@pytest.mark.parametrize("written", ["1500", "1500.0", "1.5e3", "'1500'", "1500.00", "0x5DC"])
def test_how_a_number_is_written_never_changes_the_digest(written: str) -> None:
    text = "budget_band: {monthly_usd_max: 1500}\nthroughput: {training_rows: 1500}\n"
    assert parse(MINIMAL + text.encode()).digest == parse(MINIMAL + text.replace("1500", written).encode()).digest


def _shuffled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: _shuffled(value[key], rng) for key in keys}
    return [_shuffled(item, rng) for item in value] if isinstance(value, list) else value


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9))
def test_order_comments_and_layout_never_matter(seed: int) -> None:
    original = parse(FULL)
    assert original.constraints is not None
    rng = random.Random(seed)
    data = original.constraints.model_dump(mode="python", exclude_defaults=True)
    shuffled = _shuffled({"version": 1, **data}, rng)
    flow = "# a comment\n" + "".join(f"{key}: {flow_text(value)}   # b\n" for key, value in shuffled.items())
    assert parse(flow.encode()).digest == original.digest
    assert parse(render_yaml(shuffled).encode()).digest == original.digest


def _sections(shape: Shape, path: str = "") -> list[tuple[str, Shape]]:
    found: list[tuple[str, Shape]] = [(path, shape)] if isinstance(shape, Record) else []
    if isinstance(shape, Record):
        for name, member in shape.members.items():
            found += _sections(member.shape, f"{path}.{name}" if path else name)
    if isinstance(shape, Items):
        found += _sections(shape.item, f"{path}.0")
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(_sections(record_shape(Constraints))),
    st.from_regex(r"[a-z][a-z_]{0,12}q", fullmatch=True),
)
def test_an_unknown_field_is_located_at_every_depth(section: tuple[str, Shape], name: str) -> None:
    path, shape = section
    assert isinstance(shape, Record) and name not in shape.members
    text, depth = "", 0
    for part in [p for p in path.split(".") if p]:
        text += (
            "- " if part == "0" else ("" if text.endswith("- ") else "  " * depth) + f"{part}:\n" + "  " * (depth + 1)
        )
        depth += part != "0"
    body = f"{text}{name}: 1\n"
    parsed = parse(body.encode())
    unknown = [
        f for f in parsed.findings if f.rule == "constraints.unknown-field" and f.key == f"{path}.{name}".lstrip(".")
    ]
    assert len(unknown) == 1, (body, parsed.findings)
    lines = body.splitlines()
    assert unknown[0].location is not None
    place = lines[unknown[0].location.line - 1]
    assert place[unknown[0].location.column - 1 :].startswith(name)


def _leaves(shape: Shape, path: str = "") -> list[tuple[str, Leaf]]:
    if isinstance(shape, Leaf):
        return [(path, shape)]
    if isinstance(shape, Record):
        return [leaf for name, m in shape.members.items() for leaf in _leaves(m.shape, f"{path}.{name}".lstrip("."))]
    if isinstance(shape, Items):
        return _leaves(shape.item, f"{path}.0")
    if isinstance(shape, Table):
        return [(f"{path}.[key]", shape.key), *_leaves(shape.value, f"{path}.[value]")]
    assert isinstance(shape, Either)
    return [leaf for option in shape.options for leaf in _leaves(option, path)]


def test_every_pattern_of_the_model_is_explained_in_words() -> None:
    used = {leaf.pattern for _, leaf in _leaves(record_shape(Constraints)) if leaf.pattern}
    assert used == set(_FORMS)


def _value_ok(leaf: Leaf) -> st.SearchStrategy[Any]:
    numbers = st.one_of(st.integers(-5, 120), st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda x: round(x, 9)))
    texts = st.sampled_from(
        ["a", "aws-x", "A1", "x.y", "2027-01-01", "acme/p@1234567", "-", "Ä", "a b", "x" * 90, *leaf.choices]
    )
    return numbers if leaf.kind in ("number", "integer", "money") else texts


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_shape_accepts_exactly_what_the_model_accepts(data: st.DataObject) -> None:
    leaves = [
        (p, leaf)
        for p, leaf in _leaves(record_shape(Constraints))
        if "[" not in p and "0" not in p and leaf.kind != "constant"
    ]
    path, leaf = data.draw(st.sampled_from(leaves))
    value = data.draw(_value_ok(leaf))
    nested: Any = value
    for part in reversed(path.split(".")):
        nested = {part: nested}
    base: dict[str, Any] = {"version": 1, "project": {"name": "x"}}
    merged = {**base, **nested, "project": {**base["project"], **nested.get("project", {})}}
    try:
        Constraints.model_validate(merged)
        accepted = True
    except ValueError:
        accepted = False
    text = "".join(f"{key}: {flow_text(inner)}\n" for key, inner in merged.items())
    shape_rules = {"wrong-form", "out-of-range", "wrong-type", "unknown-value", "too-long", "invalid"}
    complaints = [f for f in parse(text.encode()).errors if f.rule.partition(".")[2] in shape_rules]
    assert accepted == (not complaints), (text, complaints)
    assert not any(f.rule == "constraints.invalid" for f in complaints)
