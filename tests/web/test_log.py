"""No secret in any line, whatever field, form or library it comes by; context in every line."""

import base64
import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.log import bound, clean, configure, logger, redact, register_secrets

SECRET = "s3cr3t-value/with+signs"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAAAA\n-----END RSA PRIVATE KEY-----"


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Any:
    configure("info", "json", [SECRET, KEY])

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capfd.readouterr().err.splitlines()]

    return read


def test_a_line_is_json_with_its_context(lines: Any) -> None:
    with bound(run_id="r", delivery_id="d"):
        logger("x").info("it happened", node_name="planner")
        logging.getLogger("lib").warning("a library says %s", "so")
    logger("x").info("after")
    first, second, third = lines()
    assert (first["event"], first["run_id"], first["node_name"]) == ("it happened", "r", "planner")
    assert (second["event"], second["delivery_id"], second["logger"]) == ("a library says so", "d", "lib")
    assert "run_id" not in third and first["timestamp"] and first["level"] == "info"


def test_secrets_are_masked_wherever_they_stand(lines: Any, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(f"401 for {SECRET}")
    except ValueError:
        logger("x").exception("failed", nested={"deep": [SECRET, {SECRET: 1}]}, object=Exception(SECRET))
    logging.getLogger("lib").error("%s and %s", SECRET, KEY)
    logger("x").info(f"in the message {SECRET}", header=b"Bearer " + SECRET.encode())
    printed = capfd.readouterr().err
    assert printed.count("[redacted]") >= 8 and SECRET not in printed and "MIIE" not in printed


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=20), st.binary(max_size=20))
def test_base64_of_a_text_with_a_secret_in_it_shows_none_of_it(before: bytes, after: bytes) -> None:
    register_secrets([SECRET])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = redact(encode(before + SECRET.encode() + after).decode())
        assert "[redacted]" in text
        rest = text.replace("[redacted]", "")
        assert len(rest) <= len(encode(before + after)) + 8


@pytest.mark.parametrize(
    "text",
    [
        "ghs_" + "a1" * 20,
        "github_pat_" + "b2" * 30,
        "sk-ant-api03-abcdefgh",
        "AKIA" + "ABCD" * 4,
        "eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl",
        "Authorization: Bearer abcdefghijklmnop1234",
        "postgresql://user:pass-word@host/db",
        "ada@example.com",
        KEY,
        KEY[:60],
    ],
)
def test_what_looks_like_a_secret_is_masked_unregistered(text: str) -> None:
    shown = redact(f"before {text} after")
    assert shown.startswith("before ") and text not in shown
    for part in ("a1a1", "b2b2", "abcdefgh", "ABCDABCD", "eyJpc3Mi", "pass-word", "ada@", "MIIE"):
        assert part not in shown


def test_ordinary_text_is_left_alone() -> None:
    for text in (
        "a token was minted",
        "commit 0a1b2c3d4e5f",
        "serve:aws-ecs-fargate",
        "https://host/path?x=1",
        "a@b",
    ):
        assert redact(text) == text
    assert clean({"n": 1, "f": 1.5, "t": True, "x": None}) == {"n": 1, "f": 1.5, "t": True, "x": None}


def test_short_values_are_not_registered() -> None:
    register_secrets(["ab", ""])
    assert redact("abacus") == "abacus"
