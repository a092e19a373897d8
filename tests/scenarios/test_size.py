"""How large a generated repository is (DESIGN §4, GitHub surface), for every scenario that has a plan."""

from typing import Any

import pytest

from agents.domain.files import LOCK_PATH
from agents.graph.memory import MemoryArtifacts
from tests.scenarios.test_scenarios import PLANNED

MOST_FILES = 150
MOST_READ = 600 * 1024
"""What people read: everything but the JSON ledger beside it, which diffs fold and programs read."""
MOST_LEDGER = 310 * 1024
"""The ledger: `reports/*.json` and the lock. The largest scenario has 62 decisions in eight slots and two kinds of
workload; a twentieth is left for facts that grow, not for texts said twice."""
MOST_LOCKED = 130 * 1024
"""Locks and bill of materials are apart, lists of hashes that installers and scanners read: some 900 bytes for each of
50 to 130 packages."""
LOCKED = {"requirements.lock", "requirements-dev.lock", "reports/sbom.cdx.json"}


@pytest.mark.parametrize("name", PLANNED)
def test_a_generated_repository_can_be_read_in_a_pull_request(
    name: str, planned: Any, artifacts: MemoryArtifacts
) -> None:
    proposal = planned(name)
    if proposal.tree is None:
        pytest.skip("the engine has no plan for it yet (expected.yaml, open)")
    sizes = {file.path: file.size for file in proposal.tree.files}
    sizes |= {path: len(artifacts.get(sha)) for path, sha in proposal.reports.items()}
    ledger = {path for path in sizes if path == LOCK_PATH or (path.startswith("reports/") and path.endswith(".json"))}
    ledger -= LOCKED
    largest = sorted(((size, path) for path, size in sizes.items()), reverse=True)[:5]
    assert len(sizes) <= MOST_FILES
    assert sum(size for path, size in sizes.items() if path not in ledger | LOCKED) <= MOST_READ, largest
    assert sum(sizes[path] for path in ledger) <= MOST_LEDGER, largest
    assert sum(sizes[path] for path in LOCKED) <= MOST_LOCKED
