"""Extension points of templates: declared in the header, marked by two lines in the text, cut out of what is rendered.

The marks are no part of a generated file. Where a model may write is decided here and by the headers alone: only below the folders of
`PLACES`, which hold no infrastructure, no workflow, no configuration and no lock.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from agents.domain.files import GeneratedFile, git_blob_sha
from agents.domain.points import ExtensionPoint, PointDeclaration
from agents.errors import Defect
from agents.ports import ArtifactStore

PLACES: Final = {
    "python": re.compile(r"src/[\w/]+\.py"),
    "markdown": re.compile(r"docs/[\w-]+\.md"),
    "prompt": re.compile(r"prompts/[\w-]+\.md"),
}
"""By kind, the only paths where an extension point may be (whole matches)."""
MOST_LINES: Final = 120
_ID = re.compile(r"[a-z][a-z0-9-]{2,39}")
_MARK = re.compile(r"^#mlwright:(?:extend (?P<id>\S+)|(?P<end>end))\n", re.MULTILINE)


def declarations(name: str, raw: Mapping[str, Any]) -> tuple[PointDeclaration, ...]:
    """The header key `extend`. Raises Defect for what is unknown, missing or out of bounds."""
    found = []
    for id, value in raw.items():
        try:
            found.append(PointDeclaration.model_validate({**value, "id": id}))
        except (ValidationError, TypeError) as error:
            raise Defect(f"template {name}: extension point {id}: {error}") from error
        if not _ID.fullmatch(str(id)) or not 1 <= found[-1].most_lines <= MOST_LINES or not found[-1].about.strip():
            raise Defect(
                f"template {name}: extension point {id}: a short id, 1 to {MOST_LINES} lines, and words about it"
            )
    return tuple(found)


def require_place(name: str, target: str, points: Iterable[PointDeclaration]) -> None:
    """Raises Defect if a template for `target` may not have those points."""
    for point in points:
        if not PLACES[point.kind].fullmatch(target):
            raise Defect(f"template {name}: {target} may not hold {point.kind} that a model writes")


def cut(path: str, declared: tuple[PointDeclaration, ...], rendered: str) -> tuple[str, tuple[ExtensionPoint, ...]]:
    """The text of the file at `path` without marks, and the places that were marked. Raises Defect unless marks and declarations
    agree; a declared place may be left out where the template's own conditions leave it out."""
    if not declared:
        return rendered, ()
    known = {point.id: point for point in declared}
    text, places, opened, last = "", list[tuple[PointDeclaration, int, int]](), None, 0
    for mark in _MARK.finditer(rendered):
        text += rendered[last : mark.start()]
        last = mark.end()
        if mark["end"] is None and opened is None and mark["id"] in known:
            opened = (known.pop(mark["id"]), len(text))
        elif mark["end"] is not None and opened is not None:
            places.append((*opened, len(text)))
            opened = None
        else:
            raise Defect(f"{path}: {mark[0].strip()!r} is not declared, not closed, or there twice")
    if opened is not None:
        raise Defect(f"{path}: extension point {opened[0].id} is not closed")
    text += rendered[last:]
    return text, tuple(
        ExtensionPoint(declared=point, path=path, before=text[:start], text=text[start:end], after=text[end:])
        for point, start, end in places
    )


def filled(
    files: Iterable[GeneratedFile],
    points: Iterable[ExtensionPoint],
    texts: Mapping[str, str],
    artifacts: ArtifactStore,
) -> tuple[GeneratedFile, ...]:
    """The rendered files with other texts at some extension points (id to text). Raises Defect for an id that is none of `points`."""
    by_path: dict[str, list[ExtensionPoint]] = {}
    for point in points:
        if point.id in texts:
            by_path.setdefault(point.path, []).append(point)
    foreign = texts.keys() - {point.id for of in by_path.values() for point in of}
    if foreign:
        raise Defect(f"there is no extension point {', '.join(sorted(foreign))}")
    return tuple(_filled(files, by_path, texts, artifacts))


def _filled(
    files: Iterable[GeneratedFile],
    by_path: Mapping[str, list[ExtensionPoint]],
    texts: Mapping[str, str],
    artifacts: ArtifactStore,
) -> Iterator[GeneratedFile]:
    for file in files:
        if file.path not in by_path:
            yield file
            continue
        text = artifacts.get(file.sha256).decode("utf-8")
        for point in sorted(by_path[file.path], key=lambda p: -len(p.before)):  # from the end: places before it stay
            text = text[: len(point.before)] + texts[point.id] + text[len(point.before) + len(point.text) :]
        content = text.encode("utf-8")
        yield file.model_copy(
            update={"sha256": artifacts.put(content, file.path), "blob": git_blob_sha(content), "size": len(content)}
        )
