"""The `terraform` binary of this machine: its version and platform, asked once for every validator that runs it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from agents.validators.execution.binary import execute, missing
from agents.validators.validator import Checkout, Outcome

QUIET = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": "/dev/null"}
_SHARED = ("/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins")


@dataclass(frozen=True)
class Terraform:
    """Version and platform as the binary tells them: ("terraform 1.11.4", "linux_amd64")."""

    version: str
    platform: str


def ask(checkout: Checkout) -> Terraform | None:
    """None where there is no `terraform`. A binary that does not answer has neither version nor platform."""
    done = execute("terraform", ["version", "-json"], checkout, extra=QUIET)
    if done is None:
        return None
    try:
        said = json.loads(done.stdout)
        return Terraform(f"terraform {said['terraform_version']}", said["platform"])
    except (ValueError, KeyError, TypeError):
        return Terraform("", "")


def lacking() -> Outcome:
    """The outcome where there is none."""
    return missing("terraform", "install Terraform 1.11 or later: https://developer.hashicorp.com/terraform/install")


def mirrors() -> tuple[str, ...]:
    """Folders in which Terraform itself would look for plugins, as far as they are there, and its plugin cache.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    own = [Path.home() / ".terraform.d/plugins", Path.home() / ".local/share/terraform/plugins"]
    cache = os.environ.get("TF_PLUGIN_CACHE_DIR")
    places = [*own, *map(Path, _SHARED), *([Path(cache)] if cache else [])]
    return tuple(str(place) for place in places if place.is_dir())
