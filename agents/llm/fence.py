"""Data in a prompt: text that people wrote, fenced so that it cannot pass for ours.

What nobody can see is taken out first (invisible and direction-changing characters, HTML comments), then all of it is JSON in
which `<`, `>` and `&` are escaped: no text, however it is written, can close the fence or open another.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from agents.domain.text import clean

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!\[CDATA\[|\]\]>", re.DOTALL)
_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def visible(text: str) -> str:
    """What a person sees of a text on GitHub: without comments, invisible characters and tricks of direction."""
    return _COMMENT.sub("", clean(text))


def cleaned(value: Any) -> Any:
    """`value` with every text in it, keys included, reduced to what is visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(str(key)): cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    return value


def fenced(source: str, value: Any) -> str:
    """`value` as data under a name of ours. Raises ValueError for what JSON cannot hold."""
    text = json.dumps(
        cleaned(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str
    )
    return f'<data source="{source}">\n{text.translate(_ESCAPED)}\n</data>'
