"""The lock: built from a merged tree, read back, and forgiving when people damaged it."""

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merge_branch import Branch, file

from agents.domain.constraints import Constraints
from agents.domain.files import Lock, LockFile
from agents.domain.findings import Severity
from agents.domain.plan import Plan
from agents.domain.rows import packed, unpacked
from agents.domain.state import flatten
from agents.graph.memory import MemoryArtifacts
from agents.render.lock import MAX_LOCK_BYTES, PACKS, build_lock, flat_state, lock_bytes, parse_lock
from agents.render.merge import merge

PLAN = cast(Plan, SimpleNamespace(digest="d" * 64, decisions=()))


def _lock(branch: Branch, artifacts: MemoryArtifacts, files: dict[str, bytes], **more: Any) -> Any:
    tree = merge(tuple(file(p, c, artifacts) for p, c in files.items()), branch, artifacts, None)
    return build_lock(
        project="churn",
        packs={name: name for name in PACKS},
        constraints="c",
        plan=PLAN,
        monthly_usd=Decimal("1086.10"),
        bom=({"component": "x", "usd": "1"},),
        state={"constraints.a": "1"},
        tree=tree,
        **more,
    )


def test_it_reads_back_what_it_wrote_and_is_stable() -> None:
    artifacts = MemoryArtifacts()
    report = file("reports/plan.json", b"{}", artifacts)
    late = merge((report,), Branch(), artifacts, None)
    lock = _lock(Branch(), artifacts, {"b.py": b"b", "a.py": b"a"}, late=late)
    assert [f.path for f in lock.files] == ["a.py", "b.py", "reports/plan.json"]
    assert lock.monthly_usd == "1086.10" and lock.pattern_pack == "pattern_pack"
    assert parse_lock(lock_bytes(lock)) == (lock, ())
    assert lock_bytes(lock) == lock_bytes(parse_lock(lock_bytes(lock))[0])  # type: ignore[arg-type]


def test_it_remembers_the_owner_of_every_file() -> None:
    artifacts, branch = MemoryArtifacts(), Branch()
    first = merge(tuple(file(p, p.encode() + b"\n", artifacts) for p in "abcd"), branch, artifacts, None)
    branch.publish(first, artifacts)
    branch.write("a", b"a\nmine\n")
    del branch.ours["b"]
    branch.write("d", b"d\nmine\n")
    branch.write("e", b"theirs\n")
    lock = _lock(branch, artifacts, {"a": b"a\n", "b": b"b\n", "c": b"c\n", "e": b"e\n"})
    owners = {f.path: f.owner for f in lock.files}
    assert owners == {"a": "edited", "b": "deleted", "c": "generated", "d": "adopted", "e": "adopted"}
    assert {f.path: f.blob for f in lock.files}["a"] == first.files[0].blob


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"<<<<<<< HEAD\n{}\n",
        json.dumps({"schema_version": 3}).encode(),
        json.dumps({"schema_version": 2, "files": {"columns": [], "rows": [["x"]]}, "bom": {}}).encode(),
        b"[" * 50_000,
        b" " * (MAX_LOCK_BYTES + 1),
    ],
)
def test_a_damaged_lock_is_a_finding_not_a_crash(content: bytes) -> None:
    lock, findings = parse_lock(content)
    assert lock is None
    [finding] = findings
    assert finding.severity is Severity.WARNING and finding.remediation and finding.location is not None


def test_state_is_flat_text() -> None:
    constraints = Constraints.model_validate(
        {
            "version": 1,
            "project": {"name": "churn"},
            "regions": ["eu-west-1", "eu-north-1"],
            "budget_band": {"monthly_usd_max": 1500},
            "data": {"sources": [{"name": "usage", "columns": {"id": "id"}}]},
            "workloads": [{"name": "x", "type": "batch"}],
        }
    )
    decision = SimpleNamespace(
        question=SimpleNamespace(key="serve.online"), chosen=SimpleNamespace(parameters={"tasks": 2.0, "spot": True})
    )
    state = flat_state(constraints, constraints, cast(Any, [decision]))
    assert list(state) == sorted(state)
    expected = {
        "constraints.regions": "eu-west-1, eu-north-1",
        "constraints.budget_band.monthly_usd_max": "1500",
        "constraints.data.sources.usage.columns.id": "id",
        "constraints.workloads.x.type": "batch",
        "parameters.serve.online.tasks": "2",
        "parameters.serve.online.spot": "true",
    }
    assert expected.items() <= state.items()
    assert not any(value in ("None", "()", "[]") for value in state.values())
    assert flatten([{"name": "a", "x": 1}, {"name": "a", "x": 2}], "l") == {
        "l.0.name": "a",
        "l.0.x": "1",
        "l.1.name": "a",
        "l.1.x": "2",
    }


_TEXT = st.text("abc", min_size=1, max_size=2)
_LOCKS = st.builds(
    Lock,
    project=st.just("churn"),
    constraints=_TEXT,
    plan=_TEXT,
    decisions=st.dictionaries(_TEXT, _TEXT, max_size=3),
    choices=st.dictionaries(_TEXT, _TEXT, max_size=3),
    monthly_usd=_TEXT,
    bom=st.lists(st.dictionaries(_TEXT, _TEXT, max_size=2), max_size=4).map(tuple),
    state=st.dictionaries(_TEXT, _TEXT, max_size=3),
    files=st.lists(
        st.builds(LockFile, path=_TEXT, blob=_TEXT, owner=st.just("generated"), decision=st.none() | _TEXT), max_size=4
    ).map(tuple),
    **dict.fromkeys(PACKS, _TEXT),
)


@given(_LOCKS, st.none() | _LOCKS)
def test_the_version_before_is_kept_whole_though_it_is_written_short(lock: Lock, before: Lock | None) -> None:
    whole = lock.model_copy(update={"previous": before})
    assert parse_lock(lock_bytes(whole)) == (whole, ())


def test_a_lock_of_schema_1_is_read_as_one_of_today() -> None:
    before = _lock(Branch(), MemoryArtifacts(), {"b.py": b"b"}).model_copy(update={"choices": {"serve": "x"}})
    lock = before.model_copy(update={"previous": before.model_copy(update={"plan": "e" * 64})})
    old = lock.model_dump(mode="json") | {"schema_version": 1, "previous": {"plan": "e" * 64}}
    old["files"] = [{name: value for name, value in row.items() if value is not None} for row in old["files"]]
    assert parse_lock(json.dumps(old).encode()) == (lock, ())


_RECORDS = st.lists(st.dictionaries(_TEXT, _TEXT | st.integers(0, 3), max_size=4), max_size=6)


@given(_RECORDS, st.lists(_TEXT, max_size=2, unique=True), st.lists(_TEXT, max_size=2, unique=True))
def test_rows_are_the_records_again(records: list[dict[str, Any]], shared: list[str], first: list[str]) -> None:
    columns = [name for name in first if name not in shared]
    assert unpacked(json.loads(json.dumps(packed(records, shared, columns)))) == records


def test_the_version_before_costs_only_what_differs() -> None:
    files = tuple(LockFile(path=f"f{n}", blob=f"{n:040x}", owner="generated", decision="d") for n in range(100))
    lock = _lock(Branch(), MemoryArtifacts(), {}).model_copy(update={"files": files})
    alone = len(lock_bytes(lock))
    before = lock.model_copy(update={"files": files[1:], "state": {"constraints.a": "0"}})
    assert len(lock_bytes(lock.model_copy(update={"previous": before}))) < alone + 900
