"""A project that was proposed once; every test asks about it, and no test leaves it changed but those that say so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.embedded_postgres import EmbeddedPostgres
from bot.sandbox.github.server import LocalGitHub
from tests.commands.bench import Bench, made
from tests.quick import without_tools
from tests.servers import copy_of

# Batch only: the smallest of plans, so that tests wait little.
WHOLE = (Path(__file__).parents[2] / "bot" / "cli" / "seed" / "constraints.yaml").read_text(encoding="utf-8")
SEED = (
    WHOLE.replace("[batch, online]", "[batch]")
    .replace("sla_latency_ms: 150                 # p95 of one online prediction\n", "")
    .replace("requests_per_second: 20", "requests_per_second: 0")
)
ROLES = {"ada": "write", "reader": "read", "keeper": "maintain"}


@pytest.fixture(scope="session")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGitHub]:
    with LocalGitHub(tmp_path_factory.mktemp("github")) as running:
        for login in (*ROLES, "stranger"):
            running.add_user(login)
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tools say of a tree is not what is tried here."""
    for patch in without_tools():
        monkeypatch.setattr(*patch)


@pytest.fixture(scope="session")
def bench(github: LocalGitHub, postgres: EmbeddedPostgres, template: str) -> Iterator[Bench]:
    found = made(github, copy_of(postgres, template), "churn", {"NOTES.md": "ours\n"}, collaborators=ROLES)
    found.write("constraints.yaml", SEED)
    with pytest.MonkeyPatch.context() as patch:  # only so long: other folders' tests follow on this worker
        for place in without_tools():
            patch.setattr(*place)
        found.settle()
    assert [pull["number"] for pull in found.api("GET", "/pulls")] == [1]
    yield found
    found.database.close()
