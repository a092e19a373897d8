"""Logs: JSON lines with the ids of what is being done, and no secret in any of them (DESIGN §4, Logs).

Redaction is by value first (every secret that is known or minted is registered, also in base64; a habit of
Renovate, lib/util/sanitize.ts) and by pattern second. Context (`request_id`, `delivery_id`, `run_id`,
`thread_id`, `node_name` …) is bound with `bound(...)` and stands in every line written meanwhile, whatever
library writes it.
"""

import base64
import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Literal
from urllib.parse import quote

import structlog

MASK = "[redacted]"
MIN_SECRET = 6
"""Shorter values would mask ordinary words."""

_PATTERNS = tuple(
    (re.compile(pattern, re.DOTALL), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK),
        (r"\b(?:gh[pousr]_[A-Za-z0-9_]{20,}|github_pat_[A-Za-z0-9_]{20,})", MASK),
        (r"\bsk-ant-[A-Za-z0-9_-]{8,}", MASK),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", MASK),
        (r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*", MASK),
        (r"(?i)\b(bearer|token|basic)\s+[A-Za-z0-9._~+/=-]{16,}", rf"\1 {MASK}"),
        (r"(?<=://)([^/\s:@]*):[^/\s@]+@", rf"\1:{MASK}@"),
        (r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b", "[email]"),
    )
)
_secrets: dict[str, None] = {}
_by_value: re.Pattern[str] | None = None


def register_secrets(values: Iterable[str]) -> None:
    """From now on these values, and their base64 and URL forms, are masked in every line."""
    global _by_value
    for value in values:
        if len(value) < MIN_SECRET:
            continue
        for form in _forms(value):
            _secrets[form] = None
    longest_first = sorted(_secrets, key=len, reverse=True)
    _by_value = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def _forms(value: str) -> set[str]:
    """The value itself, URL-quoted, as JSON writes it, and in base64 at each of the three offsets it can
    have in a longer text."""
    raw = value.encode("utf-8", "replace")
    forms = {value, quote(value, safe=""), value.replace("\n", "\\n")}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):
            text = encode(b"\0" * offset + raw).decode().rstrip("=")
            start = {0: 0, 1: 2, 2: 3}[offset]
            stop = len(text) - (1 if (len(raw) + offset) % 3 else 0)
            if stop - start >= MIN_SECRET:
                forms.add(text[start:stop])
    return forms


def redact(text: str) -> str:
    """`text` without registered secrets, things that look like secrets, passwords in addresses and
    e-mail addresses."""
    if _by_value is not None:
        text = _by_value.sub(MASK, text)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def clean(value: Any) -> Any:
    """`value` with every text in it redacted, whatever it is nested in; other objects by their redacted
    repr."""
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {redact(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(item) for item in value]
    return redact(str(value))


def _redacted(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    exc_info = {key: event[key] for key in ("_record", "_from_structlog") if key in event}
    return {**{key: clean(item) for key, item in event.items() if key not in exc_info}, **exc_info}


class _StandardError(logging.Handler):
    """Writes to whatever standard error is at that moment; it may be replaced or closed meanwhile."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def configure(level: str = "info", form: Literal["json", "console"] = "json", secrets: Iterable[str] = ()) -> None:
    """Sets up structlog and the standard library's logging alike; lines go to standard error. Calling
    again replaces."""
    register_secrets(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("rq.worker", "rq", "httpx", "httpcore", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger. Messages are constant text; values go in fields."""
    found: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return found


def bound(**context: Any) -> AbstractContextManager[Any]:
    """Adds fields to every line written inside the `with` block, in this thread or task."""
    return structlog.contextvars.bound_contextvars(**context)
