"""The order. This one readable file says what runs after what; nothing else does (DESIGN §1, rule 10)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents import implementation, planning
from agents.graph import routing
from agents.graph.context import Engine
from agents.graph.nodes.generation import codegen, validators
from agents.graph.nodes.intake import adaptive_questions, coverage_check, intake_extract
from agents.graph.nodes.judging import critic_cost, critic_tech, gate_hitl, policy_eval
from agents.graph.nodes.planning import planner
from agents.graph.nodes.reporting import diff_and_persist, rationale_compile
from agents.graph.seats import IMPLEMENTATION, PLANNING, seated
from agents.graph.state import NODES, State

Graph = CompiledStateGraph[State, Engine, State, State]
Node = Callable[[State, Engine], State]


def bodies() -> dict[str, Node]:
    """Node name to body, in order."""
    return {
        "intake_extract": intake_extract,
        "coverage_check": coverage_check,
        "adaptive_questions": adaptive_questions,
        "planner": partial(planner, seated(planning, PLANNING)),
        "critic_tech": critic_tech,
        "critic_cost": critic_cost,
        "policy_eval": policy_eval,
        "gate_hitl": gate_hitl,
        "codegen": partial(codegen, seated(implementation, IMPLEMENTATION)),
        "validators": validators,
        "rationale_compile": rationale_compile,
        "diff_and_persist": diff_and_persist,
    }


def build(checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    """The compiled graph of the twelve nodes. Invoke it with `durability="sync"` only (RELIABILITY.md §0.3)."""
    graph: StateGraph[State, Engine, State, State] = StateGraph(State, context_schema=Engine)
    own = bodies()
    for name in NODES:
        graph.add_node(name, _step(name, own[name]))  # type: ignore[call-overload]  # a Runtime-taking function

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
