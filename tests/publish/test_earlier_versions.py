"""The last place where a base is looked for: what earlier published versions of the project put into the artifact store."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from uuid import UUID

import pytest

from agents.domain.files import git_blob_sha
from agents.domain.proposal import Proposal
from bot.jobs.planning_run import _generated_before
from tests.publish.proposals import Contents, Maker


@dataclass
class Published:
    """The ledger of a project with versions 1, 2, …, each the parent of the next."""

    artifacts: Contents
    proposals: dict[UUID, Proposal] = field(default_factory=dict)

    def load_proposal(self, decision_set_id: UUID) -> Proposal | None:
        return self.proposals.get(decision_set_id)

    def find(self, decision_set_id: UUID) -> SimpleNamespace:
        number = decision_set_id.int
        return SimpleNamespace(parent_id=UUID(int=number - 1) if number > 1 else None)


@pytest.fixture
def ledger(maker: Maker) -> Published:
    found = Published(maker.contents)
    for number in (1, 2, 3):
        proposal = maker.proposal({"README.md": b"# v%d\n" % number})
        report = maker.contents.put(b'{"version": %d}\n' % number)
        lock = proposal.lock
        assert lock is not None
        listed = lock.files[0].model_copy(
            update={"path": "reports/plan.json", "blob": git_blob_sha(maker.contents.get(report))}
        )
        lock = lock.model_copy(update={"files": (*lock.files, listed)})
        late = {"lock": lock, "reports_as_generated": {"reports/plan.json": report}}
        found.proposals[UUID(int=number)] = proposal.model_copy(update=late)
    return found


@pytest.mark.parametrize("text", [b"# v3\n", b"# v1\n", b'{"version": 2}\n'])
def test_a_file_of_any_earlier_version_is_found_by_its_git_id(ledger: Published, text: bytes) -> None:
    now = SimpleNamespace(parent_id=UUID(int=3))
    assert _generated_before(ledger, now, git_blob_sha(text)) == text  # type: ignore[arg-type]


def test_what_was_never_generated_or_is_not_kept_is_nowhere(ledger: Published) -> None:
    now = SimpleNamespace(parent_id=UUID(int=3))
    assert _generated_before(ledger, now, git_blob_sha(b"other")) is None  # type: ignore[arg-type]
    ledger.artifacts.kept.clear()
    assert _generated_before(ledger, now, git_blob_sha(b"# v1\n")) is None  # type: ignore[arg-type]
    assert _generated_before(ledger, SimpleNamespace(parent_id=None), git_blob_sha(b"# v1\n")) is None  # type: ignore[arg-type]
