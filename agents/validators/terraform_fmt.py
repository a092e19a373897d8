"""terraform fmt: Terraform is laid out canonically. Needs the binary, which a machine may lack."""

import re

from agents.validators.execution.binary import execute, first_line, relative, shown
from agents.validators.terraform.installed import QUIET, ask, lacking
from agents.validators.validator import Checkout, Note, Outcome, Validator, suffix

_ERROR = re.compile(r"on (?P<path>\S+) line (?P<line>\d+)")


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    terraform = ask(checkout)
    if terraform is None:
        return lacking()
    version = terraform.version
    fixed = ["fmt", "-check", "-recursive", "-no-color"]
    done = execute("terraform", fixed, checkout, extra=QUIET)
    assert done is not None
    arguments, said = shown(fixed, checkout), done.stderr.decode("utf-8", "replace")
    if done.failure or done.exit_code not in (0, 2, 3):
        reason = done.failure or first_line(done.stderr, checkout)
        return Outcome(version=version, arguments=arguments, exit_code=done.exit_code, failure=reason)
    notes = [
        Note(
            "unformatted",
            relative(line, checkout),
            "not laid out as terraform fmt writes it",
            remediation="run terraform fmt",
        )
        for line in done.stdout.decode("utf-8", "replace").splitlines()
        if line.strip()
    ]
    for place in _ERROR.finditer(said):
        path = relative(place["path"], checkout)
        notes.append(Note("invalid-hcl", path, first_line(done.stderr, checkout), line=int(place["line"])))
    if done.exit_code and not notes:
        return Outcome(
            version=version,
            arguments=arguments,
            exit_code=done.exit_code,
            failure=first_line(done.stderr, checkout),
        )
    return Outcome(notes=tuple(notes), version=version, arguments=arguments, exit_code=done.exit_code)


VALIDATOR = Validator(
    "terraform-fmt",
    False,
    "terraform fmt",
    suffix(".tf", ".tfvars", ".tftest.hcl"),
    _run,
    taste=True,
    evidence="terraform",
)
