"""The publisher over real HTTP and real git."""

from tests.publish.proposals import Maker, put

CHECKS = sorted(f"mlwright / {name}" for name in ("coverage", "policy", "cost", "validation", "review"))


def publish(hosted, proposal, contents):
    with hosted.open() as repository:
        return put(repository, proposal, contents)


def state(hosted):
    """What people see: pull requests, comments, check names on the head, files."""
    with hosted.open() as repository:
        pulls = repository.list_pull_requests("mlwright/churn", "all")
        head = repository.get_ref("heads/mlwright/churn")
        comments = [
            c["body"] for c in hosted.hub.hub.store.find("comment") if c.get("repo_id") == hosted.document["id"]
        ]
        return {
            "pulls": len(pulls),
            "draft": pulls[0].draft,
            "labels": pulls[0].labels,
            "checks": sorted(run.name for run in repository.list_check_runs(head)),
            "comments": len(comments),
            "files": sorted(repository.get_tree(head)),
            "base": repository.get_ref("mlwright/churn/generated") is not None,
            "commits": repository.compare(repository.get_ref("heads/main"), head).ahead_by,
        }


def test_open_repeat_update(hosted):
    maker = Maker()
    first = publish(hosted, maker.proposal(), maker.contents)
    assert first.created and not first.draft
    seen = state(hosted)
    assert seen["pulls"] == 1 and seen["checks"] == CHECKS and seen["comments"] == 1 and seen["commits"] == 1
    assert ".github/workflows/ci.yml" in seen["files"] and seen["base"] and seen["labels"] == ("mlwright",)
    again = publish(hosted, maker.proposal(), maker.contents)
    assert (again.head, again.committed, again.created) == (first.head, False, False)
    assert state(hosted) == seen
    second = publish(hosted, maker.proposal({"README.md": b"# v2\n", "big.bin": b"\x00" * 99}), maker.contents)
    assert second.pull.number == first.pull.number and second.committed
    assert state(hosted)["commits"] == 2


def test_calls_of_a_first_publish(hosted):
    """Against PERFORMANCE.md: at most 5 calls and one a chunk for tree, commit and refs."""
    maker = Maker()
    calls = []
    from dataclasses import replace

    from bot.github.app import GitHubApp

    app = GitHubApp(replace(hosted.config, observe=calls.append))
    with app.repository(hosted.ref) as repository:
        put(repository, maker.proposal({f"src/f{n}.py": b"1\n" for n in range(400)}), maker.contents)
    git = [c for c in calls if "/git/" in c.path and c.method != "GET"]
    trees = [c for c in git if c.path.endswith("/trees")]
    assert len(trees) == 3 and len(git) - len(trees) <= 4
    assert len([c for c in calls if c.method == "GET"]) <= 14
