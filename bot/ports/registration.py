"""What the App asks for, what it was granted, and what is missing: where to grant it, and what works until then. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LEVELS = ("none", "read", "write", "admin")
MEANWHILE = {
    "checks": "nothing is planned: without checks nobody could see what came of it",
    "contents": "nothing is planned: constraints.yaml cannot be read, or no branch written",
    "issues": "pull requests come without comment and label where GitHub asks for it",
    "merge_queues": "merge queues are not answered; everything else works",
    "metadata": "nothing works: every App has this permission",
    "pull_requests": "nothing is proposed: no pull request can be opened",
    "workflows": "workflow files wait in .github/workflows-proposed; the rest is proposed",
    "push": "a pushed constraints.yaml is not noticed",
    "pull_request": "merging or closing a proposal is not recorded",
    "pull_request_review": "approving reviews are not noticed; `/approve` works",
    "merge_group": "merge queues are not answered; everything else works",
}
"""What a missing permission or event costs. One that is not named costs the commands that need it."""
ELSE = "what needs it says so; everything else works"


@dataclass(frozen=True)
class Installation:
    """The App on one account. `url` is its page in that account's settings."""

    account: str
    url: str
    granted: Mapping[str, str]
    events: tuple[str, ...]
    suspended: bool = False


@dataclass(frozen=True)
class Gap:
    """A permission or an event that is asked for and missing. `name` is GitHub's; `level` "" for an event.

    `ask_url`: where the App's owner asks for it, "" if that is done; `accept_urls`: where owners of accounts accept it.
    """

    name: str
    level: str
    accounts: tuple[str, ...]
    ask_url: str
    accept_urls: tuple[str, ...]

    @property
    def meanwhile(self) -> str:
        return MEANWHILE.get(self.name, ELSE)

    @property
    def words(self) -> str:
        """As GitHub's pages write it: `Pull requests: write`, `event push`."""
        plain = self.name.replace("_", " ")
        return f"{plain.capitalize()}: {self.level}" if self.level else f"event {self.name}"

    @property
    def remedy(self) -> str:
        """Both addresses, in the order in which they are needed."""
        steps = [f"ask for it: {self.ask_url}"] if self.ask_url else []
        steps += [f"accept it: {url}" for url in self.accept_urls]
        return "; then ".join(steps)


@dataclass(frozen=True)
class Registration:
    """The App at GitHub. `granted` and `events` are what it asks accounts for now; `wanted…` are those of `app.yml`."""

    slug: str
    settings_url: str
    granted: Mapping[str, str]
    events: tuple[str, ...]
    wanted: Mapping[str, str]
    wanted_events: tuple[str, ...]
    installations: tuple[Installation, ...] = ()

    def gaps(self, account: str | None = None) -> tuple[Gap, ...]:
        """Everything that is missing, for all accounts or for one: permissions first."""
        mine = [one for one in self.installations if account is None or one.account.lower() == account.lower()]
        return (*self._permissions(mine), *self._events(mine))

    def _permissions(self, installations: list[Installation]) -> Iterator[Gap]:
        for name, level in sorted(self.wanted.items()):
            lacking = [one for one in installations if not _holds(one.granted, name, level)]
            asked = _holds(self.granted, name, level)
            if lacking or not asked:
                yield self._gap(name, level, asked, lacking)

    def _events(self, installations: list[Installation]) -> Iterator[Gap]:
        for name in sorted(self.wanted_events):
            lacking = [one for one in installations if name not in one.events]
            asked = name in self.events
            if lacking or not asked:
                yield self._gap(name, "", asked, lacking)

    def _gap(self, name: str, level: str, asked: bool, lacking: list[Installation]) -> Gap:
        return Gap(
            name=name,
            level=level,
            accounts=tuple(one.account for one in lacking),
            ask_url="" if asked else f"{self.settings_url}/permissions",
            accept_urls=tuple(f"{one.url}/permissions/update" for one in lacking if one.url),
        )


def _holds(granted: Mapping[str, str], name: str, level: str) -> bool:
    given = granted.get(name, "none")
    return given in LEVELS and LEVELS.index(given) >= LEVELS.index(level)
