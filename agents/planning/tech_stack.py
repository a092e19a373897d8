"""Agent 5: orchestrator, tracking and infrastructure tool, from what the team knows and runs already."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import DeploymentPref
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import PipelinesBlueprint, TechStack, VersioningGovernance
from agents.domain.outputs.tech_stack import Iac, Orchestrator, Tracking
from agents.expert.ask import ask
from agents.expert.project import knows, regulated, runs, words_of
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "tech_stack"
MWAA_FLOOR_USD = 358
"""Smallest managed Airflow environment, us-east-1, a month (price book, mwaa small)."""
STEP_FUNCTIONS_USD = 2
"""100,000 state transitions, us-east-1."""
RUNNER_MINUTES = 360
"""A job on a GitHub-hosted runner ends after six hours (GitHub docs, usage limits)."""
REUSE: dict[str, tuple[str, ...]] = {
    "GitHub Actions": ("github-actions",),
    "S3": ("s3",),
    "Airflow": ("airflow", "mwaa"),
    "MLflow": ("mlflow",),
    "Terraform": ("terraform",),
    "OpenTofu": ("opentofu", "tofu"),
    "Kafka": ("kafka", "msk"),
    "Kinesis": ("kinesis",),
    "Glue": ("glue",),
    "Spark": ("spark",),
    "SageMaker": ("sagemaker",),
    "ECS": ("ecs", "fargate"),
    "Lambda": ("lambda",),
    "CloudWatch": ("cloudwatch",),
    "Prometheus": ("prometheus", "grafana"),
    "DynamoDB": ("dynamodb",),
    "Iceberg": ("iceberg",),
    "DVC": ("dvc",),
}


def options(brief: Brief) -> tuple[Question, ...]:
    return (_orchestrator(brief), _tracking(brief), _iac(brief))


def _orchestrator_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    blueprint = brief.read("pipelines_blueprint", PipelinesBlueprint)
    scheduled = [p for p in blueprint.pipelines if p.trigger in ("schedule", "upstream")]
    longest = max(p.deadline_minutes for p in scheduled)
    airflow = runs(r, "airflow", "mwaa")
    steps = plural(len(scheduled), "scheduled step")
    return (
        option(
            Orchestrator.STEP_FUNCTIONS,
            f"AWS Step Functions starts and retries {steps}; about ${STEP_FUNCTIONS_USD} a month",
            (
                Fact(
                    r.deployment_pref is not DeploymentPref.KUBERNETES,
                    0.2,
                    "nothing stands while nothing runs",
                ),
                Fact(not airflow, 0.1, "no orchestrator is named in existing_stack"),
                Fact(longest > RUNNER_MINUTES, 0.1, f"waits {longest} minutes and longer without paying for it"),
            ),
            tradeoffs=("retries and history in the account; definitions are JSON, local runs need the local runner",),
            burden=1.5,
        ),
        option(
            Orchestrator.AIRFLOW,
            f"DAGs for {steps} in the Airflow that the team runs",
            (
                Fact(
                    airflow,
                    0.45,
                    "Airflow stands already: one more DAG costs nothing and people know its screen",
                ),
                Fact(knows(r, "airflow"), 0.05, "Airflow is a named skill"),
            ),
            refusals=(
                Refusal(
                    not airflow,
                    f"a new managed Airflow costs about ${MWAA_FLOOR_USD} a month before its first task; "
                    "name airflow in existing_stack if one runs",
                ),
            ),
            tradeoffs=("backfills and dependencies at a glance; upgrades of Airflow become yours",),
            burden=2.5 if airflow else 3.5,
        ),
        _github_actions(brief),
    )


def _github_actions(brief: Brief) -> Candidate:
    r = brief.requirements
    blueprint = brief.read("pipelines_blueprint", PipelinesBlueprint)
    scheduled = [p for p in blueprint.pipelines if p.trigger in ("schedule", "upstream")]
    longest = max(p.deadline_minutes for p in scheduled)
    steps = plural(len(scheduled), "scheduled step")
    return option(
        Orchestrator.GITHUB_ACTIONS,
        f"scheduled workflows start {steps}",
        (
            Fact(r.team_size <= 3, 0.3, f"a team of {r.team_size} already watches Actions"),
            Fact(blueprint.runs_per_day <= 1, 0.05, "one start a day tolerates a late schedule"),
            Fact(regulated(r), -0.2, "production credentials in CI are hard to explain to an auditor"),
            Fact(
                r.availability_target >= 99.9,
                -0.15,
                "schedules may be late or dropped under load (GitHub docs)",
            ),
        ),
        refusals=(
            Refusal(longest > RUNNER_MINUTES, f"a step may take {longest} minutes, a runner {RUNNER_MINUTES}"),
            Refusal(
                blueprint.runs_per_day > 4,
                f"{number(blueprint.runs_per_day)} starts a day; schedules drift",
            ),
        ),
        tradeoffs=("nothing new to run; not a scheduler with guarantees",),
        burden=1.0,
    )


def _orchestrator(brief: Brief) -> Question:
    r = brief.requirements
    blueprint = brief.read("pipelines_blueprint", PipelinesBlueprint)
    scheduled = [p for p in blueprint.pipelines if p.trigger in ("schedule", "upstream")]
    return ask(
        brief,
        NAME,
        "stack.orchestrator",
        f"What starts, orders and retries the {len(scheduled)} scheduled pipelines of {r.slug}?",
        _orchestrator_options(brief),
        rests_on=(
            "existing_stack",
            "team_constraints.skills",
            "team_constraints.size",
            "availability_target",
        ),
        flips={
            Orchestrator.STEP_FUNCTIONS: "without an orchestrator of your own, from four people or 99.9 % on",
            Orchestrator.AIRFLOW: "if existing_stack names one",
            Orchestrator.GITHUB_ACTIONS: "for up to three people, one start a day, below 99.9 %, no audits",
        },
        risks=(
            Risk(
                risk="a step that fails half-way is started again and writes twice",
                probe="kill each step once in dev and compare row counts with a clean run",
            ),
        ),
    )


def _tracking_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    versions = brief.read("versioning_governance", VersioningGovernance)
    server, sagemaker = (
        runs(r, "mlflow"),
        runs(r, "sagemaker") or brief.pins.get("train", "").endswith("training"),
    )
    return (
        option(
            Tracking.MLFLOW_FILES,
            "MLflow's client writes runs and models to files in the project's bucket",
            (
                Fact(r.team_size <= 5, 0.25, f"a team of {r.team_size} needs no server for its runs"),
                Fact(not server, 0.1, "no MLflow server is named"),
            ),
            tradeoffs=("no server, no cost beyond storage; no screen for people outside the repository",),
            burden=1.0,
        ),
        option(
            Tracking.MLFLOW_SERVER,
            "the MLflow server that the team runs",
            (
                Fact(server, 0.4, "an MLflow server stands already"),
                Fact(r.team_size > 5, 0.1, f"{r.team_size} people compare runs"),
            ),
            refusals=(
                Refusal(not server, "nobody runs an MLflow server; name mlflow in existing_stack if one stands"),
            ),
            tradeoffs=("everyone sees every run; the server must be up while training runs",),
            burden=2.0,
        ),
        option(
            Tracking.SAGEMAKER_REGISTRY,
            f"SageMaker Model Registry holds the stages {listed(versions.model_stages)}",
            (
                Fact(regulated(r), 0.25, "approval of a model is an audited call with a name"),
                Fact(sagemaker, 0.2, "SageMaker is in use"),
                Fact(r.team_size > 5, 0.1, f"{r.team_size} people need one list of what is live"),
            ),
            tradeoffs=("approvals under IAM; leaving AWS means moving the registry",),
            burden=1.5,
        ),
    )


def _tracking(brief: Brief) -> Question:
    r = brief.requirements
    return ask(
        brief,
        NAME,
        "stack.tracking",
        f"Where are runs and model versions of {r.slug} recorded?",
        _tracking_options(brief),
        rests_on=("existing_stack", "team_constraints.size", "compliance", "data_classification"),
        flips={
            Tracking.MLFLOW_FILES: "for up to five people without a server",
            Tracking.MLFLOW_SERVER: "if existing_stack names mlflow",
            Tracking.SAGEMAKER_REGISTRY: "with an audit duty, SageMaker in use, or more than five people",
        },
    )


def _iac(brief: Brief) -> Question:
    r = brief.requirements
    tofu = knows(r, "opentofu", "tofu")
    known = knows(r, "terraform")
    candidates = (
        option(
            Iac.TERRAFORM,
            "Terraform applies the generated modules",
            (
                Fact(known, 0.25, "Terraform is named by the team"),
                Fact(not tofu, 0.1, "nobody named OpenTofu"),
            ),
            tradeoffs=("the widest knowledge on the market; licence BUSL 1.1 since 1.6",),
            burden=1.5 if known else 2.0,
        ),
        option(
            Iac.OPENTOFU,
            "OpenTofu applies the same modules",
            (
                Fact(tofu, 0.45, "OpenTofu is named by the team"),
                Fact(not known, 0.05, "nobody is used to Terraform either"),
            ),
            tradeoffs=("MPL 2.0; the same language, a second name for newcomers",),
            burden=1.5 if tofu else 2.0,
        ),
    )
    return ask(
        brief,
        NAME,
        "stack.iac",
        f"Which tool applies the infrastructure of {r.slug}?",
        candidates,
        rests_on=("team_constraints.skills", "existing_stack"),
        flips={
            Iac.TERRAFORM: "if skills name it and OpenTofu is not named",
            Iac.OPENTOFU: "if skills or existing_stack name it",
        },
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> TechStack:
    r = brief.requirements
    orchestrator = Orchestrator(chosen["stack.orchestrator"].id)
    iac = Iac(chosen["stack.iac"].id)
    known = {word for words in REUSE.values() for word in words}
    reused = tuple(s for s in r.existing_stack if not words_of([s]).isdisjoint(known))
    needed = {orchestrator.value: orchestrator.value.split("-"), iac.value: [iac.value]}
    return TechStack(
        orchestrator=orchestrator,
        tracking=Tracking(chosen["stack.tracking"].id),
        iac=iac,
        python="3.11",
        reused=reused,
        unused=tuple(s for s in r.existing_stack if s not in reused),
        new_skills=tuple(name for name, words in needed.items() if not knows(r, name, *words)),
    )


AGENT = Agent(
    number=5,
    name=NAME,
    title="MLOps tech stack",
    reads=("versioning_governance", "pipelines_blueprint"),
    writes=("stack",),
    output=TechStack,
    options=options,
    conclude=conclude,
)
