"""Cross-field checks: each clash with its line, its weight and its remedy, and its nearest case that is no clash."""

import re

import pytest

from agents.domain.findings import Severity
from agents.intake.names import RESERVED
from agents.intake.parse import parse
from agents.resources import content_root, pack_files

HEAD = "version: 1\nproject: {name: x}\n"
E, W = Severity.ERROR, Severity.WARNING
SOURCE = "data: {%ssources: [{name: a, columns: {customer_id: id, t: timestamp, y: bool, q: float, s: text}}]}"

CLASHES = [
    ("cloud: aws\nregions: [europe-west1]", "region-of-cloud", E, 4, "a region of gcp, not of aws. Did you mean eu-"),
    ("cloud: aws\nregions: [eu-wset-1]", "region-of-cloud", E, 4, "no region of aws. Did you mean eu-west-1?"),
    ("cloud: aws\nregions: [centralus]", "region-of-cloud", E, 4, "Did you mean us-east-"),
    ("cloud: aws\nregions: [us-gov-west-1]", "region-partition", E, 4, "separate partition"),
    ("cloud: aws\nregions: [eu-west-1, eu-west-1]", "repeated", W, 4, "listed twice"),
    ("workload_types: [batch, batch]", "repeated", W, 3, "listed twice"),
    (
        "workload_types: [streaming]\nthroughput: {events_per_second: 0}",
        "stream-without-events",
        W,
        4,
        "cannot be sized",
    ),
    (
        "workload_types: [online]\nthroughput: {requests_per_second: 0}",
        "online-without-requests",
        W,
        4,
        "cannot be sized",
    ),
    (
        "workload_types: [batch]\nsla_latency_ms: 9",
        "online-only",
        W,
        4,
        "9 is ignored: no workload is online or streaming.",
    ),
    ("workload_types: [batch]\nthroughput: {requests_per_second: 9}", "online-only", W, 4, "is ignored"),
    ("workloads: [{name: a, type: batch, sla_latency_ms: 4}]", "online-only", W, 3, "a is a batch workload"),
    ("workload_types: [online]\nworkloads: [{name: a, type: batch}]", "workload-types", W, 4, "batch is planned for a"),
    ("workloads: [{name: a, type: batch}, {name: a, type: online}]", "repeated-name", E, 3, "two entries"),
    ("budget_band: {monthly_usd_max: 10, target: 11}", "budget-order", E, 3, "target 11 is above the maximum 10"),
    ("budget_band: {target: 11}\napproval: {cost_ceiling_usd: 10}", "ceiling-below-target", W, 4, "never be approved"),
    ("compliance: [hipaa]\ndata_classification: pii", "law-and-data-class", W, 3, "hipaa is about phi data"),
    ("compliance: [pci-dss]\ndata_classification: internal", "law-and-data-class", W, 3, "pci-dss is about pci data"),
    ("compliance: [gdpr]\ndata_classification: public", "law-and-data-class", W, 3, "gdpr is about personal data"),
    ("choose: {serve: train:aws-x}", "choose-capability", E, 3, "a pattern for train, not for serve"),
    ("cloud: aws\nchoose: {serve: gcp-cloud-run}", "choose-cloud", E, 4, "not a pattern of aws"),
    ("choose: {train: {online: aws-x}}", "choose-split", E, 3, "built once"),
    (
        "workload_types: [batch]\nchoose: {serve: {online: aws-x}}",
        "choose-workload",
        E,
        4,
        "no workload of this file is online",
    ),
    ("workload_types: [online]\nchoose: {ingest: {streaming: aws-x}}", "choose-workload", E, 4, "streaming"),
    ("waivers: [{rule: a, owner: b, reason: c, until: 2027-02-30}]", "waiver-date", E, 3, "no day of the calendar"),
    ("waivers: [{rule: a, owner: b, reason: '', until: 2027-02-03}]", "waiver-reason", E, 3, "has no reason"),
    ("data: {sources: [{name: a}, {name: a}]}", "repeated-name", E, 3, "two entries"),
    (
        "data: {sources: [{name: usage}, {name: Usage}]}",
        "repeated-name",
        E,
        3,
        "Usage and usage become one name: files",
    ),
    ("data:\n  sources:\n  - name: a_b\n  - name: _A__B_", "repeated-name", E, 6, "_A__B_ and a_b become one name"),
    (
        "data: {sources: [{name: a, columns: {Age: int,\n  age: int}}]}",
        "repeated-name",
        E,
        4,
        "age and Age become one name: SQL does not tell upper from lower case.",
    ),
    ("data: {sources: [{name: a, profile: {Age: {},\n  aGe: {}}}]}", "repeated-name", E, 4, "aGe and Age become one"),
    ("data: {sources: [{name: a, columns: {\n  _Entity: int}}]}", "reserved-name", E, 4, "the generated code adds"),
    (SOURCE % "entity: customers_id, ", "undeclared-column", E, 3, "Did you mean customer_id?"),
    (SOURCE % "event_time: when, ", "undeclared-column", E, 3, "when is no declared column."),
    (SOURCE % "label: z, ", "undeclared-column", W, 3, "z is no declared column."),
    (SOURCE % "label: t, event_time: t, ", "label-is-input", E, 3, "also the event_time"),
    (SOURCE % "event_time: y, ", "event-time-type", W, 3, "declared as bool"),
    (SOURCE % "label: customer_id, ", "label-type", W, 3, "nothing can be learned"),
    ("project: {name: x, problem: regression}\n" + SOURCE % "label: s, ", "label-type", W, 3, "predicts a number"),
    (
        "project: {name: x, problem: binary-classification}\n" + SOURCE % "label: q, ",
        "label-type",
        W,
        3,
        "predicts classes",
    ),
    ("project: {name: x, problem: rag}\ndata: {label: q}", "label-unused", W, 3, "without an outcome column"),
    (
        "project: {name: x, problem: image-classification}\n" + SOURCE % "",
        "input-for-problem",
        W,
        3,
        "needs an image column",
    ),
    ("objective: {baseline: 1, target: 1}", "objective-flat", W, 3, "equals the baseline"),
    ("objective: {kpi: churn rate, baseline: 0.02, target: 0.03}", "objective-direction", W, 3, "getting worse"),
    ("objective: {kpi: auc, baseline: 0.8, target: 0.7}", "objective-direction", W, 3, "falls"),
    ("objective: {kpi: auc, baseline: 0.8, target: 1.4}", "kpi-range", E, 3, "1.4 is outside what auc can be (0 to 1)"),
    ("objective: {kpi: macro_f1, baseline: 85}", "kpi-range", E, 3, "85 is outside"),
    ("objective: {kpi: RMSE, baseline: -1}", "kpi-range", E, 3, "-1 is outside"),
    ("objective: {kpi: r2, target: 1.2}", "kpi-range", E, 3, "(any to 1)"),
    (
        "project: {name: x, problem: regression}\nobjective: {kpi: auc}",
        "kpi-of-problem",
        W,
        3,
        "auc does not judge reg",
    ),
    ("project: {name: x, problem: rag}\nobjective: {kpi: rmse}", "kpi-of-problem", W, 3, "does not judge rag"),
    (
        "data_classification: internal\ndata: {sources: [{name: a, columns: {mail: pii}}]}",
        "pii-and-data-class",
        W,
        4,
        "mail is declared as pii, but data_classification is internal",
    ),
    (
        "data: {sources: [{name: a, columns: {k: id}}, {name: b, columns: {k: text}}]}",
        "column-types",
        W,
        3,
        "k is text in b and id in a",
    ),
    (
        "data: {entity: k, sources: [{name: a, columns: {k: id, x: int}}, {name: b, columns: {z: int}}]}",
        "source-not-joined",
        W,
        3,
        "b has neither k nor a column of another source",
    ),
    ("workload_types: [batch]\ndata: {sources: [{name: a, format: stream}]}", "stream-source-in-batch", W, 4, "live"),
    (
        "workload_types: [batch]\ndata: {sources: [{name: a, freshness: realtime}]}",
        "stream-source-in-batch",
        W,
        4,
        "a is",
    ),
    ("data_classification: pii\nregions: [us-east-1]\ncompliance: [gdpr]", "gdpr-region", W, 4, "(us-east-1)"),
    ("availability_target: 99.99\nteam_constraints: {size: 1}", "availability-and-team", W, 3, "leaves 4 minutes"),
    ("availability_target: 99.95\nteam_constraints: {size: 2}", "availability-and-team", W, 3, "2 people cannot"),
    ("workload_types: [streaming]", "stream-without-events", W, 3, "streaming needs an event rate"),
    ("data: {sources: [{name: a, volume: a lot}]}", "volume-words", W, 3, "a lot is not read"),
    (
        "workloads: [{name: a, type: batch, problem: rag}, {name: b, type: online, problem: ranking}]",
        "workload-problem",
        W,
        3,
        "b asks for ranking, but one plan is for one problem: rag is planned",
    ),
    (
        "project: {name: x, problem: rag}\nworkloads: [{name: b, type: online, problem: ranking}]",
        "workload-problem",
        W,
        3,
        "rag is planned",
    ),
    ("extends: acme/pack@4f9c1d2", "extends-not-read", W, 3, "is not read yet"),
    ("assume: {A99: 1}", "assume-unknown", E, 3, "no assumption has this id"),
    ("assume: {availability: 99}", "assume-unknown", E, 3, "Did you mean availability_target?"),
    ("assume: {cloud: aws}", "assume-unknown", E, 3, "never assumed"),
    ("assume: {A5: often}", "assume-value", E, 3, "needs a number"),
    ("assume: {A5: true}", "assume-value", E, 3, "true and false"),
    ("assume: {A5: 99, availability_target: 99.5}", "assume-twice", E, 3, "confirmed twice"),
    ("availability_target: 99\nassume: {A5: 99.9}", "assume-against-statement", E, 4, "stated as 99"),
    ("availability_target: 99\nassume: {A5: 99}", "assume-unused", W, 4, "stated already"),
    ("workload_types: [batch]\nassume: {sla_latency_ms: 99}", "assume-unused", W, 4, "has no part"),
]


@pytest.mark.parametrize(
    ("text", "rule", "severity", "at", "words"), CLASHES, ids=[f"{c[1]}-{n}" for n, c in enumerate(CLASHES)]
)
def test_a_clash_is_told_on_its_line(text: str, rule: str, severity: Severity, at: int, words: str) -> None:
    head = "version: 1\n" if text.startswith("project") else HEAD
    parsed = parse((head + text + "\n").encode())
    found = [f for f in parsed.findings if f.rule == f"constraints.{rule}"]
    assert len(found) == 1, parsed.findings
    assert found[0].severity is severity and words in found[0].message and found[0].remediation
    assert found[0].location is not None and found[0].location.line == at
    assert (parsed.constraints is None) == (severity is E)


HARMONY = [
    "cloud: aws\nregions: [eu-west-1, eu-central-1]",
    "regions: [eu-west-1]",
    "workload_types: [streaming]",
    "workload_types: [batch]\nthroughput: {events_per_second: 0, requests_per_second: 0}",
    "throughput: {events_per_second: 5}\nchoose: {ingest: {streaming: aws-x}}\nworkload_types: [batch]",
    "workload_types: [online]\nchoose: {ingest: {batch: aws-x}}",
    "choose: {serve: {online: aws-x}}",
    "sla_latency_ms: 9",
    "workload_types: [streaming]\nthroughput: {events_per_second: 5}\nsla_latency_ms: 9",
    "workloads: [{name: a, type: streaming, sla_latency_ms: 4}]\nthroughput: {events_per_second: 5}",
    "data_classification: pii\nregions: [eu-west-2, us-east-1]\ncompliance: [gdpr]",
    "availability_target: 99.9\nteam_constraints: {size: 1}",
    "availability_target: 99.99\nteam_constraints: {size: 3}",
    "data_classification: confidential\ndata: {sources: [{name: a, columns: {mail: pii}}]}",
    "data: {entity: k, sources: [{name: a, columns: {k: id, s: id}}, {name: b, columns: {s: id}}]}",
    "data: {sources: [{name: a_b, columns: {k: id, q: int, q_: int}}, {name: ab, columns: {k: id, Q: int}}]}",
    "data: {sources: [{name: a, volume: 40 GB}, {name: b, volume: 2 TB per week}]}",
    "workloads: [{name: a, type: batch, problem: rag}, {name: b, type: online, problem: rag}]",
    "objective: {kpi: recall@10, target: 0.3}",
    "objective: {kpi: retained-revenue, baseline: 120, target: 400}",
    "provider: expert",
    "budget_band: {monthly_usd_max: 10, target: 10}",
    "compliance: [hipaa, pci-dss]\ndata_classification: phi",
    "compliance: [hipaa, gdpr]\ndata_classification: phi",
    "compliance: [hipaa]",
    "choose: {serve: 'serve:aws-ecs-fargate'}\ncloud: aws",
    SOURCE % "entity: customer_id, label: y, event_time: t, ",
    "data: {label: z, entity: a, sources: [{name: a}]}",
    "objective: {kpi: churn rate, baseline: 0.03, target: 0.02}",
    "objective: {kpi: auc, baseline: 0.7, target: 0.8}",
    "objective: {kpi: happiness, baseline: 7, target: 3}",
    "assume: {A5: 99.5, compliance: none, A3: no limit}\ndata_classification: pii\nworkload_types: [online]",
    "workload_types: [streaming]\nthroughput: {events_per_second: 0}\nassume: {A7: 300}",
]


@pytest.mark.parametrize("text", HARMONY)
def test_what_goes_together_is_not_complained_about(text: str) -> None:
    parsed = parse((HEAD + text + "\n").encode())
    told = [f.rule for f in parsed.findings if f.rule != "constraints.stream-without-events"]
    assert told == [], parsed.findings
    assert parsed.constraints is not None


def test_the_columns_that_generated_code_adds_are_refused() -> None:
    """Every name with an underscore in front that templates write into tables: all but a key of CloudWatch's and a suffix."""
    root = content_root("templates")
    code = [path for path in pack_files(root, (".py.j2",)) if "tests" not in path.relative_to(root).parts]
    written = "".join(path.read_text("utf-8") for path in code)  # a test names attributes, and writes no table
    added = {name for pair in re.findall(r"[\"'](_[a-z]+)[\"']|assign\((_[a-z]+)=", written) for name in pair if name}
    assert added - {"_aws", "_min"} == RESERVED


@pytest.mark.parametrize(
    ("kpi", "value", "remedy"),
    [
        ("accuracy", 1, None),
        ("accuracy", 0, None),
        ("accuracy", 1.5, "Write 0.015 for 1.5 %."),
        ("accuracy", 2, "Write 0.02 for 2 %."),
        ("accuracy", 100, "Write 1 for 100 %."),
        ("accuracy", 101, "Correct the value"),
        ("accuracy", -0.1, "Correct the value"),
        ("rmse", 0, None),
        ("rmse", -1, "Correct the value"),
        ("r2", 1, None),
        ("r2", -3, None),
    ],
)
def test_the_range_of_a_figure_holds_its_ends_and_a_per_cent_is_recognised(
    kpi: str, value: float, remedy: str | None
) -> None:
    parsed = parse(f"{HEAD}objective: {{kpi: {kpi}, baseline: {value}}}\n".encode())
    found = [f.remediation for f in parsed.findings if f.rule == "constraints.kpi-range"]
    assert [text[: len(remedy)] for text in found if remedy] == ([remedy] if remedy else []) and bool(found) is bool(
        remedy
    )


@pytest.mark.parametrize(
    ("columns", "form", "told"),
    [
        ("k: id, i: image", "parquet", 0),
        ("k: id", "images", 0),
        ("k: id, i: image", "images", 0),
        ("k: id", "parquet", 1),
    ],
)
def test_images_come_as_a_column_or_as_files(columns: str, form: str, told: int) -> None:
    source = f"data: {{sources: [{{name: a, format: {form}, columns: {{{columns}}}}}]}}"
    parsed = parse(f"version: 1\nproject: {{name: x, problem: image-classification}}\n{source}\n".encode())
    assert len([f for f in parsed.findings if f.rule == "constraints.input-for-problem"]) == told
