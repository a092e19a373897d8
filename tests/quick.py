"""Plans without what costs seconds each and is tried elsewhere: what tools say of a tree, and where choices flip."""

from functools import partial
from typing import Any

Patch = tuple[Any, str, Any]


def without_tools() -> tuple[Patch, ...]:
    """One validator in place of all, and no gitleaks before files are kept (tests/plancore/test_no_secret_is_kept.py)."""
    from agents.domain.validation import ToolResult
    from agents.graph import refusal
    from agents.graph.nodes import generation
    from agents.validators import json_syntax, secret_scan
    from agents.validators.judge import validate

    def scanned(files: Any, *_: Any) -> ToolResult:
        return ToolResult(
            tool=secret_scan.VALIDATOR.tool,
            version="",
            arguments=(),
            status="pass",
            exit_code=None,
            findings=(),
            files_checked=len(files),
            required=True,
        )

    few = partial(validate, validators=(json_syntax.VALIDATOR,))
    return (generation, "validate", few), (refusal, "_scan", scanned)


def without_flips() -> tuple[Patch, ...]:
    from agents.search import composer

    return ((composer, "flip_points", lambda *_: ()),)
