"""1,000 deliveries in ten seconds, doubled and shuffled, over 50 repositories: none is lost, none is done twice."""

from pathlib import Path

import pytest

from tests.bench.burst import SENT, burst


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_burst_is_done_once_each(own_database_url: str, redis_url: str, tmp_path: Path) -> None:
    found = burst(own_database_url, redis_url, tmp_path, seconds=10.0)
    assert (found.sent, found.refused, found.lost, found.twice) == (SENT, 0, 0, 0)
