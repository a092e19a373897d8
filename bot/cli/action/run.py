"""`mlwright action`: from the event to what the job's page shows. The mode says how much; what an event may not have is said."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agents.domain.base import digest
from agents.domain.findings import Finding, Location, Severity
from agents.reports.neutralise import neutralise, one_line
from agents.reports.text import truncate
from bot.cli.action import look
from bot.cli.action.checkout import constraint_files, rules_here
from bot.cli.action.event import Event, read_event
from bot.cli.action.runner import Runner, enter
from bot.cli.action.seen import Seen, outputs, verdict
from bot.cli.exits import Exit
from bot.errors import BadInput, EngineError, NotFound, PermissionMissing, PersonMustAct, RetryLater
from bot.messages import RepositoryRef
from bot.ports.github import GitHubRepository, Repository
from bot.publish.checkout import Blobs, Checkout
from bot.publish.limits import BODY
from bot.publish.marked import begin, mark, marked_digest
from bot.publish.snapshot import own_rules
from bot.settings import RunnerSettings, load_runner_settings

if TYPE_CHECKING:
    from bot.github.job_token import JobToken

REPORT = "mlwright-report"
"""Folder in RUNNER_TEMP that becomes the artifact."""
ROOM = 2_000
"""Bytes of a comment that are kept for its markers and the notes."""
ALL = "all"


def action() -> int:
    """Does the step's work; the exit code says how it ended. Raises BadInput outside of a runner."""
    settings = load_runner_settings()
    enter(settings.workspace)
    runner = Runner(settings)
    try:
        return _Step(settings, runner, read_event(settings)).run()
    except EngineError as error:
        runner.annotate(list(_refusal(error)))
        runner.say(f"❌ {error.message} {error.remedy}")
        runner.summary(f"# mlwright\n\n> ❌ {neutralise(error.message)}\n\n{neutralise(error.remedy)}\n")
        return _code(error)


def _code(error: EngineError) -> Exit:
    if isinstance(error, RetryLater):
        return Exit.PROVIDER
    return Exit.BAD_INPUT if isinstance(error, BadInput | PersonMustAct) else Exit.INTERNAL


def _refusal(error: EngineError, path: str = "") -> tuple[Finding, ...]:
    """What an error says, as findings: its own where it has some."""
    if isinstance(error, BadInput) and error.findings:
        return error.findings
    place = Location(path=path) if path else None
    finding = Finding(
        rule="action.refused",
        severity=Severity.ERROR,
        message=error.message,
        location=place,
        remediation=error.remedy,
        source="action",
    )
    return (finding,)


@dataclass
class _Step:
    """One step under way. `notes` are what it could not do here, and why."""

    settings: RunnerSettings
    runner: Runner
    event: Event
    notes: list[str] = field(default_factory=list)

    def run(self) -> int:
        mode = self._mode()
        files = constraint_files(self.settings.constraints)
        report = self.settings.temp / REPORT
        shutil.rmtree(report, ignore_errors=True)
        report.mkdir(parents=True)
        seen = []
        for path in files:
            self.runner.say(f"{mode} {path}")
            seen.append(self._look(mode, path, report))
        page = self._page(seen)
        (report / "summary.md").write_text(page, encoding="utf-8")
        documents = [one.document() for one in seen]
        (report / "result.json").write_text(json.dumps(documents, indent=2) + "\n", encoding="utf-8")
        self.runner.annotate([finding for one in seen for finding in one.findings])
        self._comment(mode, page)
        notes = "".join(f"- ⚠️ {neutralise(note)}\n" for note in self.notes)
        self.runner.summary(f"{page}\n{notes}" if notes else page)
        for line in (*self.notes, *(f"{one.path}: exit {int(one.code)}" for one in seen)):
            self.runner.say(line)
        told = {**outputs(seen), "projects": json.dumps(documents), "report": str(report)}
        self.runner.output(told)
        return verdict(seen, self.settings.fail_on)

    def _mode(self) -> str:
        """The mode, or `check` where the event may not have it."""
        if self.settings.mode != "pull-request":
            return self.settings.mode
        if self.event.is_pull_request:
            why = "A pull request is only looked at: proposals are made from the default branch."
        elif self.settings.token is None:
            why = "There is no token here, so nothing can be proposed."
        elif self.event.default_branch and self.settings.ref != f"refs/heads/{self.event.default_branch}":
            why = f"This is not {self.event.default_branch}: proposals are made from the default branch only."
        else:
            return self.settings.mode
        self.notes.append(f"{why} This was a check.")
        return "check"

    def _look(self, mode: str, path: str, report: Path) -> Seen:
        as_of = datetime.now(UTC).date().isoformat()
        try:
            if mode == "verify":
                return look.verify(path)
            if mode == "pull-request":
                return self._propose(path)
            rules = self._rules(look.root_of(path))
            if mode == "check":
                return look.check(path, as_of, rules)
            out = report / "plan" / (look.root_of(path) or "root")
            out.mkdir(parents=True)
            return look.plan(path, as_of, rules, self._repository(), out)
        except BadInput as error:
            page = f"# {one_line(path)}\n\n> ❌ {neutralise(error.message)}\n\n{neutralise(error.remedy)}\n"
            return Seen(path, "", page, _refusal(error, path), Exit.BAD_INPUT)

    def _propose(self, path: str) -> Seen:
        from bot.cli.action.propose import propose

        with self._open() as repository:
            here = repository.get_repository()
        if self.settings.ref != f"refs/heads/{here.default_branch}":
            raise BadInput(f"{self.settings.ref} is not the default branch, {here.default_branch}.")
        return propose(path, self.settings, self._github(), here, self.runner.say)

    def _rules(self, root: str) -> Mapping[str, bytes]:
        """The repository's own rules: of a pull request's base, never of what it changes."""
        if self.event.base_sha is None:
            return rules_here(root)
        try:
            with self._open() as repository:
                return own_rules(Checkout(repository, self.event.base_sha, Blobs(repository)), root)
        except EngineError as error:
            note = f"Rules were taken from this checkout, not from the base: {error.message}"
            self.notes += [] if note in self.notes else [note]
            return rules_here(root)

    def _comment(self, mode: str, page: str) -> None:
        """The one comment of this mode on the pull request, written only if it says something new."""
        if not self.settings.comment or self.event.number is None:
            return
        if self.event.from_fork or self.settings.token is None:
            self.notes.append("A fork's pull request has no secrets here: this is a check without a comment.")
            return
        kind, number = f"action-{mode}", self.event.number
        rest = f"\n\n…the rest is on [the run's page]({self.settings.run_url}).\n"
        text = truncate(page, BODY - ROOM, rest)
        wanted = digest(text)[:16]
        try:
            with self._open() as repository:
                comment = repository.find_comment(number, begin(kind, ALL))
                body = mark(kind, ALL, text, wanted)
                if comment is None:
                    repository.create_comment(number, body)
                elif marked_digest(kind, ALL, comment.body) != wanted:
                    repository.update_comment(comment.id, body)
        except (PermissionMissing, NotFound, PersonMustAct):
            self.notes.append("The token may not comment: give the job `permissions: pull-requests: write`.")
        except RetryLater as error:
            self.notes.append(f"The comment could not be written: {error.message}")

    def _page(self, seen: list[Seen]) -> str:
        return "\n".join(one.page for one in seen)

    @contextmanager
    def _open(self) -> Iterator[GitHubRepository]:
        owner, _, name = self.settings.repository.partition("/")
        ref = RepositoryRef(id=self._id(), owner=owner, name=name)
        with self._github().repository(ref) as repository:
            yield repository

    def _github(self) -> "JobToken":
        from bot.github.job_token import JobToken

        if self.settings.token is None:
            raise PersonMustAct("The step has no token.", remedy="Leave the input `token` as it is.")
        return JobToken(self.settings.token.get_secret_value(), self.settings.api_url)

    def _id(self) -> int:
        found = self.settings.repository_id or self.event.repository_id
        if found is None:
            raise BadInput("GITHUB_REPOSITORY_ID: not set, and the event does not tell it.")
        return found

    def _repository(self) -> Repository:
        owner, _, name = self.settings.repository.partition("/")
        address = f"{self.settings.server_url}/{self.settings.repository}"
        return Repository(self._id(), owner, name, self.event.default_branch, address)
