"""Agent 5: orchestrator, tracking and infrastructure tool, from what the team knows and runs already."""

from collections.abc import Mapping
from decimal import Decimal
from math import ceil

from agents.cost.pricebook import Price, PriceBook
from agents.cost.tokens import SERVICE, month_of
from agents.domain.agent import Agent, Brief
from agents.domain.constraints import DeploymentPref, Problem
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.month import MONTH_HOURS
from agents.domain.outputs import PipelinesBlueprint, TechStack, VersioningGovernance
from agents.domain.outputs.pipelines_blueprint import PipelineSpec
from agents.domain.outputs.tech_stack import Iac, LanguageModel, Orchestrator, Packaging, Tracking
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.language_models import llm_question
from agents.expert.layers import layers_of, unused_of
from agents.expert.project import knows, regulated, runs
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural, usd
from agents.patterns.facts import facts, trainings_a_month
from agents.patterns.kept import versions_days

NAME = "tech_stack"
RUNNER_MINUTES = 360
"""A job on a GitHub-hosted runner ends after six hours (GitHub docs, usage limits)."""
SERVES = ("serve.batch", "serve.online", "serve.streaming")
COUPLING = -0.3
"""Points against a service that nothing else in the plan needs: more than an audit duty alone speaks for it."""
SMALL_TEAM, FILES_TEAM = 3, 5
"""People who watch one Actions page; people who compare runs without a screen (both unverified)."""
IAC_VERSIONS = {Iac.TERRAFORM: "1.11.4", Iac.OPENTOFU: "1.10.7"}
"""Releases that CI pins: both lock the state in S3 itself (`use_lockfile`)."""
UV_TEAM = 4
"""From so many people on, laptops differ enough that a resolver with its own Python pays (unverified)."""


def options(brief: Brief) -> tuple[Question, ...]:
    asked = (_orchestrator(brief), _tracking(brief), _iac(brief), _packaging(brief))
    return (*asked, _llm(brief)) if brief.requirements.problem is Problem.RAG else asked


def _price(r: Requirements, service: str, sku: str, quantity: str, unit: str = "") -> str:
    """What a quantity costs a month, from the price book in the project's region; says so where it has no price."""
    found = PriceBook.load().price(service, sku, r.primary_region, Decimal(quantity))
    return (
        f"{usd(found.usd)}{unit}"
        if isinstance(found, Price)
        else f"an amount the price book lacks in {r.primary_region}"
    )


def _scheduled(brief: Brief) -> list[PipelineSpec]:
    blueprint = brief.read("pipelines_blueprint", PipelinesBlueprint)
    return [p for p in blueprint.pipelines if p.trigger in ("schedule", "upstream")]


def _orchestrator_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    scheduled = _scheduled(brief)
    longest = max(p.deadline_minutes for p in scheduled)
    airflow = runs(r, "airflow", "mwaa")
    steps = plural(len(scheduled), "scheduled step")
    floor = _price(r, "mwaa", "environment.small", f"{MONTH_HOURS:g}")
    transitions = _price(r, "stepfunctions", "standard.transitions", "100")
    return (
        option(
            Orchestrator.STEP_FUNCTIONS,
            f"AWS Step Functions starts and retries {steps}; {transitions} for 100,000 transitions",
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
                    f"a new managed Airflow costs {floor} a month before its first task; "
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
    blueprint, scheduled = brief.read("pipelines_blueprint", PipelinesBlueprint), _scheduled(brief)
    longest = max(p.deadline_minutes for p in scheduled)
    steps = plural(len(scheduled), "scheduled step")
    return option(
        Orchestrator.GITHUB_ACTIONS,
        f"scheduled workflows start {steps}",
        (
            Fact(r.team_size <= SMALL_TEAM, 0.3, f"a team of {r.team_size} already watches Actions"),
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
    scheduled = _scheduled(brief)
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
            Orchestrator.STEP_FUNCTIONS: f"without an orchestrator of your own, from {SMALL_TEAM + 1} people or 99.9 % on",
            Orchestrator.AIRFLOW: f"if existing_stack names one (now {listed(r.existing_stack)})",
            Orchestrator.GITHUB_ACTIONS: f"for up to {SMALL_TEAM} people (now {r.team_size}), one start a day, "
            f"below 99.9 % (now {r.availability_target:g} %), no audits",
        },
        policies=("workflow_permissions", "least_privilege"),
        risks=(
            Risk(
                risk=f"one of {listed(p.name for p in scheduled)} fails half-way, is started again and writes twice",
                probe=f"kill each of the {len(scheduled)} half-way once in dev and start it again; row counts must equal a clean run's",
            ),
        ),
    )


def _tracking_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    versions = brief.read("versioning_governance", VersioningGovernance)
    server, slots = runs(r, "mlflow"), brief.composer.best(brief.pins).slots
    provided = [slot for slot, pattern in sorted(slots.items()) if "sagemaker" in pattern]
    sagemaker = runs(r, "sagemaker") or bool(provided)
    elsewhere = listed(f"{slot} on {slots[slot].split(':')[-1]}" for slot in ("train", *SERVES) if slot in slots)
    return (
        option(
            Tracking.MLFLOW_FILES,
            f"MLflow's client writes runs of {r.slug} to files in the project's bucket",
            (
                Fact(r.team_size <= FILES_TEAM, 0.25, f"a team of {r.team_size} needs no server for its runs"),
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
                Fact(r.team_size > FILES_TEAM, 0.1, f"{r.team_size} people compare runs"),
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
                Fact(sagemaker, 0.2, f"SageMaker is in use ({listed(provided, empty='existing_stack')})"),
                Fact(
                    not sagemaker,
                    COUPLING,
                    f"it would be all of SageMaker: {elsewhere} would depend on a service for a list",
                ),
                Fact(r.team_size > FILES_TEAM, 0.1, f"{r.team_size} people need one list of what is live"),
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
            Tracking.MLFLOW_FILES: f"for up to {FILES_TEAM} people without a server (now {r.team_size})",
            Tracking.MLFLOW_SERVER: f"if existing_stack names mlflow (now {listed(r.existing_stack)})",
            Tracking.SAGEMAKER_REGISTRY: "where training or serving is SageMaker, with an audit duty or "
            f"more than {FILES_TEAM} people",
        },
        policies=("audit_retention",),
        risks=(
            Risk(
                risk=f"one of {number(round(12 * trainings_a_month(r)))} models a year serves and nobody finds the run that made it",
                probe=f"find rows, code and metric of a model {plural(versions_days(r), 'day')} old from the version in its answer",
            ),
        ),
    )


def _iac(brief: Brief) -> Question:
    r = brief.requirements
    tofu = knows(r, "opentofu", "tofu")
    known = knows(r, "terraform")
    candidates = (
        option(
            Iac.TERRAFORM,
            f"Terraform applies the modules of {r.slug}",
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
            Iac.OPENTOFU: f"if skills or existing_stack name it (now {listed((*r.skills, *r.existing_stack))})",
        },
        policies=("readable_infrastructure",),
        risks=lambda leader: Risk(
            risk=f"one of {plural(r.team_size, 'laptop')} applies with another {leader} than {IAC_VERSIONS[Iac(leader)]}, and the"
            " state does not go back",
            probe=f"read the version on {plural(r.team_size, 'laptop')} and in CI: all must say {leader} {IAC_VERSIONS[Iac(leader)]}",
        ),
    )


def _packaging(brief: Brief) -> Question:
    r = brief.requirements
    named = knows(r, "uv")
    compiled = [name for name in ("lightgbm", "polars", "torch") if knows(r, name)]
    candidates = (
        option(
            Packaging.PIP,
            f"pip and venv install {r.slug}: both come with Python",
            (
                Fact(not named, 0.15, "nobody named uv"),
                Fact(r.team_size < UV_TEAM, 0.15, f"a team of {r.team_size} shares one Python"),
                Fact(regulated(r), 0.1, "one installer less to approve"),
            ),
            tradeoffs=("nothing to install first; each CI run resolves again, in minutes",),
            burden=1.0,
        ),
        option(
            Packaging.UV,
            f"uv installs {r.slug} and brings the Python of the project along",
            (
                Fact(named, 0.4, "uv is named by the team"),
                Fact(r.team_size >= UV_TEAM, 0.2, f"{r.team_size} laptops with different Pythons"),
                Fact(bool(compiled), 0.05, f"{listed(compiled)}: large wheels, cached once"),
            ),
            tradeoffs=("seconds instead of minutes in CI and image; one more binary to pin",),
            burden=1.0,
        ),
    )
    return ask(
        brief,
        NAME,
        "stack.packaging",
        f"What installs the Python packages of {r.slug} in image, CI and on {plural(r.team_size, 'laptop')}?",
        candidates,
        rests_on=("team_constraints.skills", "team_constraints.size", "existing_stack"),
        flips={
            Packaging.PIP: f"below {UV_TEAM} people (now {r.team_size}), or under audit with uv not named",
            Packaging.UV: f"if skills name uv, or from {UV_TEAM} people on without an audit (now {r.team_size})",
        },
        risks=(
            Risk(
                risk=f"a dependency changes between two of {number(trainings_a_month(r))} trainings a month and the image breaks",
                probe=f"build the image twice, {plural(ceil(30.4 / trainings_a_month(r)), 'day')} apart; no installed version may differ",
            ),
        ),
    )


def _llm(brief: Brief) -> Question:
    """The question with a month of answers priced, in another region where the own one has no price."""
    r, book = brief.requirements, PriceBook.load()
    answers = facts(r)["requests_month"]
    price = book.price(SERVICE, f"{LanguageModel.HAIKU}.input", r.primary_region, Decimal(1))
    region = (isinstance(price, Price) and price.priced_as) or r.primary_region
    return llm_question(brief, NAME, answers, month_of(r, book), region)


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> TechStack:
    r = brief.requirements
    picked = {key: c.id for key, c in chosen.items()}
    layers = layers_of(r, picked, brief.composer.best(brief.pins).slots)
    return TechStack(
        orchestrator=Orchestrator(picked["stack.orchestrator"]),
        tracking=Tracking(picked["stack.tracking"]),
        iac=Iac(picked["stack.iac"]),
        iac_version=IAC_VERSIONS[Iac(picked["stack.iac"])],
        packaging=Packaging(picked["stack.packaging"]),
        llm=LanguageModel(picked["stack.llm"]) if "stack.llm" in picked else None,
        layers=layers,
        python="3.11",
        unused=unused_of(r, layers),
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
