"""Limits of GitHub that the publisher keeps, with their sources, and ours below them."""

BODY = 65_536
"""Characters of a pull request's body or a comment; counted here in bytes, which is never less.
https://github.com/dead-claudia/github-limits#pr-body"""
TITLE = 256
"""Characters of a pull request's title (the same list)."""
CHECK_TEXT = 65_535
"""Characters of a check's summary, and of its text. https://docs.github.com/rest/checks/runs#create-a-check-run"""
CHECK_TITLE = 70
"""Ours (FACE.md): what the list of checks shows without cutting."""
ANNOTATIONS = 50
"""Annotations a call; more are added by updating. https://docs.github.com/rest/checks/runs#create-a-check-run"""
ANNOTATION_MESSAGE = 64 * 1024
ANNOTATION_TITLE = 255
MOST_ANNOTATIONS = 500
"""Ours: beyond it nobody reads, and each 50 are a call. The rest is counted in the summary."""
CHUNK_FILES = 150
CHUNK_BYTES = 1_500_000
"""Inline content of one tree call; 422 and 502 are reported from 200 files or 2.5 MB (PERFORMANCE.md)."""
INLINE_BYTES = 1_000_000
"""A larger text goes by the blob API, so that one chunk never exceeds CHUNK_BYTES by much."""
HISTORY = 12
"""Pristine commits looked through for the one that a lock belongs to."""
