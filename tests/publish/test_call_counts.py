"""Calls a pull request costs (PERFORMANCE.md): at most five and one a chunk, whatever the number of files."""

import pytest

from bot.publish.counting import count_calls
from bot.publish.limits import CHUNK_BYTES, CHUNK_FILES


@pytest.mark.parametrize("files", [1, 50, 150, 151, 500, 2000])
def test_calls_grow_by_one_a_chunk_only(files):
    counts = count_calls(files)
    chunks = -(-files // CHUNK_FILES)
    assert counts.trees == chunks and counts.git_writes <= 5 + chunks
    assert counts.reads <= 12 and counts.again == 0
    assert counts.as_json()["files"] == files


def test_large_files_fill_chunks_by_size():
    counts = count_calls(10, size=600_000)
    assert counts.trees == 5 and CHUNK_BYTES >= 600_000 * 2
