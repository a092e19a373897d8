"""High-risk secrets by their shape: a second look beside gitleaks, and the scan of texts that never become
files.

Shapes are those that the issuers publish (https://docs.github.com/en/code-security/secret-scanning).
Entropy guesses are left to gitleaks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.errors import Defect

_SHAPES: tuple[tuple[str, str], ...] = (
    ("private-key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\\nr\"'+]*[A-Za-z0-9+/=]{40,}"),
    ("aws-access-key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    ("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b"),
    ("anthropic-key", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    ("openai-key", r"\bsk-(?:proj-|svcacct-)[A-Za-z0-9_-]{40,}"),
    ("slack-token", r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    ("slack-webhook", r"https://hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}"),
    ("google-api-key", r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    ("stripe-key", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    (
        "password-in-address",
        r"\b[a-z][a-z0-9+.-]{2,20}://[^\s:/@\"'<>${}]{1,64}:(?![<${*])[^\s:/@\"'<>${}]{6,}@[\w.-]+",
    ),
)
_PATTERNS = tuple((name, re.compile(shape)) for name, shape in _SHAPES)
_MADE_UP = re.compile(r"EXAMPLE|(.)\1{9}|://(?:user|username|USER):(?:password|PASSWORD|secret)@", re.ASCII)
"""What documentation uses: AWS's own ...EXAMPLE keys, rows of one character, `user:password@`."""


@dataclass(frozen=True)
class Leak:
    """A secret by shape: which, and on which line. The value itself is kept nowhere."""

    shape: str
    line: int


def mask_secrets(text: str) -> str:
    """The text with every secret of a known shape replaced by the shape's name."""
    for name, pattern in _PATTERNS:
        text = pattern.sub(lambda found, name=name: found[0] if _MADE_UP.search(found[0]) else f"[{name}]", text)  # type: ignore[misc]
    return text


def refuse_secrets(name: str, content: bytes) -> None:
    """Raises Defect if the content holds a secret by its shape, with its line and never with its value: what is stored is shown
    to people. What people wrote was looked through before, and told to them (`agents.graph.refusal`)."""
    leak = next(find_secrets(content.decode("utf-8", "replace")), None)
    if leak is not None:
        place = f"{name or 'an artifact'}:{leak.line}"
        raise Defect(f"{place} looks like a secret ({leak.shape}); its value is not shown, and nothing was stored")


def find_secrets(text: str) -> Iterator[Leak]:
    """Every secret in a text, by line. Never yields the value."""
    for name, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            if not _MADE_UP.search(found[0]):
                yield Leak(name, text.count("\n", 0, found.start()) + 1)
