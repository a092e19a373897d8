"""Both implementations of the port made to look alike: in memory, and REST against the local GitHub."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bot.github.app import GitHubApp
from bot.github.config import GitHubConfig
from bot.messages import RepositoryRef
from bot.ports.github import GitHubRepository
from bot.publish.rehearsal import MemoryRepository
from bot.sandbox.github.server import LocalGitHub

FILES = {"constraints.yaml": "version: 1\n", "src/a.py": "print(1)\n"}


@dataclass
class Hosted:
    """A repository on the local GitHub, and the way to it."""

    hub: LocalGitHub
    owner: str
    name: str
    document: Any

    @property
    def ref(self) -> RepositoryRef:
        return RepositoryRef(id=self.document["id"], owner=self.owner, name=self.name)

    @property
    def config(self) -> GitHubConfig:
        return GitHubConfig(str(self.hub.app_id), self.hub.private_key_pem, api_url=self.hub.url, pause_s=0)

    def close(self, number: int) -> None:
        """A person closes a pull request without merging it."""
        answer = httpx.patch(
            f"{self.hub.url}/repos/{self.owner}/{self.name}/pulls/{number}",
            headers={"Authorization": f"Bearer {self.hub.token_for('ada')}"},
            json={"state": "closed"},
        )
        assert answer.status_code == 200, answer.text

    @contextmanager
    def open(self) -> Iterator[GitHubRepository]:
        with GitHubApp(self.config).repository(self.ref) as repository:
            yield repository


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGitHub]:
    with LocalGitHub(tmp_path_factory.mktemp("github")) as running:
        yield running


_numbers = itertools.count(1)


@pytest.fixture
def hosted(hub: LocalGitHub) -> Iterator[Hosted]:
    """A repository of its own; each has its own owner, because limits count by installation."""
    owner = f"acme{next(_numbers)}"
    yield Hosted(hub, owner, "churn", hub.create_repository(owner, "churn", files=FILES))
    hub.faults.clear()


@pytest.fixture(params=["memory", "rest"])
def repository(request: pytest.FixtureRequest) -> Iterator[GitHubRepository]:
    """An empty but for FILES repository behind either implementation."""
    if request.param == "memory":
        yield MemoryRepository({path: text.encode() for path, text in FILES.items()})
        return
    hosted: Hosted = request.getfixturevalue("hosted")
    with hosted.open() as found:
        yield found
