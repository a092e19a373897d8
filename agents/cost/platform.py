"""What the choices of agents add to the bill beside patterns: the orchestrator (agent 5)."""

from collections.abc import Mapping
from decimal import Decimal

from agents.domain.cost import BomLine
from agents.domain.outputs.pipelines_blueprint import PipelinesBlueprint
from agents.domain.outputs.tech_stack import Orchestrator, TechStack
from agents.domain.plan import AgentOutput
from agents.patterns.facts import MONTH_DAYS

SLOT = "platform"
STEPS_A_RUN = 12
"""State transitions of one pipeline run, retries included (unverified)."""


def platform_bom(outputs: Mapping[str, AgentOutput]) -> tuple[BomLine, ...]:
    """Lines for what `tech_stack` decided; none before that agent has spoken. Airflow and a tracking server are taken only
    where the team runs one already, so that nothing is added; GitHub minutes are not AWS's."""
    stack = outputs.get("tech_stack")
    if not isinstance(stack, TechStack) or stack.orchestrator is not Orchestrator.STEP_FUNCTIONS:
        return ()
    amount = _runs_a_month(outputs) * STEPS_A_RUN / 1000
    return (
        BomLine(
            slot=SLOT,
            pattern=f"{SLOT}:{stack.orchestrator}",
            component="State transitions",
            service="stepfunctions",
            sku="standard.transitions",
            quantity=Decimal(f"{amount:.9g}"),
            driver="schedules",
            resource="aws_sfn_state_machine",
        ),
    )


def _runs_a_month(outputs: Mapping[str, AgentOutput]) -> float:
    blueprint = outputs.get("pipelines_blueprint")
    if not isinstance(blueprint, PipelinesBlueprint):
        return MONTH_DAYS
    scheduled = [p for p in blueprint.pipelines if p.trigger in ("schedule", "upstream")]
    return blueprint.runs_per_day * MONTH_DAYS * max(1, len(scheduled))
