"""A plan to files: every template that applies, rendered, checked against the limits, stored by content."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.domain.files import GeneratedFile, git_blob_sha
from agents.domain.points import ExtensionPoint
from agents.errors import Defect
from agents.ports import ArtifactStore
from agents.render.context import RenderContext
from agents.render.dependencies import dependencies
from agents.render.points import cut
from agents.render.template import TemplateFile, discover
from agents.render.view import View
from agents.resources import content_root
from agents.templating import Templates

MAX_FILES = 268
MAX_BYTES = 700 * 1024
"""What GitHub can show with the reports: a pull request shows at most 300 files, 20 000 lines and 1 MB. From 150 files
and 600 KB in all (DESIGN §4) the validator `size` warns: a project with very many sources is still proposed."""

_SAFE_PATH = re.compile(r"^[A-Za-z0-9_.][A-Za-z0-9_.@+-]*(/[A-Za-z0-9_.][A-Za-z0-9_.@+-]*)*$")

_TEMPLATES: dict[Path, Templates] = {}
"""One Jinja2 environment a folder: compiled templates are kept for the process."""


@dataclass(frozen=True)
class Rendered:
    """Rendered files, not laid out yet, and the places in them where a model may write, both sorted by path."""

    files: tuple[GeneratedFile, ...]
    points: tuple[ExtensionPoint, ...]


def render(
    context: RenderContext,
    owners: Collection[str] | None,
    artifacts: ArtifactStore,
    *,
    root: Path | None = None,
) -> tuple[GeneratedFile, ...]:
    """The files of one plan, sorted by path; the same context always gives the same bytes.

    `owners` limits the result to files of those agents (None: all), so that one agent's files can be made again. `root` is
    another folder of templates than the shipped one. Raises Defect on a template that fails, on two templates for one
    path, on an unsafe path, and beyond 268 files or 700 KB.
    """
    return rendered(context, owners, artifacts, root=root).files


def rendered(
    context: RenderContext,
    owners: Collection[str] | None,
    artifacts: ArtifactStore,
    *,
    root: Path | None = None,
) -> Rendered:
    """The same, with the extension points of those files."""
    folder = root or content_root("templates")
    engine, names = _templates(folder), View(context).names
    names["dependencies"] = dependencies(folder, lambda expression: engine.value(expression, names))
    made: dict[tuple[bool, str], GeneratedFile] = {}
    open_points: list[ExtensionPoint] = []
    for template in discover(folder):
        if owners is not None and template.header.agent not in owners:
            continue
        for file, points in _files(template, context, names, engine, artifacts):
            open_points += points
            key = (file.repository_scope, file.path)
            if key in made:
                raise Defect(f"{file.path}: made by {made[key].template} and by {file.template}")
            made[key] = file
    total = sum(file.size for file in made.values())
    if len(made) > MAX_FILES or total > MAX_BYTES:
        raise Defect(f"{len(made)} files of {total} bytes: at most {MAX_FILES} and {MAX_BYTES} are allowed")
    files = sorted(made.values(), key=lambda file: (file.path, file.repository_scope))
    return Rendered(tuple(files), tuple(sorted(open_points, key=lambda point: (point.path, len(point.before)))))


def _templates(folder: Path) -> Templates:
    return _TEMPLATES.setdefault(folder, Templates(folder))


def _files(
    template: TemplateFile,
    context: RenderContext,
    names: Mapping[str, Any],
    engine: Templates,
    artifacts: ArtifactStore,
) -> Iterator[tuple[GeneratedFile, tuple[ExtensionPoint, ...]]]:
    """The files of one template: none if it does not apply, one, or one an item of its `each`."""
    slot = context.slot_of(template.pattern) if template.pattern else None
    if template.pattern and slot is None:
        return
    local = {**names, "slot": slot, "p": context.parameters.get(slot or "", {})}
    header = template.header
    if header.when is not None and not engine.value(header.when, local):
        return
    items = [None] if header.each is None else engine.value(header.each, local)
    for item in items:
        path = _path(template, context, item)
        text, points = cut(path, header.extend, engine.render(template.name, {**local, "item": item}))
        content = text.encode("utf-8")
        file = GeneratedFile(
            path=path,
            sha256=artifacts.put(content, path),
            blob=git_blob_sha(content),
            size=len(content),
            mode="100755" if header.executable else "100644",
            agent=header.agent,
            decision=header.decision or slot,
            pattern=template.pattern,
            constraints=header.constraints,
            template=template.name,
            repository_scope=header.repository_scope and bool(context.root),
        )
        yield file, points


def _path(template: TemplateFile, context: RenderContext, item: Any) -> str:
    """The generated path. Files of repository scope carry the slug where the project is not the repository's root."""
    path = template.target.replace("__package__", context.requirements.package)
    path = path.replace("__slug__", context.requirements.slug)
    if item is not None:
        path = path.replace("__item__", str(item["name"] if isinstance(item, Mapping) else item))
    if template.header.repository_scope and context.root:
        folder, _, name = path.rpartition("/")
        path = f"{folder}/{context.requirements.slug}-{name}" if folder else name
    if not _SAFE_PATH.match(path) or ".." in path.split("/") or len(path) > 240:
        raise Defect(f"template {template.name}: {path!r} is not a path that can be written")
    return path


def tree_digest(files: Collection[GeneratedFile]) -> str:
    """sha256 over paths, modes and contents of a rendered tree."""
    total = hashlib.sha256()
    for file in sorted(files, key=lambda f: (f.path, f.repository_scope)):
        total.update(f"{file.path}\0{file.mode}\0{file.sha256}\n".encode())
    return total.hexdigest()
