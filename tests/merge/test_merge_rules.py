"""The three-way merge, rule by rule (DESIGN §2 rule 7; issue "survives its people and its next version")."""

import pytest
from merge_branch import Branch, file, merged_contents

from agents.domain.files import LOCK_PATH, MergedTree
from agents.errors import RetryLater
from agents.graph.memory import MemoryArtifacts
from agents.render.line_merge import merge_text
from agents.render.merge import merge

V1 = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
V2 = V1.replace(b"seven", b"SEVEN")


def generate(branch: Branch, artifacts: MemoryArtifacts, files: dict[str, bytes], **modes: str) -> MergedTree:
    new = tuple(file(path, content, artifacts, modes.get(path, "100644")) for path, content in files.items())
    return merge(new, branch, artifacts, None)


@pytest.fixture
def artifacts() -> MemoryArtifacts:
    return MemoryArtifacts()


@pytest.fixture
def branch(artifacts: MemoryArtifacts) -> Branch:
    """A branch on which a.py and b.py were generated and published."""
    made = Branch()
    made.publish(generate(made, artifacts, {"a.py": V1, "b.py": V1}), artifacts)
    return made


def test_a_new_repository_gets_everything(artifacts: MemoryArtifacts) -> None:
    tree = generate(Branch(), artifacts, {"b.py": V1, "a.py": V2})
    assert merged_contents(tree, artifacts) == {"a.py": V2, "b.py": V1}
    assert tree.files == tree.pristine
    assert tree.owners == {"a.py": "generated", "b.py": "generated"}
    assert not tree.kept and not tree.conflicts and not tree.removed and tree.kept_edits == 0


def test_untouched_files_follow_the_generation(branch: Branch, artifacts: MemoryArtifacts) -> None:
    tree = generate(branch, artifacts, {"a.py": V2})
    assert merged_contents(tree, artifacts) == {"a.py": V2}
    assert tree.removed == ("b.py",)
    assert not tree.kept


def test_an_edit_stays_when_the_generation_did_not_change(branch: Branch, artifacts: MemoryArtifacts) -> None:
    edited = V1.replace(b"two", b"TWO").replace(b"five", b"mine\nfive")
    branch.write("a.py", edited)
    tree = generate(branch, artifacts, {"a.py": V1, "b.py": V1})
    assert merged_contents(tree, artifacts)["a.py"] == edited
    assert tree.owners["a.py"] == "edited" and tree.kept == ("a.py",) and tree.kept_edits == 2
    assert tree.pristine[0].blob != tree.files[0].blob


def test_both_sides_changed_elsewhere_merge(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write("a.py", V1.replace(b"one", b"ONE"))
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V1})
    assert merged_contents(tree, artifacts)["a.py"] == V2.replace(b"one", b"ONE")
    assert tree.kept == ("a.py",) and tree.kept_edits == 1 and not tree.conflicts


def test_a_conflict_keeps_the_persons_text_whole_and_is_listed(branch: Branch, artifacts: MemoryArtifacts) -> None:
    mine = V1.replace(b"seven", b"mine").replace(b"one", b"ONE")
    branch.write("a.py", mine)
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V1})
    assert merged_contents(tree, artifacts)["a.py"] == mine
    [conflict] = tree.conflicts
    assert conflict.path == "a.py" and artifacts.get(conflict.generated_sha256) == V2
    assert tree.owners["a.py"] == "edited"


def test_the_same_change_on_both_sides_is_no_edit(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write("a.py", V2)
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V1})
    assert tree.owners["a.py"] == "generated" and not tree.kept and not tree.conflicts


def test_a_deleted_file_stays_deleted_also_in_later_versions(branch: Branch, artifacts: MemoryArtifacts) -> None:
    del branch.ours["a.py"]
    for version in (V1, V2, V1):
        tree = generate(branch, artifacts, {"a.py": version, "b.py": V1})
        assert [f.path for f in tree.files] == ["b.py"]
        assert tree.owners["a.py"] == "deleted"
        branch.publish(tree, artifacts)
    assert "a.py" not in branch.ours


def test_a_deleted_file_that_people_bring_back_is_merged_again(branch: Branch, artifacts: MemoryArtifacts) -> None:
    del branch.ours["a.py"]
    branch.publish(generate(branch, artifacts, {"a.py": V1, "b.py": V1}), artifacts)
    branch.write("a.py", V1.replace(b"one", b"ONE"))
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V1})
    assert merged_contents(tree, artifacts)["a.py"] == V2.replace(b"one", b"ONE")


def test_an_edited_file_that_is_not_generated_any_more_becomes_theirs(
    branch: Branch, artifacts: MemoryArtifacts
) -> None:
    branch.write("b.py", V1 + b"mine\n")
    tree = generate(branch, artifacts, {"a.py": V1})
    assert tree.removed == () and tree.kept == ("b.py",) and tree.kept_edits == 1
    assert tree.owners["b.py"] == "adopted"
    branch.publish(tree, artifacts)
    again = generate(branch, artifacts, {"a.py": V1, "b.py": V2})
    assert again.owners["b.py"] == "adopted" and [f.path for f in again.files] == ["a.py"]
    assert not again.conflicts and branch.content("b.py") == V1 + b"mine\n"
    later = generate(branch, artifacts, {"a.py": V1})
    assert later.owners["b.py"] == "adopted" and not later.kept and later.kept_edits == 0
    branch.write("b.py", V1)
    assert generate(branch, artifacts, {"a.py": V1}).removed == (), "an adopted file is theirs whatever it holds"


def test_a_file_people_added_where_something_is_generated_now(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write("c.py", b"theirs\n")
    tree = generate(branch, artifacts, {"a.py": V1, "b.py": V1, "c.py": V1})
    assert tree.owners["c.py"] == "adopted" and [c.path for c in tree.conflicts] == ["c.py"]
    assert "c.py" not in merged_contents(tree, artifacts)
    branch.publish(tree, artifacts)
    later = generate(branch, artifacts, {"a.py": V1, "b.py": V1, "c.py": V2})
    assert later.owners["c.py"] == "adopted" and not later.conflicts


def test_an_existing_repository_keeps_what_it_has(artifacts: MemoryArtifacts) -> None:
    tree = generate(Branch({"README.md": b"ours\n", "same": V1}), artifacts, {"README.md": V1, "same": V1, "new": V1})
    assert tree.owners == {"README.md": "adopted", "new": "generated", "same": "generated"}
    assert sorted(merged_contents(tree, artifacts)) == ["new", "same"]
    assert not tree.conflicts and not tree.removed


def test_a_proposal_that_was_never_merged_is_not_mistaken_for_deletions(artifacts: MemoryArtifacts) -> None:
    """The branch was deleted unmerged: the pristine reference is there, the default branch has none of it."""
    branch = Branch({"README.md": b"ours\n"})
    branch.publish(generate(branch, artifacts, {"README.md": V1, "a.py": V1}), artifacts)
    branch.ours = {"README.md": (b"ours\n", "100644")}
    tree = generate(branch, artifacts, {"README.md": V2, "a.py": V2})
    assert tree.owners == {"README.md": "adopted", "a.py": "generated"}
    assert merged_contents(tree, artifacts) == {"a.py": V2}


def test_the_lock_on_the_branch_outranks_a_newer_pristine_tree(branch: Branch, artifacts: MemoryArtifacts) -> None:
    """Version 2 was proposed and closed: the branch stands at version 1, so version 1 is no edit of
    anybody.
    """
    standing = dict(branch.ours)
    branch.publish(generate(branch, artifacts, {"a.py": V2, "b.py": V2}), artifacts)
    branch.ours = standing
    tree = generate(branch, artifacts, {"a.py": V1 + b"v3\n", "b.py": V1})
    assert not tree.kept and not tree.conflicts
    assert merged_contents(tree, artifacts)["a.py"] == V1 + b"v3\n"


def test_without_a_readable_lock_the_pristine_tree_is_the_base(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write(LOCK_PATH, b"<<<<<<< HEAD\n{}")
    branch.write("a.py", V1.replace(b"one", b"ONE"))
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V2})
    assert merged_contents(tree, artifacts) == {"a.py": V2.replace(b"one", b"ONE"), "b.py": V2}


def test_a_base_that_is_nowhere_is_a_conflict(branch: Branch, artifacts: MemoryArtifacts) -> None:
    gone = branch.entries()["a.py"].blob
    mine = V1.replace(b"one", b"ONE")
    branch.write("a.py", mine)
    branch.write("b.py", b"other\n")
    branch.forgotten = {gone}
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V2})
    assert {c.path for c in tree.conflicts} == {"a.py", "b.py"}
    assert merged_contents(tree, artifacts) == {"a.py": mine, "b.py": b"other\n"}
    unchanged = generate(branch, artifacts, {"a.py": V1, "b.py": V1})
    assert not unchanged.conflicts and merged_contents(unchanged, artifacts)["a.py"] == mine


def test_a_text_that_cannot_be_read_stops_the_run(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write("a.py", b"mine\n")
    branch.forgotten = {branch.entries()["a.py"].blob}
    with pytest.raises(RetryLater):
        generate(branch, artifacts, {"a.py": V2, "b.py": V1})


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_links_and_submodules_are_never_touched(branch: Branch, artifacts: MemoryArtifacts, mode: str) -> None:
    branch.write("a.py", b"target", mode)
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V1})
    assert tree.owners["a.py"] == "adopted" and "a.py" not in merged_contents(tree, artifacts)
    assert generate(branch, artifacts, {"b.py": V1}).removed == ()


def test_what_is_below_a_link_or_a_file_is_not_written(artifacts: MemoryArtifacts) -> None:
    branch = Branch({"x/y": b"theirs"})
    branch.write("src", b"elsewhere", "120000")
    tree = generate(branch, artifacts, {"src/a.py": V1, "x": V1})
    assert tree.files == () and {c.path for c in tree.conflicts} == {"src/a.py", "x"}


def test_modes(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write("a.py", V1, "100755")
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V2}, **{"b.py": "100755"})
    assert {f.path: f.mode for f in tree.files} == {"a.py": "100755", "b.py": "100755"}


def test_reports_records_and_lock_are_not_part_of_the_tree(branch: Branch, artifacts: MemoryArtifacts) -> None:
    for path in ("reports/plan.json", "docs/decisions/001-x.md"):
        branch.write(path, b"{}")
        branch.pristine[path] = (b"{}", "100644")
    del branch.ours[LOCK_PATH]
    assert generate(branch, artifacts, {"a.py": V1, "b.py": V1}).removed == ()
    records = merge((), branch, artifacts, None, part=lambda path: path.startswith("docs/decisions/"))
    assert records.removed == ("docs/decisions/001-x.md",)


@pytest.mark.parametrize(
    ("mine", "reason"), [(b"\x00\x01", "UTF-8"), (b"caf\xe9\n" + V1, "UTF-8"), (V1 * 200_000, "too large")]
)
def test_what_cannot_be_merged_by_line_is_a_conflict(
    branch: Branch, artifacts: MemoryArtifacts, mine: bytes, reason: str
) -> None:
    branch.write("a.py", mine)
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V1})
    assert merged_contents(tree, artifacts)["a.py"] == mine
    assert reason in tree.conflicts[0].reason and tree.kept_edits == 1
    assert generate(branch, artifacts, {"a.py": V1, "b.py": V1}).conflicts == ()


def test_line_endings_of_people_are_kept(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write("a.py", V1.replace(b"one", b"ONE").replace(b"\n", b"\r\n"))
    branch.write("b.py", V1.replace(b"\n", b"\r\n"))
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V2})
    assert not tree.conflicts and tree.kept_edits == 2
    assert merged_contents(tree, artifacts) == {
        "a.py": V2.replace(b"one", b"ONE").replace(b"\n", b"\r\n"),
        "b.py": V2.replace(b"\n", b"\r\n"),
    }


def test_neighbouring_changes_are_a_conflict_and_no_line_is_glued(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write("a.py", V1.rstrip(b"\n"))
    tree = generate(branch, artifacts, {"a.py": V1 + b"eight\n", "b.py": V1})
    assert merged_contents(tree, artifacts)["a.py"] == V1.rstrip(b"\n") and len(tree.conflicts) == 1


def test_a_line_that_a_merge_would_lose_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The net below the merge library: whatever it does, a person's line is in the result or nothing is merged."""

    class Careless:
        def __init__(self, base: list[bytes], theirs: list[bytes], generated: list[bytes]) -> None:
            self.generated = generated

        def merge_groups(self) -> list[tuple[str, list[bytes]]]:
            return [("b", self.generated)]

    monkeypatch.setattr("merge3.Merge3", Careless)
    assert merge_text(b"a\n", b"a\nmine\n", b"a\nnew\n").content is None
    assert merge_text(b"a\n", b"a\n", b"a\nnew\n").content == b"a\nnew\n"
    assert merge_text(b"a\n", b"a\n", b"a\nnew").content == b"a\nnew"


LONG = b"".join(b"line %d of this file\n" % n for n in range(20))
LONGER = LONG.replace(b"line 3 ", b"LINE 3 ")


@pytest.fixture
def named(artifacts: MemoryArtifacts) -> Branch:
    """A branch on which src/long.py and b.py were generated and published."""
    made = Branch()
    made.publish(generate(made, artifacts, {"src/long.py": LONG, "b.py": V1}), artifacts)
    return made


@pytest.mark.parametrize("edit", [b"", b"mine\n"])
def test_a_file_that_people_renamed_is_followed_version_after_version(
    named: Branch, artifacts: MemoryArtifacts, edit: bytes
) -> None:
    named.write("lib/better.py", LONG + edit, "100755")
    del named.ours["src/long.py"]
    for version in (LONGER, LONGER.replace(b"line 9 ", b"LINE 9 "), LONG):
        tree = generate(named, artifacts, {"src/long.py": version, "b.py": V1})
        assert tree.moved == {"src/long.py": "lib/better.py"} and not tree.conflicts
        assert tree.kept == ("lib/better.py",) and tree.kept_edits == 1 + bool(edit)
        assert {f.path: f.mode for f in tree.files} == {"lib/better.py": "100755", "b.py": "100644"}
        assert tree.owners["src/long.py"] == "edited"
        named.publish(tree, artifacts)
        assert named.content("lib/better.py") == version + edit and "src/long.py" not in named.ours


def test_a_conflict_in_a_renamed_file_is_told_at_its_new_name(named: Branch, artifacts: MemoryArtifacts) -> None:
    mine = LONG.replace(b"line 3 ", b"mine ")
    named.write("lib/better.py", mine)
    del named.ours["src/long.py"]
    tree = generate(named, artifacts, {"src/long.py": LONGER, "b.py": V1})
    [conflict] = tree.conflicts
    assert conflict.path == "lib/better.py" and merged_contents(tree, artifacts)["lib/better.py"] == mine
    assert [(p.line, p.yours, p.generated) for p in conflict.places] == [
        (4, "mine of this file", "LINE 3 of this file")
    ]


def test_a_renamed_file_that_is_not_generated_any_more_stays_where_it_is(
    named: Branch, artifacts: MemoryArtifacts
) -> None:
    named.write("lib/better.py", LONG)
    del named.ours["src/long.py"]
    named.publish(generate(named, artifacts, {"src/long.py": LONG, "b.py": V1}), artifacts)
    tree = generate(named, artifacts, {"b.py": V1})
    assert tree.removed == () and tree.moved == {} and named.content("lib/better.py") == LONG


def test_what_is_too_unlike_empty_or_a_copy_is_no_rename(named: Branch, artifacts: MemoryArtifacts) -> None:
    named.publish(generate(named, artifacts, {"src/long.py": LONG, "b.py": V1, "c/__init__.py": b""}), artifacts)
    del named.ours["src/long.py"], named.ours["c/__init__.py"]
    named.write("own/__init__.py", b"")
    named.write("own/other.py", b"".join(LONG.splitlines(keepends=True)[:4]) + b"all of my own\n" * 20)
    named.write("own/copy.py", V1)
    tree = generate(named, artifacts, {"src/long.py": LONGER, "b.py": V2, "c/__init__.py": b"x\n"})
    assert tree.moved == {} and [f.path for f in tree.files] == ["b.py"]
    assert (tree.owners["src/long.py"], tree.owners["c/__init__.py"]) == ("deleted", "deleted")


def test_of_two_files_that_look_alike_the_one_of_the_same_name_is_the_rename(artifacts: MemoryArtifacts) -> None:
    branch = Branch()
    branch.publish(generate(branch, artifacts, {"a/one.py": LONG, "a/two.py": LONG + b"#\n"}), artifacts)
    for name in ("one", "two"):
        branch.write(f"z/{name}.py", branch.ours.pop(f"a/{name}.py")[0])
    tree = generate(branch, artifacts, {"a/one.py": LONGER, "a/two.py": LONGER + b"#\n"})
    assert tree.moved == {"a/one.py": "z/one.py", "a/two.py": "z/two.py"}


def test_a_conflict_is_met_again_until_it_is_accepted(branch: Branch, artifacts: MemoryArtifacts) -> None:
    mine = V1.replace(b"seven", b"mine")
    branch.write("a.py", mine)
    branch.write("c.py", b"theirs\n")
    new = tuple(file(path, V2, artifacts) for path in ("a.py", "b.py", "c.py"))
    first = merge(new, branch, artifacts, None)
    branch.publish(first, artifacts)
    again = merge(new, branch, artifacts, None, reopen=True)
    assert [c.path for c in again.conflicts] == ["a.py", "c.py"] and again == first
    assert not merge(new, branch, artifacts, None).conflicts, "accepted: what people have is what they want"
    branch.write("a.py", V2.replace(b"one", b"mine"))
    solved = merge(new, branch, artifacts, None, reopen=True)
    assert [c.path for c in solved.conflicts] == ["c.py"] and solved.owners["a.py"] == "edited"


def test_both_sides_of_a_conflict_are_shown_and_bounded(branch: Branch, artifacts: MemoryArtifacts) -> None:
    branch.write("a.py", V1.replace(b"seven\n", b"mine\n" * 100))
    branch.write("b.py", b"\x00")
    tree = generate(branch, artifacts, {"a.py": V2, "b.py": V2})
    shown, binary = tree.conflicts
    assert binary.places == () and len(shown.places) == 1
    assert shown.places[0].line == 7 and shown.places[0].generated == "SEVEN"
    assert shown.places[0].yours.endswith("… 60 more lines")


def test_a_rename_among_thousands_of_files_of_people_is_found_with_few_reads(
    named: Branch, artifacts: MemoryArtifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3_000):
        named.write(f"own/m{n}.{'py' if n % 2 else 'md'}", b"theirs %d\n" % n)
    named.write("z/long.py", LONG + b"mine\n")
    del named.ours["src/long.py"]
    read: list[str] = []
    monkeypatch.setattr(named, "read", lambda blob: read.append(blob) or Branch.read(named, blob))
    tree = generate(named, artifacts, {"src/long.py": LONGER, "b.py": V1})
    assert tree.moved == {"src/long.py": "z/long.py"} and len(read) < 120
