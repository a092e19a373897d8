"""Terraform: every file parses as HCL. What the words mean is `terraform validate`'s business."""

import importlib.metadata
from collections.abc import Iterator

from agents.validators.execution.child import in_child
from agents.validators.validator import Note, Validator, suffix


def version() -> str:
    """The library's version."""
    return f"python-hcl2 {importlib.metadata.version('python-hcl2')}"


def inspect(path: str, content: bytes) -> Iterator[Note]:
    """One note at the first error."""
    import hcl2  # 0.4 s: only in the child
    from lark.exceptions import LarkError

    try:
        hcl2.parses_to_tree(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        yield Note("invalid-hcl", path, f"not UTF-8 at byte {error.start}", remediation="save the file as UTF-8")
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        token = getattr(error, "token", None) or getattr(error, "char", None)
        what = f"unexpected {str(token)[:40]!r}" if token else "the file ends too early"
        yield Note("invalid-hcl", path, what, line=max(1, line), column=max(1, column))


VALIDATOR = Validator("hcl", True, "python-hcl2", suffix(".tf", ".tfvars", ".tftest.hcl"), in_child(__name__))
