"""`mlwright profile`: what is seen, what is never shown, what is written, in three formats and bounded."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agents.domain.constraints import ColumnType, Freshness
from agents.errors import BadInput
from agents.intake.parse import parse
from agents.intake.profile.figures import ColumnFigures
from agents.intake.profile.judge import freshness, judge, parts
from agents.intake.profile.personal import forms_of, has_luhn_digit, kind_by_name
from bot.cli.profile import profile
from bot.cli.table_file import TableFile

ROWS = 3_000
CONSTRAINTS = """\
version: 1
project: {name: churn, problem: binary-classification}
cloud: aws
regions: [eu-west-1]
data_classification: pii   # people
workload_types: [batch]
"""


def _rows() -> list[dict[str, Any]]:
    """A made-up customer base: 4 % leave; `cancelled_on` is filled only for those, `last_call` is of the week after."""
    rows = []
    for i in range(ROWS):
        left = i % 25 == 0
        day = f"2026-{i % 12 + 1:02d}-{i % 28 + 1:02d}"
        rows.append(
            {
                "customer_id": 70_000 + i,
                "contact": f"person{i}@mail.example",
                "snapshot_date": day,
                "last_call": f"{day[:7]}-28T{i % 24:02d}:30:00",
                "minutes": None if i % 50 == 1 else round(i * 7919 % 1000 / 3, 2),
                "plan": "abc"[i % 3],
                "branch": f"0{i % 90 + 10}",
                "score": round((900 if left else 100) + i % 60 + 0.5, 1),
                "cancelled_on": day if left else None,
                "churned": int(left),
                "note": f"asked about the bill and then went away again {i % 7} times",
                "always": "x",
            }
        )
    return rows


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tables")
    lines, table = folder / "base.jsonl", folder / "base.csv"
    rows = _rows()
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    header = ",".join(rows[0])
    body = (",".join("" if v is None else str(v) for v in row.values()) for row in rows)
    table.write_text("\n".join([header, *body]) + "\n", "utf-8")
    made = folder / "base.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_json('{lines}', format='newline_delimited')) TO '{made}' (FORMAT parquet)")
    return {"csv": table, "json": lines, "parquet": made}


def _profile(file: Path, capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    chosen = {"write": None, "source": "base", "entity": None, "label": None, "event_time": None, "sample": False}
    assert profile(file, **{**chosen, "format": "json", **options}) == 0
    return capsys.readouterr().out


TYPES = {
    "customer_id": "id",
    "contact": "pii",
    "snapshot_date": "date",
    "last_call": "timestamp",
    "minutes": "float",
    "plan": "category",
    "branch": "category",
    "score": "float",
    "cancelled_on": "date",
    "churned": "bool",
    "note": "text",
    "always": "category",
}


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_types_figures_and_warnings_are_the_same_in_every_format(
    kind: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = json.loads(_profile(files[kind], capsys, event_time="snapshot_date"))
    source, measured = said["source"], said["source"]["profile"]
    assert source["columns"] == TYPES and source["rows"] == ROWS and source["format"] == kind
    assert measured["minutes"] == {"missing": 0.02, "distinct": measured["minutes"]["distinct"], "min": 0, "max": 333}
    assert measured["snapshot_date"]["min"] == "2026-01-01" and measured["last_call"]["max"] == "2026-12-28T23:30:00"
    assert measured["churned"]["shares"] == {"0": 0.96, "1": 0.04}
    assert measured["cancelled_on"]["missing"] == 0.96
    assert said["personal"] == {"contact": "e-mail"}
    leaks = sorted(w for w in said["warnings"] if w.startswith("leak"))
    assert [leak.split(":")[1].split()[0] for leak in leaks] == ["last_call", "score", "whether"]
    assert "cancelled_on" in leaks[2] and "later than snapshot_date in 96% of the rows" in leaks[0]
    told = {name: entry["leak"] for name, entry in measured.items() if "leak" in entry}
    assert told == {"last_call": "later", "score": "value", "cancelled_on": "absence"}
    assert any(w.startswith("always has one value") for w in said["warnings"])
    assert said["candidates"]["entity"] == ["customer_id"] and said["candidates"]["label"] == ["churned"]
    assert said["named"] == {"entity": None, "label": None, "event_time": "snapshot_date"}


@pytest.mark.parametrize("other", ["", "account_code"])
def test_a_persons_data_is_never_proposed_as_the_key(
    other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "people.csv"
    head, more = ("email,phone,full_name", f",{other}" if other else "")
    rows = [f"p{i}@mail.example,+49 30 12345{i:03d},Ada {i}" + (f",K{i:05d}" if other else "") for i in range(300)]
    file.write_text(f"{head}{more}\n" + "\n".join(rows) + "\n")
    said = json.loads(_profile(file, capsys, format="json"))
    assert said["candidates"]["entity"] == ([other] if other else [])
    why = [warning for warning in said["warnings"] if "entity stays unknown" in warning]
    assert bool(why) is not bool(other)
    assert not why or all(f"{name} (" in why[0] for name in ("email", "phone", "full_name"))
    told = _profile(file, capsys, format="text")
    assert ("could be: account_code" if other else "entity: none\n") in told
    assert "entity stays unknown" not in _profile(file, capsys, entity="email"), "a person may say otherwise"


def test_no_value_of_a_person_a_key_or_a_text_is_shown(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "constraints.yaml"
    target.write_text(CONSTRAINTS)
    for form in ("json", "text"):
        said = _profile(files["csv"], capsys, write=target, label="churned", entity="customer_id", format=form)
        for text in (said, target.read_text()):
            assert "@" not in text and "70000" not in text and "asked about" not in text


def test_it_is_written_where_it_belongs_and_twice_is_once(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "constraints.yaml"
    target.write_text(CONSTRAINTS)
    options = {"write": target, "label": "churned", "entity": "customer_id", "event_time": "snapshot_date"}
    _profile(files["csv"], capsys, **options)
    once = target.read_text()
    _profile(files["csv"], capsys, **options)
    assert target.read_text() == once and "# people" in once
    constraints = parse(once.encode()).constraints
    assert constraints is not None
    data = constraints.data
    assert (data.entity, data.label, data.event_time) == ("customer_id", "churned", "snapshot_date")
    assert (
        data.series == pytest.approx(ROWS, rel=0.05)
        and data.sources[0].rows == ROWS
        and data.sources[0].freshness is Freshness.WEEKLY
    )
    assert {name: str(kind) for name, kind in data.sources[0].columns.items()} == TYPES
    assert data.sources[0].profile["churned"].shares == {"0": 0.96, "1": 0.04}


def test_what_a_person_wrote_stays_and_a_guess_is_never_written(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "constraints.yaml"
    more = """\
data:
  sources:
    - name: other   # kept
      columns: {k: id}
    - name: base
      owner: crm
      format: table
      columns: {plan: text}   # as we say
"""
    target.write_text(CONSTRAINTS + more)
    _profile(files["csv"], capsys, write=target, sample=True)
    text = target.read_text()
    assert "# kept" in text and "# as we say" in text
    constraints = parse(text.encode()).constraints
    assert constraints is not None
    other, base = constraints.data.sources
    assert list(other.columns) == ["k"] and (base.owner, base.format) == ("crm", "table")
    assert base.columns["plan"] is ColumnType.TEXT and base.columns["contact"] is ColumnType.PII
    assert constraints.data.label is None and constraints.data.event_time is None  # only guessed
    # A sample says nothing about how much there is.
    assert base.rows is None and base.volume is None and all(c.distinct is None for c in base.profile.values())


@pytest.mark.parametrize(
    ("name", "text", "fails"),
    [
        ("a.xlsx", "x", "not a kind of file"),
        ("a.csv", "a,b\n", "no row is in it"),
        ("a.parquet", "not parquet at all", "cannot be read as parquet"),
        ("a.jsonl", '{"a": secret', "cannot be read as json"),
        ("a.csv", "what is this?,and that!\n1,2\n", "no column can be used"),
    ],
)
def test_what_cannot_be_read_says_so_without_values(name: str, text: str, fails: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(BadInput, match=fails) as refused:
        profile(file, None, None, None, None, None, False, "text")
    assert refused.value.remedy and "secret" not in f"{refused.value.message} {refused.value.remedy}"
    with pytest.raises(BadInput, match="there is no such file"):
        profile(tmp_path / "none.csv", None, None, None, None, None, False, "text")


def test_a_column_that_is_not_there_or_cannot_be_named_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,first name\n1,Ada\n2,Bob\n")
    with pytest.raises(BadInput, match="--label z"):
        profile(file, None, None, None, "z", None, False, "text")
    with TableFile(file) as table:
        assert list(table.columns) == ["a"] and "'first name' is left out" in table.unreadable[0]


def test_the_door_opens_for_this_file_only(tmp_path: Path) -> None:
    file, other = tmp_path / "a.csv", tmp_path / "b.csv"
    file.write_text("a\n1\n")
    other.write_text("b\n2\n")
    with TableFile(file) as table:
        for wish in (f"SELECT * FROM read_csv('{other}')", "SET enable_external_access = true", "INSTALL httpfs"):
            with pytest.raises(BadInput):
                table._run(wish)
        spill = Path(table._spill.name)
    assert not spill.exists()


def test_memory_stays_bounded(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    line = ",".join(f"{k}.5" for k in range(20)) + ",text-" + "x" * 200
    with file.open("w") as out:
        out.write(",".join(f"c{k}" for k in range(21)) + "\n")
        for i in range(120_000):
            out.write(f"{i}{line}\n")
    code = (
        "import resource, sys; from pathlib import Path; from bot.cli.profile import profile\n"
        f"profile(Path({str(file)!r}), None, None, None, None, None, False, 'json')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert int(done.stderr.split()[-1]) < 900_000  # kB; DuckDB is held at 512 MB


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("customer_email", "e-mail"), ("emailAddress", "e-mail"), ("email_opens_30d", None), ("phone", "phone"),
        ("phone_model", None), ("iban", "bank account"), ("card_number", "card number"), ("first_name", "name"),
        ("product_name", None), ("zip", "postcode"), ("ip_address", "network address"), ("trip", None),
        ("date_of_birth", "birth date"), ("ssn", "national id"), ("mrn", "patient number"), ("company", None),
    ],
)  # fmt: skip
def test_personal_data_by_name(name: str, kind: str | None) -> None:
    assert kind_by_name(name) == kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("ada@example.org", "e-mail"), ("+49 30 901820", "phone"), ("(212) 555-0147", "phone"),
        ("DE89 3704 0044 0532 0130 00", "bank account"), ("GB82WEST12345698765432", "bank account"),
        ("4111 1111 1111 1111", "card number"), ("5500005555555559", "card number"), ("078-05-1120", "national id"),
        ("12345678Z", "national id"), ("RSSMRA85T10A562S", "national id"), ("192.168.10.4", "network address"),
    ],
)  # fmt: skip
def test_personal_data_by_form(value: str, kind: str) -> None:
    assert kind in forms_of([value])


@pytest.mark.parametrize(
    "value",
    [
        "DE89 3704 0044 0532 0130 01", "4111 1111 1111 1112", "0000 0000 0000 0000", "12345678A", "000-12-3456",
        "2026-01-31", "1732278000000", "3.14159", "999.1.1.1", "plain words", "70001",
    ],
)  # fmt: skip
def test_what_has_no_check_digit_or_another_form_is_not_personal(value: str) -> None:
    assert forms_of([value]) == {}


def test_luhn() -> None:
    assert has_luhn_digit("79927398713") and not any(has_luhn_digit(f"7992739871{d}") for d in "012456789")


def _column(name: str, **figures: Any) -> ColumnFigures:
    return ColumnFigures(**{"name": name, "native": "varchar", "filled": 1000, "distinct": 500, **figures})


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (_column("order_id", numbers=1000, integers=1000, distinct=980), "id"),
        (_column("rooms", numbers=1000, integers=1000, distinct=9), "int"),
        (_column("flag", numbers=1000, integers=1000, booleans=1000, distinct=2), "bool"),
        (_column("code", numbers=1000, integers=1000, padded=10, distinct=9), "category"),
        (_column("uuid", distinct=1000, length=36, words=1), "id"),
        (_column("photo", images=1000), "image"),
        (_column("vector", native="list"), "embedding"),
        (_column("body", words=30, length=200), "text"),
        (_column("empty", filled=0, distinct=0), "category"),
        (_column("birth_date", times=1000, dates=1000), "pii"),
        (_column("has_phone", booleans=1000, distinct=2), "bool"),
        (_column("free", personal={"card number": 0.9}, sampled=100), "pii"),
        (_column("free", personal={"card number": 0.1}, sampled=100, numbers=1000, integers=1000), "int"),
    ],
)
def test_a_type_follows_from_the_figures(column: ColumnFigures, kind: str) -> None:
    assert judge(column).type == kind


@pytest.mark.parametrize(("filled", "times"), [(1000, ("closed", "day")), (900, ("closed", "day")), (899, ("day",))])
def test_a_date_that_few_rows_have_is_not_when_they_happened(filled: int, times: tuple[str, ...]) -> None:
    columns = (_column("day", times=1000, dates=1000), _column("closed", filled=filled, times=filled, dates=filled))
    assert tuple(sorted(parts(tuple(map(judge, columns))).times)) == times


@pytest.mark.parametrize(
    ("low", "high", "distinct", "guess"),
    [
        ("2026-01-01T00:00:00", "2026-01-02T00:00:00", 49, Freshness.HOURLY),
        ("2026-01-01", "2026-01-31", 31, Freshness.DAILY),
        ("2026-01-01", "2026-03-01", 9, Freshness.WEEKLY),
        ("2025-01-01", "2026-01-01", 13, Freshness.MONTHLY),
        ("2016-01-01", "2026-01-01", 11, Freshness.STATIC),
        ("2026-01-01", "2026-01-01", 1, None),
        (1.0, 2.0, 100, None),
    ],
)
def test_freshness_is_guessed_from_the_distance_of_event_times(
    low: Any, high: Any, distinct: int, guess: Freshness | None
) -> None:
    assert freshness(_column("d", low=low, high=high, distinct=distinct)) is guess


TWICE = {
    "csv": "customer,Amount,amount\n1,2.5,3.5\n2,3.5,4.5\n",
    "jsonl": '{"customer": 1, "Amount": 2.5}\n{"customer": 2, "amount": 3.5}\n',
}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "csv-same"])
def test_columns_that_differ_only_in_case_are_refused_instead_of_renamed(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"a.{kind.partition('-')[0]}"
    if kind == "parquet":
        columns = "1 AS k, {'x': 1, 'amount': {'z': 2}} AS s, 1.5 AS Amount, 2.5 AS bmount"
        duckdb.sql(f"COPY (SELECT {columns}) TO '{file}' (FORMAT parquet)")
        file.write_bytes(file.read_bytes().replace(b"bmount", b"amount"))  # DuckDB itself cannot write such a file
    else:
        text = TWICE[kind.partition("-")[0]]
        file.write_text(text.replace("Amount", "amount") if kind == "csv-same" else text)
    with pytest.raises(BadInput) as refused:
        _profile(file, capsys)
    assert "one name" in str(refused.value) and "amount" in str(refused.value) and refused.value.remedy
    place = {"csv": "a.csv:1: column 3", "csv-same": "a.csv:1: column 3", "parquet": "column 4", "jsonl": "column 2"}
    assert f"{place[kind]}, 'amount', and column" in str(refused.value)
