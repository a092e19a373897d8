"""Text that Postgres can store: its text and jsonb refuse NUL and lone surrogates (RELIABILITY §3.8)."""

import re
from typing import Any

_REFUSED = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def clean_text(text: str) -> str:
    """`text` with every character that Postgres refuses replaced by U+FFFD."""
    return _REFUSED.sub(REPLACEMENT, text) if _REFUSED.search(text) else text


def clean_json(value: Any) -> Any:
    """The JSON value with all its texts and keys cleaned."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    return value
