"""The offer of a first file, over both implementations of the port: once, never over what is there, never after a no."""

import pytest
import yaml

from agents.intake.coverage import cover
from agents.intake.parse import parse
from bot.errors import Unavailable
from bot.publish.issue_form import FORM, PATH
from bot.publish.onboarding import BRANCH, offer


def without_project(repository):
    """The repository of the fixture, its constraints file removed from the default branch."""
    from bot.ports.github import NewEntry

    head = repository.get_ref("heads/main")
    tree = repository.create_tree([NewEntry("constraints.yaml")], repository.get_commit(head).tree)
    repository.update_ref("heads/main", repository.create_commit("Remove", tree, [head]))
    return repository


def test_a_project_that_stands_is_offered_nothing(repository):
    assert offer(repository, "shop", issues=True) is None and repository.get_ref(f"heads/{BRANCH}") is None


@pytest.mark.parametrize("issues", [True, False])
def test_one_pull_request_with_a_file_that_can_be_read_and_asks(repository, issues):
    without_project(repository)
    number = offer(repository, "shop", issues=issues)
    pull = repository.get_pull_request(number)
    assert pull.head_ref == BRANCH and not pull.draft and (PATH in pull.body) == issues
    tree = repository.get_tree(repository.get_commit(pull.head_sha).tree)
    assert set(tree) == {"src/a.py", "constraints.yaml"} | ({PATH} if issues else set())
    parsed = parse(repository.get_blob(tree["constraints.yaml"].sha))
    assert parsed.constraints is not None and parsed.constraints.project.name == "shop"
    assert cover(parsed.constraints).blocked, "merged as it is, it is answered with questions and not with a plan"
    assert offer(repository, "shop", issues=issues) is None
    assert len(repository.list_pull_requests(BRANCH, "all")) == 1


def test_a_crash_after_the_branch_is_healed_and_a_no_stays_a_no(hosted):
    with hosted.open() as repository:
        without_project(repository)
        order = hosted.hub.faults.add(method="POST", path=r"/pulls$", kind="server-error")
        with pytest.raises(Unavailable):
            offer(repository, "shop", issues=False)
        assert order.struck == 1
        hosted.hub.faults.clear()
        assert offer(repository, "shop", issues=False) == 1
        hosted.close(1)
        assert offer(repository, "shop", issues=False) is None
        assert [pull.state for pull in repository.list_pull_requests(BRANCH, "all")] == ["closed"]


def test_the_issue_form_is_one():
    """Against the fields of GitHub's schema that every form needs."""
    form = yaml.safe_load(FORM)
    assert form["name"] and form["description"] and form["labels"] == ["mlwright"]
    ids = [part["id"] for part in form["body"]]
    assert len(set(ids)) == len(ids) and all(part["attributes"]["label"] for part in form["body"])
    assert {part["type"] for part in form["body"]} <= {"textarea", "input", "dropdown", "checkboxes", "markdown"}
    assert all(isinstance(option, str) for part in form["body"] for option in part["attributes"].get("options", []))
