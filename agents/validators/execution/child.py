"""Runs one Python check in a process of its own: a crash, a bomb or an endless loop ends the child, not
the run.

`python -m agents.validators.execution.child agents.validators.yaml_syntax` with a JSON list of paths on
standard input, in the tree's folder. Writes one JSON object: the version of the library and the notes.
"""

import importlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from agents.validators.execution.process import run
from agents.validators.validator import Checkout, Note, Outcome

Inspect = Callable[[str, bytes], Iterable[Note]]


def inspect_all(inspect: Inspect, folder: Path, paths: Iterable[str]) -> list[Note]:
    """Every note of every file. Text too deeply nested for the parser is a note, not a crash."""
    notes: list[Note] = []
    for path in paths:
        try:
            notes.extend(inspect(path, (folder / path).read_bytes()))
        except (RecursionError, MemoryError):
            notes.append(Note("too-deep", path, "nested too deeply to be read", remediation="flatten it"))
    return notes


def in_child(module: str) -> Callable[[Checkout, tuple[str, ...]], Outcome]:
    """A validator's `run` that has `module.inspect` look at each file in a child process."""

    def judge(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
        command = [sys.executable, "-P", "-s", "-B", "-m", "agents.validators.execution.child", module]
        done = run(
            command,
            cwd=checkout.folder,
            scratch=checkout.scratch,
            stdin=json.dumps(paths).encode(),
            extra={"PYTHONPATH": str(Path(__file__).resolve().parents[3]), "PYTHONIOENCODING": "utf-8"},
        )
        arguments = (module.rpartition(".")[2],)
        if done.failure or done.exit_code:
            last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            return Outcome(arguments=arguments, exit_code=done.exit_code, failure=done.failure or f"crashed: {last}")
        answer = json.loads(done.stdout)
        notes = tuple(Note(**note) for note in answer["notes"])
        return Outcome(notes=notes, version=answer["version"], arguments=arguments)

    return judge


def main(module: str) -> None:
    """The child itself. Raises whatever a broken check raises: the parent reports that as a crash."""
    check = importlib.import_module(module)
    notes = inspect_all(check.inspect, Path(), json.load(sys.stdin))
    json.dump({"version": check.version(), "notes": [asdict(note) for note in notes]}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
