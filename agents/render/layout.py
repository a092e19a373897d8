"""Python as `ruff format` writes it: how long the project's names are decides where lines break and imports sort."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from agents.domain.files import GeneratedFile, git_blob_sha
from agents.errors import Defect
from agents.ports import ArtifactStore

SETTINGS = ("--isolated", "--no-cache", "--quiet", "--target-version", "py311")
LINE_LENGTH = "88"
"""ruff's own, which the generated pyproject.toml keeps."""
TIME_LIMIT_S = 60


def lay_out(files: tuple[GeneratedFile, ...], artifacts: ArtifactStore) -> tuple[GeneratedFile, ...]:
    """The files with Python sorted and laid out, in two calls over the tree; all others as they are.

    ruff is pinned in the lock, so the same text always comes out. Raises Defect if it is missing or cannot read a file.
    """
    python = [file for file in files if file.path.endswith(".py")]
    if not python:
        return files
    with tempfile.TemporaryDirectory(prefix="mlwright-layout-") as folder:
        root = Path(folder)
        for file in python:
            target = root / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(artifacts.get(file.sha256))
        _ruff(root, ["check", "--fix", "--select", "I", "--config", 'src=["src", "."]'])
        _ruff(root, ["format", "--line-length", LINE_LENGTH])
        laid_out = {file.path: _stored(file, (root / file.path).read_bytes(), artifacts) for file in python}
    return tuple(laid_out.get(file.path, file) for file in files)


def _ruff(root: Path, arguments: Iterable[str]) -> None:
    binary = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if binary is None:
        raise Defect("ruff is not installed", remedy="run: make setup")
    done = subprocess.run(
        [binary, *arguments, *SETTINGS, "."],
        cwd=root,
        env={"LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise Defect(f"a generated Python file cannot be laid out: {done.stdout.decode() or done.stderr.decode()}")


def _stored(file: GeneratedFile, content: bytes, artifacts: ArtifactStore) -> GeneratedFile:
    update = {"sha256": artifacts.put(content, file.path), "blob": git_blob_sha(content), "size": len(content)}
    return file.model_copy(update=update)
