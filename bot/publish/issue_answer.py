"""Our one comment on an issue in plain words: found by its marker, written only where it differs."""

import re
from urllib.parse import quote, unquote

from pydantic import ValidationError

from agents.domain.base import digest
from bot.issue_messages import IssueOutcome
from bot.ports.github import Comment, GitHubRepository
from bot.publish.marked import begin, mark

KIND = "intake"
_OUTCOME = re.compile(
    r"^<!-- mlwright:outcome (planning|good|refused) ([0-9a-f]{64}) ([0-9a-f]{64}|-) (\d+) ([\w.-]+) (\S*) -->\n"
    r"(.*?)\n?<!-- /mlwright:outcome -->$",
    re.MULTILINE | re.DOTALL,
)


def standing(repository: GitHubRepository, number: int) -> Comment | None:
    return repository.find_comment(number, begin(KIND, str(number)))


def outcome_text(outcome: IssueOutcome) -> str:
    """What became of it, to be read again with the comment."""
    root = quote(outcome.root, safe="/")
    facts = (outcome.state, outcome.constraints, outcome.proposed or "-", str(outcome.pull), outcome.project, root)
    return f"<!-- mlwright:outcome {' '.join(facts)} -->\n{outcome.text}\n<!-- /mlwright:outcome -->"


def read_outcome(body: str) -> IssueOutcome | None:
    found = _OUTCOME.search(body.replace("\r", ""))
    if found is None:
        return None
    state, constraints, proposed, pull, project, root, text = found.groups()
    try:
        return IssueOutcome(
            state=state,
            constraints=constraints,
            proposed=proposed.strip("-"),
            project=project,
            root=unquote(root),
            pull=int(pull),
            text=text,
        )
    except ValidationError:
        return None


def ensure(repository: GitHubRepository, number: int, before: Comment | None, text: str) -> bool:
    """Writes the comment, if it does not say so already. False, and nothing is written, if somebody touched it since `before`
    was read: a box that was ticked then would be lost."""
    body = mark(KIND, str(number), text, digest(text)[:16])
    if before is None:
        repository.create_comment(number, body)
    elif not _same(before.body, body):
        if not _same(repository.get_comment(before.id).body, before.body):
            return False
        repository.update_comment(before.id, body)
    return True


def _same(one: str, other: str) -> bool:
    return one.replace("\r", "").strip() == other.replace("\r", "").strip()
