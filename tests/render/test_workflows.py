"""Merging deploys nothing, and no workflow gives away more than it must."""

import re
from typing import Any

import pytest
import yaml

from agents.errors import Defect
from agents.render.actions import ACTIONS
from tests.render.projects import PROJECTS, plan, planned, rendered, tree

every = pytest.mark.parametrize("name", sorted(PROJECTS))


def workflows(contents: dict[str, bytes]) -> dict[str, Any]:
    return {path: yaml.safe_load(text) for path, text in contents.items() if path.startswith(".github/workflows/")}


@every
def test_whatever_touches_the_cloud_waits_for_a_repository_variable(name: str) -> None:
    touching = 0
    for path, workflow in workflows(tree(name)[1]).items():
        for key, job in workflow["jobs"].items():
            text = yaml.safe_dump(job)
            if "aws-actions/" in text or "id-token" in text or " apply " in text or "docker push" in text:
                touching += 1
                assert "vars." in str(job.get("if", "")), f"{path}: {key}"
                assert "github.event.pull_request" not in str(job["if"])
    assert touching >= 3


@every
def test_workflows_have_least_permissions_and_pinned_actions(name: str) -> None:
    for path, workflow in workflows(tree(name)[1]).items():
        assert workflow["permissions"] == {"contents": "read"}, path
        for job in workflow["jobs"].values():
            assert "timeout-minutes" in job, path
            for step in job["steps"]:
                if "uses" in step:
                    assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", step["uses"]), step
                    if step["uses"].startswith("actions/checkout@"):
                        assert step["with"]["persist-credentials"] is False
                assert "${{" not in step.get("run", ""), f"{path}: an expression in a shell script"


def test_workflows_of_a_project_in_a_folder_carry_its_name() -> None:
    context = plan(PROJECTS["churn"], root="ml/churn")
    files, contents = rendered(context)
    placed = {file.path for file in files if file.repository_scope}
    assert placed == {f".github/workflows/churn-{n}.yml" for n in ("ci", "deploy", "infra-plan", "train")}
    ci = yaml.safe_load(contents[".github/workflows/churn-ci.yml"])
    assert ci["name"] == "churn: ci"
    assert ci["defaults"]["run"]["working-directory"] == "ml/churn"
    assert ci[True]["pull_request"]["paths"] == ["ml/churn/**"]
    deploy = yaml.safe_load(contents[".github/workflows/churn-deploy.yml"])
    assert "ml/churn/src/**" in deploy[True]["push"]["paths"]
    assert not any(file.repository_scope for file in tree("churn")[0])


def test_schedules_follow_the_orchestrator() -> None:
    for name in PROJECTS:
        context, contents = planned(name), tree(name)[1]
        train = yaml.safe_load(contents[".github/workflows/train.yml"])
        orchestrator = context.outputs["tech_stack"].orchestrator  # type: ignore[attr-defined]
        assert ("schedule" in train[True]) == (orchestrator == "github-actions")
        assert ("pipelines/airflow_dag.py" in contents) == (orchestrator == "airflow")
        machines = "infra/terraform/modules/orchestration/main.tf" in contents
        assert machines == (orchestrator == "step-functions")


def test_an_unknown_action_is_a_defect() -> None:
    with pytest.raises(Defect, match="no pinned action"):
        ACTIONS["upload"]
