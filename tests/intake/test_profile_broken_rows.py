"""`mlwright profile` on files with broken rows: they are set aside and counted, and too many of them are refused."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from agents.errors import BadInput
from bot.cli.profile import profile
from bot.cli.table_file import TableFile

ROWS = 2_000


def csv_rows(wrong: dict[int, bytes]) -> bytes:
    """Row `i` stands on line `i + 2`, below the header."""
    good = (wrong.get(i, b"%d,plan-%d,%d" % (i, i % 3, i % 7)) for i in range(ROWS))
    return b"customer_id,plan,calls\n" + b"\n".join(good) + b"\n"


def json_rows(wrong: dict[int, bytes]) -> bytes:
    """Row `i` stands on line `i + 1`."""
    good = (
        wrong.get(i, b'{"customer_id": %d, "plan": "plan-%d", "calls": %d}' % (i, i % 3, i % 7)) for i in range(ROWS)
    )
    return b"\n".join(good) + b"\n"


TENTH = range(3, ROWS, 10)
CSV = {
    "too few fields": b"17,plan-1",
    "too many fields": b"17,plan-1,3,4,5",
    "not UTF-8": b"17,caf\xe9\xff,3",
}
JSON = {
    "not JSON": b'{"customer_id": 17, "plan": ',
    "not UTF-8": b'{"customer_id": 17, "plan": "caf\xe9\xff"}',
    "not an object": b"[17, 18]",
}
CASES = [("csv", kind, row) for kind, row in CSV.items()] + [("jsonl", kind, row) for kind, row in JSON.items()]


def written(folder: Path, suffix: str, row: bytes, at: range | list[int]) -> Path:
    made = (csv_rows if suffix.startswith("csv") else json_rows)(dict.fromkeys(at, row))
    path = folder / f"rows.{suffix}"
    path.write_bytes(gzip.compress(made) if suffix.endswith("gz") else made)
    return path


@pytest.mark.parametrize(("suffix", "kind", "row"), [*CASES, ("jsonl.gz", "not JSON", JSON["not JSON"])])
def test_broken_rows_are_set_aside_counted_and_named(
    suffix: str, kind: str, row: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, suffix, row, TENTH)
    head = 2 if suffix.startswith("csv") else 1
    lines = ", ".join(str(i + head) for i in list(TENTH)[:5])
    said = f"200 of 2,000 rows (10 %) are broken and set aside: {kind} 200; lines {lines}, …."
    assert profile(path, None, "base", None, None, None, False, "text") == 0
    text = capsys.readouterr().out
    assert said in text and "1,800 rows, 3 columns" in text
    assert profile(path, None, "base", None, None, None, False, "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["warnings"][0] == said and document["source"]["rows"] == 1_800
    assert document["source"]["columns"] == {"customer_id": "id", "plan": "category", "calls": "int"}


@pytest.mark.parametrize(("suffix", "kind", "row"), CASES)
def test_too_many_broken_rows_are_refused_at_the_first(suffix: str, kind: str, row: bytes, tmp_path: Path) -> None:
    path = written(tmp_path, suffix, row, range(1_000, 1_500))
    first = 1_002 if suffix == "csv" else 1_001
    with pytest.raises(BadInput, match=f"500 of 2,000 rows .25 %. are broken: {kind} 500") as refused:
        profile(path, None, "base", None, None, None, False, "text")
    assert f"{path}:{first}: " in refused.value.message and "at most 20 % may be" in refused.value.message
    assert "caf" not in refused.value.message + refused.value.remedy and "plan-1" not in refused.value.message


@pytest.mark.parametrize(("suffix", "row"), [("csv", CSV["too few fields"]), ("jsonl", JSON["not JSON"])])
def test_a_broken_row_is_found_wherever_it_stands(suffix: str, row: bytes, tmp_path: Path) -> None:
    head = 2 if suffix == "csv" else 1
    for place in (0, 1, ROWS - 1):
        with TableFile(written(tmp_path, suffix, row, [place])) as table:
            assert (table.broken.rows, table.broken.lines, table.rows) == (1, (place + head,), ROWS - 1)
            assert list(table.columns) == ["customer_id", "plan", "calls"]
            assert table.broken.words(table.rows).startswith("1 of 2,000 rows (0.05 %) is broken and set aside: ")


def test_whole_files_have_none(tmp_path: Path) -> None:
    for suffix in ("csv", "jsonl"):
        with TableFile(written(tmp_path, suffix, b"", [])) as table:
            assert table.broken.words(table.rows) == "" and table.rows == ROWS


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes("a,b\n1,2\n".encode("utf-16"))
    with pytest.raises(BadInput, match="is UTF-16") as refused:
        TableFile(path)
    assert refused.value.remedy == "Save it as UTF-8."


def test_several_kinds_are_counted_apart(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(csv_rows({5: CSV["too few fields"], 6: CSV["not UTF-8"], 7: CSV["too few fields"]}))
    with TableFile(path) as table:
        assert table.broken.kinds == (("too few fields", 2), ("not UTF-8", 1)) and table.broken.lines == (7, 8, 9)


def test_memory_stays_bounded_with_broken_rows(tmp_path: Path) -> None:
    """A line without an end is not read whole."""
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as out:
        out.write(json_rows({}))
        out.write(b'{"plan": "' + b"x" * 40_000_000 + b"\n")
    code = (
        "import resource, sys; from bot.cli.profile import profile; from pathlib import Path;"
        "resource.setrlimit(resource.RLIMIT_AS, (1_600_000_000, 1_600_000_000));"
        "profile(Path(sys.argv[1]), None, None, None, None, None, False, 'text')"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "too long 1; line 2,001" in done.stdout, done.stdout + done.stderr[-600:]
