"""What a job module is: one message kind, one file, one `JOB`."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.jobs.services import Services
from bot.ports.work import Failure

PLUMBING = frozenset({"gate", "grants", "issue_intake", "job", "planning_run", "services"})


@dataclass(frozen=True)
class Job:
    """How messages of a kind are handled.

    `handle` may be called again for the same message after a crash, a stop or a RetryLater: everything it
    does is looked up before it is done. It calls `services.pulse.check()` between steps. `supersede`: a
    newer message of the same kind and concurrency key takes the place of older ones. `priority`: higher
    first. `failed` tells people (a check run, a comment) that the message will not be tried again; it is
    called once it is certain, and what it raises is only logged.
    """

    kind: str
    handle: Callable[[Any, Services], None]
    supersede: bool = False
    priority: int = 0
    failed: Callable[[Any, Services, Failure], None] | None = None


@cache
def discover() -> Mapping[str, Job]:
    """All jobs by kind. Raises TypeError for a module of this folder without its JOB."""
    import bot.jobs as folder

    found: dict[str, Job] = {}
    for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda m: m.name):
        if module.name in PLUMBING or module.name.startswith("_"):
            continue
        job = getattr(importlib.import_module(f"bot.jobs.{module.name}"), "JOB", None)
        if not isinstance(job, Job) or job.kind != module.name:
            raise TypeError(f"bot/jobs/{module.name}.py must have JOB = Job({module.name!r}, …)")
        found[job.kind] = job
    return found
