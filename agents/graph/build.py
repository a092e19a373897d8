"""The order. This one readable file says what runs after what; nothing else does (DESIGN §1, rule 10)."""

from collections.abc import Callable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.graph import nodes, routing
from agents.graph.context import Engine
from agents.graph.state import NODES, State

Graph = CompiledStateGraph[State, Engine, State, State]
Node = Callable[[State, Engine], State]

BODIES: dict[str, Node] = {name: getattr(nodes, name) for name in NODES}


def build(checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    """The compiled graph of the twelve nodes. Invoke it with `durability="sync"` only (RELIABILITY.md §0.3)."""
    graph: StateGraph[State, Engine, State, State] = StateGraph(State, context_schema=Engine)
    for name in NODES:
        graph.add_node(name, _step(name, BODIES[name]))  # type: ignore[call-overload]

    graph.add_edge(START, "intake_extract")
    graph.add_conditional_edges("intake_extract", routing.after_intake, ["coverage_check", END])
    graph.add_edge("coverage_check", "adaptive_questions")
    graph.add_conditional_edges("adaptive_questions", routing.after_questions, ["intake_extract", "planner"])
    graph.add_conditional_edges("planner", routing.after_planner, ["critic_tech", END])
    graph.add_conditional_edges("critic_tech", routing.after_critic_tech, ["planner", "critic_cost"])
    graph.add_edge("critic_cost", "policy_eval")
    graph.add_edge("policy_eval", "gate_hitl")
    graph.add_conditional_edges("gate_hitl", routing.after_gate, ["codegen", END])
    graph.add_edge("codegen", "validators")
    graph.add_conditional_edges("validators", routing.after_validators, ["codegen", "rationale_compile"])
    graph.add_edge("rationale_compile", "diff_and_persist")
    graph.add_edge("diff_and_persist", END)
    return graph.compile(checkpointer=checkpointer)


def _step(name: str, body: Node) -> Callable[[State, Runtime[Engine]], State]:
    def run(state: State, runtime: Runtime[Engine]) -> State:
        engine = runtime.context
        engine.pulse.check()
        engine.events.emit("node-started", {"node_name": name})
        update = body(state, engine)
        engine.pulse.check()
        engine.events.emit("node-finished", {"node_name": name})
        return update

    run.__name__ = name
    return run
