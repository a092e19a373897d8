"""The composition root: the only place that says "real". Builds adapters from settings; opens nothing at import."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from agents.ports import Pulse
from bot.errors import BadInput, RetryLater
from bot.log import redact
from bot.ports.work import Claimed
from bot.settings import Settings

if TYPE_CHECKING:
    from agents.domain.constraints import Constraints
    from agents.domain.findings import Location
    from agents.llm.claude.breaker import Breaker
    from agents.llm.provider import Provider
    from bot.github.config import GitHubConfig
    from bot.jobs.services import Services
    from bot.ports.github import GitHub
    from bot.ports.ledger import Purse
    from bot.ports.registration import Registration
    from bot.queue.chores import Chore
    from bot.store.shelf import Shelf

QUOTA_DAYS = 30
"""A project's quotas for model calls are for so many days up to now."""
_BREAKERS: "dict[str, Breaker]" = {}
"""Of this process, by model: what one run learns of a model's health the next one knows."""
MakeServices = Callable[[Claimed, Pulse], AbstractContextManager["Services"]]


@dataclass(frozen=True)
class Addresses:
    """Where Postgres and Redis are; of the embedded servers if the settings name none."""

    database_url: str
    redis_url: str


@contextmanager
def running_servers(settings: Settings) -> Iterator[Addresses]:
    """The servers to work with: those of the settings, or embedded ones in the state folder, started if need be."""
    with ExitStack() as stack:
        if settings.database_url is not None:
            database_url = settings.database_url.get_secret_value()
        else:
            from bot.sandbox import embedded_postgres

            database_url = stack.enter_context(embedded_postgres.start(settings.state_dir / "postgres")).url
        if settings.redis_url is not None:
            redis_url = settings.redis_url.get_secret_value()
        else:
            from bot.sandbox import embedded_redis

            redis_url = stack.enter_context(embedded_redis.start(settings.state_dir / "redis")).url
        yield Addresses(database_url, redis_url)


def build_github(settings: Settings) -> "GitHub":
    """The App's door to GitHub. Raises BadInput if the App's id or key is missing."""
    from bot.github.app import GitHubApp

    return GitHubApp(github_config(settings))


def github_config(settings: Settings) -> "GitHubConfig":
    """What every adapter of the App is told. Raises BadInput if its id or key is missing."""
    from bot.github.config import GitHubConfig
    from bot.log import register_secrets

    missing = [
        name
        for name, value in (
            ("GITHUB_APP_ID", settings.github_app_id),
            ("GITHUB_PRIVATE_KEY or GITHUB_PRIVATE_KEY_PATH", settings.private_key),
        )
        if value is None
    ]
    if missing or settings.private_key is None:
        raise BadInput(
            f"Not set: {', '.join(missing)}.",
            remedy="Set the App up on /setup, or set these (docs/operate.md); `mlwright doctor` checks them.",
        )
    return GitHubConfig(
        app_id=str(settings.github_app_id),
        private_key=settings.private_key.get_secret_value(),
        api_url=settings.github_api_url,
        pause_s=settings.write_pause_s,
        redact=lambda token: register_secrets([token]),
    )


def build_shelf(settings: Settings) -> "Shelf | None":
    """Where artifacts lie outside Postgres, if they do; opened when it is used."""
    from bot.store.shelf import Shelf

    return None if settings.artifacts == "postgres" else Shelf(settings.artifacts)


def build_provider(
    settings: Settings, constraints: "Constraints | None", asked_at: "Location | None", purse: "Purse"
) -> "Provider":
    """Who answers for the agents: what the constraint file says, else the setting. Raises BadInput, located where it was asked
    for, if Claude is to answer and cannot: the expert never takes its place unsaid."""
    from agents.llm.expert import ExpertProvider

    wanted = constraints.provider if constraints is not None else None
    if (wanted or settings.provider) != "anthropic":
        return ExpertProvider()
    key = settings.anthropic_api_key
    if settings.claude_platform == "anthropic" and key is None:
        raise _no_key(asked_at if wanted is not None else None)
    from agents.llm.budget import Budget, Quota
    from agents.llm.claude.provider import ClaudeConfig, ClaudeProvider
    from agents.reports.secrets import mask_secrets

    s = settings
    config = ClaudeConfig(
        model=s.claude_model,
        second_model=s.claude_second_model,
        effort=None if s.claude_effort == "model" else s.claude_effort,
        max_tokens=s.claude_max_tokens,
        timeout_s=s.claude_timeout_s,
        at_once=s.claude_at_once,
        tries=s.claude_tries,
        platform=s.claude_platform,
        api_key=key.get_secret_value() if key is not None else None,
        base_url=s.anthropic_base_url,
        context_tokens=s.claude_context_tokens,
        writes_code=s.codegen == "claude",
    )
    spent = purse.spent(QUOTA_DAYS)
    budget = Budget(Quota(s.project_tokens, s.project_usd, f"in {QUOTA_DAYS} days"), spent.tokens, spent.usd)
    return ClaudeProvider(
        config, budget, aside=lambda agent, text: purse.aside(agent, redact(mask_secrets(text))), breakers=_BREAKERS
    )


def _no_key(asked_at: "Location | None") -> BadInput:
    from agents.domain.findings import Finding, Severity

    what = "Claude is to answer, but ANTHROPIC_API_KEY is not set."
    remedy = "Set ANTHROPIC_API_KEY where mlwright runs (docs/claude.md), or write provider: expert."
    if asked_at is None:
        return BadInput(f"MLWRIGHT_PROVIDER is anthropic: {what}", remedy=remedy)
    finding = Finding(
        rule="provider.key-missing",
        severity=Severity.ERROR,
        message=f"provider: {what}",
        location=asked_at,
        remediation=remedy,
        source="constraints",
        key="provider",
    )
    return BadInput(what, [finding], remedy=remedy)


def app_registration(settings: Settings) -> "Registration":
    """What the App was granted and what is missing, asked of GitHub now. Raises BadInput, and what GitHub's refusal means."""
    from bot.github.registration import get_registration

    return get_registration(github_config(settings))


def with_stored_app(settings: Settings, database_url: str) -> Settings:
    """The settings with the App that `/setup` stored, where the environment names none.

    Raises Unavailable, or PersonMustAct if what is stored cannot be opened here.
    """
    if settings.has_app:
        return settings
    from bot.log import register_secrets
    from bot.store.credentials import load

    found = load(database_url, settings)
    if found is None:
        return settings
    register_secrets(found.secrets)
    return settings.with_app(found.app_id, found.private_key, found.webhook_secret)


def services_maker(settings: Settings, database_url: str) -> MakeServices:
    """What makes a claimed job's services. An App that was set up while the worker runs is found by the next job."""
    github = build_github(settings) if settings.has_app else None
    return partial(_services, settings, database_url, github)


TIDY_S = 3600.0
"""How often artifacts are swept that nothing needs."""
WATCH_S = 60.0
"""How often the watchdog looks; it acts on what has been over for a minute."""


def chores(settings: Settings, database_url: str) -> "Sequence[Chore]":
    """What the leading relay does now and then: the watchdog, retention, and missed deliveries, which need an App."""
    from bot.queue.chores import Chore

    made = [
        Chore("watchdog", WATCH_S, partial(_end_lost, database_url)),
        Chore("retention", TIDY_S, partial(_tidy, settings, database_url)),
    ]
    if settings.redeliver_s > 0:
        made.append(Chore("missed-deliveries", settings.redeliver_s, _redelivery(settings, database_url)))
    return made


def _tidy(settings: Settings, database_url: str) -> None:
    """Deletes artifacts that nothing needs any more."""
    from bot.log import logger
    from bot.store.retention import Retention

    swept = Retention(database_url, build_shelf(settings), settings.keep_days).sweep()
    if any(vars(swept).values()):
        logger(__name__).info("artifacts that nothing needs were deleted", **vars(swept))


def _end_lost(database_url: str) -> int:
    from bot.store.database import Database
    from bot.store.watchdog import end_lost

    database = Database(database_url)
    try:
        return end_lost(database)
    finally:
        database.close()


def _redelivery(settings: Settings, database_url: str) -> Callable[[], object]:
    """Looks for missed deliveries each time it is called; does nothing as long as there is no App."""
    from bot.events.event import discover
    from bot.github.missed import Redeliverer
    from bot.store.kept import kept

    redeliverer = Redeliverer(partial(kept, database_url), discover())

    def sweep() -> object:
        found = with_stored_app(settings, database_url)
        return redeliverer.sweep(github_config(found)) if found.has_app else None

    return sweep


def _with_app(settings: Settings, database_url: str) -> Settings:
    """As `with_stored_app`. Raises RetryLater as long as there is no App."""
    found = with_stored_app(settings, database_url)
    if not found.has_app:
        raise RetryLater(
            "No GitHub App is set up yet.",
            after_s=30,
            remedy="Open the address that `mlwright serve` writes to its log.",
        )
    return found


@contextmanager
def _services(
    settings: Settings, database_url: str, known: "GitHub | None", claimed: Claimed, pulse: Pulse
) -> "Iterator[Services]":
    from bot.jobs.job import discover
    from bot.jobs.services import Services
    from bot.store.checkpoints import checkpointer, prune
    from bot.store.database import Database
    from bot.store.jobs import PostgresJobs
    from bot.store.ledger import PostgresLedger

    jobs = discover()
    settings = _with_app(settings, database_url)
    github = known or build_github(settings)
    database = Database(database_url)
    work = PostgresJobs(database, lease_s=settings.lease_s, max_failures=settings.max_failures)
    try:
        yield Services(
            settings=settings,
            claimed=claimed,
            ledger=PostgresLedger(database, claimed.lease, build_shelf(settings)),
            pulse=pulse,
            github=github,
            checkpoints=lambda: checkpointer(database_url, claimed.lease),
            prune=lambda thread: prune(database_url, [str(thread)]),
            provider=partial(build_provider, settings),
            enqueue=lambda message: work.add(
                message,
                supersede=jobs[message.kind].supersede,
                priority=jobs[message.kind].priority,
                delivery_id=claimed.delivery_id,
            ),
            registration=partial(app_registration, settings),
        )
    finally:
        database.close()
