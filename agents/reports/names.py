"""Names and words that several reports share: of agents, decision records, values, policy and tool marks."""

from agents.domain.constraints import Capability, WorkloadType
from agents.domain.files import DECISIONS
from agents.domain.validation import ToolResult

GOOD, WARN, BAD, WAIT = "✅", "⚠️", "❌", "⏸"
MARKS = {
    "pass": GOOD,
    "warn": WARN,
    "fail": BAD,
    "waived": WARN,
    "skipped": WAIT,
    "not_applicable": "·",
    "action_required": WAIT,
    "error": BAD,
    "warning": WARN,
    "info": "·",
}
"""Status marks; there are no other pictures in any text."""

_CAPABILITIES = frozenset(Capability)
_WORKLOADS = frozenset(WorkloadType)

FIRST_IMPLEMENTATION = 17
"""Number of the first implementation agent (DESIGN §2)."""


def record_path(number: int, agent: str) -> str:
    """Where an agent's decision record stands: `docs/decisions/011-deployment_serving.md`.

    The implementation agents (17 to 22) share one page: what they decide is how the same plan is written down.
    """
    if number >= FIRST_IMPLEMENTATION:
        number, agent = FIRST_IMPLEMENTATION, "implementation"
    return f"{DECISIONS}{number:03d}-{agent}.md"


def agent_title(agent: str) -> str:
    """`deployment_serving` → `Deployment serving`."""
    words = agent.replace("_", " ")
    return words[:1].upper() + words[1:]


def pattern_words(pattern: str) -> str:
    """`serve:aws-ecs-fargate` → `aws-ecs-fargate`: a pattern without its capability; any other word as it
    is.
    """
    capability, _, name = pattern.partition(":")
    return name if name and capability in _CAPABILITIES else pattern


def slot_words(slot: str) -> str:
    """`serve.online` → `serve (online)`."""
    capability, _, workload = slot.partition(".")
    return f"{capability} ({workload})" if workload in _WORKLOADS else slot


def not_verified(result: ToolResult) -> str:
    """`terraform fmt not verified (terraform is not installed)`, with the remedy where there is one."""
    remedy = f"; {result.remedy}" if result.remedy else ""
    return f"{result.tool} not verified ({result.reason}{remedy})"
