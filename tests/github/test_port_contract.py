"""What every implementation of the port must do; run on the one in memory and on REST against the local
GitHub.
"""

import pytest

from agents.domain.files import git_blob_sha
from bot.errors import Conflict, NotFound, Refused
from bot.ports.github import Annotation, NewCheck, NewEntry


def commit(repository, files, parent, base=None, message="m"):
    tree = repository.create_tree([NewEntry(p, content=c) for p, c in files.items()], base)
    return repository.create_commit(message, tree, [parent] if parent else [])


def branch(repository, name="mlwright/churn", files=None):
    main = repository.get_ref("heads/main")
    head = commit(repository, files or {"new.py": "1\n"}, main, repository.get_commit(main).tree)
    repository.create_ref(f"heads/{name}", head)
    return head


def check(head, **changes):
    values = {
        "name": "mlwright / cost",
        "head_sha": head,
        "conclusion": "success",
        "title": "t",
        "summary": "s",
    }
    return NewCheck(**{**values, **changes})


def test_a_repository_knows_itself(repository):
    found = repository.get_repository()
    assert found.default_branch == "main" and found.name == "churn"
    assert found.html_url.endswith(f"/{found.owner}/{found.name}")
    assert repository.get_identity().login.endswith("[bot]")


def test_refs_commits_trees_and_blobs_are_git(repository):
    head = repository.get_ref("heads/main")
    made = repository.get_commit(head)
    entries = repository.get_tree(made.tree)
    assert set(entries) == {"constraints.yaml", "src/a.py"}
    assert entries["src/a.py"].sha == git_blob_sha(b"print(1)\n") and entries["src/a.py"].mode == "100644"
    assert repository.get_tree(head) == entries
    assert repository.get_blob(entries["src/a.py"].sha) == b"print(1)\n"
    assert repository.get_ref("heads/nowhere") is None and repository.get_ref("mlwright/nothing") is None


@pytest.mark.parametrize("read", ["get_commit", "get_blob", "get_tree"])
def test_what_is_not_there_is_not_found(repository, read):
    with pytest.raises(NotFound):
        getattr(repository, read)("0" * 39 + "1")


def test_a_tree_is_written_on_top_of_another(repository):
    main = repository.get_ref("heads/main")
    binary = repository.create_blob(b"\x00\xff")
    base = repository.get_commit(main).tree
    tree = repository.create_tree(
        [
            NewEntry("bin/run.sh", mode="100755", content="#!/bin/sh\n"),
            NewEntry("umläut €.md", content="gr\u00fc\u00dfe\r\nline\n"),
            NewEntry("data.bin", sha=binary),
            NewEntry("src/a.py"),
        ],
        base,
    )
    entries = repository.get_tree(tree)
    assert set(entries) == {"constraints.yaml", "bin/run.sh", "umläut €.md", "data.bin"}
    assert entries["bin/run.sh"].mode == "100755"
    assert repository.get_blob(entries["umläut €.md"].sha) == "grüße\r\nline\n".encode()
    assert repository.get_blob(entries["data.bin"].sha) == b"\x00\xff"


def test_refs_move_forward_only(repository):
    main = repository.get_ref("heads/main")
    tree = repository.get_commit(main).tree
    first = commit(repository, {"x": "1"}, main, tree)
    second = commit(repository, {"x": "2"}, first, tree)
    aside = commit(repository, {"x": "3"}, main, tree)
    for ref in ("heads/mlwright/churn", "mlwright/churn"):
        repository.create_ref(ref, first)
        with pytest.raises(Conflict):
            repository.create_ref(ref, second)
        repository.update_ref(ref, second)
        with pytest.raises(Conflict):
            repository.update_ref(ref, aside)
        assert repository.get_ref(ref) == second
    with pytest.raises((Conflict, Refused)):
        repository.update_ref("heads/not/there", second)
    assert repository.get_commit(second).parents == (first,)


def test_two_heads_are_compared(repository):
    main = repository.get_ref("heads/main")
    head = branch(repository)
    compared = repository.compare(main, head)
    assert (compared.merge_base, compared.ahead_by, compared.behind_by) == (main, 1, 0)
    assert repository.compare(head, main).behind_by == 1


def test_a_pull_request_is_opened_once_and_changed(repository):
    head = branch(repository)
    made = repository.create_pull_request(title="t", body="b", head_ref="mlwright/churn", base_ref="main", draft=True)
    assert made.draft and made.state == "open" and made.head_sha == head and made.base_ref == "main"
    with pytest.raises(Conflict):
        repository.create_pull_request(title="t", body="b", head_ref="mlwright/churn", base_ref="main", draft=False)
    assert [p.number for p in repository.list_pull_requests("mlwright/churn", "open")] == [made.number]
    assert repository.list_pull_requests("mlwright/churn", "closed") == []
    assert repository.list_pull_requests("mlwright/other", "all") == []
    changed = repository.update_pull_request(made.number, title="t2", body="b2\nline")
    assert (changed.title, changed.body, changed.number) == ("t2", "b2\nline", made.number)
    assert repository.set_draft(changed, False) and not repository.get_pull_request(made.number).draft
    assert repository.set_draft(changed, True) and repository.get_pull_request(made.number).draft
    repository.add_labels(made.number, ["mlwright", "x"])
    repository.add_labels(made.number, ["mlwright"])
    assert sorted(repository.get_pull_request(made.number).labels) == ["mlwright", "x"]


def test_no_commits_between_is_told_apart(repository):
    main = repository.get_ref("heads/main")
    repository.create_ref("heads/mlwright/churn", main)
    with pytest.raises(Refused) as refused:
        repository.create_pull_request(title="t", body="b", head_ref="mlwright/churn", base_ref="main", draft=False)
    assert refused.value.reason == "no-commits"


def test_check_runs_are_listed_by_name_and_gather_annotations(repository):
    head = branch(repository)
    notes = tuple(Annotation("constraints.yaml", n, n, "failure", f"m{n}", "rule") for n in range(1, 51))
    first = repository.create_check_run(check(head, annotations=notes, external_id="a.b", conclusion="failure"))
    assert (first.conclusion, first.annotations, first.external_id) == ("failure", 50, "a.b")
    more = repository.update_check_run(first.id, check(head, annotations=notes[:7], external_id="a.b"))
    assert more.annotations == 57 and more.conclusion == "success"
    repository.create_check_run(check(head, name="mlwright / policy", conclusion="action_required"))
    assert sorted((r.name, r.conclusion) for r in repository.list_check_runs(head)) == [
        ("mlwright / cost", "success"),
        ("mlwright / policy", "action_required"),
    ]
    newer = repository.create_check_run(check(head, title="newer"))
    listed = [r for r in repository.list_check_runs(head) if r.name == "mlwright / cost"]
    assert [r.id for r in listed] == [newer.id]
    with pytest.raises(Refused):
        repository.create_check_run(check(head, annotations=(*notes, notes[0])))


def test_our_comment_is_found_by_marker_and_updated(repository):
    branch(repository)
    number = repository.create_pull_request(
        title="t", body="b", head_ref="mlwright/churn", base_ref="main", draft=False
    ).number
    assert repository.find_comment(number, "<!-- mark ") is None
    repository.create_comment(number, "another")
    ours = repository.create_comment(number, "<!-- mark 1 -->\nhello")
    assert repository.find_comment(number, "<!-- mark ").id == ours.id
    repository.update_comment(ours.id, "<!-- mark 2 -->\nhello again")
    assert repository.find_comment(number, "<!-- mark ").body == "<!-- mark 2 -->\nhello again"


def test_workflows_may_be_written_where_granted(repository):
    assert repository.can_write_workflows()
    main = repository.get_ref("heads/main")
    tree = repository.create_tree(
        [NewEntry(".github/workflows/ci.yml", content="on: push\n")],
        repository.get_commit(main).tree,
        workflows=True,
    )
    made = repository.create_commit("m", tree, [main], workflows=True)
    repository.create_ref("heads/mlwright/churn", made, workflows=True)
    assert repository.get_ref("heads/mlwright/churn") == made


def test_a_comment_is_read_and_reacted_to_once(repository):
    branch(repository)
    pull = repository.create_pull_request(title="t", body="b", head_ref="mlwright/churn", base_ref="main", draft=False)
    made = repository.create_comment(pull.number, "text")
    found = repository.get_comment(made.id)
    assert (found.body, found.author) == ("text", repository.get_identity().login) and found.author_is_bot
    for _ in range(2):
        repository.add_reaction(made.id, "eyes")
    with pytest.raises(NotFound):
        repository.get_comment(made.id + 1000)
    with pytest.raises(NotFound):
        repository.add_reaction(made.id + 1000, "eyes")


def test_a_role_is_what_the_repository_gives(hosted):
    for login, role in {"mia": "maintain", "tom": "triage", "rob": "read"}.items():
        hosted.hub.add_user(login)
        with hosted.hub.hub.change():
            hosted.document["collaborators"][login] = role
            hosted.hub.hub.store.put("repo", hosted.document)
    with hosted.open() as repository:
        roles = {login: repository.get_role(login) for login in ("ada", "mia", "tom", "rob", "nobody/else")}
    assert roles == {"ada": "admin", "mia": "maintain", "tom": "triage", "rob": "read", "nobody/else": "none"}


def test_a_role_of_an_organisations_own_counts_as_what_it_inherits():
    from bot.github.records import PermissionAnswer

    assert PermissionAnswer(permission="write", role_name="ml-reviewers").role() == "write"
    assert PermissionAnswer(permission="admin", role_name="").role() == "admin"
    assert PermissionAnswer(permission="strange").role() == "none"


def test_an_issue_and_its_comments_are_read_and_a_pull_request_is_one(repository):
    branch(repository)
    pull = repository.create_pull_request(title="t", body="b", head_ref="mlwright/churn", base_ref="main", draft=False)
    with pytest.raises(NotFound):
        repository.get_issue(pull.number + 1000)
    found = repository.get_issue(pull.number)
    assert (found.title, found.body, found.state, found.pull_request) == ("t", "b", "open", True)
    assert found.author_is_bot and found.labels == ()
    made = [(repository.create_comment(pull.number, text).id, text) for text in ("one", "two", "three")]
    assert [(c.id, c.body) for c in repository.list_comments(pull.number)] == made
    assert repository.get_issue(pull.number).state == "open"


def test_an_issue_of_ours_is_found_by_its_marker_and_written_in_place(repository):
    assert repository.find_issue("<!-- ours -->") is None
    made = repository.create_issue("Dashboard", "<!-- ours -->\none")
    assert (made.title, made.state, made.pull_request, made.author_is_bot) == ("Dashboard", "open", False, True)
    assert repository.find_issue("<!-- ours -->") == made and repository.find_issue("<!-- theirs -->") is None
    changed = repository.update_issue(made.number, "<!-- ours -->\ntwo")
    assert changed.number == made.number and repository.find_issue("<!-- ours -->").body.endswith("two")
