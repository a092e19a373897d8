"""One world a module: its servers are real, its repositories are the tests' own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.sandbox import embedded_postgres, embedded_redis
from tests.e2e.world import QUICK_WORKER, World, running_world

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def idle_world(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: embedded_postgres.EmbeddedPostgres,
    redis_server: embedded_redis.EmbeddedRedis,
    template: str,
) -> Iterator[World]:
    """A world whose worker is not running yet."""
    name = f"world_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[arg-type]
    url = postgres.url.rpartition("/")[0] + "/" + name
    folder = Path(tmp_path_factory.mktemp("world"))
    with running_world(folder, url, redis_server.url) as world:
        yield world


@pytest.fixture(scope="module")
def world(idle_world: World) -> World:
    """A world with a worker."""
    idle_world.start("worker")
    return idle_world


@pytest.fixture(scope="module")
def quick_world(idle_world: World) -> World:
    """A world whose worker leaves out what `quick_worker.py` says."""
    idle_world.start("worker", QUICK_WORKER)
    return idle_world
