"""One passage of a thread through the graph: begun, continued after a crash, or resumed after a gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from agents.graph.build import build
from agents.graph.context import Engine
from agents.graph.state import RunMeta, State, Trigger

STATE_VERSION = 1
"""Version of the state's shape; a stored state of another version is refused, not guessed at."""


@dataclass(frozen=True)
class Passage:
    """Where a thread stands. `waiting` is what a gate asks (None: it ran to its end)."""

    state: State
    checkpoint_id: str
    waiting: Mapping[str, Any] | None


def new_run(
    *,
    thread_id: str,
    source: str,
    path: str = "constraints.yaml",
    root: str = "",
    surroundings: str = "",
    trigger: Trigger = "constraints_updated",
    as_of: str | None = None,
) -> RunMeta:
    """The first state of a run. `source` is the sha256 of the constraint file's bytes in the artifact store."""
    return RunMeta(
        schema_version=STATE_VERSION,
        thread_id=thread_id,
        path=path,
        root=root,
        source=source,
        surroundings=surroundings,
        trigger=trigger,
        as_of=as_of,
        intake_rounds=0,
        planning_rounds=0,
        codegen_rounds=0,
    )


def begun(checkpointer: BaseCheckpointSaver[Any], thread_id: str) -> RunMeta | None:
    """How the thread was begun, or None if it has no checkpoint yet."""
    found = checkpointer.get_tuple({"configurable": {"thread_id": thread_id}})
    if found is None:
        return None
    meta: RunMeta | None = found.checkpoint["channel_values"].get("run_meta")
    return meta


def advance(
    engine: Engine,
    checkpointer: BaseCheckpointSaver[Any],
    meta: RunMeta,
    resume: Mapping[str, Any] | None = None,
) -> Passage:
    """Takes the thread as far as it goes now. Whatever was finished before a crash is not done again.

    A thread that waits at a gate stays there until `resume` is given; a finished one is left alone. Raises Stopped,
    RetryLater or Defect as the nodes do; the thread can be advanced again afterwards.
    """
    graph = build(checkpointer)
    config: RunnableConfig = {"configurable": {"thread_id": meta["thread_id"]}, "recursion_limit": 60}
    before = graph.get_state(config)
    todo: State | Command[Any] | None = None
    if not before.values:
        todo = State(run_meta=meta)
    elif before.interrupts:
        if resume is None:
            return _passage(before)
        todo = Command(resume=dict(resume))
    elif not before.next:
        return _passage(before)
    graph.invoke(todo, config, context=engine, durability="sync")
    return _passage(graph.get_state(config))


def _passage(snapshot: Any) -> Passage:
    waiting = snapshot.interrupts[0].value if snapshot.interrupts else None
    return Passage(
        state=snapshot.values,
        checkpoint_id=str(snapshot.config["configurable"].get("checkpoint_id", "")),
        waiting=waiting,
    )
