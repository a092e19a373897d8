"""Publishing into a repository in memory: order, idempotency, people's work, what GitHub may refuse."""

import pytest

from agents.domain.files import Conflict as MergeConflict
from bot.errors import HeadMoved, Unavailable
from bot.publish.rehearsal import MemoryRepository
from bot.publish.snapshot import ProjectSnapshot, get_heads

WRITES = ("create_", "update_", "add_", "set_")
CHECKS = [f"mlwright / {name}" for name in ("coverage", "policy", "cost", "validation", "review")]


def writes(memory):
    return {name: n for name, n in memory.calls.items() if name.startswith(WRITES)}


def test_a_first_proposal_makes_branch_pull_request_checks_comment_and_label(memory, maker, put):
    published = put(memory, maker.proposal(), maker.contents)
    pull = memory.pulls[0]
    assert published.created and published.committed and not published.draft
    assert (pull.head_ref, pull.base_ref, pull.draft, pull.labels) == (
        "mlwright/churn",
        "main",
        False,
        ("mlwright",),
    )
    assert pull.title == "mlwright: churn: online on ECS Fargate, $1,086 a month"
    content = memory.content("heads/mlwright/churn")
    assert content["README.md"] == b"# churn\n" and content["NOTES.md"] == b"ours\n"
    assert ".mlwright/lock.json" in content and "reports/cost.json" in content
    assert sorted(run.name for run in memory.checks.values()) == sorted(CHECKS)
    assert {bodies[0].head_sha for bodies in memory.check_bodies.values()} == {published.head}
    assert len(memory.comments[1]) == 1
    assert memory.refs["mlwright/churn/generated"] == published.head, (
        "nothing was merged: the commit itself is the base"
    )
    assert memory.commits[published.head].parents == (memory.refs["heads/main"],)


def test_publishing_twice_writes_nothing(memory, maker, put):
    proposal = maker.proposal()
    put(memory, proposal, maker.contents)
    memory.calls.clear()
    again = put(memory, proposal, maker.contents)
    assert writes(memory) == {}
    assert not again.created and not again.committed and again.pull.number == 1


def test_an_unchanged_proposal_does_not_even_look(memory, maker, put):
    memory.calls.clear()
    put(memory, maker.proposal(outcome="unchanged"), maker.contents)
    assert writes(memory) == {}
    assert "heads/mlwright/churn" not in memory.refs


def test_a_second_version_updates_the_same_pull_request(memory, maker, put, later):
    first = put(memory, maker.proposal(), maker.contents)
    files = {"README.md": b"# churn v2\n", "src/churn/train.py": b"ROWS = 2_000_000\n", "new.py": b"\n"}
    second = maker.proposal(files, change=later)
    second = second.model_copy(update={"tree": second.tree.model_copy(update={"removed": ("infra/main.tf",)})})
    published = put(memory, second, maker.contents, previous_version=3)
    content = memory.content("heads/mlwright/churn")
    assert len(memory.pulls) == 1 and len(memory.comments[1]) == 1
    assert content["README.md"] == b"# churn v2\n" and "infra/main.tf" not in content
    assert memory.commits[published.head].parents == (first.head,)
    assert "since v3" in memory.pulls[0].body and "$742" in memory.pulls[0].body


def test_two_projects_do_not_share_anything(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    other = maker.proposal({"README.md": b"# fraud\n"}, project="fraud", root="teams/fraud")
    put(memory, other, maker.contents, root="teams/fraud")
    assert [pull.head_ref for pull in memory.pulls] == ["mlwright/churn", "mlwright/fraud"]
    content = memory.content("heads/mlwright/fraud")
    assert content["teams/fraud/README.md"] == b"# fraud\n" and "README.md" not in content


def test_workflow_files_of_a_project_in_a_folder_stand_at_the_root(memory, maker, put):
    files = {".github/workflows/fraud-ci.yml": b"name: ci\n", "src/a.py": b"\n"}
    put(memory, maker.proposal(files, project="fraud", root="teams/fraud"), maker.contents, root="teams/fraud")
    content = memory.content("heads/mlwright/fraud")
    assert ".github/workflows/fraud-ci.yml" in content and "teams/fraud/src/a.py" in content
    snapshot = ProjectSnapshot(memory, "fraud", "teams/fraud", get_heads(memory, "fraud"))
    assert {".github/workflows/fraud-ci.yml", "src/a.py"} <= set(snapshot.base())


def test_a_failing_policy_makes_a_draft_and_a_good_one_makes_it_ready(memory, maker, put, reports):
    put(memory, maker.proposal(policy=reports["policy"]("fail")), maker.contents)
    assert memory.pulls[0].draft
    assert memory.pulls[0].body.splitlines()[1].startswith("> ❌ Not ready. policy: 1 fail: budget_band")
    put(memory, maker.proposal(), maker.contents)
    assert not memory.pulls[0].draft and len(memory.pulls) == 1


@pytest.mark.parametrize("graphql", [True, False])
def test_without_drafts_the_review_check_holds_it_back(maker, put, reports, graphql):
    memory = MemoryRepository({"constraints.yaml": b"version: 1\n"}, drafts=False, graphql=graphql)
    proposal = maker.proposal(policy=reports["policy"]("fail"))
    put(memory, proposal, maker.contents)
    assert not memory.pulls[0].draft
    review = next(run for run in memory.checks.values() if run.name == "mlwright / review")
    assert review.conclusion == "action_required"
    memory.calls.clear()
    put(memory, proposal, maker.contents)
    review = [run for run in memory.checks.values() if run.name == "mlwright / review"]
    assert [run.conclusion for run in review] == ["action_required"] and len(memory.pulls) == 1


def test_without_the_workflows_permission_those_files_wait_elsewhere(maker, put):
    memory = MemoryRepository({"constraints.yaml": b"version: 1\n"}, workflows=False)
    published = put(memory, maker.proposal(), maker.contents)
    content = memory.content("heads/mlwright/churn")
    assert ".github/workflows/ci.yml" not in content
    assert content[".github/workflows-proposed/ci.yml"] == b"name: ci\non: push\n"
    assert content["README.md"] == b"# churn\n"
    assert len(published.notes) == 1 and "Workflows: write" in memory.pulls[0].body
    memory.calls.clear()
    put(memory, maker.proposal(), maker.contents)
    assert writes(memory) == {}


def test_a_standing_workflow_needs_no_permission(maker, put):
    memory = MemoryRepository({".github/workflows/ci.yml": b"name: ci\non: push\n"}, workflows=False)
    published = put(memory, maker.proposal(), maker.contents)
    assert published.notes == () and memory.calls["can_write_workflows"] == 0


def test_a_push_to_the_branch_between_plan_and_publish_is_never_lost(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    snapshot = ProjectSnapshot(memory, "churn", "", get_heads(memory, "churn"))
    person = memory.push("mlwright/churn", {"README.md": b"# mine\n"})
    from bot.publish.desired import Context
    from bot.publish.publish import publish

    second = maker.proposal({"README.md": b"# churn v2\n"})
    with pytest.raises(HeadMoved):
        publish(memory, second, Context(memory.get_repository()), snapshot, maker.contents)
    assert memory.refs["heads/mlwright/churn"] == person


def test_a_push_in_the_very_moment_of_the_update_is_never_lost(memory, maker, put, monkeypatch):
    put(memory, maker.proposal(), maker.contents)
    real = memory.update_ref

    def late(ref, sha, *, workflows=False):
        monkeypatch.setattr(memory, "update_ref", real)
        memory.push("mlwright/churn", {"mine.py": b"1\n"})
        real(ref, sha, workflows=workflows)

    monkeypatch.setattr(memory, "update_ref", late)
    with pytest.raises(HeadMoved):
        put(memory, maker.proposal({"README.md": b"# v2\n"}), maker.contents)
    assert memory.content("heads/mlwright/churn")["mine.py"] == b"1\n"


def test_a_pull_request_closed_meanwhile_ends_the_run(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    snapshot = ProjectSnapshot(memory, "churn", "", get_heads(memory, "churn"))
    memory.change_pull(1, state="closed")
    from bot.publish.desired import Context
    from bot.publish.publish import publish

    memory.calls.clear()
    with pytest.raises(HeadMoved):
        publish(memory, maker.proposal({"a": b"1"}), Context(memory.get_repository()), snapshot, maker.contents)
    assert writes(memory) == {}


def test_after_a_rejection_a_new_pull_request_starts_from_the_default_branch(memory, maker, put):
    first = put(memory, maker.proposal(), maker.contents)
    memory.change_pull(1, state="closed")
    main = memory.push("main", {"constraints.yaml": b"version: 1\n# other\n"})
    files = {"README.md": b"# churn v2\n"}
    published = put(memory, maker.proposal(files), maker.contents)
    assert published.created and published.pull.number == 2
    assert memory.commits[published.head].parents == (first.head, main)
    content = memory.content("heads/mlwright/churn")
    assert content["constraints.yaml"].endswith(b"# other\n") and "src/churn/train.py" not in content


def test_the_default_branch_is_merged_in_without_undoing_what_it_changed(memory, maker, put):
    first = put(memory, maker.proposal(), maker.contents)
    main = memory.push(
        "main", {"NOTES.md": b"theirs, later\n", "lib/new.py": b"1\n", "constraints.yaml": b"version: 1\n"}
    )
    published = put(memory, maker.proposal({"README.md": b"# churn v2\n"}), maker.contents)
    content = memory.content("heads/mlwright/churn")
    assert memory.commits[published.head].parents == (first.head, main)
    assert content["NOTES.md"] == b"theirs, later\n" and content["lib/new.py"] == b"1\n"
    assert content["constraints.yaml"] == b"version: 1\n"


def test_that_the_default_branch_went_on_elsewhere_is_no_reason_to_write(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    memory.push("main", {"constraints.yaml": b"version: 1\n# only a comment\n", "NOTES.md": b"theirs\n"})
    memory.calls.clear()
    put(memory, maker.proposal(), maker.contents)
    assert writes(memory) == {}


def test_a_clash_between_people_is_left_to_them(memory, maker, put):
    first = put(memory, maker.proposal(), maker.contents)
    memory.push("mlwright/churn", {"NOTES.md": b"branch\n"})
    memory.push("main", {"NOTES.md": b"main\n", "other.txt": b"x\n"})
    published = put(memory, maker.proposal({"README.md": b"# v2\n"}), maker.contents)
    content = memory.content("heads/mlwright/churn")
    assert content["NOTES.md"] == b"branch\n" and "other.txt" not in content
    assert len(memory.commits[published.head].parents) == 1 and first.head != published.head
    assert "`NOTES.md`" in memory.pulls[0].body


def test_an_unrelated_push_to_main_is_no_reason_to_commit(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    memory.push("main", {"NOTES.md": b"later\n"})
    memory.calls.clear()
    put(memory, maker.proposal(), maker.contents)
    assert writes(memory) == {}


@pytest.mark.parametrize("step", range(1, 13))
def test_killed_after_any_write_the_next_attempt_ends_in_the_same_state(maker, put, step, monkeypatch):
    """The write has its effect and the answer is lost; the run goes on with the heads it was planned on."""
    memory = MemoryRepository({"constraints.yaml": b"version: 1\n"})
    proposal = maker.proposal()
    heads = get_heads(memory, "churn")
    from bot.publish.desired import Context
    from bot.publish.publish import publish

    done = 0

    def lossy(name):
        real = getattr(memory, name)

        def call(*args, **kwargs):
            nonlocal done
            answer = real(*args, **kwargs)
            done += 1
            if done == step:
                raise Unavailable("lost", after_s=1)
            return answer

        return call

    for name in [n for n in dir(memory) if n.startswith(WRITES)]:
        monkeypatch.setattr(memory, name, lossy(name))

    def attempt():
        snapshot = ProjectSnapshot(memory, "churn", "", heads)
        return publish(memory, proposal, Context(memory.get_repository()), snapshot, maker.contents)

    with pytest.raises(Unavailable):
        attempt()
    published = attempt()
    assert len(memory.pulls) == 1 and len(memory.comments[1]) == 1
    assert sorted(r.name for r in memory.list_check_runs(published.head)) == sorted(CHECKS)
    assert len(memory.checks) == 5
    assert memory.pulls[0].labels == ("mlwright",)
    history = memory._history(memory.refs["heads/mlwright/churn"])
    assert len(history) == 2, "one commit on top of the first"
    assert "mlwright/churn/generated" in memory.refs
    assert done >= 12


def test_a_resumed_run_with_fresh_heads_adds_no_commit(memory, maker, put, monkeypatch):
    def gone(*args, **kwargs):
        raise Unavailable("lost", after_s=1)

    with monkeypatch.context() as patch, pytest.raises(Unavailable):
        patch.setattr(memory, "create_check_run", gone)
        put(memory, maker.proposal(), maker.contents)
    head = memory.refs["heads/mlwright/churn"]
    published = put(memory, maker.proposal(), maker.contents)
    assert published.head == head and published.created


def test_the_title_a_person_gave_and_words_around_ours_stay(memory, maker, put):
    put(memory, maker.proposal(), maker.contents)
    body = memory.pulls[0].body
    memory.change_pull(1, title="Churn, at last", body=f"Please read!\n\n{body}\n\nThanks.".replace("\n", "\r\n"))
    memory.calls.clear()
    put(memory, maker.proposal(), maker.contents)
    assert writes(memory) == {}
    put(memory, maker.proposal({"README.md": b"# v2\n"}, cost=None), maker.contents)
    pull = memory.pulls[0]
    assert pull.title == "Churn, at last"
    assert pull.body.startswith("Please read!") and pull.body.endswith("Thanks.")
    assert pull.body.count("<!-- mlwright:proposal churn ") == 1


def test_a_conflict_with_people_asks_for_a_person(memory, maker, put):
    proposal = maker.proposal()
    conflict = MergeConflict(path="README.md", reason="both changed line 1", generated_sha256="0" * 64)
    tree = proposal.tree.model_copy(update={"conflicts": (conflict,)})
    put(memory, proposal.model_copy(update={"tree": tree}), maker.contents)
    review = next(run for run in memory.checks.values() if run.name == "mlwright / review")
    assert review.conclusion == "action_required" and memory.pulls[0].draft


def test_files_are_removed_and_modes_kept(memory, maker, put):
    put(
        memory,
        maker.proposal({"run.sh": b"#!/bin/sh\n", "blob.bin": b"\x00\xff", "nul.txt": b"a\x00b"}),
        maker.contents,
    )
    tree = memory.trees[memory.commits[memory.refs["heads/mlwright/churn"]].tree]
    assert tree["run.sh"].mode == "100755" and memory.calls["create_blob"] == 2
    assert memory.content("heads/mlwright/churn")["blob.bin"] == b"\x00\xff"


def test_a_branch_of_the_prefix_name_is_explained(memory, maker, put, monkeypatch):
    from bot.errors import PersonMustAct, Refused

    memory.refs["heads/mlwright"] = memory.refs["heads/main"]

    def refuse(*args, **kwargs):
        raise Refused("Reference cannot be created")

    monkeypatch.setattr(memory, "create_ref", refuse)
    with pytest.raises(PersonMustAct, match="named mlwright"):
        put(memory, maker.proposal(), maker.contents)


def test_a_repository_without_refs_of_ours_is_published_all_the_same(memory, maker, put, monkeypatch):
    from bot.errors import Refused

    real = memory.create_ref

    def only_heads(ref, sha, *, workflows=False):
        if not ref.startswith("heads/"):
            raise Refused("Reference name must start with refs/heads or refs/tags")
        real(ref, sha, workflows=workflows)

    monkeypatch.setattr(memory, "create_ref", only_heads)
    published = put(memory, maker.proposal(), maker.contents)
    assert published.pull is not None and "could not be kept" in published.notes[0]
    snapshot = ProjectSnapshot(memory, "churn", "", get_heads(memory, "churn"))
    assert snapshot.base()["README.md"].blob == snapshot.entries()["README.md"].blob


def test_checks_of_a_pull_request_have_names_that_can_be_required(memory, maker, put):
    published = put(memory, maker.proposal(), maker.contents, several=True)
    assert "mlwright / review" in {run.name for run in memory.list_check_runs(published.head)}


def test_what_the_default_branch_holds_already_is_not_proposed(memory, maker, put):
    head = put(memory, maker.proposal(), maker.contents).head
    memory.push("main", memory.content("heads/mlwright/churn"), merge=head)
    memory.change_pull(1, state="closed", merged=True)
    memory.calls.clear()
    published = put(memory, maker.proposal(), maker.contents)
    assert published.pull is None and writes(memory) == {} and published.notes


@pytest.mark.parametrize("name", ["create_ref", "update_ref"])
def test_a_refusal_of_what_was_done_all_the_same_is_no_failure(memory, maker, put, name, monkeypatch):
    from bot.errors import Refused

    if name == "update_ref":
        put(memory, maker.proposal(), maker.contents)
    real = getattr(memory, name)

    def lying(ref, sha, *, workflows=False):
        real(ref, sha, workflows=workflows)
        if ref.startswith("heads/"):
            raise Refused("Reference update failed")

    monkeypatch.setattr(memory, name, lying)
    published = put(memory, maker.proposal({"README.md": b"# v2\n"}), maker.contents)
    assert memory.refs["heads/mlwright/churn"] == published.head and published.committed


def test_a_refused_pull_request_is_not_asked_for_again(memory, maker, put, monkeypatch):
    from bot.errors import Refused

    asked = []

    def refuse(**words):
        asked.append(words["draft"])
        raise Refused("Validation Failed")

    monkeypatch.setattr(memory, "create_pull_request", refuse)
    with pytest.raises(Refused):
        put(memory, maker.proposal(), maker.contents)
    assert asked == [False]


def test_a_folder_may_take_the_place_of_a_file(memory, maker, put):
    put(memory, maker.proposal({"config": b"1\n", "x": b"1\n"}), maker.contents)
    second = maker.proposal({"config/a.yaml": b"1\n", "x": b"1\n"})
    tree = second.tree.model_copy(update={"removed": ("config",)})
    memory.calls.clear()
    put(memory, second.model_copy(update={"tree": tree}), maker.contents)
    content = memory.content("heads/mlwright/churn")
    assert "config" not in content and content["config/a.yaml"] == b"1\n"
    assert memory.calls["create_tree"] == 2, "the file goes in a call of its own, before the folder comes"
