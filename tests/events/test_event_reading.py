"""From payloads to messages: what starts work, what does not, and that nothing breaks the reading."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.events.event import discover, read_event
from bot.messages import (
    FollowBranch,
    PlanProject,
    PreviewPullRequest,
    RecordClosed,
    RespondMergeGroup,
    ScanRepository,
    parse_message,
    project_root,
    safe_path,
)

A, B = "a" * 40, "b" * 40
REPOSITORY = {"id": 7, "name": "churn", "full_name": "acme/churn", "default_branch": "main", "extra": [1]}


def push(*paths, **changes):
    payload = {
        "ref": "refs/heads/main",
        "before": A,
        "after": B,
        "created": False,
        "deleted": False,
        "forced": False,
        "repository": REPOSITORY,
        "installation": {"id": 3, "node_id": "x"},
        "sender": {"login": "ada", "id": 1},
        "commits": [{"id": B, "added": [], "modified": list(paths), "removed": []}],
    }
    return {**payload, **changes}


def test_a_changed_constraints_file_plans_its_project():
    (message,) = read_event("push", push("constraints.yaml", "README.md")).messages
    assert isinstance(message, PlanProject)
    assert (message.root, message.branch, message.head_sha, message.actor) == ("", "main", B, "ada")
    ref = message.repository
    assert (ref.id, ref.owner, ref.name, ref.installation_id, ref.default_branch) == (
        7,
        "acme",
        "churn",
        3,
        "main",
    )


def test_a_persons_push_to_our_branch_has_its_project_planned_again():
    (message,) = read_event("push", push("src/a.py", ref="refs/heads/mlwright/churn")).messages
    assert isinstance(message, FollowBranch) and (message.branch, message.head_sha) == ("mlwright/churn", B)
    (back,) = read_event("push", push("src/a.py", ref="refs/heads/mlwright/churn", before=B, after=A)).messages
    (again,) = read_event("push", push("src/a.py", ref="refs/heads/mlwright/churn", before="c" * 40)).messages
    assert len({message.dedupe_key, back.dedupe_key, again.dedupe_key}) == 3 and message.actor == "ada"


def test_each_project_of_a_monorepo_is_planned_once_in_order():
    payload = push("b/constraints.yaml", "a/x/constraints.yaml", "b/.mlwright/adopt.yaml", "a/constraints.yml")
    messages = read_event("push", payload).messages
    assert [m.root for m in messages] == ["a/x", "b"]
    assert len({m.concurrency_key for m in messages}) == 2


@pytest.mark.parametrize("kind", ["added", "modified", "removed"])
def test_every_kind_of_change_counts(kind):
    payload = push(commits=[{kind: ["svc/constraints.yaml"]}])
    assert [m.root for m in read_event("push", payload).messages] == ["svc"]


def test_settings_of_the_repository_concern_every_project():
    (message,) = read_event("push", push(".mlwright/config.yaml", "a/constraints.yaml")).messages
    assert isinstance(message, ScanRepository) and message.head_sha == B


@pytest.mark.parametrize(
    "change",
    [
        {"created": True},
        {"forced": True},
        {"commits": []},
        {"commits": [{"modified": ["README.md"]}] * 2048},
    ],
)
def test_a_file_list_that_cannot_be_trusted_scans(change):
    (message,) = read_event("push", push(**change)).messages
    assert isinstance(message, ScanRepository)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ref": "refs/heads/feature"}, "not the default branch"),
        ({"ref": "refs/heads/mlwright/churn", "sender": {"login": "mlwright[bot]", "type": "Bot"}}, "bot"),
        ({"ref": "refs/heads/mlwright/churn", "created": True}, "no pull request yet"),
        ({"ref": "refs/heads/mlwright/churn", "after": "0" * 40, "deleted": True}, "deleted"),
        ({"ref": "refs/tags/main"}, "not a branch"),
        ({"deleted": True, "after": "0" * 40}, "deleted"),
        ({"after": "0" * 40}, "deleted"),
        (
            {"commits": [{"modified": [".mlwright/lock.json", "a/.mlwright/lock.json", "README.md"]}]},
            "no constraints",
        ),
        (
            {"commits": [{"modified": ["xconstraints.yaml", "constraints.yaml/a", "x/constraints.yaml.bak"]}]},
            "no constr",
        ),
        (
            {"commits": [{"modified": ["../constraints.yaml", "a//constraints.yaml", "./constraints.yaml"]}]},
            "no constr",
        ),
        (
            {"commits": [{"modified": [".git/constraints.yaml", "a\\constraints.yaml", "a\n/constraints.yaml"]}]},
            "no c",
        ),
    ],
)
def test_what_starts_nothing_says_why(change, reason):
    reading = read_event("push", push(**change))
    assert reading.messages == () and reason in reading.ignored


def test_a_branch_called_like_the_default_in_another_folder_is_not_it():
    assert "not the default" in read_event("push", push("constraints.yaml", ref="refs/heads/x/main")).ignored


def closed(**changes):
    pull = {
        "number": 5,
        "closed_at": "2026-01-01T00:00:00Z",
        "head": {"ref": "mlwright/churn", "repo": {"id": 7}},
    }
    return {"action": "closed", "repository": REPOSITORY, "pull_request": {**pull, **changes}}


def test_a_closed_pull_request_of_ours_is_recorded():
    (message,) = read_event("pull_request", closed()).messages
    assert isinstance(message, RecordClosed) and message.number == 5
    (again,) = read_event("pull_request", closed(closed_at="2026-01-02T00:00:00Z")).messages
    assert again.dedupe_key != message.dedupe_key, "closed, reopened, closed again"


@pytest.mark.parametrize(
    "payload",
    [
        closed(head={"ref": "feature", "repo": {"id": 7}}),
        closed(head={"ref": "mlwright/churn", "repo": {"id": 8}}),
        {**closed(), "action": "opened"},
        {**closed(), "action": "a_new_one"},
    ],
)
def test_other_pull_requests_are_ignored(payload):
    reading = read_event("pull_request", payload)
    assert reading.messages == () and reading.ignored


def theirs(action="opened", sender=None, **changes):
    head = {"ref": "edit", "sha": B, "repo": {"id": 7}}
    pull = {"number": 9, "state": "open", "updated_at": "t1", "base": {"ref": "main"}, "head": head, **changes}
    who = {"sender": sender or {"login": "ada", "type": "User"}}
    return {"action": action, "repository": REPOSITORY, "pull_request": pull, "changes": {}, **who}


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened"])
@pytest.mark.parametrize("home", [{"id": 7}, {"id": 8}, None])
def test_a_persons_pull_request_is_looked_at_also_from_a_fork(action, home):
    ref = "mlwright/churn" if home == {"id": 8} else "edit"
    payload = theirs(action, head={"ref": ref, "sha": B, "repo": home})
    (message,) = read_event("pull_request", payload).messages
    assert isinstance(message, PreviewPullRequest) and (message.number, message.head_sha) == (9, B)
    assert parse_message(message.model_dump(mode="json")) == message


def test_another_base_is_looked_at_again_and_a_reopening_is_no_repeated_delivery():
    moved = {**theirs("edited"), "changes": {"base": {"ref": {"from": "old"}}}}
    (first,) = read_event("pull_request", theirs()).messages
    assert read_event("pull_request", moved).messages and not read_event("pull_request", theirs("edited")).messages
    assert read_event("pull_request", theirs("reopened", updated_at="t2")).messages[0].dedupe_key != first.dedupe_key
    assert read_event("pull_request", theirs()).messages[0].dedupe_key == first.dedupe_key


@pytest.mark.parametrize(
    "payload",
    [
        theirs(sender={"login": "renovate[bot]", "type": "Bot"}),
        theirs(sender={"login": "mlwright[bot]", "type": "User"}),
        theirs(base={"ref": "release"}),
        theirs(state="closed"),
        theirs(head={"ref": "mlwright/churn", "sha": B, "repo": {"id": 7}}),
        theirs("labeled"),
        theirs(head={"ref": "edit", "sha": "no sha", "repo": {"id": 7}}),
    ],
)
def test_pull_requests_of_bots_ours_and_into_other_branches_are_not_previewed(payload):
    reading = read_event("pull_request", payload)
    assert reading.messages == () and reading.ignored


def test_a_merge_group_is_answered():
    payload = {"action": "checks_requested", "merge_group": {"head_sha": A}, "repository": REPOSITORY}
    assert isinstance(read_event("merge_group", payload).messages[0], RespondMergeGroup)
    assert read_event("merge_group", {**payload, "action": "destroyed"}).ignored


@pytest.mark.parametrize("name", ["ping", "installation", "never_heard_of"])
def test_events_without_work_are_ignored_with_a_reason(name):
    assert read_event(name, {"action": "created", "zen": "x"}).ignored


def test_chosen_repositories_are_offered_a_first_file_and_hundreds_are_not():
    listed = [{"id": n, "full_name": f"acme/r{n}", "name": f"r{n}", "private": True} for n in range(3)]
    some = {"id": 3, "repository_selection": "selected"}
    made = read_event("installation", {"action": "created", "installation": some, "repositories": listed}).messages
    added = {"action": "added", "installation": some, "repositories_added": listed[:1], "repositories_removed": []}
    assert [m.repository.name for m in made] == ["r0", "r1", "r2"] and made[0].repository.installation_id == 3
    (again,) = read_event("installation_repositories", added).messages
    assert again.dedupe_key == made[0].dedupe_key, "the same repository is offered it once in its life"
    for changes in ({"installation": {**some, "repository_selection": "all"}}, {"repositories": listed * 8}):
        event = {"action": "created", "installation": some, "repositories": listed, **changes}
        assert "uninvited" in read_event("installation", event).ignored
    assert read_event("installation_repositories", {**added, "action": "removed"}).ignored


@pytest.mark.parametrize("name", ["push", "pull_request", "merge_group", "installation", "installation_repositories"])
@pytest.mark.parametrize("payload", [None, [], "x", {}, {"repository": {}}, {"repository": {"id": "x"}}])
def test_malformed_payloads_are_ignored_not_raised(name, payload):
    reading = read_event(name, payload)
    assert reading.messages == () and reading.ignored.startswith("malformed payload: ")


def test_a_repository_name_that_cannot_be_one_is_malformed():
    payload = push("constraints.yaml", repository={**REPOSITORY, "full_name": "acme/../x"})
    assert read_event("push", payload).ignored.startswith("malformed")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(key=st.sampled_from(sorted(push())), value=_JSON)
def test_no_value_anywhere_makes_the_reading_raise(key, value):
    reading = read_event("push", push("constraints.yaml", **{key: value}))
    assert bool(reading.messages) != bool(reading.ignored)


@settings(max_examples=200)
@given(st.text(alphabet="ab./\\\n\u202e~-", max_size=24))
def test_roots_are_plain_relative_folders(folder):
    root = project_root(f"{folder}/constraints.yaml")
    if root is not None:
        assert root == folder and ".." not in root.split("/") and not root.startswith("/") and safe_path(root)


def test_messages_survive_as_json_and_their_keys_tell_them_apart():
    plan = read_event("push", push("constraints.yaml")).messages[0]
    scan = read_event("push", push(forced=True)).messages[0]
    group = RespondMergeGroup(repository=plan.repository, head_sha=A)
    done = read_event("pull_request", closed()).messages[0]
    messages = [plan, scan, group, done]
    assert [parse_message(json.loads(m.model_dump_json())) for m in messages] == messages
    assert len({m.dedupe_key for m in messages}) == 4
    same = read_event("push", push("constraints.yaml")).messages[0]
    assert same.dedupe_key == plan.dedupe_key, "a redelivery is the same message"
    back = read_event("push", push("constraints.yaml", before="c" * 40)).messages[0]
    assert back.dedupe_key != plan.dedupe_key, "the same head reached again is another message"
    with pytest.raises(ValueError, match="kind"):
        parse_message({"kind": "nothing"})


def test_the_manifest_asks_for_exactly_these_events_and_their_permissions():
    manifest = yaml.safe_load(Path(__file__).parents[2].joinpath("app.yml").read_text())
    always = {"ping", "installation", "installation_repositories"}
    assert set(manifest["default_events"]) == set(discover()) - always
    granted = manifest["default_permissions"]
    levels = {"read": 1, "write": 2}
    for event in discover().values():
        assert (event.permission is None) == (event.name in always)
        if event.permission is not None:
            name, level = event.permission
            assert levels[granted[name]] >= levels[level], event.name


def test_the_manifest_grants_what_the_adapter_asks_for():
    from bot.github.tokens import REQUIRED, WISHED, WORKFLOWS

    manifest = yaml.safe_load(Path(__file__).parents[2].joinpath("app.yml").read_text())
    asked = {**REQUIRED, **WISHED, **WORKFLOWS, "merge_queues": "read"}
    assert manifest["default_permissions"] == asked
