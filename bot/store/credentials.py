"""The App's credentials in Postgres, sealed: written by the web process, read by all. One App for each GitHub address."""

import json
from dataclasses import asdict

from bot.errors import PersonMustAct, Unavailable
from bot.ports.credentials import AppCredentials
from bot.settings import Settings
from bot.store.sealing import sealing_key

SAVE_SQL = """
INSERT INTO app_credentials (api_url, app_id, sealed) VALUES ($1, $2, $3)
ON CONFLICT (api_url) DO NOTHING
"""
LOAD_SQL = "SELECT app_id, sealed FROM app_credentials WHERE api_url = "
CONNECT_S = 5.0


async def save(url: str, settings: Settings, credentials: AppCredentials) -> bool:
    """Keeps them, sealed; False if there is an App already. Raises Unavailable, or PersonMustAct without a place for the key."""
    import asyncpg

    key = sealing_key(settings, create=True)
    assert key is not None
    api = settings.github_api_url
    sealed = key.seal(json.dumps(asdict(credentials)).encode(), _bound(api, credentials.app_id))
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_S)
        try:
            done = await connection.execute(SAVE_SQL, api, credentials.app_id, sealed)
        finally:
            await connection.close(timeout=CONNECT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"The database did not answer: {type(error).__name__}", after_s=5) from error
    return bool(done.endswith(" 1"))


async def load_async(url: str, settings: Settings) -> AppCredentials | None:
    """As `load`, for the web process."""
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_S)
        try:
            row = await connection.fetchrow(f"{LOAD_SQL}$1", settings.github_api_url)
        finally:
            await connection.close(timeout=CONNECT_S)
    except asyncpg.UndefinedTableError:
        return None  # not migrated yet: said by who watches the database
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"The database did not answer: {type(error).__name__}", after_s=5) from error
    return None if row is None else _opened(settings, int(row["app_id"]), bytes(row["sealed"]))


def load(url: str, settings: Settings) -> AppCredentials | None:
    """The App of this GitHub, or None. Raises Unavailable; PersonMustAct if they cannot be opened here."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=int(CONNECT_S)) as connection:
            row = connection.execute(f"{LOAD_SQL}%s", [settings.github_api_url]).fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    except psycopg.OperationalError as error:
        raise Unavailable(f"The database did not answer: {error}", after_s=5) from error
    return None if row is None else _opened(settings, int(row[0]), bytes(row[1]))


def _opened(settings: Settings, app_id: int, sealed: bytes) -> AppCredentials:
    key = sealing_key(settings)
    if key is None:
        raise PersonMustAct(
            "The App's credentials are in the database, and the key that they were sealed with is not here.",
            remedy="Set MLWRIGHT_SECRET_KEY to the key of the machine that was set up (its secret.key).",
        )
    return AppCredentials(**json.loads(key.open(sealed, _bound(settings.github_api_url, app_id))))


def _bound(api_url: str, app_id: int) -> str:
    """A row's sealed bytes open in that row only."""
    return f"mlwright app {app_id} at {api_url}"
