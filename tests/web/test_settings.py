"""Settings: names, addresses, secrets, and errors that name the variable and never the value."""

from pathlib import Path

import pytest
from pydantic import SecretStr

import bot
from bot.bootstrap import build_shelf
from bot.errors import BadInput
from bot.settings import Settings, default_state_dir, load_settings

PEM = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours, and no `.env`."""
    import os

    for name in list(os.environ):
        if name.startswith(("GITHUB_", "MLWRIGHT_", "ANTHROPIC_")) or name in ("DATABASE_URL", "REDIS_URL"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_nothing_set_is_a_laptop_with_embedded_servers() -> None:
    settings = load_settings()
    assert settings.database_url is settings.redis_url is None
    assert settings.github_api_url == "https://api.github.com" and settings.write_pause_s == 1.0
    assert settings.webhook_secrets == () and settings.run_pages_url == "http://127.0.0.1:8081"
    assert settings.state_dir == default_state_dir().resolve()
    assert not settings.state_dir.is_relative_to(Path(bot.__path__[0]))


def test_the_environment_goes_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GITHUB_APP_ID=1\nGITHUB_WEBHOOK_SECRET=from-file\nUNKNOWN=x\n")
    monkeypatch.setenv("GITHUB_APP_ID", "2")
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET_PREVIOUS", "older")
    monkeypatch.setenv("REDIS_URL", "")
    settings = load_settings()
    assert settings.github_app_id == 2 and settings.redis_url is None
    assert settings.webhook_secrets == (b"from-file", b"older")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_spellings_of_the_database_address(scheme: str) -> None:
    url = load_settings(database_url=f"{scheme}://u:p@h:5/d?sslmode=require").database_url
    assert url is not None and url.get_secret_value() == "postgresql://u:p@h:5/d?sslmode=require"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "mysql://u:hunter22@h/d", "must start with postgresql://"),
        ("REDIS_URL", "hunter22", "must start with redis://"),
        ("GITHUB_PRIVATE_KEY", "hunter22", "GITHUB_PRIVATE_KEY_PATH"),
        ("GITHUB_API_URL", "ghe.example", "must start with http"),
        ("MLWRIGHT_PORT", "99999", "65535"),
        ("MLWRIGHT_LEASE_SECONDS", "0", "greater than or equal to 2"),
        ("MLWRIGHT_LOG_LEVEL", "loud", "'debug'"),
    ],
)
def test_errors_name_the_variable_and_keep_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLWRIGHT_WORKER_CONCURRENCY", "none")
    with pytest.raises(BadInput) as caught:
        load_settings()
    first = next(line for line in caught.value.message.splitlines() if line.startswith(name))
    assert said.lower() in first.lower() and "hunter22" not in str(caught.value)
    assert "MLWRIGHT_WORKER_CONCURRENCY" in caught.value.message, "all mistakes at once"


@pytest.mark.parametrize("address", ["postgres", "file:///srv/artifacts", "s3://bucket", "s3://bucket/a/prefix/"])
def test_where_artifacts_lie(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLWRIGHT_ARTIFACTS", address)
    settings = load_settings()
    assert settings.artifacts == address.rstrip("/")
    shelf = build_shelf(settings)
    assert (shelf.address if shelf is not None else "postgres") == settings.artifacts


@pytest.mark.parametrize(
    "address", ["s3://", "s3:bucket", "file://folder", "file:///a/../b", "https://a/b", "postgres://x"]
)
def test_where_artifacts_cannot_lie(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLWRIGHT_ARTIFACTS", address)
    with pytest.raises(BadInput, match="MLWRIGHT_ARTIFACTS: must be postgres, file"):
        load_settings()


def test_the_state_folder_is_not_the_package() -> None:
    with pytest.raises(BadInput, match="MLWRIGHT_STATE_DIR"):
        load_settings(state_dir=Path(bot.__path__[0]) / "state")


def test_a_key_from_one_line_or_from_a_file(tmp_path: Path) -> None:
    folded = load_settings(github_private_key=PEM.replace("\n", "\\n")).private_key
    (tmp_path / "key.pem").write_text(PEM)
    read = load_settings(github_private_key_path=tmp_path / "key.pem").private_key
    assert folded == read == SecretStr(PEM)
    for path in (tmp_path / "none.pem", tmp_path):
        with pytest.raises(BadInput, match="GITHUB_PRIVATE_KEY_PATH"):
            _ = load_settings(github_private_key_path=path).private_key


def test_no_secret_is_shown_and_each_is_registered() -> None:
    settings = load_settings(
        database_url="postgresql://u:p%40ss-word@h/d",
        github_webhook_secret="hook-secret",
        anthropic_api_key="sk-ant-x",
    )
    assert not {"p%40ss-word", "hook-secret", "sk-ant-x"} & set(repr(settings).replace("'", " ").split())
    assert "hook-secret" not in repr(settings)
    assert {"p@ss-word", "hook-secret", "sk-ant-x"} <= set(settings.secrets())


def test_another_github_needs_no_pause() -> None:
    assert load_settings(github_api_url="http://localhost:1/api/v3/").write_pause_s == 0.0
    assert load_settings(github_write_pause_s=2.5).write_pause_s == 2.5
    assert Settings(public_url="https://m.example/").run_pages_url == "https://m.example"
