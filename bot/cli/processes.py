"""`mlwright serve | worker | migrate | upgrade`: the long-running processes, the database's schema, and what a new version asks."""

from bot.cli.exits import Exit
from bot.settings import Settings, load_settings


def serve(host: str | None, port: int | None) -> int:
    """Runs the web process until it is told to end."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings(**given)
    _log(settings)
    from bot.bootstrap import running_servers
    from bot.store.migrate import migrate as bring_up
    from bot.web.serve import serve as run

    with running_servers(settings) as addresses:
        if settings.database_url is None:
            bring_up(addresses.database_url)
        return run(settings, addresses.database_url, addresses.redis_url)


def worker() -> int:
    """Runs the worker process until it is told to end."""
    settings = load_settings()
    _log(settings)
    from bot.bootstrap import running_servers
    from bot.store.migrate import migrate as bring_up
    from bot.worker import run
    from bot.worker.runtime import real_runtime

    with running_servers(settings) as addresses:
        runtime = real_runtime(settings, addresses.database_url, addresses.redis_url)
        if settings.database_url is None:
            bring_up(addresses.database_url)
        return run(runtime)


def migrate() -> int:
    """Migrates the database; says whether there was anything to do."""
    settings = load_settings()
    from bot.bootstrap import running_servers
    from bot.store.migrate import migrate as bring_up

    with running_servers(settings) as addresses:
        print("✔ migrated" if bring_up(addresses.database_url) else "✔ nothing to do: the database is up to date")
    return Exit.GOOD


def upgrade() -> int:
    """Has every merged project planned again with what is installed now; says which."""
    settings = load_settings()
    from agents.domain.base import digest
    from bot.bootstrap import running_servers
    from bot.cli.engine_run import engine_in_memory
    from bot.store.database import Database
    from bot.store.upgrades import enqueue_upgrades

    with running_servers(settings) as addresses:
        database = Database(addresses.database_url)
        try:
            asked = enqueue_upgrades(database, digest(engine_in_memory().packs)[:16])
        finally:
            database.close()
    for project in asked:
        print(f"  {project}")
    print(f"✔ {len(asked)} to plan again; what differs is proposed on mlwright/<project>-upgrade by the worker")
    return Exit.GOOD


def _log(settings: Settings) -> None:
    from bot.log import configure

    configure(settings.log_level, settings.log_format, settings.secrets())
