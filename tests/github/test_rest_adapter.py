"""What GitHub does around the calls: tokens that end, permissions not granted, renames, limits, forged
markers.
"""

import json
from dataclasses import replace

import httpx
import pytest

from bot.errors import NotFound, PermissionMissing, PersonMustAct, RateLimited, Suspended, Unavailable
from bot.github.app import GitHubApp
from bot.github.config import GitHubConfig
from bot.messages import RepositoryRef
from bot.ports.github import NewCheck

BASE = "https://ghe.example/api/v3"
REF = RepositoryRef(id=7, owner="acme", name="churn", installation_id=3)


@pytest.fixture(scope="module")
def key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return private.private_bytes(*pem).decode()


class Script:
    """A transport that answers from a table `METHOD path` → answers in turn (the last one stays)."""

    def __init__(self):
        self.table = {}
        self.seen = []
        self.on("POST /app/installations/3/access_tokens", token())
        self.on("GET /repos/acme/churn", (200, repository()))
        self.on("GET /app", (200, {"id": 99, "slug": "mlwright", "owner": None}))

    def on(self, call, *answers):
        self.table[call] = list(answers)

    def __call__(self, request):
        call = f"{request.method} {request.url.path.removeprefix('/api/v3')}"
        self.seen.append((call, request))
        answers = self.table.get(call)
        if answers is None:
            return httpx.Response(404, json={"message": f"no {call}"})
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body, *headers = answer
        return httpx.Response(status, json=body, headers=headers[0] if headers else {})

    def count(self, call):
        return sum(1 for name, _ in self.seen if name == call)

    def body(self, call, number=-1):
        return json.loads([r for name, r in self.seen if name == call][number].content)


def token(value="ghs_1", **more):
    return (201, {"token": value, "expires_at": "2999-01-01T00:00:00Z", **more})


def repository(name="churn", **more):
    return {"id": 7, "name": name, "full_name": f"acme/{name}", "default_branch": "main",
            "html_url": f"https://ghe.example/acme/{name}", **more}  # fmt: skip


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def app(script, key):
    return GitHubApp(GitHubConfig("99", key, api_url=BASE, pause_s=0), httpx.MockTransport(script))


def ref_answer(sha="a" * 40):
    return (200, {"ref": "refs/heads/main", "object": {"sha": sha}})


def test_a_token_is_for_one_repository_with_least_permissions_and_kept(app, script):
    for _ in range(2):
        with app.repository(REF) as found:
            assert found.get_repository().html_url == "https://ghe.example/acme/churn"
    mint = "POST /app/installations/3/access_tokens"
    assert script.count(mint) == 1
    asked = script.body(mint)
    assert asked["repository_ids"] == [7] and "workflows" not in asked["permissions"]
    assert script.seen[0][1].headers["authorization"].startswith("Bearer ey")
    assert script.seen[1][1].headers["authorization"] == "Bearer ghs_1"
    with app.repository(REF) as found:
        assert found.can_write_workflows()
    assert script.body(mint)["permissions"]["workflows"] == "write"


def test_a_token_near_its_end_is_replaced(app, script):
    script.on(
        "POST /app/installations/3/access_tokens",
        (201, {"token": "old", "expires_at": "2001-01-01T00:00:00Z"}),
    )
    script.on("GET /repos/acme/churn/git/ref/heads/main", ref_answer())
    with app.repository(REF) as found:
        found.get_ref("heads/main")
    assert script.count("POST /app/installations/3/access_tokens") >= 2


def test_a_401_gets_one_new_token_and_the_call_once_more(app, script):
    script.on("POST /app/installations/3/access_tokens", token("one"), token("two"))
    script.on("POST /repos/acme/churn/issues/1/labels", (401, {"message": "Bad credentials"}), (200, []))
    with app.repository(REF) as found:
        found.add_labels(1, ["x"])
    assert [r.headers["authorization"] for n, r in script.seen if n.endswith("/labels")] == [
        "Bearer one",
        "Bearer two",
    ]
    script.on("POST /repos/acme/churn/issues/1/labels", (401, {"message": "Bad credentials"}))
    with app.repository(REF) as found, pytest.raises(Unavailable):
        found.add_labels(1, ["x"])


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_write_is_never_repeated_blindly(app, script, status):
    script.on("POST /repos/acme/churn/issues/1/comments", (status, {"message": "x"}))
    with app.repository(REF) as found, pytest.raises(Unavailable):
        found.create_comment(1, "x")
    assert script.count("POST /repos/acme/churn/issues/1/comments") == 1


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.ConnectError("down"), httpx.ReadError("cut")])
def test_no_answer_is_retried_later_not_now(app, script, error):
    script.on("POST /repos/acme/churn/issues/1/comments", error)
    with app.repository(REF) as found, pytest.raises(Unavailable):
        found.create_comment(1, "x")
    assert script.count("POST /repos/acme/churn/issues/1/comments") == 1


def test_during_a_limit_no_call_is_sent_at_all(app, script):
    script.on("GET /repos/acme/churn/git/ref/heads/main", (403, {"message": "secondary rate limit"}))
    with app.repository(REF) as found:
        with pytest.raises(RateLimited) as first:
            found.get_ref("heads/main")
        sent = len(script.seen)
        with pytest.raises(RateLimited) as second:
            found.create_comment(1, "x")
        assert len(script.seen) == sent
    assert first.value.after_s == 60 and 59 < second.value.after_s <= 60


def test_the_last_call_of_the_hour_is_answered_and_then_it_is_silent(app, script):
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4000000000"}
    script.on("GET /repos/acme/churn/git/ref/heads/main", (*ref_answer(), spent))
    with app.repository(REF) as found:
        assert found.get_ref("heads/main") == "a" * 40
        with pytest.raises(RateLimited):
            found.get_ref("heads/main")


def test_a_renamed_repository_is_followed_by_its_id_and_a_post_stays_a_post(app, script):
    moved = (301, {"message": "Moved"}, {"location": f"{BASE}/repositories/7"})
    script.on("GET /repos/acme/churn", (200, repository()), moved)
    script.on("GET /repositories/7", (200, repository("renamed")))
    script.on("POST /repos/acme/churn/issues/1/comments", (301, {}, {"location": f"{BASE}/repositories/7/issues/1"}))
    script.on("POST /repos/acme/renamed/issues/1/comments", (201, {"id": 5, "body": "x"}))
    with app.repository(REF) as found:
        assert found.create_comment(1, "x").id == 5
    assert script.count("GET /repos/acme/churn/issues/1/comments") == 0


def test_another_repository_under_the_old_name_is_not_taken_for_ours(app, script):
    script.on("GET /repos/acme/churn", (200, {**repository(), "id": 8}))
    listed = {"total_count": 1, "repositories": [repository("renamed")]}
    script.on("GET /installation/repositories", (200, listed))
    with app.repository(REF) as found:
        assert found.get_repository().name == "renamed"
    script.on("GET /installation/repositories", (200, {"total_count": 0, "repositories": []}))
    with pytest.raises(NotFound), app.repository(REF):
        pass


def test_a_redirect_to_another_host_takes_no_token_along(app, script):
    script.on("GET /repos/acme/churn", (301, {}, {"location": "https://evil.example/repositories/7"}))
    with pytest.raises(Unavailable, match="another host"), app.repository(REF):
        pass
    assert all(request.url.host == "ghe.example" for _, request in script.seen)


def test_the_installation_is_found_if_the_payload_had_none_or_an_old_one(app, script):
    script.on("GET /repos/acme/churn/installation", (200, {"id": 3, "app_id": 99}))
    with app.repository(REF.model_copy(update={"installation_id": None})) as found:
        assert found.get_repository().id == 7
    with app.repository(REF.model_copy(update={"installation_id": 2})) as found:
        assert found.get_repository().id == 7


def test_not_installed_suspended_and_missing_permissions_say_who_must_act(app, script):
    mint = "POST /app/installations/3/access_tokens"
    script.on(mint, (403, {"message": "This installation has been suspended"}))
    with pytest.raises(Suspended), app.repository(REF):
        pass
    script.on(mint, (404, {"message": "Not Found"}))
    with pytest.raises(NotFound, match="not installed"), app.repository(REF):
        pass
    script.on(mint, (422, {"message": "The permissions requested are not granted to this installation."}))
    granted = {"metadata": "read", "contents": "write", "pull_requests": "read", "issues": "write"}
    page = "https://ghe.example/settings/installations/3"
    script.on("GET /app/installations/3", (200, {"id": 3, "permissions": granted, "html_url": page}))
    with pytest.raises(PermissionMissing) as missing, app.repository(REF):
        pass
    assert missing.value.permission == "pull_requests=write" and page in missing.value.remedy


def test_a_permission_that_is_only_wished_for_is_done_without(app, script):
    granted = {"metadata": "read", "contents": "write", "pull_requests": "write", "checks": "write"}
    script.on("POST /app/installations/3/access_tokens", (422, {"message": "not granted"}), token())
    script.on("GET /app/installations/3", (200, {"id": 3, "permissions": granted}))
    with app.repository(REF) as found:
        assert found.get_repository().id == 7
    assert script.body("POST /app/installations/3/access_tokens")["permissions"] == granted
    script.on("POST /app/installations/3/access_tokens", (422, {"message": "not granted"}))
    with app.repository(REF) as found:
        assert not found.can_write_workflows()


def test_a_key_that_cannot_sign_is_for_the_operator(script):
    app = GitHubApp(GitHubConfig("99", "rubbish", api_url=BASE), httpx.MockTransport(script))
    with pytest.raises(PersonMustAct, match="private key"), app.repository(REF):
        pass


def comment(number, body, login="mallory", kind="User", app_id=None, **more):
    app = {"performed_via_github_app": {"id": app_id, "slug": "s"} if app_id else None}
    return {"id": number, "body": body, "user": {"login": login, "type": kind}, **app, **more}


def test_a_forged_marker_is_not_ours(app, script):
    forged = [
        comment(1, "<!-- m --> mine"),
        comment(2, "<!-- m --> other app", "other[bot]", "Bot", 5),
        comment(3, "<!-- m --> like us", "mlwright", "User"),
        comment(4, None),
    ]
    script.on("GET /repos/acme/churn/issues/1/comments", (200, forged))
    with app.repository(REF) as found:
        assert found.find_comment(1, "<!-- m -->") is None
        script.on(
            "GET /repos/acme/churn/issues/1/comments",
            (200, [*forged, comment(6, "<!-- m -->", "x", "Bot", 99)]),
        )
        assert found.find_comment(1, "<!-- m -->").id == 6
        plain = {"id": 7, "body": "<!-- m -->", "user": {"login": "mlwright[bot]", "type": "Bot"}}
        script.on("GET /repos/acme/churn/issues/1/comments", (200, [*forged, plain]))
        assert found.find_comment(1, "<!-- m -->").id == 7, "where the field is missing the author decides"


def test_lists_are_read_to_their_end_and_a_server_without_pages_does_not_loop(app, script):
    first = [comment(n, "x") for n in range(100)]
    script.on(
        "GET /repos/acme/churn/issues/1/comments",
        (200, first),
        (200, [comment(500, "<!-- m -->", app_id=99)]),
    )
    with app.repository(REF) as found:
        assert found.find_comment(1, "<!-- m -->").id == 500
        script.on("GET /repos/acme/churn/issues/1/comments", (200, first))
        assert found.find_comment(1, "<!-- m -->") is None


def test_a_truncated_tree_is_read_folder_by_folder(app, script):
    def item(path, kind, sha):
        return {"path": path, "mode": "040000" if kind == "tree" else "100644", "type": kind, "sha": sha}

    script.on(
        "GET /repos/acme/churn/git/trees/t0",
        (200, {"sha": "t0", "truncated": True, "tree": [item("a", "blob", "1")]}),
        (200, {"sha": "t0", "truncated": False, "tree": [item("a", "blob", "1"), item("d", "tree", "t1")]}),
    )
    inner = [item("e", "tree", "t2"), item("e/f", "blob", "2")]
    script.on("GET /repos/acme/churn/git/trees/t1", (200, {"sha": "t1", "truncated": False, "tree": inner}))
    with app.repository(REF) as found:
        assert sorted(found.get_tree("t0")) == ["a", "d/e/f"]


def test_absent_optional_parts_do_no_harm(app, script):
    pull = {"number": 1, "state": "open", "head": {"ref": "mlwright/churn"}, "base": {"ref": "main"}}
    other = {**pull, "number": 2, "head": {"ref": "other", "sha": "x"}}
    script.on("GET /repos/acme/churn/pulls", (200, [pull, other]))
    script.on("GET /repos/acme/churn/commits/abc/check-runs", (200, {"total_count": 1, "check_runs": [
        {"id": 1, "name": "n"}, {"id": 2, "name": "of another app", "app": {"id": 5}}]}))  # fmt: skip
    with app.repository(REF) as found:
        (only,) = found.list_pull_requests("mlwright/churn", "open")
        assert (only.number, only.draft, only.merged, only.labels) == (1, False, False, ())
        assert found.set_draft(only, True) is False, "without a node id there is no GraphQL"
        assert found.set_draft(replace(only, node_id="PR_1"), True) is False, "nor without a GraphQL server"
        assert [run.name for run in found.list_check_runs("abc")] == ["n"]


def test_without_get_app_the_configured_number_is_who_we_are(app, script):
    del script.table["GET /app"]
    with app.repository(REF) as found:
        assert (found.get_identity().app_id, found.get_identity().login) == (99, "mlwright[bot]")


def test_graphql_is_asked_where_an_enterprise_server_has_it(key):
    assert GitHubConfig("1", key, api_url=BASE).graphql_url == "https://ghe.example/api/graphql"
    assert GitHubConfig("1", key).graphql_url == "https://api.github.com/graphql"
    assert (GitHubConfig("1", key).pause, GitHubConfig("1", key, api_url="http://127.0.0.1:1").pause) == (
        1.0,
        0.0,
    )
    assert key not in repr(GitHubConfig("1", key))


def test_an_answer_that_is_not_what_is_documented_is_not_our_defect(app, script):
    script.on("GET /repos/acme/churn/git/ref/heads/main", (200, {"object": {}}))
    with app.repository(REF) as found, pytest.raises(Unavailable, match=r"object\.sha"):
        found.get_ref("heads/main")


def test_a_check_is_sent_with_all_its_parts(app, script):
    script.on("POST /repos/acme/churn/check-runs", (201, {"id": 4, "name": "n"}))
    with app.repository(REF) as found:
        found.create_check_run(NewCheck("n", "a" * 40, "success", "t", "s", external_id="e", details_url="https://r/1"))
    sent = script.body("POST /repos/acme/churn/check-runs")
    assert sent == {
        "name": "n", "head_sha": "a" * 40, "status": "completed", "conclusion": "success", "external_id": "e",
        "output": {"title": "t", "summary": "s"}, "details_url": "https://r/1",
    }  # fmt: skip


def test_tokens_are_told_to_the_redactor_and_calls_to_the_observer(script, key):
    secrets, calls = [], []
    config = GitHubConfig("99", key, api_url=BASE, pause_s=0, redact=secrets.append, observe=calls.append)
    with GitHubApp(config, httpx.MockTransport(script)).repository(REF):
        pass
    assert secrets == ["ghs_1"]
    assert [(c.method, c.status) for c in calls] == [("POST", 201), ("GET", 200)]
