"""Stored credentials: sealed, bound to their GitHub, told apart from a wrong key, never written twice."""

import asyncio
import base64
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from bot.bootstrap import with_stored_app
from bot.errors import BadInput, PersonMustAct
from bot.ports.credentials import AppCredentials
from bot.settings import Settings, load_settings
from bot.store.credentials import load, load_async, save
from bot.store.sealing import sealing_key

PEM = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n"
APP = AppCredentials(
    7, "ours", "https://github.com/apps/ours", "acme", "Organization", PEM, "a-secret-of-hooks", "Iv1", "c"
)


def settings(folder: Path, **changes: object) -> Settings:
    return load_settings(_env_file=None, state_dir=folder, **changes)


def test_what_was_kept_comes_back_and_only_the_first_app_is_kept(database_url: str, tmp_path: Path) -> None:
    here = settings(tmp_path)
    assert load(database_url, here) is None and with_stored_app(here, database_url) is here
    assert asyncio.run(save(database_url, here, APP)) is True
    assert asyncio.run(save(database_url, here, AppCredentials(8, "b", "", "", "", PEM, "x"))) is False
    assert load(database_url, here) == asyncio.run(load_async(database_url, here)) == APP
    assert load(database_url, settings(tmp_path, github_api_url="https://ghe.example/api/v3")) is None

    used = with_stored_app(here, database_url)
    assert used.has_app and used.github_app_id == 7 and used.webhook_secrets == (b"a-secret-of-hooks",)
    assert used.private_key is not None and used.private_key.get_secret_value() == PEM
    ours = settings(tmp_path, github_app_id=1, github_private_key=PEM)
    assert with_stored_app(ours, database_url) is ours, "the environment goes over what is stored"


def test_another_key_or_a_moved_row_opens_nothing(database_url: str, tmp_path: Path) -> None:
    here = settings(tmp_path / "a")
    asyncio.run(save(database_url, here, APP))
    other = SecretStr(base64.b64encode(b"k" * 32).decode())
    for folder, changes in (("a", {"secret_key": other}), ("empty", {})):
        with pytest.raises(PersonMustAct, match="key"):
            load(database_url, settings(tmp_path / folder, **changes))
    with psycopg.connect(database_url) as connection:
        (sealed,) = connection.execute("UPDATE app_credentials SET app_id = 9 RETURNING sealed").fetchone() or (b"",)
    assert b"BEGIN" not in sealed and b"a-secret-of-hooks" not in sealed
    with pytest.raises(PersonMustAct, match="do not open"):
        load(database_url, here)


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    assert sealing_key(settings(tmp_path)) is None, "looking makes none"
    made = sealing_key(settings(tmp_path), create=True)
    assert made == sealing_key(settings(tmp_path), create=True) and made is not None
    assert made.place == str(tmp_path / "secret.key") and (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="MLWRIGHT_SECRET_KEY: must be 32 bytes"):
        settings(tmp_path, secret_key="short")
