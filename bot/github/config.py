"""What the adapter must be told; `bot/bootstrap.py` fills it from the settings."""

from collections.abc import Callable
from dataclasses import dataclass, field

API_URL = "https://api.github.com"
PAUSE_S = 1.0
"""GitHub asks for a second between writes:
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests"""


@dataclass(frozen=True)
class Call:
    """One HTTP call, for logs and counts: `path` without host or query, `seconds` on the wire, `remaining`
    of the hourly limit as GitHub told it."""

    method: str
    path: str
    status: int
    seconds: float
    remaining: int | None


@dataclass(frozen=True)
class GitHubConfig:
    """`app_id` is the App's number (or its client id); `private_key` the PEM text. `pause_s` None: one
    second on github.com and its Enterprise clouds, none elsewhere."""

    app_id: str
    private_key: str = field(repr=False)
    api_url: str = API_URL
    pause_s: float | None = None
    user_agent: str = "mlwright"
    observe: Callable[[Call], None] | None = None
    redact: Callable[[str], None] | None = None
    """Told every token that is minted, so that logs can leave it out."""

    @property
    def pause(self) -> float:
        if self.pause_s is not None:
            return self.pause_s
        host = self.api_url.split("//")[-1].split("/")[0].split(":")[0]
        return PAUSE_S if host == "api.github.com" or host.endswith(".ghe.com") else 0.0

    @property
    def graphql_url(self) -> str:
        """`…/api/v3` of an Enterprise Server becomes `…/api/graphql`, everything else gets `/graphql`.

        https://docs.github.com/enterprise-server/graphql/guides/managing-enterprise-accounts
        """
        base = self.api_url.rstrip("/")
        return f"{base.removesuffix('/v3')}/graphql" if base.endswith("/api/v3") else f"{base}/graphql"
