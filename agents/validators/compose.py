"""docker compose config: compose files are what Docker understands. Run where a machine has Docker with its compose plugin.

Nothing is built, pulled or started; files that a compose file names are not read into the answer.
"""

import re

from agents.validators.execution.binary import execute, first_line, missing, shown
from agents.validators.validator import Checkout, Note, Outcome, Validator

_FILE = re.compile(r"(^|/)(docker-)?compose[\w.-]*\.ya?ml$")
_LINE = re.compile(r"\bline (\d+)")
_REMEDY = "https://docs.docker.com/compose/install/"
_NO_PLUGIN = re.compile(rb"unknown (command|flag)|is not a docker command")
"""What the client says where `compose` is no word of it."""
_READS = re.compile(rb"^\s*-?\s*(?:include|extends|env_file|label_file|file)\s*:", re.MULTILINE)


def applies(path: str) -> bool:
    """`compose.yaml`, `docker-compose.dev.yml`."""
    return bool(_FILE.search(path))


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    reading = [path for path in paths if _READS.search(checkout.files[path])]
    if reading:
        text = f"{reading[0]} names further files, and Docker would read them wherever they are"
        return Outcome(skipped=text, remedy="write one file without include, extends and env_file")
    asked = execute("docker", ["compose", "version"], checkout)
    if asked is None:
        return missing("docker", _REMEDY)
    if asked.exit_code:
        if _NO_PLUGIN.search(asked.stderr + asked.stdout):
            return Outcome(skipped="docker has no compose plugin here", remedy=_REMEDY)
        return Outcome(exit_code=asked.exit_code, failure=asked.failure or first_line(asked.stderr, checkout))
    version = first_line(asked.stdout, checkout)
    fixed = ["compose", "--project-name", "judged", "--file"]
    options = ["config", "--quiet", "--no-interpolate"]
    notes: list[Note] = []
    code = 0
    for path in paths:
        done = execute("docker", [*fixed, path, *options], checkout)
        assert done is not None
        code = max(code, done.exit_code)
        if done.failure:
            return Outcome(tuple(notes), version, exit_code=done.exit_code, failure=done.failure)
        if done.exit_code:
            said = first_line(done.stderr, checkout)
            line = _LINE.search(said)
            notes.append(Note("invalid", path, said, line=int(line[1]) if line else 1))
    return Outcome(tuple(notes), version, shown([*fixed, "FILE", *options], checkout), code)


VALIDATOR = Validator("compose", False, "docker compose", applies, _run)
