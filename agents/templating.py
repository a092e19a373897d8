"""The only door to Jinja2: a sandboxed environment in which untrusted text is only ever a variable."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents import serialise
from agents.errors import Defect

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

FILTERS: Mapping[str, Callable[..., str]] = {
    "quoted": serialise.quoted,
    "to_json": serialise.to_json,
    "to_yaml": serialise.to_yaml,
    "hcl": serialise.to_hcl,
    "py": serialise.to_python,
    "comment": serialise.comment,
    "one_line": serialise.one_line,
    "md": serialise.markdown,
}
"""The filters that make a value safe in its language (agents/serialise.py); templates have no other way to emit text."""


class Templates:
    """The templates below one folder. Cheap to make; Jinja2 is imported at the first use.

    StrictUndefined: a name that nobody supplies is a Defect with the template's name and line, never an empty string.
    """

    def __init__(self, root: Path, *, cache: Path | None = None) -> None:
        self._root = root
        self._cache = cache if cache is not None else _default_cache()
        self._made: SandboxedEnvironment | None = None
        self._compiled: dict[str, Callable[..., Any]] = {}

    def render(self, name: str, variables: Mapping[str, Any]) -> str:
        """The text of the template `name` (a path below the folder, with `/`). Raises Defect, with file and line."""
        from jinja2 import TemplateError

        try:
            return self._environment().get_template(name).render(variables)
        except TemplateError as error:
            line = getattr(error, "lineno", None) or _line_of(error, name)
            raise Defect(f"template {name}:{line}: {error}") from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise Defect(f"template {name}:{_line_of(error, name)}: {type(error).__name__}: {error}") from error

    def value(self, expression: str, variables: Mapping[str, Any]) -> Any:
        """The value of a Jinja expression (`when`, `each` of a template's header). Raises Defect."""
        from jinja2 import TemplateError

        try:
            if expression not in self._compiled:
                self._compiled[expression] = self._environment().compile_expression(expression, undefined_to_none=False)
            result = self._compiled[expression](**variables)
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise Defect(f"expression {expression!r}: {error}") from error
        if type(result).__name__ == "StrictUndefined":
            raise Defect(f"expression {expression!r}: a name in it is not defined")
        return result

    def _environment(self) -> "SandboxedEnvironment":
        if self._made is None:
            from jinja2 import FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
            from jinja2.sandbox import ImmutableSandboxedEnvironment

            self._made = ImmutableSandboxedEnvironment(
                loader=FileSystemLoader(str(self._root), encoding="utf-8"),
                undefined=StrictUndefined,
                autoescape=False,  # the output is code, not HTML; values pass through FILTERS
                keep_trailing_newline=True,
                trim_blocks=True,
                lstrip_blocks=True,
                newline_sequence="\n",
                auto_reload=False,
                cache_size=400,
                bytecode_cache=FileSystemBytecodeCache(str(self._cache)) if self._cache else None,
            )
            self._made.filters.update(FILTERS)
        return self._made


def _line_of(error: BaseException, name: str) -> int:
    """The line of the innermost frame that Jinja2 mapped back to the template; 0 if there is none."""
    line, frame = 0, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename.endswith(name):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _default_cache() -> Path | None:
    """A folder for compiled templates that only this user can write, or None. Cold 1.3 s becomes 0.06 s (PERFORMANCE.md).

    Compiled templates are code: a folder that others can write, or a link, is not used.
    """
    try:
        folder = Path.home() / ".cache" / "mlwright" / "templates"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except (OSError, RuntimeError):
        return None
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o022
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return folder if private and mine and os.access(folder, os.W_OK) else None
