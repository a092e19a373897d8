"""Who answers: the constraint file, else the setting; and what happens if Claude is to answer and cannot."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agents.errors import BadInput
from agents.intake.parse import parse
from agents.llm.claude.provider import ClaudeProvider
from agents.llm.provider import Provider
from bot.bootstrap import build_provider
from bot.cli.exits import Exit
from bot.log import register_secrets
from bot.ports.ledger import Spent
from bot.settings import Settings
from tests.cli.running import mlwright

KEY = "sk-ant-test-0123456789"
PROJECT = """version: 1
project: {name: houses, problem: regression}
cloud: aws
regions: [us-east-1]
data_classification: public
"""


class Purse:
    """A project that took so much (bot.ports.ledger.Purse)."""

    def __init__(self, tokens: int = 0) -> None:
        self.tokens, self.kept = tokens, list[str]()

    def spent(self, days: int) -> Spent:
        assert days == 30
        return Spent(self.tokens, Decimal(0))

    def aside(self, agent: str, text: str) -> None:
        self.kept.append(text)


def chosen(wanted: str = "", purse: Purse | None = None, **settings: Any) -> Provider:
    parsed = parse((PROJECT + wanted).encode(), "constraints.yaml")
    made = Settings(_env_file=None, **settings)
    return build_provider(made, parsed.constraints, parsed.locations.get("provider"), purse or Purse())


@pytest.mark.parametrize(
    ("wanted", "setting", "name"),
    [
        ("", "expert", "expert"),
        ("", "anthropic", "anthropic"),
        ("provider: anthropic\n", "expert", "anthropic"),
        ("provider: expert\n", "anthropic", "expert"),
    ],
)
def test_the_file_decides_and_else_the_setting(wanted: str, setting: str, name: str) -> None:
    assert chosen(wanted, provider=setting, anthropic_api_key=SecretStr(KEY)).name == name


def test_a_missing_key_is_told_where_claude_was_asked_for() -> None:
    with pytest.raises(BadInput) as refused:
        chosen("provider: anthropic\n")
    [finding] = refused.value.findings
    assert finding.location is not None and (finding.location.path, finding.location.line) == ("constraints.yaml", 6)
    assert "ANTHROPIC_API_KEY" in finding.message and "provider: expert" in finding.remediation
    with pytest.raises(BadInput, match="MLWRIGHT_PROVIDER is anthropic") as by_setting:
        chosen(provider="anthropic")
    assert by_setting.value.findings == ()


def test_settings_reach_the_provider() -> None:
    provider = chosen(
        purse=Purse(900),
        provider="anthropic",
        anthropic_api_key=SecretStr(KEY),
        claude_model="claude-opus-5",
        claude_second_model=None,
        claude_effort="model",
        claude_at_once=2,
        project_tokens=1000,
    )
    assert isinstance(provider, ClaudeProvider)
    assert provider.config.models == ("claude-opus-5",) and provider.config.effort is None and provider.at_once == 2
    assert provider.warning().startswith("This project has used 900 of 1,000 tokens")
    assert KEY not in repr(provider.config) and KEY not in str(provider.config)


@pytest.mark.parametrize(
    ("wanted", "codegen", "writes"),
    [
        ("provider: anthropic\n", "template", False),
        ("provider: anthropic\n", "claude", True),
        ("provider: expert\n", "claude", False),
        ("", "claude", True),
    ],
)
def test_writing_code_is_allowed_by_the_setting_and_only_where_claude_plans(
    wanted: str, codegen: str, writes: bool
) -> None:
    provider = chosen(wanted, provider="anthropic", codegen=codegen, anthropic_api_key=SecretStr(KEY))
    assert provider.writes_code is writes


def test_a_file_cannot_ask_for_code_by_claude_and_the_command_line_says_where_it_does_not_count(tmp_path: Path) -> None:
    assert parse(f"{PROJECT}codegen: claude\n".encode(), "constraints.yaml").constraints is None
    file = tmp_path / "constraints.yaml"
    file.write_text(f"{PROJECT}provider: expert\n")
    done = mlwright("plan", file, "--out", tmp_path / "out", "--codegen", "claude", cwd=tmp_path)
    assert (
        done.returncode == Exit.BAD_INPUT and "--codegen claude" in done.stderr and "provider: anthropic" in done.stderr
    )


@pytest.mark.parametrize("platform", ["bedrock", "vertex"])
def test_other_platforms_need_no_key_of_anthropics(platform: str) -> None:
    provider = chosen(provider="anthropic", claude_platform=platform)
    assert isinstance(provider, ClaudeProvider) and provider.config.platform == platform


def test_what_is_put_aside_is_redacted() -> None:
    from agents.llm.provider import Turn

    register_secrets(["hunter2-hunter2"])
    purse = Purse()
    provider = chosen(purse=purse, provider="anthropic", anthropic_api_key=SecretStr(KEY))
    provider.quarantine("tech_stack", [Turn(f"hunter2-hunter2, {KEY}, ada@example.test", "wrong")])
    [text] = purse.kept
    assert "tech_stack" in text and "wrong" in text
    assert not any(secret in text for secret in ("hunter2", KEY, "ada@example.test"))


def test_the_command_line_without_a_key(tmp_path: Path) -> None:
    file = tmp_path / "constraints.yaml"
    file.write_text(f"{PROJECT}provider: anthropic\n")
    done = mlwright("plan", file, "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == Exit.BAD_INPUT
    assert "constraints.yaml:6:1 provider: Claude is to answer, but ANTHROPIC_API_KEY is not set." in done.stderr
    assert "write provider: expert" in done.stderr and not (tmp_path / "out" / "reports").exists()
