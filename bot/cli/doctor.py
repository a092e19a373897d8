"""`mlwright doctor`: what is configured, reachable and permitted, line by line, and how to mend what is not."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

from agents.errors import EngineError
from agents.validators.execution.process import without_network
from bot.cli.exits import Exit
from bot.settings import Settings, load_partly

Look = Callable[[Settings], "Iterator[Line]"]

CORRECT = "correct it in the environment or in .env; docs/operate.md lists all variables"
REMEDIES = {
    "postgres": "is Postgres running where DATABASE_URL says, and does it take that user and password? "
    "until then webhooks are answered with 503",
    "app": "is GITHUB_API_URL reachable from here, and does the private key belong to GITHUB_APP_ID?",
}
"""What to do when a look fails for a reason that does not say so itself."""
SET_UP = "open the address that `mlwright serve` writes to its log, or set both (docs/operate.md)"
PROBE = "doctor/probe.txt"
CLOCK_S = 30.0
"""GitHub takes a signature up to 60 s from its own time; half of it is left for drift."""
MARKS = {"good": "✅", "warning": "⚠️", "bad": "❌", "skipped": "⏸"}


@dataclass(frozen=True)
class Line:
    """One thing looked at. `skipped`: it could not be looked at, which is never good."""

    subject: str
    state: Literal["good", "warning", "bad", "skipped"]
    message: str
    remedy: str = ""


def doctor(format: str) -> int:
    """Prints every line; exit 1 if anything is bad."""
    settings, wrong = load_partly()
    lines = [Line(name, "bad", reason, CORRECT) for name, reason in wrong.items()]
    if settings.database_url is not None and not wrong:
        settings, more = _stored(settings)
        lines += more
    for look, variables in LOOKS.items():
        first = next((name for name in variables if name in wrong), None)
        if first is None:
            lines += _safely(look, settings)
        else:
            lines.append(Line(_name(look), "skipped", f"not looked at: {first} is wrong"))
    if format == "json":
        print(json.dumps([asdict(line) for line in lines], indent=2, ensure_ascii=False))
    else:
        width = max(len(line.subject) for line in lines)
        for line in lines:
            print(f"{MARKS[line.state]} {line.subject:<{width}}  {line.message}")
            if line.remedy:
                print(f"   {'':<{width}}  → {line.remedy}")
    return Exit.GATE_FAILED if any(line.state == "bad" for line in lines) else Exit.GOOD


def _stored(settings: Settings) -> tuple[Settings, list[Line]]:
    """With the App that `/setup` stored. That the database is away is said where it is looked at."""
    from bot.bootstrap import with_stored_app
    from bot.errors import Unavailable

    try:
        return with_stored_app(settings, settings.database_url.get_secret_value() if settings.database_url else ""), []
    except Unavailable:
        return settings, []
    except EngineError as error:
        return settings, [Line("stored app", "bad", _one_line(error.message), error.remedy)]


def _name(look: Look) -> str:
    return look.__name__.strip("_")


def _safely(look: Look, settings: Settings) -> Iterator[Line]:
    name = _name(look)
    try:
        yield from look(settings)
    except EngineError as error:
        yield Line(name, "bad", _one_line(error.message), error.remedy or REMEDIES.get(name, ""))
    except Exception as error:  # a doctor that falls ill tells what it fell ill of
        yield Line(name, "bad", f"{type(error).__name__}: {_one_line(str(error))}", REMEDIES.get(name, ""))


def _one_line(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def _postgres(settings: Settings) -> Iterator[Line]:
    if settings.database_url is None:
        yield Line(
            "postgres",
            "skipped",
            f"embedded, started when needed, in {settings.state_dir}/postgres (DATABASE_URL is not set)",
        )
        return
    from bot.store.migrate import is_current

    current = is_current(settings.database_url.get_secret_value())
    yield Line("postgres", "good", "reachable")
    if current:
        yield Line("schema", "good", "up to date")
    else:
        yield Line("schema", "bad", "older than this version", "run: mlwright migrate")


def _redis(settings: Settings) -> Iterator[Line]:
    if settings.redis_url is None:
        yield Line(
            "redis", "skipped", f"embedded, started when needed, in {settings.state_dir}/redis (REDIS_URL is not set)"
        )
        return
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=5) as client:
            client.ping()
        yield Line("redis", "good", "reachable")
    except (RedisError, OSError) as error:
        yield Line("redis", "bad", f"not reachable: {error}", "check REDIS_URL; webhooks are kept meanwhile")


def _artifacts(settings: Settings) -> Iterator[Line]:
    """Outside Postgres something is written, read and deleted: rights to one of them say nothing of the others."""
    from bot.bootstrap import build_shelf

    shelf = build_shelf(settings)
    if shelf is None:
        yield Line("artifacts", "good", "in Postgres")
        return
    shelf.write([(PROBE, b"doctor")])
    found = shelf.read(PROBE)
    shelf.delete([PROBE])
    if found == b"doctor":
        yield Line("artifacts", "good", f"written to and read from {shelf.address}")
    else:
        yield Line(
            "artifacts", "bad", f"{shelf.address} gave back something else", "look at what stands in front of it"
        )


def _app(settings: Settings) -> Iterator[Line]:
    """The App: of the environment, else the one that `/setup` stored; what it and each installation were granted."""
    from bot.bootstrap import app_registration

    if not settings.has_app:
        missing = "GITHUB_APP_ID" if settings.github_app_id is None else "GITHUB_PRIVATE_KEY"
        yield Line("app", "bad", f"{missing} is not set, and no App is stored{_unseen(settings)}", SET_UP)
        return
    found = app_registration(settings)
    yield Line("app", "good", f"{found.slug} at {settings.github_api_url}")
    gaps = found.gaps()
    for gap in gaps:
        where = f" on {', '.join(gap.accounts)}" if gap.accounts else ""
        said = f"missing: {gap.words}{where}. Until then {gap.meanwhile}"
        yield Line("permission" if gap.level else "event", "bad", said, gap.remedy)
    if not gaps:
        yield Line("permissions", "good", f"all {len(found.wanted)} granted, {len(found.wanted_events)} events")
    for one in found.installations:
        if one.suspended:
            yield Line("installed on", "warning", f"{one.account}: suspended", f"lift it: {one.url}")
    if found.installations:
        yield Line("installed on", "good", ", ".join(one.account for one in found.installations))
    else:
        yield Line("installed on", "warning", "no account yet", "install the App on an account or organisation")


def _unseen(settings: Settings) -> str:
    return "" if settings.database_url is not None else " that could be seen (the embedded database is not running)"


def _clock(settings: Settings) -> Iterator[Line]:
    """GitHub refuses signatures of a clock that is a minute off: this machine's beside GitHub's own."""
    import httpx

    started = time.time()
    try:
        answer = httpx.get(f"{settings.github_api_url}/meta", timeout=5, headers={"user-agent": "mlwright"})
        theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (httpx.HTTPError, ValueError) as error:
        yield Line("clock", "skipped", f"GitHub's clock could not be seen: {type(error).__name__}")
        return
    # the header has whole seconds, and was written at some moment between the two looks
    off = max(theirs - time.time(), started - theirs - 1, 0)
    if off > CLOCK_S:
        yield Line(
            "clock", "bad", f"{off:.0f} s off GitHub's: its signatures are refused", "set this machine's clock (NTP)"
        )
    else:
        yield Line("clock", "good", "as GitHub's")


def _webhook(settings: Settings) -> Iterator[Line]:
    secrets = settings.webhook_secrets
    if not secrets:
        yield Line(
            "webhook secret",
            "bad",
            "none is known: webhooks are answered with 503",
            "set the App up on /setup, or set GITHUB_WEBHOOK_SECRET (openssl rand -hex 32), the same as in the App's settings",
        )
    elif len(secrets[0]) < 16:
        yield Line("webhook secret", "warning", "shorter than 16 characters", "use: openssl rand -hex 32")
    else:
        old = ", and the previous one" if len(secrets) > 1 else ""
        yield Line(
            "webhook secret", "good", f"set{old}; receives at http://{settings.host}:{settings.port}/webhooks/github"
        )


def _pages(settings: Settings) -> Iterator[Line]:
    shown = f", shown at {settings.public_url}" if settings.public_url else ""
    yield Line("run pages", "good", f"http://127.0.0.1:{settings.pages_port}, on loopback only{shown}")


def _claude(settings: Settings) -> Iterator[Line]:
    """What is set; no call is made, since a call costs money."""
    where = f" at {settings.anthropic_base_url}" if settings.anthropic_base_url else f" on {settings.claude_platform}"
    if settings.anthropic_api_key is None and settings.claude_platform == "anthropic":
        state: Literal["bad", "skipped"] = "bad" if settings.provider == "anthropic" else "skipped"
        remedy = "set it, or set MLWRIGHT_PROVIDER=expert" if state == "bad" else ""
        yield Line("claude", state, "ANTHROPIC_API_KEY is not set: only the expert answers", remedy)
        return
    used = "answers" if settings.provider == "anthropic" else "answers where a constraint file says provider: anthropic"
    yield Line("claude", "good", f"{settings.claude_model}{where} {used}; the key is not tried here")


def _tools(settings: Settings) -> Iterator[Line]:
    """Validators: what ships with mlwright must be there; terraform is optional and listed."""
    beside = str(Path(sys.executable).parent)
    for name in ("ruff", "actionlint", "shellcheck", "gitleaks", "hadolint", "zizmor"):
        if shutil.which(name, path=beside) or shutil.which(name):
            yield Line(name, "good", "found")
        else:
            yield Line(name, "bad", "not found; its checks would need a person", "run: make setup")
    if shutil.which("terraform"):
        yield Line("terraform", "good", "found")
    else:
        yield Line("terraform", "warning", "not found: Terraform files are reported as not verified", "optional")
    if without_network():
        yield Line("sandbox", "good", "the validators have no network")
    else:
        remedy = "let this user make user namespaces (unshare --user --net)"
        yield Line("sandbox", "warning", "the network of the validators is not cut off", remedy)


LOOKS: dict[Look, tuple[str, ...]] = {
    _postgres: ("DATABASE_URL", "MLWRIGHT_STATE_DIR"),
    _redis: ("REDIS_URL", "MLWRIGHT_STATE_DIR"),
    _artifacts: ("MLWRIGHT_ARTIFACTS",),
    _app: ("GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_PRIVATE_KEY_PATH", "GITHUB_API_URL"),
    _clock: ("GITHUB_API_URL",),
    _webhook: ("GITHUB_WEBHOOK_SECRET", "GITHUB_WEBHOOK_SECRET_PREVIOUS", "MLWRIGHT_HOST", "MLWRIGHT_PORT"),
    _pages: ("MLWRIGHT_PAGES_PORT", "MLWRIGHT_PUBLIC_URL"),
    _claude: ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "MLWRIGHT_PROVIDER", "MLWRIGHT_CLAUDE_MODEL"),
    _tools: (),
}
"""What is looked at, in order, and the variables that it cannot be looked at without."""
