"""The child: serves the schema and runs `terraform` on each root module, in one process group under one limit.

`python -m agents.validators.terraform.session` with one JSON object on standard input (`Task`); writes one JSON object:
what Terraform said of each root. It judges nothing: `report.py` reads the answers.
"""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agents.validators.terraform.schemas import Packed, packed, read_schema

REGISTRY = "registry.terraform.io"


@dataclass(frozen=True)
class Task:
    """What to run. `folder` is a copy of the tree that may be written to; `roots` are folders in it, `tested` those
    with tests. `words` occur in the configuration, `declared` are its types. `mirrors` hold real providers.
    """

    terraform: str
    platform: str
    folder: str
    scratch: str
    roots: tuple[str, ...]
    tested: tuple[str, ...]
    words: tuple[str, ...]
    declared: tuple[str, ...]
    mirrors: tuple[str, ...] = ()


def run(task: Task) -> dict[str, Any]:
    """Per root: the lines of `init -json`, the answer of `validate -json`, the lines of `test -json`, and which
    providers were real.
    """
    scratch = Path(task.scratch)
    ours = [one for one in packed() if not _is_real(one, task)]
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(_configuration(task, ours))}
    with ExitStack() as stack:
        addresses = {}
        for one in ours:
            socket = scratch / f"{one.name}.sock"
            addresses[one.source] = socket
            if any(word.startswith(f"{one.name}_") for word in task.words) or one.name in task.words:
                from agents.validators.terraform.provider import serving  # gRPC: only where it is needed

                stack.enter_context(serving(socket, read_schema(one.path, task.words, task.declared)))
        return {root: _root(task, root, environment, addresses) for root in task.roots}


def _root(task: Task, root: str, environment: dict[str, str], addresses: dict[str, Path]) -> dict[str, Any]:
    folder = Path(task.folder) / root
    init = _terraform(task, folder, environment, "init", "-backend=false", "-input=false", "-json")
    answer: dict[str, Any] = {"init": init, "providers": {}}
    if init["code"]:
        return answer
    answer["providers"] = _installed(folder, Path(task.scratch))
    served = [source for source, origin in answer["providers"].items() if origin["schema_only"]]
    attached = {**environment, "TF_REATTACH_PROVIDERS": _reattach({source: addresses[source] for source in served})}
    answer["validate"] = _terraform(task, folder, attached, "validate", "-json")
    if root in task.tested and not answer["validate"]["code"] and len(served) == len(answer["providers"]):
        answer["test"] = _terraform(task, folder, attached, "test", "-json")
    return answer


def _terraform(task: Task, folder: Path, environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [task.terraform, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True
    )
    return {"code": done.returncode, "out": done.stdout.decode(), "err": done.stderr.decode("utf-8", "replace")[-4000:]}


def _installed(folder: Path, scratch: Path) -> dict[str, dict[str, Any]]:
    """Which providers `init` chose, and whether each is one of ours."""
    chosen = {}
    base = folder / ".terraform" / "providers"
    for place in sorted(base.glob("*/*/*/*/*")):
        host, namespace, name, version, _ = place.relative_to(base).parts
        ours = place.resolve().is_relative_to((scratch / "mirror").resolve())
        source = f"{namespace}/{name}" if host == REGISTRY else f"{host}/{namespace}/{name}"
        chosen[source] = {"version": version, "schema_only": ours}
    return chosen


def _is_real(one: Packed, task: Task) -> bool:
    return any((Path(mirror) / REGISTRY / one.source / one.version).is_dir() for mirror in task.mirrors)


def _configuration(task: Task, ours: list[Packed]) -> Path:
    """Terraform's own settings: providers from folders only, no registry, no check for updates.

    The plugins of our mirror are never started: `init` compares versions and notes them, and every later command is
    given the running provider.
    """
    scratch = Path(task.scratch)
    (scratch / "mirror").mkdir()
    for one in ours:
        leaf = scratch / "mirror" / REGISTRY / one.source / one.version / task.platform
        leaf.mkdir(parents=True)
        plugin = leaf / f"terraform-provider-{one.name}_v{one.version}"
        plugin.write_text("#!/bin/sh\necho 'a schema-only provider is not started from here' >&2\nexit 1\n")
        plugin.chmod(0o755)
    places = [*task.mirrors, str(scratch / "mirror")]
    blocks = "".join(f"  filesystem_mirror {{\n    path = {json.dumps(place)}\n  }}\n" for place in places)
    settings = scratch / "terraform.rc"
    no_registry = f'host "{REGISTRY}" {{\n  services = {{}}\n}}\n'
    settings.write_text(f"disable_checkpoint = true\nprovider_installation {{\n{blocks}}}\n{no_registry}")
    return settings


def _reattach(addresses: dict[str, Path]) -> str:
    """`Test` keeps Terraform from ending this process when it is done with the provider."""
    return json.dumps(
        {
            f"{REGISTRY}/{source}": {
                "Protocol": "grpc",
                "ProtocolVersion": 5,
                "Pid": os.getpid(),
                "Test": True,
                "Addr": {"Network": "unix", "String": str(socket)},
            }
            for source, socket in addresses.items()
        }
    )


def asked(task: Task) -> bytes:
    """The task as the child reads it."""
    return json.dumps(asdict(task)).encode()


if __name__ == "__main__":
    given = json.load(sys.stdin)
    listed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    json.dump(run(Task(**listed)), sys.stdout)
