"""terraform validate: every root module against the schemas of its providers, and its tests where it has some.

Where no real provider lies in a plugin folder, one that knows schemas only stands in (agents/validators/terraform): it
needs no registry, and its result says so.
"""

import json
import posixpath
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.validators.execution.process import find_binary, run
from agents.validators.execution.raw import transcript
from agents.validators.terraform.installed import QUIET, Terraform, ask, lacking, mirrors
from agents.validators.terraform.report import messages, read_root
from agents.validators.terraform.session import Task, asked
from agents.validators.terraform.tree import (
    ENDINGS,
    copied,
    declared,
    reading_outside,
    roots,
    runnable_tests,
    texts,
    with_tests,
    words,
)
from agents.validators.validator import Checkout, Note, Outcome, Said, Validator, suffix

_ARGUMENTS = ("validate", "-json")
_NO_WAY_OUT = {"GIT_ALLOW_PROTOCOL": "none", "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
"""A module from elsewhere is not fetched, even where the network cannot be cut off."""
_NOT_CAUGHT = "values that only the real provider knows are not judged: enumerations, JSON policies, naming rules"


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    configuration = texts(checkout.files)
    folders = roots(configuration)
    if not folders:
        return Outcome(skipped="the tree has no Terraform module")
    terraform = ask(checkout)
    if terraform is None:
        return lacking()
    if not terraform.platform:
        return Outcome(failure="terraform did not tell its version")
    outside = next(reading_outside(configuration, folders), None)
    if outside is not None:
        return Outcome(
            version=terraform.version,
            skipped=f"{outside.path}:{outside.line} {outside.message}, and Terraform would read it",
            remedy='name the file plainly, as in file("${path.module}/alerts.yaml"), within the repository',
        )
    task = _task(checkout, terraform, configuration, folders)
    done = run(
        [sys.executable, "-P", "-s", "-B", "-m", "agents.validators.terraform.session"],
        cwd=Path(task.scratch),
        scratch=checkout.scratch,
        seconds=300 if task.mirrors else 60,
        memory_mb=24_576,  # address space, not memory: Go reserves it, and a real provider is large
        stdin=asked(task),
        extra={**QUIET, **_NO_WAY_OUT, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    if done.failure or done.exit_code:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return Outcome(
            version=terraform.version,
            arguments=_ARGUMENTS,
            exit_code=done.exit_code,
            failure=done.failure or f"crashed: {last}",
        )
    answers = json.loads(done.stdout)
    return replace(_outcome(terraform, configuration, answers), raw=transcript(_said(answers), checkout))


def _said(answers: Mapping[str, Any]) -> Iterator[Said]:
    """Each step of each root as Terraform told it: its messages, and the diagnostics of validate as they are."""
    for root, answer in answers.items():
        for step in ("init", "validate", "test"):
            if step in answer:
                told = answer[step]
                command = f"terraform -chdir={root or '.'} {step} -json"
                yield Said(command, told["code"], messages(told["out"]).encode(), told["err"].encode())


def _task(checkout: Checkout, terraform: Terraform, configuration: Mapping[str, str], folders: tuple[str, ...]) -> Task:
    """Writes the copy that Terraform may work in: without lock files, whose hashes are those of other plugins."""
    base = checkout.scratch / "terraform"
    for path, content in checkout.files.items():
        if copied(path):
            target = base / "tree" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    binary = find_binary("terraform", checkout.search_path)
    assert binary is not None
    return Task(
        terraform=binary,
        platform=terraform.platform,
        folder=str(base / "tree"),
        scratch=str(base),
        roots=folders,
        tested=runnable_tests(configuration, folders),
        words=words(configuration),
        declared=declared(configuration),
        mirrors=mirrors(),
    )


def _outcome(terraform: Terraform, configuration: Mapping[str, str], answers: Mapping[str, Any]) -> Outcome:
    said = {root: read_root(root, answer, _home(configuration, root)) for root, answer in answers.items()}
    broken = next((one.broken for one in said.values() if one.broken), "")
    judged = [root for root, one in said.items() if not one.unjudged]
    unjudged = {root: one.unjudged for root, one in said.items() if one.unjudged}
    notes = tuple(dict.fromkeys(note for one in said.values() for note in one.notes))
    version = _version(terraform, answers)
    exit_code = max((answer.get("validate", answer["init"])["code"] for answer in answers.values()), default=0)
    if broken:
        return Outcome(notes, version, _ARGUMENTS, exit_code, failure=broken)
    if not judged and not notes:
        return Outcome(
            version=version,
            arguments=_ARGUMENTS,
            skipped=_listed(unjudged),
            remedy="put its providers into a plugin folder: terraform providers mirror ~/.terraform.d/plugins",
        )
    lacking = [(root, "not-validated", f"this root module was not validated: {why}") for root, why in unjudged.items()]
    for root in judged:
        if with_tests(configuration, root) and "test" not in answers[root]:
            lacking.append((root, "tests-not-run", _tests_left(answers[root])))
    said_so = tuple(Note(rule, _home(configuration, root), text, level="warning") for root, rule, text in lacking)
    covered = _covered(judged, answers)
    return Outcome((*notes, *said_so), version, _ARGUMENTS, exit_code, covered=covered)


def _tests_left(answer: Mapping[str, Any]) -> str:
    if answer.get("validate", answer["init"])["code"]:
        return "its tests were not run, since it is not valid"
    return "its tests were not run: they, or a real provider in a plugin folder, could run programs here"


def _home(configuration: Mapping[str, str], root: str) -> str:
    inside = [path for path in configuration if posixpath.dirname(path) == root and path.endswith((".tf", ".tf.json"))]
    main = posixpath.join(root, "main.tf")
    return main if main in inside else inside[0]


def _version(terraform: Terraform, answers: Mapping[str, Any]) -> str:
    """What judged: the binary, and each provider with how it was there."""
    kind = {True: "schema-only provider", False: "provider"}
    used = {
        f"{kind[chosen['schema_only']]} {source.rpartition('/')[2]} {chosen['version']}"
        for answer in answers.values()
        for source, chosen in answer["providers"].items()
    }
    return ", ".join([terraform.version, *sorted(used)])


def _covered(judged: Iterable[str], answers: Mapping[str, Any]) -> str:
    parts = [f"root modules: {', '.join(root or '.' for root in judged)}"]
    ran = [root or "." for root, answer in answers.items() if "test" in answer]
    if ran:
        parts.append(f"terraform test ran in {', '.join(ran)}")
    if any(chosen["schema_only"] for answer in answers.values() for chosen in answer["providers"].values()):
        parts.append(_NOT_CAUGHT)
    return "; ".join(parts)


def _listed(unjudged: Mapping[str, str]) -> str:
    reasons = dict.fromkeys(unjudged.values())
    return "; ".join(
        f"{', '.join(root or '.' for root, why in unjudged.items() if why == reason)}: {reason}" for reason in reasons
    )


VALIDATOR = Validator(
    "terraform-validate", False, "terraform validate", suffix(*ENDINGS, ".tfvars"), _run, evidence="terraform"
)
