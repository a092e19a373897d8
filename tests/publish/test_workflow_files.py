"""Workflow files that wait for their permission beside the others."""

import pytest

from bot.publish.rehearsal import MemoryRepository


@pytest.mark.parametrize("edited", [False, True])
def test_workflow_files_that_waited_go_once_the_permission_is_there(maker, put, edited):
    memory = MemoryRepository({"constraints.yaml": b"version: 1\n"}, workflows=False)
    put(memory, maker.proposal(), maker.contents)
    if edited:
        memory.push("mlwright/churn", {".github/workflows-proposed/ci.yml": b"name: mine\n"})
    memory.workflows = True
    put(memory, maker.proposal({".github/workflows/ci.yml": b"name: ci v2\n"}), maker.contents)
    content = memory.content("heads/mlwright/churn")
    assert content[".github/workflows/ci.yml"] == b"name: ci v2\n"
    assert (".github/workflows-proposed/ci.yml" in content) == edited, "a person's text is never thrown away"
