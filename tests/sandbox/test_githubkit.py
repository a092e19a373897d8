"""The answers are accepted by githubkit's typed models, through its own app authentication."""

from typing import Any

import pytest
from githubkit import AppAuthStrategy, GitHub, TokenAuthStrategy
from githubkit.exception import RequestFailed

from tests.sandbox.conftest import Repo


@pytest.fixture
def kit(repo: Repo) -> Any:
    github = repo.github
    strategy = AppAuthStrategy(github.app_id, github.private_key_pem)
    return GitHub(strategy, base_url=github.url, http_cache=False, auto_retry=False)


def test_app(repo: Repo, kit: Any) -> None:
    with kit:
        apps = kit.rest.apps
        assert apps.get_authenticated().parsed_data.slug == "mlwright"
        assert apps.get_repo_installation(repo.owner, repo.name).parsed_data.id == repo.installation
        assert apps.get_installation(repo.installation).parsed_data.permissions.contents == "write"
        assert apps.list_installations().parsed_data
        narrowed = apps.create_installation_access_token(
            repo.installation, repository_ids=[repo.doc["id"]], permissions={"contents": "read"}
        ).parsed_data
        assert narrowed.repositories[0].name == repo.name
        repo.branch("any", {"a": "b"})
        repo.github.hooks.wait()
        delivery = apps.list_webhook_deliveries(per_page=1).parsed_data[0]
        assert apps.get_webhook_delivery(delivery.id).parsed_data.request.payload
        apps.redeliver_webhook_delivery(delivery.id)


def test_publishing(repo: Repo, kit: Any) -> None:
    where = (repo.owner, repo.name)
    with kit.with_auth(kit.auth.as_installation(repo.installation)) as app:
        rest = app.rest
        head = rest.git.get_ref(*where, "heads/main").parsed_data.object_.sha
        blob = rest.git.create_blob(*where, content="x").parsed_data.sha
        assert rest.git.get_blob(*where, blob).parsed_data.size == 1
        file = {"path": "a.txt", "mode": "100644", "type": "blob", "content": "text\n"}
        tree = rest.git.create_tree(*where, base_tree=head, tree=[file]).parsed_data
        assert rest.git.get_tree(*where, tree.sha, recursive="1").parsed_data.truncated is False
        commit = rest.git.create_commit(*where, message="m", tree=tree.sha, parents=[head]).parsed_data
        assert rest.git.get_commit(*where, commit.sha).parsed_data.author.name == "mlwright[bot]"
        rest.git.create_ref(*where, ref="refs/heads/mlwright/churn", sha=commit.sha)
        rest.git.update_ref(*where, "heads/mlwright/churn", sha=commit.sha)
        assert rest.git.list_matching_refs(*where, "heads/mlwright").parsed_data[0].object_.sha == commit.sha
        assert rest.repos.get(*where).parsed_data.default_branch == "main"
        assert rest.repos.get_commit(*where, "main").parsed_data.files
        compared = rest.repos.compare_commits(*where, "main...mlwright/churn").parsed_data
        assert compared.files[0].filename == "a.txt"
        assert rest.repos.get_content(*where, "constraints.yaml").parsed_data.encoding == "base64"
        assert isinstance(rest.repos.get_content(*where, "src").parsed_data, list)
        assert rest.repos.get_collaborator_permission_level(*where, "ada").parsed_data.permission == "admin"
        pull = rest.pulls.create(*where, title="t", head="mlwright/churn", base="main", body="b").parsed_data
        assert rest.pulls.get(*where, pull.number).parsed_data.mergeable is True
        assert rest.pulls.update(*where, pull.number, title="new").parsed_data.title == "new"
        assert rest.pulls.list_files(*where, pull.number).parsed_data[0].patch
        assert rest.pulls.list_commits(*where, pull.number).parsed_data
        rest.issues.add_labels(*where, pull.number, labels=["mlwright"])
        assert rest.pulls.list(*where).parsed_data[0].labels[0].name == "mlwright"
        assert rest.issues.get_label(*where, "mlwright").parsed_data.color == "ededed"
        comment = rest.issues.create_comment(*where, pull.number, body="c").parsed_data
        rest.issues.update_comment(*where, comment.id, body="d")
        assert rest.issues.list_comments(*where, pull.number).parsed_data[0].body == "d"
        assert rest.issues.get(*where, pull.number).parsed_data.pull_request
        note = {"path": "a.txt", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
        output = {"title": "t", "summary": "s", "annotations": [note]}
        run = rest.checks.create(*where, name="n", head_sha=commit.sha, output=output).parsed_data
        rest.checks.update(*where, run.id, status="completed", conclusion="neutral")
        assert rest.checks.list_for_ref(*where, commit.sha).parsed_data.check_runs[0].conclusion == "neutral"
        assert rest.checks.list_annotations(*where, run.id).parsed_data[0].message == "m"
        assert rest.rate_limit.get().parsed_data.resources.core.limit == 5000
        node = app.graphql(
            "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } } }",
            {"id": pull.node_id},
        )
        assert node["convertPullRequestToDraft"]["pullRequest"]["isDraft"] is True


def test_person_and_errors(repo: Repo) -> None:
    repo.pull()
    where = (repo.owner, repo.name)
    token = TokenAuthStrategy(repo.github.token_for("ada"))
    with GitHub(token, base_url=repo.github.url, http_cache=False, auto_retry=False) as ada:
        assert ada.rest.users.get_authenticated().parsed_data.login == "ada"
        assert ada.rest.pulls.create_review(*where, 1, event="APPROVE").parsed_data.state == "APPROVED"
        assert ada.rest.pulls.list_reviews(*where, 1).parsed_data[0].user.login == "ada"
        assert ada.rest.pulls.merge(*where, 1).parsed_data.merged is True
        with pytest.raises(RequestFailed) as refused:
            ada.rest.git.create_ref(*where, ref="refs/heads/main", sha=repo.head())
        assert refused.value.response.status_code == 422
