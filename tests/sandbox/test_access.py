"""Who may do what: the app's JWT, tokens and their narrowing, permissions, people's roles, rate limits."""

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Repo, app_token, client


def bearer(repo: Repo, token: str) -> httpx.Client:
    return client(repo.github, token)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iss": "1"}, "'Issuer' claim"),
        ({"exp": 1}, "'Expiration time' claim"),
        ({"exp": 9_999_999_999}, "too far in the future"),
        ({"iat": 9_999_999_999}, "'Issued at' claim"),
    ],
)
def test_spoilt_app_tokens(repo: Repo, changes: dict[str, Any], message: str) -> None:
    with bearer(repo, app_token(repo.github, **changes)) as app:
        answer = app.get("/app")
        assert answer.status_code == 401 and message in answer.json()["message"]


def test_app_tokens_of_another_key(repo: Repo) -> None:
    with bearer(repo, app_token(repo.github)[:-8] + "AAAAAAAA") as app:
        assert app.get("/app").json()["message"] == "A JSON web token could not be decoded"
    with bearer(repo, "ghs_unknown") as app:
        assert app.get(repo.path).json()["message"] == "Bad credentials"


def test_tokens_of_the_wrong_kind(repo: Repo) -> None:
    with repo.app() as installation, bearer(repo, app_token(repo.github)) as app:
        assert installation.get("/app").status_code == 401
        assert installation.get("/user").status_code == 403
        assert app.get(repo.path).status_code == 401


def test_tokens_expire_after_an_hour(repo: Repo) -> None:
    with repo.app() as app:
        assert app.get(repo.path).status_code == 200
        repo.github.advance_clock(3605)
        try:
            assert app.get(repo.path).status_code == 401
        finally:
            repo.github.advance_clock(-3605)


def test_tokens_are_narrowed(repo: Repo) -> None:
    other = repo.github.create_repository(repo.owner, "other", private=True, files={"a": "b"})
    repo.github.create_repository(repo.owner, "third", private=True)
    with repo.app(repository_ids=[other["id"]], permissions={"contents": "read"}) as app:
        shown = app.get("/installation/repositories").json()
        assert [one["name"] for one in shown["repositories"]] == ["other"]
        assert app.get(f"/repos/{repo.owner}/other").status_code == 200
        assert app.get(f"/repos/{repo.owner}/third").status_code == 404
        assert app.post(f"/repos/{repo.owner}/other/git/blobs", json={"content": "x"}).status_code == 403
        assert app.post(f"{repo.path}/git/blobs", json={"content": "x"}).status_code == 403, "not in the token"
        assert app.get(f"/repos/{repo.owner}/other/issues").status_code == 403
    url = f"/app/installations/{repo.installation}/access_tokens"
    with bearer(repo, app_token(repo.github)) as app:
        assert app.post(url, json={"permissions": {"administration": "write"}}).status_code == 422
        assert app.post(url, json={"repositories": ["nope"]}).status_code == 422
        assert app.post("/app/installations/1/access_tokens").status_code == 404


WRITES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("contents", "POST", "/git/blobs", {"content": "x"}),
    ("contents", "POST", "/git/refs", {"ref": "refs/heads/x", "sha": "HEAD"}),
    ("contents", "PUT", "/contents/a.txt", {"message": "m", "content": ""}),
    ("pull_requests", "POST", "/pulls", {"title": "t", "head": "topic", "base": "main"}),
    ("checks", "POST", "/check-runs", {"name": "n", "head_sha": "HEAD"}),
    ("issues", "POST", "/issues", {"title": "t"}),
    ("issues|pull_requests", "POST", "/labels", {"name": "l"}),
]


@pytest.mark.parametrize(("needs", "method", "path", "body"), WRITES)
def test_each_write_needs_its_permission(repo: Repo, needs: str, method: str, path: str, body: dict[str, Any]) -> None:
    body = {name: repo.head() if value == "HEAD" else value for name, value in body.items()}
    if path == "/pulls":
        repo.branch("topic", {"a": "b"})
    all_permissions = repo.github.hub.identity.permissions
    without = {name: level for name, level in all_permissions.items() if name not in needs.split("|")}
    with repo.app(permissions=without) as app:
        refused = app.request(method, repo.path + path, json=body)
        assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
        assert refused.headers["x-accepted-github-permissions"] == "; ".join(
            f"{name}=write" for name in needs.split("|")
        )
    only = {needs.split("|")[-1]: "write"}
    with repo.app(permissions=only) as app:
        assert app.request(method, repo.path + path, json=body).status_code == 201


def test_workflows_need_a_permission_of_their_own(repo: Repo) -> None:
    entry = {"path": ".github/workflows/ci.yml", "mode": "100644", "type": "blob", "content": "on: push\n"}
    with repo.app() as app:
        tree = app.post(f"{repo.path}/git/trees", json={"base_tree": repo.head(), "tree": [entry]}).json()
        body = {"message": "m", "tree": tree["sha"], "parents": [repo.head()]}
        commit = app.post(f"{repo.path}/git/commits", json=body).json()
    with repo.app(permissions={"contents": "write"}) as app:
        refused = [
            app.post(f"{repo.path}/git/trees", json={"base_tree": repo.head(), "tree": [entry]}),
            app.post(f"{repo.path}/git/commits", json=body),
            app.post(f"{repo.path}/git/refs", json={"ref": "refs/heads/w", "sha": commit["sha"]}),
            app.patch(f"{repo.path}/git/refs/heads/main", json={"sha": commit["sha"]}),
            app.put(f"{repo.path}/contents/.github/workflows/a.yml", json={"message": "m", "content": ""}),
        ]
        assert [one.status_code for one in refused] == [403] * 5
    with repo.app() as app:
        assert app.patch(f"{repo.path}/git/refs/heads/main", json={"sha": commit["sha"]}).status_code == 200
    with repo.app(permissions={"contents": "write"}) as app:
        other = {"path": "a.txt", "mode": "100644", "type": "blob", "content": "x"}
        body = {"base_tree": repo.head(), "tree": [other, entry]}
        assert app.post(f"{repo.path}/git/trees", json=body).status_code == 201, "it is there already"


def test_suspended_removed_and_permissions_withdrawn(repo: Repo) -> None:
    github = repo.github
    with repo.app() as app, bearer(repo, app_token(github)) as jwt:
        github.change_installation(repo.owner, suspended=True)
        assert app.get(repo.path).json()["message"] == "This installation has been suspended"
        assert jwt.post(f"/app/installations/{repo.installation}/access_tokens").status_code == 403
        github.change_installation(repo.owner, suspended=False)
        assert app.get(repo.path).status_code == 200
        github.change_installation(repo.owner, permissions={"metadata": "read", "contents": "read"})
        assert app.post(f"{repo.path}/git/blobs", json={"content": "x"}).status_code == 403
        assert app.get(f"{repo.path}/contents/").status_code == 200
        github.uninstall(repo.owner)
        assert app.get(repo.path).status_code == 401
        assert jwt.get(f"{repo.path}/installation").status_code == 404
    github.hooks.wait()
    told = [d["action"] for d in github.deliveries("installation") if d["installation_id"] == repo.installation]
    assert told == ["suspend", "unsuspend", "new_permissions_accepted", "deleted"]


def test_people(repo: Repo) -> None:
    github = repo.github
    private = github.create_repository(
        repo.owner, "secret", private=True, files={"a": "b"}, collaborators={"bob": "write", "cat": "read"}
    )
    github.add_user("eve")
    path = f"/repos/{repo.owner}/secret"
    assert private["private"]
    expected = {"ada": (200, 201, 201), "bob": (200, 201, 201), "cat": (200, 201, 403), "eve": (404, 404, 404)}
    for login, statuses in expected.items():
        with bearer(repo, github.token_for(login)) as person:
            found = (
                person.get(path).status_code,
                person.post(f"{path}/issues", json={"title": "t"}).status_code,
                person.post(f"{path}/git/blobs", json={"content": "x"}).status_code,
            )
        assert found == statuses, login
    with repo.app() as app:
        levels = {login: app.get(f"{path}/collaborators/{login}/permission").json()["permission"] for login in expected}
    assert levels == {"ada": "admin", "bob": "write", "cat": "read", "eve": "none"}


def test_archived_repositories_are_read_only(repo: Repo) -> None:
    with repo.ada() as ada, repo.app() as app:
        assert ada.patch(repo.path, json={"archived": True}).status_code == 200
        assert app.post(f"{repo.path}/git/blobs", json={"content": "x"}).json()["message"] == (
            "Repository was archived so is read-only."
        )
        assert app.get(repo.path).json()["archived"] is True


def test_rate_limit(repo: Repo) -> None:
    rates = repo.github.hub.rates
    with repo.app() as app:
        before = app.get(repo.path).headers
        assert before["x-ratelimit-limit"] == "5000"
        left = app.get("/rate_limit").json()["resources"]["core"]
        assert left["remaining"] == int(before["x-ratelimit-remaining"]), "asking is free"
        rates.limit = left["used"]
        try:
            refused = app.get(repo.path)
        finally:
            rates.limit = 5000
        assert refused.status_code == 403 and refused.headers["x-ratelimit-remaining"] == "0"
        assert int(refused.headers["x-ratelimit-reset"]) == left["reset"]


def test_requests_from_elsewhere_are_refused(repo: Repo) -> None:
    token = {"Authorization": f"Bearer {repo.github.token_for('ada')}"}
    for header in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in ("/", repo.path, "/_sandbox/requests"):
            answer = httpx.get(repo.github.url + path, headers=token | header, trust_env=False, verify=False)
            assert answer.status_code == 421
