"""The base of the merge over real HTTP and real git: after every way of merging, deleted branches and lost refs."""

import subprocess

import pytest

from agents.domain.files import git_blob_sha
from agents.render.merge import merge
from bot.publish.snapshot import ProjectSnapshot, get_heads
from bot.publish.withdraw import withdraw
from tests.publish.proposals import Maker, put

V1 = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
V2 = V1.replace(b"seven", b"SEVEN")
MINE = V1.replace(b"one", b"mine")


def files(content):
    return {
        "README.md": content,
        "src/churn/train.py": b"# train\n" + content,
        ".github/workflows/ci.yml": b"name: ci\n",
    }


def published(hosted, maker, content):
    with hosted.open() as repository:
        return put(repository, maker.proposal(files(content)), maker.contents)


def edit(hosted, branch, path, content):
    """A person's commit through the contents API."""
    head = git(hosted, "rev-parse", branch)
    blob = subprocess.run(
        ["git", "-C", str(git_dir(hosted)), "hash-object", "-w", "--stdin"], input=content, capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip
    index = {"GIT_INDEX_FILE": str(git_dir(hosted) / "edit.index")}
    git(hosted, "read-tree", head, **index)
    git(hosted, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **index)
    commit = git(hosted, "commit-tree", git(hosted, "write-tree", **index), "-p", head, "-m", "Mine")
    git(hosted, "update-ref", f"refs/heads/{branch}", commit)


def git_dir(hosted):
    return hosted.hub.git_dir(hosted.owner, hosted.name)


def git(hosted, *arguments, **environment):
    who = {f"GIT_{role}_{key}": "ada" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-C", str(git_dir(hosted)), *arguments], capture_output=True, text=True, env={**who, **environment}, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def land(hosted, how):
    """The proposal is merged that way and its branch deleted, as GitHub leaves it behind."""
    head, main = git(hosted, "rev-parse", "mlwright/churn"), git(hosted, "rev-parse", "main")
    tree = git(hosted, "rev-parse", f"{head}^{{tree}}")
    parents = {"squash": ["-p", main], "merge": ["-p", main, "-p", head], "rebase": ["-p", main]}[how]
    git(hosted, "update-ref", "refs/heads/main", git(hosted, "commit-tree", tree, *parents, "-m", how))
    git(hosted, "update-ref", "-d", "refs/heads/mlwright/churn")


def regenerate(hosted, maker, content, elsewhere=None):
    """The merge that codegen makes of version 2 with what stands on GitHub."""
    with hosted.open() as repository:
        heads = get_heads(repository, "churn").model_copy(update={"pull": None})
        snapshot = ProjectSnapshot(repository, "churn", "", heads, elsewhere)
        return merge(maker.files(files(content)), snapshot, maker.contents, None)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("how", ["squash", "rebase", "merge"])
def test_edits_are_merged_after_every_way_of_merging(hosted, how, before):
    maker = Maker()
    published(hosted, maker, V1)
    if before:
        edit(hosted, "mlwright/churn", "README.md", MINE)
    land(hosted, how)
    git(hosted, "gc", "--quiet", "--prune=now")
    if not before:
        edit(hosted, "main", "README.md", MINE)
    tree = regenerate(hosted, maker, V2)
    found = {file.path: maker.contents.get(file.sha256) for file in tree.files}
    assert not tree.conflicts and (tree.kept, tree.kept_edits) == (("README.md",), 1)
    assert found["README.md"] == V2.replace(b"one", b"mine") and found["src/churn/train.py"] == b"# train\n" + V2


def test_a_base_that_git_has_no_more_comes_from_the_artifacts_or_the_text_of_people_stays(hosted):
    maker = Maker()
    published(hosted, maker, V1)
    edit(hosted, "mlwright/churn", "README.md", MINE)
    land(hosted, "squash")
    git(hosted, "update-ref", "-d", "refs/mlwright/churn/generated")
    for ref in git(hosted, "for-each-ref", "--format=%(refname)", "refs/pull").split():
        git(hosted, "update-ref", "-d", ref)
    git(hosted, "reflog", "expire", "--expire=now", "--all")
    git(hosted, "gc", "--quiet", "--prune=now")
    nowhere = regenerate(hosted, maker, V2)
    [conflict] = nowhere.conflicts
    assert conflict.path == "README.md" and (conflict.places[0].yours, conflict.places[0].generated) == ("mine", "one")
    found = {file.path: maker.contents.get(file.sha256) for file in nowhere.files}
    assert found["README.md"] == MINE
    again = regenerate(hosted, maker, V2, {git_blob_sha(V1): V1}.get)
    assert not again.conflicts and again.kept_edits == 1


def test_an_upgrade_has_a_branch_of_its_own_and_gives_way(hosted):
    maker = Maker()
    with hosted.open() as repository:
        first = put(repository, maker.proposal(files(V1)), maker.contents)
        heads = get_heads(repository, "churn", upgrade=True)
        assert heads.branch == "mlwright/churn-upgrade" and heads.branch_head is None and heads.pull is None
        second = put(repository, maker.proposal(files(V2)), maker.contents, upgrade=True)
        assert second.pull.number != first.pull.number
        assert second.pull.head_ref == "mlwright/churn-upgrade"
        assert get_heads(repository, "churn").branch_head == first.head, "the other proposal is left alone"
        withdraw(repository, get_heads(repository, "churn"), "churn", "elsewhere", "mlwright/churn")
        pulls = {pull.number: pull for name in ("churn", "churn-upgrade")
                 for pull in repository.list_pull_requests(f"mlwright/{name}", "open")}  # fmt: skip
        assert not pulls[first.pull.number].draft and pulls[second.pull.number].draft
        withdraw(repository, get_heads(repository, "churn"), "churn", "merged")
        assert repository.get_pull_request(first.pull.number).draft
