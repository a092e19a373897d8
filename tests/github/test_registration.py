"""Granted beside required, for the App and each installation: what is missing, where to grant it, what works until then."""

import re
from dataclasses import replace

import httpx
import pytest

from bot.bootstrap import app_registration
from bot.cli import doctor
from bot.github.manifest import manifest, reasons, registered
from bot.github.registration import get_registration
from bot.ports.registration import MEANWHILE, Installation, Registration
from bot.settings import load_settings


def test_everything_granted_has_no_gap_and_one_refusal_names_both_addresses(hub, hosted):
    wanted = manifest()["default_permissions"]
    hub.change_installation(hosted.owner, permissions=wanted, events=manifest()["default_events"])
    found = get_registration(hosted.config)
    assert found.slug == "mlwright" and not found.gaps(hosted.owner.upper())
    hub.change_installation(
        hosted.owner, permissions={**wanted, "workflows": "none", "contents": "read"}, events=["push"]
    )
    gaps = {gap.name: gap for gap in get_registration(hosted.config).gaps(hosted.owner)}
    assert gaps.keys() >= {"workflows", "contents", "pull_request"} and "push" not in gaps
    (accept,) = gaps["workflows"].accept_urls
    assert re.fullmatch(
        rf"{hub.url}/organizations/{hosted.owner}/settings/installations/\d+/permissions/update", accept
    )
    assert gaps["workflows"].ask_url == "" and "workflows-proposed" in gaps["workflows"].meanwhile
    assert gaps["contents"].words == "Contents: write" and gaps["contents"].accounts == (hosted.owner,)


def test_what_the_app_never_asked_for_is_asked_for_first():
    on = Installation("acme", "https://github.com/organizations/acme/settings/installations/7", {}, ())
    app = Registration("x", "https://github.com/settings/apps/x", {}, (), {"pull_requests": "write"}, ("push",), (on,))
    permission, event = app.gaps()
    assert permission.remedy == (
        "ask for it: https://github.com/settings/apps/x/permissions; then"
        " accept it: https://github.com/organizations/acme/settings/installations/7/permissions/update"
    )
    assert (permission.words, event.words) == ("Pull requests: write", "event push")
    granted = replace(app, granted={"pull_requests": "admin"}, events=("push",), installations=())
    assert not granted.gaps() and app.gaps("other")[0].accept_urls == ()


def test_every_permission_says_what_for_and_what_it_costs_to_lack_it():
    asked = manifest()["default_permissions"]
    assert reasons().keys() == asked.keys() and asked.keys() <= MEANWHILE.keys()
    document = registered("Ours", "https://a.example/webhooks/github", "http://127.0.0.1:8081/setup/created")
    assert document["default_permissions"] == asked and document["name"] == "Ours" and not document["public"]


def test_doctor_tells_the_gaps_and_a_clock_that_is_off(hub, hosted, monkeypatch):
    settings = load_settings(
        _env_file=None, github_api_url=hub.url, github_app_id=hub.app_id, github_private_key=hub.private_key_pem
    )
    hub.change_installation(hosted.owner, permissions={"contents": "read", "metadata": "read"})
    assert app_registration(settings).gaps(hosted.owner)
    lines = list(doctor._app(settings))
    (line,) = [one for one in lines if one.subject == "permission" and "Contents: write" in one.message]
    assert line.state == "bad" and hosted.owner in line.message and "/permissions/update" in line.remedy
    assert [one.state for one in doctor._clock(settings)] == ["good"]
    late = httpx.Response(200, headers={"date": "Mon, 01 Jan 2024 00:00:00 GMT"})
    monkeypatch.setattr(httpx, "get", lambda *_, **__: late)
    (line,) = doctor._clock(settings)
    assert line.state == "bad" and "NTP" in line.remedy


@pytest.mark.parametrize(
    ("api", "pages"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://ghe.example/api/v3", "https://ghe.example"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
    ],
)
def test_the_pages_of_a_github_follow_from_its_api(api, pages):
    assert load_settings(_env_file=None, github_api_url=api).github_pages_url == pages
    assert load_settings(_env_file=None, github_url="https://other/").github_pages_url == "https://other"
