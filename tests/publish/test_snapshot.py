"""What the engine is told stands on the branch, and what was generated there last."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.domain.files import git_blob_sha
from agents.ports import MAX_POLICY_BYTES, MAX_POLICY_FILES
from bot.ports.github import Entry
from bot.publish.branch_merge import join
from bot.publish.rehearsal import MemoryRepository
from bot.publish.snapshot import ProjectSnapshot, get_heads


def snapshot_of(memory, project="churn", root=""):
    return ProjectSnapshot(memory, project, root, get_heads(memory, project))


def test_a_new_repository_has_entries_but_no_base(memory):
    snapshot = snapshot_of(memory)
    assert set(snapshot.entries()) == {"constraints.yaml", "NOTES.md"}
    assert snapshot.base() == {} and snapshot.previous_lock() is None and snapshot.default_lock() is None
    assert snapshot.default.projects() == ("",) and snapshot.default.constraints("").startswith(b"version: 1")


def test_the_base_is_what_was_generated_not_what_people_made_of_it(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    memory.push("mlwright/churn", {"README.md": b"# mine\n", "docs/decisions/mine.md": b"x\n"})
    snapshot = snapshot_of(memory)
    assert snapshot.read(snapshot.entries()["README.md"].blob) == b"# mine\n"
    assert snapshot.read(snapshot.base()["README.md"].blob) == b"# churn\n"
    merged = {"README.md": b"# mine\n", "src/churn/train.py": b"ROWS = 3\n"}
    generated = {**merged, "README.md": b"# churn v2\n"}
    put(memory, maker.proposal(generated, merged), maker.contents)
    after = snapshot_of(memory)
    assert after.read(after.entries()["README.md"].blob) == b"# mine\n"
    assert after.read(after.base()["README.md"].blob) == b"# churn v2\n"
    assert "docs/decisions/mine.md" in after.entries(), "a person's record stays"
    assert "docs/decisions/mine.md" not in after.base(), "and is never taken for generated"
    assert "docs/decisions/011-deployment_serving.md" in after.base()


@pytest.mark.parametrize("merge", ["squash", "merge"])
@pytest.mark.parametrize("delete", [True, False])
def test_after_a_merge_the_base_is_found_again(memory, maker, put, merge, delete):
    head = put(memory, maker.proposal(), maker.contents).head
    content = memory.content("heads/mlwright/churn")
    memory.push("main", content, merge=head if merge == "merge" else None)
    memory.change_pull(1, state="closed", merged=True)
    if delete:
        del memory.refs["heads/mlwright/churn"]
    memory.push("main", {"README.md": b"# edited after the merge\n"})
    snapshot = snapshot_of(memory)
    assert snapshot.read(snapshot.entries()["README.md"].blob).startswith(b"# edited")
    assert snapshot.base()["README.md"].blob == git_blob_sha(b"# churn\n")
    assert snapshot.default_lock() == snapshot.previous_lock() is not None
    published = put(memory, maker.proposal({"README.md": b"# v2\n"}), maker.contents)
    assert published.pull.number == 2


def test_after_a_rejected_second_version_the_base_is_that_of_the_first(memory, maker, put):
    head = put(memory, maker.proposal(), maker.contents).head
    memory.push("main", memory.content("heads/mlwright/churn"), merge=head)
    memory.change_pull(1, state="closed", merged=True)
    second = maker.proposal({"README.md": b"# v2\n", "src/churn/train.py": b"ROWS = 9\n"})
    put(memory, second, maker.contents)
    memory.change_pull(2, state="closed")
    snapshot = snapshot_of(memory)
    assert snapshot.base()["README.md"].blob == git_blob_sha(b"# churn\n")


def test_after_a_rejected_first_version_nothing_counts_as_deleted_by_people(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    memory.change_pull(1, state="closed")
    snapshot = snapshot_of(memory)
    assert snapshot.base() == {} and "README.md" not in snapshot.entries()


@pytest.mark.parametrize("damage", [None, b"{}", b"\xff", b"<<<<<<< ours"])
def test_a_lost_or_damaged_lock_does_not_lose_the_base(memory, maker, put, damage):
    put(memory, maker.proposal(), maker.contents)
    memory.push("mlwright/churn", {".mlwright/lock.json": damage, "README.md": b"# mine\n"})
    snapshot = snapshot_of(memory)
    assert snapshot.base()["README.md"].blob == git_blob_sha(b"# churn\n")


def test_without_the_pristine_ref_the_lock_names_the_base(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    del memory.refs["mlwright/churn/generated"]
    memory.push("mlwright/churn", {"README.md": b"# mine\n"})
    snapshot = snapshot_of(memory)
    base = snapshot.base()["README.md"].blob
    assert base == git_blob_sha(b"# churn\n") and snapshot.read(base) == b"# churn\n"


def test_a_base_that_is_nowhere_is_a_key_error(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    gone = git_blob_sha(b"# churn\n")
    del memory.blobs[gone]
    snapshot = snapshot_of(memory)
    with pytest.raises(KeyError):
        snapshot.read(gone)
    rescued = ProjectSnapshot(memory, "churn", "", snapshot.heads, {gone: b"# churn\n"}.get)
    assert rescued.read(gone) == b"# churn\n"


def test_an_edit_on_main_wins_over_an_untouched_file_of_the_branch(memory, maker, put):
    head = put(memory, maker.proposal(), maker.contents).head
    memory.push("main", memory.content("heads/mlwright/churn"), merge=head)
    memory.change_pull(1, state="closed", merged=True)
    put(memory, maker.proposal({"README.md": b"# v2\n", "src/churn/train.py": b"v2\n"}), maker.contents)
    memory.push("main", {"README.md": b"# edited on main\n"})
    snapshot = snapshot_of(memory)
    assert snapshot.joined.clashes == ()
    assert snapshot.read(snapshot.entries()["README.md"].blob) == b"# edited on main\n"
    assert snapshot.base()["README.md"].blob == git_blob_sha(b"# churn\n"), "the base of main, not of the branch"
    assert snapshot.base()["src/churn/train.py"].blob == git_blob_sha(b"v2\n")


def test_a_record_edited_on_main_is_not_lost_in_an_open_proposal(memory, maker, put):
    record = "docs/decisions/011-deployment_serving.md"
    head = put(memory, maker.proposal(), maker.contents).head
    memory.push("main", memory.content("heads/mlwright/churn"), merge=head)
    memory.change_pull(1, state="closed", merged=True)
    second = maker.proposal({"README.md": b"# v2\n"})
    second = second.model_copy(update={"reports": {**second.reports, record: maker.contents.put(b"# 11 v2\n")}})
    put(memory, second, maker.contents)
    memory.push("main", {record: b"# 11\nmine\n"})
    snapshot = snapshot_of(memory)
    assert snapshot.joined.clashes == ()
    assert snapshot.read(snapshot.entries()[record].blob) == b"# 11\nmine\n"
    assert snapshot.base()[record].blob == git_blob_sha(b"# 11\n")


def test_a_proposal_is_accepted_once_it_is_merged(memory, maker, put):
    head = put(memory, maker.proposal(), maker.contents).head
    assert not snapshot_of(memory).accepted(), "its conflicts are open while it is"
    memory.push("main", memory.content("heads/mlwright/churn"), merge=head)
    memory.change_pull(1, state="closed", merged=True)
    assert snapshot_of(memory).accepted()


def test_a_record_that_people_edited_is_no_base(memory, maker, put):
    """What is kept as generated is what was generated, also where people's text of a report was kept."""
    record = "docs/decisions/011-deployment_serving.md"
    proposal = maker.proposal()
    edited = {**proposal.reports, record: maker.contents.put(b"# 11\nmine\n")}
    put(
        memory,
        proposal.model_copy(update={"reports": edited, "reports_as_generated": proposal.reports}),
        maker.contents,
    )
    snapshot = snapshot_of(memory)
    assert snapshot.read(snapshot.entries()[record].blob) == b"# 11\nmine\n"
    assert snapshot.base()[record].blob == git_blob_sha(b"# 11\n")


def test_heads_survive_as_json(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    heads = get_heads(memory, "churn")
    assert type(heads).model_validate_json(heads.model_dump_json()) == heads


def test_the_number_of_reads_does_not_grow_with_files(maker, put):
    counts = []
    for number in (5, 200):
        memory = MemoryRepository({"constraints.yaml": b"version: 1\n"})
        put(memory, maker.proposal({f"f{n}.py": b"1\n" for n in range(number)}), maker.contents)
        memory.push("mlwright/churn", {"f1.py": b"2\n"})
        memory.calls.clear()
        snapshot = snapshot_of(memory)
        snapshot.entries(), snapshot.base(), snapshot.previous_lock(), snapshot.default_lock()
        counts.append(sum(memory.calls.values()))
    assert counts[0] == counts[1] <= 14


_PATHS = st.sampled_from(["a", "b/c", "docs/decisions/1.md", ".mlwright/lock.json", "d"])
_TREES = st.dictionaries(_PATHS, st.sampled_from("xyz").map(lambda sha: Entry(sha, "100644")))


@settings(max_examples=150)
@given(base=_TREES, branch=_TREES, default=_TREES, generated=_TREES, merged=_TREES)
def test_joining_never_loses_what_only_one_side_has(base, branch, default, generated, merged):
    joined = join(base, branch, default, generated=generated, root="", merged=merged)
    if joined.clashes:
        assert joined.entries == branch
        for path in joined.clashes:
            versions = [tree.get(path) for tree in (base, branch, default)]
            assert len({v.sha if v else None for v in versions}) == 3 or versions[1] != versions[2]
        return
    for path in base.keys() | branch.keys() | default.keys():
        was, here, there, now = (tree.get(path) for tree in (base, branch, default, joined.entries))
        if there == was:
            assert now == here, "nothing happened on the default branch"
        elif here == was:
            assert now == there, "nothing happened on the branch"
        elif path == "docs/decisions/1.md" and there == merged.get(path):
            assert now == here, "a record that nobody touched on the default branch is written anew"
        elif path != ".mlwright/lock.json":
            assert now == there and (here == there or here == generated.get(path))


def test_rules_are_those_of_the_default_branch_for_all_projects_and_for_this_one(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    memory.push(
        "main",
        {
            ".mlwright/policies/all.yaml": b"a",
            "teams/fraud/.mlwright/policies/ours.yml": b"b" * (MAX_POLICY_BYTES + 7),
            "teams/other/.mlwright/policies/theirs.yaml": b"c",
            ".mlwright/policies/notes.txt": b"d",
        },
    )
    memory.push("mlwright/churn", {".mlwright/policies/mine.yaml": b"weaker"})
    assert snapshot_of(memory).policy_files() == {".mlwright/policies/all.yaml": b"a"}
    found = snapshot_of(memory, "fraud", "teams/fraud").policy_files()
    assert sorted(found) == [".mlwright/policies/all.yaml", "teams/fraud/.mlwright/policies/ours.yml"]
    assert len(found["teams/fraud/.mlwright/policies/ours.yml"]) == MAX_POLICY_BYTES + 1
    memory.push("main", {f".mlwright/policies/n{n}.yaml": b"n" for n in range(MAX_POLICY_FILES + 9)})
    assert len(snapshot_of(memory).policy_files()) == MAX_POLICY_FILES + 1
