"""Retrying a call: back-off with jitter, Retry-After, the model's breaker, then the second model.

Waiting, time and chance are given, so that tests need neither.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.errors import BadInput
from agents.llm.claude.breaker import Breaker
from agents.llm.claude.door import Request, Said, Trouble
from agents.llm.provider import Usage

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
"""A longer wait is the breaker's matter: another model is asked meanwhile."""
TRUNCATED_FACTOR = 2
"""An answer that was cut off is asked for once more with this many times the room."""


@dataclass(frozen=True)
class Patience:
    """How often, and how it waits. `chance` is uniform in [0, 1)."""

    tries: int = 3
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def wait_s(self, failures: int) -> float:
        """Full jitter: anything up to twice as long with every failure."""
        longest: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**failures)
        return self.chance() * longest


@dataclass
class Outcome:
    """What came of it. `said` None: nobody answered, and `why` says in words what each model did."""

    said: Said | None = None
    model: str = ""
    why: str = ""
    spent: list[tuple[str, Usage]] = field(default_factory=list)
    """What each call took, by model, those that failed among them."""
    retries: int = 0


Call = Callable[[Request], Awaitable[Said]]


async def persist(
    call: Call, requests: Sequence[Request], breakers: Mapping[str, Breaker], patience: Patience
) -> Outcome:
    """Asks the models of `requests` in turn until one answers. Raises BadInput where a person must act first."""
    outcome, told = Outcome(), list[str]()
    for request in requests:
        why = await _one_model(call, request, breakers[request.model], patience, outcome)
        if outcome.said is not None:
            return outcome
        told.append(why)
    outcome.why = "; ".join(told)
    return outcome


async def _one_model(call: Call, request: Request, breaker: Breaker, patience: Patience, outcome: Outcome) -> str:
    """Why this model did not answer, "" if it did."""
    roomier, failures = False, 0
    while True:
        if not breaker.admits():
            return f"{request.model} is left alone for a while after repeated failures"
        outcome.retries += bool(outcome.spent)
        try:
            said = await call(request)
        except Trouble as trouble:
            outcome.spent.append((request.model, trouble.usage))
            _heed(breaker, trouble)
            if trouble.kind == "person":
                raise BadInput(f"{trouble.why}.", remedy="docs/claude.md says what to set.") from None
            if trouble.kind == "truncated" and not roomier:
                roomier, request = True, _roomier(request)
                continue
            failures += 1
            if trouble.kind != "passing":
                return trouble.why
            if failures >= patience.tries or (trouble.wait_s or 0) > LONGEST_WAIT_S:
                return f"{trouble.why}, {failures} {'tries' if failures > 1 else 'try'}"
            await patience.sleep(max(trouble.wait_s or 0.0, patience.wait_s(failures)))
        except BaseException:
            breaker.ended()  # cancelled: it says nothing of the model
            raise
        else:
            breaker.succeeded()
            outcome.said, outcome.model = said, request.model
            outcome.spent.append((request.model, said.usage))
            return ""


def _heed(breaker: Breaker, trouble: Trouble) -> None:
    if trouble.kind == "passing":
        long = trouble.wait_s is not None and trouble.wait_s > LONGEST_WAIT_S
        breaker.failed(trouble.wait_s if long else None)
    elif trouble.kind in ("refused", "truncated"):
        breaker.succeeded()
    else:
        breaker.ended()


def _roomier(request: Request) -> Request:
    return replace(request, max_tokens=request.max_tokens * TRUNCATED_FACTOR)
