"""A file that people adopt is theirs: what is generated at its path is not written any more."""

import pytest

from tests.commands.bench import made
from tests.commands.conftest import ROLES, SEED
from tests.servers import copy_of

BRANCH = "mlwright/churn"


@pytest.mark.nightly
def test_an_adopted_file_is_left_alone_before_and_after_the_merge(github, postgres, template):
    bench = made(github, copy_of(postgres, template), "adopted", {"NOTES.md": "ours\n"}, collaborators=ROLES)
    bench.write("constraints.yaml", SEED)
    bench.settle()
    first = bench.file("README.md", BRANCH)
    assert "✅ Planned in #1" in bench.ask(1, "/adopt README.md") and owner(bench, BRANCH) == "adopted"
    assert bench.file("README.md", BRANCH) == first
    bench.write("README.md", "# Ours\n", BRANCH)
    bench.settle()
    assert "✅" in bench.ask(1, "/replan throughput.batch_gb_per_day=60") and owner(bench, BRANCH) == "adopted"
    assert bench.file("README.md", BRANCH) == "# Ours\n"
    assert "belongs to people already" in bench.ask(1, "/adopt README.md")

    bench.api("PUT", "/pulls/1/merge", json={})
    bench.settle()
    assert "✅ Planned in #" in bench.ask(1, "/adopt Makefile")
    assert owner(bench, BRANCH, "Makefile") == owner(bench, BRANCH) == "adopted"
    bench.database.close()


def owner(bench, ref, path="README.md"):
    from agents.render.lock import parse_lock

    lock = parse_lock(bench.file(".mlwright/lock.json", ref).encode())[0]
    return next(file.owner for file in lock.files if file.path == path)
