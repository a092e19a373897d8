"""Where the graph goes after a node that can end or go back. Every back edge is bounded (DESIGN §2)."""

from langgraph.graph import END
from langgraph.runtime import Runtime

from agents.domain.findings import Severity
from agents.domain.validation import ValidationReport
from agents.graph.context import Engine
from agents.graph.state import Covered, Critics, Gate, Intake, Planned, State

MAX_CODEGEN_ROUNDS = 2
"""Times that code is generated at most: validators and the implementation review may send it back once."""


def after_intake(state: State, runtime: Runtime[Engine]) -> str:
    intake = runtime.context.load(state["constraints"], Intake)
    return END if intake.constraints is None or intake.unchanged else "coverage_check"


def after_questions(state: State, runtime: Runtime[Engine]) -> str:
    """Answers changed the file: read it again. Still blocked (the run was resumed without an answer): ask again."""
    covered = runtime.context.load(state["coverage"], Covered)
    return "intake_extract" if covered.requirements is None else "planner"


def after_planner(state: State, runtime: Runtime[Engine]) -> str:
    return END if runtime.context.load(state["plan"], Planned).plan is None else "critic_tech"


def after_critic_tech(state: State, runtime: Runtime[Engine]) -> str:
    report = runtime.context.load(state["critics"], Critics).last("technical")
    return "planner" if report is not None and report.sent_back else "critic_cost"


def after_gate(state: State, runtime: Runtime[Engine]) -> str:
    return END if runtime.context.load(state["hitl"], Gate).status == "changes_requested" else "codegen"


def after_validators(state: State, runtime: Runtime[Engine]) -> str:
    """Back to code generation while findings on generated files name an agent and a round is left."""
    report = runtime.context.load(state["validation"], ValidationReport)
    if state["run_meta"]["codegen_rounds"] >= MAX_CODEGEN_ROUNDS:
        return "rationale_compile"
    review = runtime.context.load(state["critics"], Critics).last("implementation")
    findings = [f for result in report.results for f in result.findings] + list(review.findings if review else ())
    mendable = any(finding.agent and finding.severity is Severity.ERROR for finding in findings)
    return "codegen" if mendable else "rationale_compile"
