"""What the pull request says of people's work: conflicts with both sides, edits kept, what was there before, upgrades."""

from agents.domain.change import Changed
from agents.domain.files import Conflict as MergeConflict
from agents.domain.files import ConflictPlace
from agents.domain.inventory import Area, Inventory


def test_both_sides_of_a_conflict_and_the_edits_that_were_kept_are_in_the_pull_request(memory, maker, put, later):
    place = ConflictPlace(line=3, yours="mine = 1", generated="theirs = 2")
    clash = MergeConflict(path="README.md", reason="both changed it", generated_sha256="0" * 64, places=(place,))
    proposal = maker.proposal(change=later)
    tree = proposal.tree.model_copy(update={"conflicts": (clash,), "kept": ("a", "b", "c", "d", "e"), "kept_edits": 7})
    put(memory, proposal.model_copy(update={"tree": tree}), maker.contents)
    body = memory.pulls[0].body
    assert "your 7 edits in 5 files were kept" in body
    assert "Both sides of 1 conflict" in body and "-mine = 1\n+theirs = 2" in body
    [review] = [bodies[0] for bodies in memory.check_bodies.values() if bodies[0].name == "mlwright / review"]
    assert review.conclusion == "action_required" and "-mine = 1\n+theirs = 2" in review.summary


def test_an_upgrade_says_what_it_is_and_what_it_costs(memory, maker, put, later):
    packs = (Changed(key="pattern_pack", before="a" * 64, after="b" * 64),)
    upgrade = later.model_copy(update={"constraints": (), "packs": packs})
    put(memory, maker.proposal(change=upgrade), maker.contents, upgrade=True)
    pull = memory.pulls[0]
    assert pull.head_ref == "mlwright/churn-upgrade"
    assert pull.title.startswith("mlwright: churn: upgrade of pattern pack, ") and pull.title.endswith("(+$344)")
    assert "An upgrade of mlwright" in pull.body and "serve.online" in pull.body and "+$344" in pull.body


def test_new_packs_are_named_with_their_versions_beside_any_number_of_constraints(memory, maker, put, later):
    packs = (
        Changed(key="prompt_pack", before="a" * 64, after="b" * 64),
        Changed(key="engine", before="0.1.0", after="0.2.0"),
    )
    many = tuple(Changed(key=f"data.{n}", before="1", after="2") for n in range(9))
    put(memory, maker.proposal(change=later.model_copy(update={"constraints": many, "packs": packs})), maker.contents)
    assert "and 3 more; prompt pack vaaaaaaaa → vbbbbbbbb; engine v0.1.0 → v0.2.0" in memory.pulls[0].body


def test_what_people_had_there_already_is_named(memory, maker, put):
    areas = (Area(name="code", files=9, paths=("src/a.py",)),)
    put(memory, maker.proposal(inventory=Inventory(areas=areas, left=("README.md",))), maker.contents)
    body = memory.pulls[0].body
    assert "9 files of yours: code 9 (`src/a.py`, …)" in body and "would: `README.md`" in body
