"""Values as literals of the languages that are generated: JSON, YAML, TOML, HCL, Python, comments, Markdown.

Untrusted text (descriptions, names) reaches a generated file only through these functions (RELIABILITY B5).
"""

import json
import re
import textwrap
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from agents.domain.text import clean

_UNSAFE = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]")
_ADDRESS = re.compile(r"(?i):(?=//)|\b(?:mailto|xmpp):|\bwww\.")
"""Where GitHub begins to see a link in bare words."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile("[\U000e0000-\U000e007f]")
"""Letters that nobody sees: the languages have no common escape for them, so they are left out."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_RARE = {"b": "\\u0008", "f": "\\u000c"}
"""Short escapes that Terraform does not know."""
_PLAIN_KEY = re.compile(r"^[A-Za-z_][A-Za-z0-9_-]*$")


def plain(value: Any) -> Any:
    """The value as JSON types: models dumped, enums by value, whole decimals as int, other decimals as float."""
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(mode="json"))
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def quoted(text: str) -> str:
    """A double-quoted string that JSON, YAML 1.2, TOML 1.0 and (but for template markers) HCL read as the same text.

    Control, bidirectional and invisible characters are written as escapes; lone surrogates become U+FFFD.
    """
    body = json.dumps(_TAG.sub("", _SURROGATE.sub("\ufffd", text)), ensure_ascii=False)
    body = re.sub(r"\\(.)", lambda found: _RARE.get(found[1], found[0]), body)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", body)


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON in the given order. `indent` as in json.dumps. Raises ValueError on NaN and infinities."""
    text = _TAG.sub("", json.dumps(plain(value), ensure_ascii=False, indent=indent, allow_nan=False))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", _SURROGATE.sub("\ufffd", text))


def to_yaml(value: Any, indent: int = 0) -> str:
    """A scalar in flow form, or a mapping or list in block form indented by `indent`, without a final newline.

    Every string is double-quoted, so that nothing turns into a date, number, boolean or tag.
    """
    return "\n".join(_yaml_lines(plain(value), " " * indent)).removeprefix(" " * indent)


def _yaml_scalar(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    text = json.dumps(value, allow_nan=False)
    if isinstance(value, float) and "e" in text and "." not in text:
        return text.replace("e", ".0e")  # YAML 1.1 readers take 1e-06 for a text
    return text


def _yaml_lines(value: Any, pad: str) -> list[str]:
    if isinstance(value, dict) and value:
        lines: list[str] = []
        for key, item in value.items():
            name = key if _PLAIN_KEY.match(key) and key.lower() not in _YAML_WORDS else quoted(key)
            if isinstance(item, (dict, list)) and item:
                lines += [f"{pad}{name}:", *_yaml_lines(item, pad + "  ")]
            else:
                lines.append(f"{pad}{name}: {_yaml_scalar(item)}")
        return lines
    if isinstance(value, list) and value:
        lines = []
        for item in value:
            inner = _yaml_lines(item, pad + "  ")
            lines += [f"{pad}- {inner[0][len(pad) + 2 :]}", *inner[1:]]
        return lines
    return [f"{pad}{_yaml_scalar(value)}"]


_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"})


def to_hcl(value: Any, indent: int = 0) -> str:
    """A Terraform expression as `terraform fmt` writes it. Template markers in strings are written as `\\u0024{` and `\\u0025{`:
    Terraform and python-hcl2 read those alike, while the latter trips over `$${` without an end.
    """
    value = plain(value)
    if isinstance(value, str):
        return quoted(value).replace("${", "\\u0024{").replace("%{", "\\u0025{")
    if isinstance(value, dict):
        if not value:
            return "{}"
        pad = " " * (indent + 2)
        keys = {key: key if _PLAIN_KEY.match(key) else to_hcl(key) for key in value}
        width = max(len(name) for name in keys.values())
        rows = [f"{pad}{keys[key].ljust(width)} = {to_hcl(item, indent + 2)}" for key, item in value.items()]
        return "\n".join(["{", *rows, " " * indent + "}"])
    if isinstance(value, list):
        return "[" + ", ".join(to_hcl(item, indent) for item in value) + "]"
    return json.dumps(value, allow_nan=False)


def to_python(value: Any) -> str:
    """A Python literal with double quotes, as `ruff format` prefers them."""
    value = plain(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_python(key)}: {to_python(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(to_python(item) for item in value) + "]"
    return repr(value)


def one_line(text: Any, limit: int = 400) -> str:
    """Text on one line without control or invisible characters, cut at `limit` with an ellipsis."""
    line = " ".join(clean(_CONTROL.sub(" ", str(plain(text)))).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def comment(text: Any, prefix: str = "# ", width: int = 86) -> str:
    """Text as comment lines of `width` columns, each with `prefix`; never empty, never ends a comment."""
    lines = textwrap.wrap(one_line(text), max(20, width - len(prefix)), break_long_words=True, break_on_hyphens=False)
    return "\n".join((prefix + line).rstrip() for line in lines or [""])


def markdown(text: Any, limit: int = 400) -> str:
    """Text for a Markdown paragraph or table cell: no markup, HTML, mention, link, image or expression survives."""
    line = one_line(text, limit)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*{}\[\]|#!~$])", r"\\\1", line)
    line = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", line)  # inside a word it is no markup
    line = _ADDRESS.sub(lambda found: found[0].replace(":", "&#58;").replace(".", "&#46;"), line)
    return line.replace("@", "&#64;")
