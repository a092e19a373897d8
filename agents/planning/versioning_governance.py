"""Agent 2: how code, infrastructure, data, prompts and models are versioned and by whom they are changed."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Compliance, Problem
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import ProjectStages, VersioningGovernance
from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.domain.outputs.versioning_governance import (
    Applies,
    BranchStrategy,
    DataVersioning,
    InfrastructureVersioning,
    PromptVersioning,
)
from agents.expert.ask import ask
from agents.expert.project import (
    GENERATIVE,
    TEXT_OR_IMAGE,
    constraint,
    daily_gb,
    high_stakes,
    keeps_snapshots,
    knows,
    protected,
    regulated,
)
from agents.expert.schedule import NIGHT_HOUR, cron
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural
from agents.patterns.kept import versions_days

NAME = "versioning_governance"
LARGE_GB = 50.0
"""Gigabytes a day from which whole copies cost more than snapshots that share files."""
TRUNK_TEAM = 8
"""People who can merge into one branch without queueing (unverified)."""
PROMPT_TEAM = 10
"""From more people on, others than engineers edit prompts (unverified)."""
PROVIDER = "~> 5.100"
"""Version of the AWS provider that the generated modules were validated with."""


def options(brief: Brief) -> tuple[Question, ...]:
    prompts = (_prompts(brief),) if brief.requirements.problem in GENERATIVE else ()
    return (_data(brief), _branches(brief), _infrastructure(brief), *prompts)


def _data_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    daily = f"{number(daily_gb(r))} GB a day"
    copies = daily_gb(r) * versions_days(r)
    erases = Compliance.GDPR in r.compliance or Compliance.CCPA in r.compliance
    return (
        option(
            DataVersioning.DATED_PARTITIONS,
            f"write-once partitions by date; a training set is a list of days of {r.slug}",
            (
                Fact(
                    daily_gb(r) <= LARGE_GB,
                    0.2,
                    f"{daily} may be kept whole: {number(copies)} GB in all",
                ),
                Fact(r.data.event_time is not None, 0.1, f"{r.data.event_time} orders the data already"),
                Fact(erases and protected(r), -0.1, "erasing one person means rewriting every day"),
            ),
            tradeoffs=("nothing to install; corrections are new partitions, never edits",),
            burden=1.0,
            parameters={"copies_gb": round(copies, 1)},
        ),
        _table_snapshots(brief),
        option(
            DataVersioning.DVC_MANIFESTS,
            "DVC manifests in git name each file of a training set by hash",
            (
                Fact(r.problem in TEXT_OR_IMAGE, 0.25, f"{r.problem.value} trains on files, not on rows"),
                Fact(knows(r, "dvc"), 0.25, "the team knows DVC"),
                Fact(daily_gb(r) > LARGE_GB, -0.3, f"hashing {daily} in git manifests is slow"),
            ),
            tradeoffs=("exact to the byte; a second command beside git for everyone",),
            burden=2.0,
        ),
    )


def _table_snapshots(brief: Brief) -> Candidate:
    r = brief.requirements
    store = brief.composer.best(brief.pins).slots.get("store", "")
    daily = f"{number(daily_gb(r))} GB a day"
    erases = Compliance.GDPR in r.compliance or Compliance.CCPA in r.compliance
    return option(
        DataVersioning.TABLE_SNAPSHOTS,
        "table snapshots: a training set is a snapshot id, rows may be deleted",
        (
            Fact(
                daily_gb(r) > LARGE_GB,
                0.3,
                f"at {daily} snapshots share files that copies would double",
            ),
            Fact(
                erases and protected(r),
                0.2,
                f"{constraint(r, 'compliance')}: one person's rows can be deleted",
            ),
            Fact(knows(r, "iceberg"), 0.1, "the team knows Iceberg"),
        ),
        refusals=(
            Refusal(
                not keeps_snapshots(store),
                f"the best complete plan stores in {store}, which has none",
            ),
        ),
        tradeoffs=("snapshots must be expired on a schedule, or storage grows",),
        burden=2.0,
    )


def _data(brief: Brief) -> Question:
    r = brief.requirements
    return ask(
        brief,
        NAME,
        "versioning.data",
        f"How is a training set of {r.slug} found again after {plural(versions_days(r), 'day')}?",
        _data_options(brief),
        rests_on=("throughput.batch_gb_per_day", "data.event_time", "compliance", "storage_prefs"),
        policies=("retention_personal", "audit_retention"),
        flips={
            DataVersioning.DATED_PARTITIONS: f"up to {number(LARGE_GB)} GB a day of ordered rows",
            DataVersioning.TABLE_SNAPSHOTS: f"above {number(LARGE_GB)} GB a day (now {number(daily_gb(r))}), "
            "where the store is an Iceberg table",
            DataVersioning.DVC_MANIFESTS: "if the training set becomes files (images, documents), or "
            "the team names DVC",
        },
        risks=(
            Risk(
                risk=f"a late correction of {listed((s.name for s in r.data.sources), empty='a source')} changes a "
                "day that a model was trained on",
                probe=f"retrain the oldest model of {r.slug} within {plural(versions_days(r), 'day')} from its recorded version; "
                "its metric must come out the same to four digits",
            ),
        ),
    )


def _branch_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    staged = "staging" in stages.environments
    return (
        option(
            BranchStrategy.TRUNK,
            "one main branch, short-lived pull requests, releases are tags",
            (
                Fact(
                    r.team_size <= TRUNK_TEAM,
                    0.2,
                    f"a team of {r.team_size} merges often without queues",
                ),
                Fact(not regulated(r), 0.1, "nobody demands a frozen release branch"),
            ),
            tradeoffs=("what is merged is what runs next; unfinished work hides behind settings",),
            burden=1.0,
        ),
        option(
            BranchStrategy.RELEASE_BRANCHES,
            "main plus a release branch that is frozen, signed off and tagged",
            (
                Fact(
                    regulated(r),
                    0.25,
                    f"a sign-off has something to point at ({constraint(r, 'compliance')})",
                ),
                Fact(staged, 0.1, "staging rehearses exactly the frozen branch"),
                Fact(r.team_size > TRUNK_TEAM, 0.1, f"{r.team_size} people need a stable line to ship from"),
            ),
            tradeoffs=("fixes are made twice: on main and on the release",),
            burden=2.0,
        ),
    )


def _branches(brief: Brief) -> Question:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    return ask(
        brief,
        NAME,
        "versioning.branches",
        f"From which branch does {r.slug} reach {stages.environments[-1]}?",
        _branch_options(brief),
        rests_on=("team_constraints.size", "compliance", "data_classification"),
        flips={
            BranchStrategy.TRUNK: f"without audits, up to {TRUNK_TEAM} people (now {r.team_size})",
            BranchStrategy.RELEASE_BRANCHES: "with an audit duty (SOC 2, ISO 27001, HIPAA, PCI), or "
            f"more than {TRUNK_TEAM} people and staging (now {r.team_size})",
        },
        policies=("workflow_permissions",),
        risks=(
            Risk(
                risk=f"somebody of the team of {r.team_size} pushes past the rule in an emergency, and it stays open",
                probe=f"list bypasses by the {plural(r.team_size, 'person', 'people')} in the ruleset's insights once "
                "a month; each needs a pull "
                "request after it",
            ),
        ),
    )


def _prompts(brief: Brief) -> Question:
    r = brief.requirements
    candidates = (
        option(
            PromptVersioning.FILES_BY_HASH,
            f"prompts of {r.slug} are files beside the code, known by content hash, changed by pull request",
            (
                Fact(
                    r.team_size <= PROMPT_TEAM,
                    0.25,
                    f"a team of {r.team_size} can open pull requests",
                ),
                Fact(regulated(r), 0.1, "the reviewer of a prompt stands in git"),
            ),
            tradeoffs=("evaluation and prompt change in one commit; domain experts need git",),
            burden=1.0,
        ),
        option(
            PromptVersioning.REGISTRY,
            "prompts live in a registry that the service reads at start",
            (
                Fact(
                    knows(r, "langfuse", "langsmith", "mlflow"),
                    0.2,
                    "the team runs a registry that holds prompts",
                ),
                Fact(r.team_size > PROMPT_TEAM, 0.2, f"in a team of {r.team_size} others than engineers edit prompts"),
            ),
            tradeoffs=("prompts change without a release; one more thing that can be down at start",),
            burden=2.0,
        ),
    )
    return ask(
        brief,
        NAME,
        "versioning.prompts",
        f"Where do the prompts of {r.slug} live?",
        candidates,
        rests_on=("team_constraints.size", "existing_stack"),
        flips={
            PromptVersioning.FILES_BY_HASH: f"for up to {PROMPT_TEAM} people (now {r.team_size})",
            PromptVersioning.REGISTRY: f"for more than {PROMPT_TEAM} people, or where the team runs a prompt registry",
        },
        risks=(
            Risk(
                risk=f"a prompt of {r.slug} is changed and answers get worse, but no one compares them",
                probe="ask the ten newest questions with the old and the new prompt and read both answers",
            ),
        ),
    )


def _infrastructure(brief: Brief) -> Question:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    last, several = stages.environments[-1], r.team_size > 1
    harm = regulated(r) or high_stakes(r)
    candidates = (
        option(
            Applies.ON_MERGE,
            f"each environment is planned and applied from the merged commit; {last} waits for its reviewers",
            (
                Fact(not harm, 0.2, f"nobody audits what reached {last}"),
                Fact("staging" in stages.environments, 0.1, "staging has applied the same commit just before"),
                Fact(not several, 0.2, "one person would approve their own plan"),
            ),
            tradeoffs=(f"what {last} plans at that moment may differ from what the reviewer saw in the pull request",),
            burden=1.0,
        ),
        option(
            Applies.APPROVED_PLAN,
            f"{last} is planned once, the plan is kept, a person reads it, and exactly it is applied",
            (
                Fact(harm, 0.3, f"a named person approves each change of {last} ({constraint(r, 'compliance')})"),
                Fact(r.availability_target >= 99.95, 0.2, f"{r.availability_target:g} % forgives no surprise"),
                Fact(several and r.team_size > TRUNK_TEAM, 0.1, f"{r.team_size} people change one account"),
            ),
            tradeoffs=("a stale plan is refused and made again; a release waits for its reader",),
            burden=1.5,
        ),
    )
    return ask(
        brief,
        NAME,
        "versioning.infrastructure",
        f"What exactly is applied to {last} of {r.slug}: the commit, or the plan that somebody approved?",
        candidates,
        rests_on=("compliance", "project.domain", "availability_target", "team_constraints.size"),
        flips={
            Applies.ON_MERGE: f"without an audit duty, below 99.95 % (now {r.availability_target:g} %)",
            Applies.APPROVED_PLAN: "with an audit duty, a domain that decides about people, or from 99.95 % on",
        },
        policies=("readable_infrastructure", "least_privilege"),
        risks=(
            Risk(
                risk=f"one of {plural(r.team_size, 'person', 'people')} changes {last} by hand and the next apply undoes it, or fails",
                probe=f"change a tag of {r.slug} in {last} ({r.primary_region}) by hand; "
                "the next scheduled "
                "infra-plan.yml must end with exit code 2",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> VersioningGovernance:
    r = brief.requirements
    stages = brief.read("project_stages", ProjectStages)
    branches = BranchStrategy(chosen["versioning.branches"].id)
    wanted = 2 if regulated(r) else 1
    prompts = chosen.get("versioning.prompts")
    shadow = ("shadow",) if stages.shadow_days else ()
    return VersioningGovernance(
        data_versioning=DataVersioning(chosen["versioning.data"].id),
        data_versions_days=versions_days(r),
        branch_strategy=branches,
        required_reviews=min(wanted, max(0, r.team_size - 1)),
        protected_branches=("main",) if branches is BranchStrategy.TRUNK else ("main", "release/**"),
        infrastructure=InfrastructureVersioning(
            applies=Applies(chosen["versioning.infrastructure"].id),
            drift_cron=cron(Cadence.DAILY if regulated(r) else Cadence.WEEKLY, r.slug, NIGHT_HOUR + 4),
            provider_version=PROVIDER,
            state_versions_days=versions_days(r),
        ),
        model_stages=("candidate", *shadow, "champion", "archived"),
        models_kept=10 if regulated(r) else 3 if r.problem is Problem.IMAGE_CLASSIFICATION else 5,
        prompt_versioning=PromptVersioning(prompts.id) if prompts else PromptVersioning.NONE,
    )


AGENT = Agent(
    number=2,
    name=NAME,
    title="Versioning and governance",
    reads=("project_stages",),
    writes=("versioning",),
    output=VersioningGovernance,
    options=options,
    conclude=conclude,
)
