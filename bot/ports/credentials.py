"""What the App is known by to GitHub, as `/setup` receives it and the store keeps it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class AppCredentials:
    """`html_url` is the App's public page; `owner` the account that it belongs to, `owner_kind` GitHub's type of it."""

    app_id: int
    slug: str
    html_url: str
    owner: str
    owner_kind: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """For the log's redaction register."""
        return tuple(value for value in (self.private_key, self.webhook_secret, self.client_secret) if value)
