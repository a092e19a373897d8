"""Servers and databases of the session: one Postgres and one Redis for all folders."""

from tests.servers import (
    database_url,
    empty_database_url,
    own_database_url,
    postgres,
    redis_server,
    redis_url,
    shared_database_url,
    template,
)

__all__ = [
    "database_url",
    "empty_database_url",
    "own_database_url",
    "postgres",
    "redis_server",
    "redis_url",
    "shared_database_url",
    "template",
]
