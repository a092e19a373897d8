"""Servers and databases of the session: one Postgres and one Redis for all folders."""

import pytest

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


TOGETHER = frozenset({"scenarios", "commands"})
"""Folders whose files share what is costly to make: every scenario's plan, a proposed project."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests run on one worker, and so do those of the folders above (`--dist loadgroup`)."""
    for item in items:
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(folder if folder in TOGETHER else f"{folder}/{item.path.stem}"))
