"""Settings: the only reader of the environment and of `.env` (DESIGN §4, Settings).

Names are the conventional ones (`DATABASE_URL`, `GITHUB_APP_ID` …) and `MLWRIGHT_…` for the rest. Secrets
are SecretStr and are never part of an error message.
"""

import base64
import os
import sys
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import BadInput

GITHUB_API = "https://api.github.com"


def default_state_dir() -> Path:
    """The user's data folder for mlwright (XDG base directory specification; Application Support on
    macOS)."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "mlwright"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "mlwright"


def _outside_the_package(path: Path) -> Path:
    path = path.expanduser().resolve()
    if path.is_relative_to(Path(__file__).resolve().parent):
        raise ValueError("is inside the installed package; name a folder of your own")
    return path


def _postgres_address(value: SecretStr) -> SecretStr:
    """SQLAlchemy's and Heroku's spellings become libpq's, which psycopg and asyncpg both read."""
    scheme, mark, rest = value.get_secret_value().partition("://")
    if not mark or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("must start with postgresql://")
    return SecretStr(f"postgresql://{rest}")


def _redis_address(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://")
    return value


def _artifacts_address(value: str) -> str:
    scheme, mark, rest = value.rstrip("/").partition("://")
    known = {"postgres": not mark, "file": rest.startswith("/"), "s3": bool(rest.partition("/")[0])}
    if not known.get(scheme) or ".." in rest.split("/"):
        raise ValueError("must be postgres, file:///<folder> or s3://<bucket>/<prefix>")
    return f"{scheme}{mark}{rest}"


def _sealing_key(value: SecretStr) -> SecretStr:
    try:
        size = len(base64.b64decode(value.get_secret_value(), validate=True))
    except ValueError:
        size = 0
    if size != 32:
        raise ValueError("must be 32 bytes in base64: openssl rand -base64 32")
    return value


def _http_address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return value.rstrip("/")


def _pem(value: SecretStr) -> SecretStr:
    """One-line keys with literal \\n (the usual way to fit a PEM into an environment variable) are
    unfolded."""
    text = value.get_secret_value().replace("\\n", "\n").strip() + "\n"
    if "-----BEGIN" not in text:
        raise ValueError("is not a PEM key; to name a file use GITHUB_PRIVATE_KEY_PATH")
    return SecretStr(text)


HttpAddress = Annotated[str, AfterValidator(_http_address)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """Every setting of the shell. Durations are seconds. Without `database_url` or `redis_url` the
    embedded servers are used."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: Annotated[SecretStr, AfterValidator(_postgres_address)] | None = Field(
        None, validation_alias="DATABASE_URL"
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_address)] | None = Field(None, validation_alias="REDIS_URL")
    github_api_url: HttpAddress = Field(GITHUB_API, validation_alias="GITHUB_API_URL")
    github_app_id: int | None = Field(None, validation_alias="GITHUB_APP_ID")
    github_private_key: Annotated[SecretStr, AfterValidator(_pem)] | None = Field(
        None, validation_alias="GITHUB_PRIVATE_KEY"
    )
    github_private_key_path: Path | None = Field(None, validation_alias="GITHUB_PRIVATE_KEY_PATH")
    github_webhook_secret: SecretStr | None = Field(None, validation_alias="GITHUB_WEBHOOK_SECRET")
    github_webhook_secret_previous: SecretStr | None = Field(None, validation_alias="GITHUB_WEBHOOK_SECRET_PREVIOUS")
    """Also accepted while the secret is rotated; remove it afterwards."""
    provider: Literal["expert", "anthropic"] = Field("expert", validation_alias="MLWRIGHT_PROVIDER")
    """Who answers where a constraint file does not say."""
    codegen: Literal["template", "claude"] = Field("template", validation_alias="MLWRIGHT_CODEGEN")
    """Who writes at the extension points of generated files, in projects that Claude plans. A constraint file cannot ask for it."""
    github_url: HttpAddress | None = Field(None, validation_alias="GITHUB_SERVER_URL")
    """GitHub's pages, for links and for `/setup`. Default: follows from the API's address."""
    secret_key: Annotated[SecretStr, AfterValidator(_sealing_key)] | None = Field(
        None, validation_alias="MLWRIGHT_SECRET_KEY"
    )
    """Seals the credentials that `/setup` stores. Default: a key file in the state folder, made when it is needed."""
    anthropic_api_key: SecretStr | None = Field(None, validation_alias="ANTHROPIC_API_KEY")
    anthropic_base_url: HttpAddress | None = Field(None, validation_alias="ANTHROPIC_BASE_URL")
    claude_platform: Literal["anthropic", "bedrock", "vertex"] = Field(
        "anthropic", validation_alias="MLWRIGHT_CLAUDE_PLATFORM"
    )
    claude_model: str = Field("claude-sonnet-5-5", min_length=1, validation_alias="MLWRIGHT_CLAUDE_MODEL")
    claude_second_model: str | None = Field("claude-sonnet-5", validation_alias="MLWRIGHT_CLAUDE_SECOND_MODEL")
    """Asked when the first does not answer."""
    claude_effort: Literal["low", "medium", "high", "xhigh", "max", "model"] = Field(
        "medium", validation_alias="MLWRIGHT_CLAUDE_EFFORT"
    )
    """`model`: not sent, the model's own default."""
    claude_max_tokens: int = Field(8000, ge=1000, le=64_000, validation_alias="MLWRIGHT_CLAUDE_MAX_TOKENS")
    claude_context_tokens: int = Field(200_000, ge=20_000, validation_alias="MLWRIGHT_CLAUDE_CONTEXT_TOKENS")
    claude_timeout_s: float = Field(120.0, gt=0, le=600, validation_alias="MLWRIGHT_CLAUDE_TIMEOUT_SECONDS")
    claude_at_once: int = Field(4, ge=1, le=4, validation_alias="MLWRIGHT_CLAUDE_CONCURRENCY")
    """Calls of one run at the same time; more than four gain nothing."""
    claude_tries: int = Field(3, ge=1, le=10, validation_alias="MLWRIGHT_CLAUDE_TRIES")
    project_tokens: int | None = Field(5_000_000, ge=0, validation_alias="MLWRIGHT_PROJECT_TOKENS")
    """Tokens that one project may take in 30 days."""
    project_usd: Decimal | None = Field(Decimal(25), ge=0, validation_alias="MLWRIGHT_PROJECT_USD")

    state_dir: Annotated[Path, AfterValidator(_outside_the_package)] = Field(
        default_factory=default_state_dir, validation_alias="MLWRIGHT_STATE_DIR"
    )
    """Data of the embedded servers; nothing else is kept on disk."""
    artifacts: Annotated[str, AfterValidator(_artifacts_address)] = Field(
        "postgres", validation_alias="MLWRIGHT_ARTIFACTS"
    )
    """Where the bytes of artifacts lie: Postgres, a folder that all processes share, or a bucket."""
    host: str = Field("127.0.0.1", validation_alias="MLWRIGHT_HOST")
    """Where webhooks are received. API and pages are on loopback only, whatever this says."""
    port: Port = Field(8080, validation_alias="MLWRIGHT_PORT")
    pages_port: Port = Field(8081, validation_alias="MLWRIGHT_PAGES_PORT")
    public_url: HttpAddress | None = Field(None, validation_alias="MLWRIGHT_PUBLIC_URL")
    """Base of the run pages' addresses in pull requests, if a proxy shows them under another name."""
    webhook_proxy: HttpAddress | None = Field(None, validation_alias="MLWRIGHT_WEBHOOK_PROXY")
    """A channel of a webhook proxy (smee.io's protocol) to take webhooks from, for a laptop that GitHub cannot reach."""
    keep_days: int = Field(90, ge=1, validation_alias="MLWRIGHT_KEEP_DAYS")
    """How long artifacts are kept that nothing needs any more."""
    link_s: int = Field(3600, ge=60, le=604_800, validation_alias="MLWRIGHT_LINK_SECONDS")
    """How long a link to a run's zip is good."""
    lease_s: float = Field(60.0, ge=2, le=600, validation_alias="MLWRIGHT_LEASE_SECONDS")
    job_timeout_s: int = Field(1800, ge=10, validation_alias="MLWRIGHT_JOB_TIMEOUT_SECONDS")
    max_failures: int = Field(5, ge=1, validation_alias="MLWRIGHT_MAX_FAILURES")
    """Crashes and defects after which a job is put aside with its reason (RELIABILITY §4.9)."""
    worker_concurrency: int = Field(2, ge=1, le=64, validation_alias="MLWRIGHT_WORKER_CONCURRENCY")
    stop_grace_s: float = Field(25.0, ge=0, validation_alias="MLWRIGHT_STOP_GRACE_SECONDS")
    sweep_s: float = Field(3.0, gt=0, le=60, validation_alias="MLWRIGHT_SWEEP_SECONDS")
    github_write_pause_s: float | None = Field(None, ge=0, validation_alias="MLWRIGHT_GITHUB_WRITE_PAUSE_SECONDS")
    """Pause between writes to GitHub. Default: 1 on github.com (its documented rule), 0 elsewhere."""
    redeliver_s: float = Field(300.0, ge=0, validation_alias="MLWRIGHT_REDELIVER_SECONDS")
    """How often GitHub's log of deliveries is looked through for those that never came; 0: never."""
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", validation_alias="MLWRIGHT_LOG_LEVEL")
    log_format: Literal["json", "console"] = Field("json", validation_alias="MLWRIGHT_LOG_FORMAT")

    @property
    def write_pause_s(self) -> float:
        """Seconds between two writes to GitHub (docs: best practices for the REST API, mutative requests)."""
        if self.github_write_pause_s is not None:
            return self.github_write_pause_s
        return 1.0 if self.github_api_url == GITHUB_API else 0.0

    @property
    def github_is_local(self) -> bool:
        """Whether GitHub's API is on this machine (the demo, tests)."""
        return urlsplit(self.github_api_url).hostname in ("127.0.0.1", "localhost", "::1")

    @property
    def github_pages_url(self) -> str:
        """Where people see this GitHub: of github.com, an Enterprise Server (`…/api/v3`) or an Enterprise cloud
        (`api.….ghe.com`).
        """
        if self.github_url is not None:
            return self.github_url
        scheme, _, rest = self.github_api_url.partition("://")
        return f"{scheme}://{rest.removesuffix('/api/v3').removeprefix('api.')}"

    @property
    def has_app(self) -> bool:
        """Whether the environment names the App: then nothing stored is used."""
        return self.github_app_id is not None and self.private_key is not None

    def with_app(self, app_id: int, private_key: str, webhook_secret: str) -> "Settings":
        """The same with that App; webhook secrets of the environment stay accepted."""
        previous = self.github_webhook_secret
        app = {
            "github_app_id": app_id,
            "github_private_key": _pem(SecretStr(private_key)),
            "github_webhook_secret": SecretStr(webhook_secret),
            **({"github_webhook_secret_previous": previous} if previous is not None else {}),
        }
        made = self.model_copy(update=app)
        made.__dict__.pop("private_key", None)  # what was worked out before, of the settings without it
        return made

    @property
    def run_pages_url(self) -> str:
        """Base address of the run pages: `<this>/runs/<decision set id>`."""
        return self.public_url or f"http://127.0.0.1:{self.pages_port}"

    @cached_property
    def private_key(self) -> SecretStr | None:
        """The App's key, from the variable or from the file it names. Raises BadInput if the file cannot
        be used."""
        if self.github_private_key is not None or self.github_private_key_path is None:
            return self.github_private_key
        path = self.github_private_key_path.expanduser()
        try:
            return _pem(SecretStr(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not a PEM key"
            raise BadInput(
                f"GITHUB_PRIVATE_KEY_PATH: {path}: {reason}",
                remedy="Download a private key on the App's settings page and name its file.",
            ) from None

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """Secrets accepted now, the current one first; empty if webhooks cannot be received."""
        given = (self.github_webhook_secret, self.github_webhook_secret_previous)
        return tuple(secret.get_secret_value().encode() for secret in given if secret is not None)

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the log's redaction register."""
        values = [getattr(self, name) for name in type(self).model_fields]
        texts = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        passwords = [urlsplit(text).password for text in texts if "://" in text]
        return tuple(texts) + tuple(unquote(password) for password in passwords if password)


class RunnerSettings(BaseSettings):
    """What GitHub's runner gives to a step, and the inputs of `action/action.yml`.

    No `.env` is read: it would be one of the checked-out repository, which anybody may have written.
    https://docs.github.com/actions/reference/workflows-and-actions/variables
    """

    model_config = SettingsConfigDict(
        env_file=None, env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", validation_alias="GITHUB_REPOSITORY")
    repository_id: int | None = Field(None, validation_alias="GITHUB_REPOSITORY_ID")
    workspace: Path = Field(validation_alias="GITHUB_WORKSPACE")
    event_name: str = Field(validation_alias="GITHUB_EVENT_NAME")
    event_path: Path | None = Field(None, validation_alias="GITHUB_EVENT_PATH")
    sha: str = Field(validation_alias="GITHUB_SHA")
    ref: str = Field("", validation_alias="GITHUB_REF")
    actor: str = Field("", validation_alias="GITHUB_ACTOR")
    run_id: str = Field("", validation_alias="GITHUB_RUN_ID")
    api_url: HttpAddress = Field(GITHUB_API, validation_alias="GITHUB_API_URL")
    server_url: HttpAddress = Field("https://github.com", validation_alias="GITHUB_SERVER_URL")
    output: Path | None = Field(None, validation_alias="GITHUB_OUTPUT")
    step_summary: Path | None = Field(None, validation_alias="GITHUB_STEP_SUMMARY")
    temp: Path = Field(validation_alias="RUNNER_TEMP")
    token: SecretStr | None = Field(None, validation_alias="GITHUB_TOKEN")

    mode: Literal["check", "plan", "pull-request", "verify"] = Field("check", validation_alias="MLWRIGHT_MODE")
    constraints: str = Field("", validation_alias="MLWRIGHT_CONSTRAINTS")
    """Constraint files, one a line; empty: every `constraints.yaml` of the checkout."""
    fail_on: Literal["error", "warning", "never"] = Field("error", validation_alias="MLWRIGHT_FAIL_ON")
    comment: bool = Field(True, validation_alias="MLWRIGHT_COMMENT")
    provider: Literal["expert", "anthropic"] = Field("expert", validation_alias="MLWRIGHT_PROVIDER")

    @property
    def run_url(self) -> str:
        """The page of this workflow run."""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"


LISTED = "Correct these variables in the environment or in .env; docs/operate.md lists them."


def load_settings(**overrides: Any) -> Settings:
    """Settings of this process. Raises BadInput naming every wrong variable and what is wrong with it."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise _told(error, Settings, LISTED) from None


def load_runner_settings() -> RunnerSettings:
    """What the runner gave this step. Raises BadInput for a wrong input, or outside of a runner."""
    try:
        return RunnerSettings()
    except ValidationError as error:
        raise _told(error, RunnerSettings, "docs/action.md lists the inputs of the Action.") from None


def _told(error: ValidationError, model: type[BaseSettings], remedy: str) -> BadInput:
    return BadInput("\n".join(f"{_variable(item, model)}: {_reason(item)}" for item in error.errors()), remedy=remedy)


def load_partly() -> tuple[Settings, dict[str, str]]:
    """Settings in which wrong variables are left out, and what is wrong with each: for a report on all of them."""
    try:
        return Settings(), {}
    except ValidationError as error:
        wrong = {_variable(item, Settings): _reason(item) for item in error.errors()}
    fields = {str(field.validation_alias): field for field in Settings.model_fields.values()}
    return Settings(**{name: fields[name].get_default(call_default_factory=True) for name in wrong}), wrong


def _variable(item: Any, model: type[BaseSettings]) -> str:
    """The environment's name of the setting that is wrong, however it was given."""
    name = str(item["loc"][0]) if item["loc"] else "settings"
    field = model.model_fields.get(name)
    return str(field.validation_alias) if field is not None else name


def _reason(item: Any) -> str:
    """What is wrong, without pydantic's prefixes and never with the value: it may be a secret."""
    text = str(item["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
