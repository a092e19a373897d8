"""The one answer to a comment: a section for each of its commands, updated in place, found again by its marker.

A section that is settled is never asked for again, so that a repeated delivery or a crash repeats no command.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from agents.domain.base import digest
from agents.reports.text import clean, code, truncate
from bot.errors import NotFound, PermissionMissing, Refused
from bot.ports.github import GitHubRepository, Reaction
from bot.publish.limits import BODY
from bot.publish.marked import begin, mark

KIND = "answer"
State = Literal["good", "refused", "pending"]
SECTION = re.compile(r"^<!-- mlwright:command ([0-9a-f]{16}) (good|refused|pending) -->$", re.MULTILINE)
END = "<!-- /mlwright:command -->"
CUT = "… cut at GitHub's limit for comments."
LINE = 160


@dataclass(frozen=True)
class Section:
    """What became of one command. `text` is Markdown that holds no marker (everything untrusted in it is inert)."""

    command: str
    state: State
    line: str
    text: str


def standing_sections(repository: GitHubRepository, number: int, comment_id: int) -> tuple[Section, ...]:
    """The sections of our answer to that comment; none if there is no answer yet."""
    comment = repository.find_comment(number, begin(KIND, str(comment_id)))
    return read_sections(comment.body) if comment is not None else ()


def read_sections(body: str) -> tuple[Section, ...]:
    found = []
    body = body.replace("\r\n", "\n")
    for match in SECTION.finditer(body):
        inner = body[match.end() : body.find(f"\n{END}", match.end())]
        line, _, text = inner.strip("\n").partition("\n\n")
        found.append(Section(match[1], match[2], line, text))  # type: ignore[arg-type]
    return tuple(found)


def ensure_answer(repository: GitHubRepository, number: int, comment_id: int, sections: Sequence[Section]) -> None:
    """Writes the answer, if it is not written so already."""
    room = (BODY - 500) // max(1, len(sections)) - 300
    text = "\n\n".join(_shown(section, room) for section in sections)
    body = mark(KIND, str(comment_id), text, digest(text)[:16])
    standing = repository.find_comment(number, begin(KIND, str(comment_id)))
    if standing is None:
        repository.create_comment(number, body)
    elif standing.body.replace("\r\n", "\n").strip() != body.strip():
        repository.update_comment(standing.id, body)


def settle(repository: GitHubRepository, number: int, comment_id: int, section: Section) -> tuple[Section, ...]:
    """Puts the result of a pending command into the answer; all sections as they are now."""
    before = standing_sections(repository, number, comment_id)
    after = tuple(section if s.command == section.command else s for s in before)
    if section not in after:
        after = (*after, section)
    ensure_answer(repository, number, comment_id, after)
    return after


def settle_command(repository: GitHubRepository, number: int, comment_id: int, section: Section) -> None:
    """The same for a section whose line stands in the answer already, with the reaction."""
    before = standing_sections(repository, number, comment_id)
    line = next((s.line for s in before if s.command == section.command), section.line)
    react(repository, comment_id, settle(repository, number, comment_id, replace(section, line=line)))


def react(repository: GitHubRepository, comment_id: int, sections: Sequence[Section]) -> None:
    """The result as a reaction, once nothing is pending."""
    if any(section.state == "pending" for section in sections):
        return
    show(repository, comment_id, "+1" if all(section.state == "good" for section in sections) else "confused")


def show(repository: GitHubRepository, comment_id: int, reaction: Reaction) -> None:
    """A reaction is a courtesy: that it may not be given is no reason to leave the work."""
    with suppress(PermissionMissing, NotFound, Refused):
        repository.add_reaction(comment_id, reaction)


def quoted(line: str) -> str:
    """What a person wrote, as code: one line, cut, and without what could pass for a marker of ours or end the span.

    Code spans show text as it is, so it is no use to put invisible characters into it.
    """
    cut = line if len(line) <= LINE else line[: LINE - 1] + "…"
    return code(" ".join(clean(cut).split()).replace("`", "'").replace("<!", "< !"))


def _shown(section: Section, room: int) -> str:
    head = f"<!-- mlwright:command {section.command} {section.state} -->"
    return f"{head}\n{section.line}\n\n{truncate(section.text, room, CUT)}\n{END}"
