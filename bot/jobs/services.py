"""What a job is given: everything outside, as ports, bound to the job's lease."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from agents.ports import Pulse
from bot.messages import Message
from bot.ports.github import GitHub
from bot.ports.ledger import Ledger
from bot.ports.registration import Registration
from bot.ports.work import Claimed
from bot.settings import Settings

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from agents.domain.constraints import Constraints
    from agents.domain.findings import Location
    from agents.llm.provider import Provider
    from bot.ports.ledger import Purse


@dataclass(frozen=True)
class Services:
    """One job's surroundings; made by `bot.bootstrap` after the claim, gone when the job ends.

    `checkpoints` opens the thread store (fenced); `prune` drops a thread's history but its last state;
    `provider` makes who answers for the agents (BadInput if that cannot be: `bot.bootstrap.build_provider`);
    `enqueue` records a further job (None: it was recorded before). `run_url` is where this run can be watched, if not on a
    run page (a workflow's own page).
    """

    settings: Settings
    claimed: Claimed
    ledger: Ledger
    pulse: Pulse
    github: GitHub
    checkpoints: "Callable[[], AbstractContextManager[BaseCheckpointSaver[str]]]"
    prune: Callable[[UUID], None]
    provider: "Callable[[Constraints | None, Location | None, Purse], Provider]"
    enqueue: Callable[[Message], UUID | None]
    run_url: str | None = None
    registration: Callable[[], Registration] | None = None
