"""What the choices of agents add to the bill beside patterns: orchestrator and experiment tracking (agent 5)."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from agents.domain.cost import BomLine
from agents.domain.outputs.pipelines_blueprint import PipelinesBlueprint
from agents.domain.outputs.tech_stack import Orchestrator, TechStack, Tracking
from agents.domain.plan import AgentOutput
from agents.patterns.facts import MONTH_DAYS, MONTH_HOURS

SLOT = "platform"
STEPS_A_RUN = 12
"""State transitions of one pipeline run, retries included (unverified)."""


def platform_bom(outputs: Mapping[str, AgentOutput], existing: Collection[str] = ()) -> tuple[BomLine, ...]:
    """Lines for what `tech_stack` decided; none before that agent has spoken. What already runs (`existing_stack`)
    is paid for already, and GitHub minutes are not AWS's."""
    stack = outputs.get("tech_stack")
    if not isinstance(stack, TechStack):
        return ()
    runs = {name.lower() for name in existing}
    return (*_orchestrator(stack, outputs, runs), *_tracking(stack, runs))


def _orchestrator(stack: TechStack, outputs: Mapping[str, AgentOutput], runs: Collection[str]) -> tuple[BomLine, ...]:
    choice = stack.orchestrator
    if choice is Orchestrator.AIRFLOW and not {"airflow", "mwaa"}.intersection(runs):
        return (
            _line("Airflow environment", "mwaa", "environment.small", MONTH_HOURS, "aws_mwaa_environment", choice),
            _line("Airflow metadata", "mwaa", "metadata_storage", 10, "aws_mwaa_environment", choice),
        )
    if choice is Orchestrator.STEP_FUNCTIONS:
        amount = _runs_a_month(outputs) * STEPS_A_RUN / 1000
        sku, resource = "standard.transitions", "aws_sfn_state_machine"
        line = _line("State transitions", "stepfunctions", sku, amount, resource, choice)
        return (line.model_copy(update={"driver": "schedules"}),)
    return ()


def _tracking(stack: TechStack, runs: Collection[str]) -> tuple[BomLine, ...]:
    choice = stack.tracking
    if choice is not Tracking.MLFLOW_SERVER or "mlflow" in runs:
        return ()
    database = "db.t4g.medium.single_az"
    return (
        _line("Tracking server vCPU hours", "fargate", "x86.vcpu", MONTH_HOURS, "aws_ecs_service", choice),
        _line("Tracking server memory hours", "fargate", "x86.memory", MONTH_HOURS * 2, "aws_ecs_service", choice),
        _line("Tracking database", "rds.postgresql", database, MONTH_HOURS, "aws_db_instance", choice),
    )


def _runs_a_month(outputs: Mapping[str, AgentOutput]) -> float:
    blueprint = outputs.get("pipelines_blueprint")
    if not isinstance(blueprint, PipelinesBlueprint):
        return MONTH_DAYS
    scheduled = [p for p in blueprint.pipelines if p.trigger in ("schedule", "upstream")]
    return blueprint.runs_per_day * MONTH_DAYS * max(1, len(scheduled))


def _line(component: str, service: str, sku: str, amount: float, resource: str, choice: str) -> BomLine:
    return BomLine(
        slot=SLOT,
        pattern=f"{SLOT}:{choice}",
        component=component,
        service=service,
        sku=sku,
        quantity=Decimal(f"{amount:.9g}"),
        driver="fixed",
        resource=resource,
    )
