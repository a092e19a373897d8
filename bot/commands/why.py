"""/why: the Reason Cards behind a file, a decision or an agent of the version that is proposed."""

import difflib
import json
from typing import Any

from agents.domain.decision import ReasonCard
from agents.domain.proposal import Proposal
from agents.errors import BadInput
from agents.reports.ledger import files_of
from agents.reports.text import code, count
from bot.commands.command import Answer, Command, Desk
from bot.publish.desired import Context
from bot.publish.views.links import Links
from bot.publish.views.sticky import card_text

MOST_CARDS = 6
PROVENANCE = "reports/provenance.json"


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    if len(arguments) != 1:
        raise BadInput("Name one file, decision or agent.", remedy="Example: /why serve, or /why infra/main.tf")
    place, ledger = desk.place, desk.ledger
    project = ledger.project_at(place.here.id, place.root)
    record = ledger.latest_published(project.id) if project is not None else None
    proposal = ledger.load_proposal(record.id) if record is not None else None
    if record is None or proposal is None:
        raise BadInput("Nothing has been proposed yet, so there are no reasons.", remedy="`/replan` plans the project.")
    links = Links(proposal, Context(place.here, place.root), record.commit_sha or place.snapshot.heads.default_head)
    subject = arguments[0].strip("`'\"").removeprefix("./")
    files = _files(proposal, desk)
    path = _within(subject.partition(":")[0], place.root)
    if path in files:
        return Answer(_of_file(files[path], proposal, links))
    cards = [c for c in proposal.cards if subject in (c.key, c.agent) or c.key.startswith(f"{subject}.")]
    if not cards:
        names = sorted({*files, *(c.key for c in proposal.cards), *(c.agent for c in proposal.cards)})
        near = difflib.get_close_matches(subject, names, n=3, cutoff=0.4)
        hint = f"Did you mean {', '.join(near)}?" if near else "`/why serve` names a decision; a path names a file."
        raise BadInput(f"{subject[:120]}: there is no such file, decision or agent here.", remedy=hint)
    shown = "\n\n".join(card_text(card, links) for card in cards[:MOST_CARDS])
    more = len(cards) - MOST_CARDS
    return Answer(
        shown + (f"\n\n{count(more, 'more card')} in {links.report('rationale.json', 'the report')}." * (more > 0))
    )


def _files(proposal: Proposal, desk: Desk) -> dict[str, dict[str, Any]]:
    """The generated files by path, with where each comes from."""
    sha256 = proposal.reports.get(PROVENANCE)
    if sha256 is None:
        return {}
    return {file["path"]: file for file in files_of(json.loads(desk.ledger.artifacts.get(sha256)))}


def _within(path: str, root: str) -> str:
    """A path of the repository as one of the project."""
    return path.removeprefix(f"{root}/") if root else path


def _of_file(file: dict[str, Any], proposal: Proposal, links: Links) -> str:
    lines = [f"{links.file(file['path'])} is written by agent {code(file['agent'])} from {code(file['template'])}."]
    if file["pattern"]:
        lines.append(f"It belongs to the pattern {code(file['pattern'])}.")
    if file["constraints"]:
        lines.append("It follows from " + ", ".join(links.key(key) for key in file["constraints"]) + ".")
    cards: list[ReasonCard] = [card for card in proposal.cards if card.key == file["decision"]]
    return "\n\n".join([" ".join(lines), *(card_text(card, links) for card in cards)])


COMMAND = Command("why", "/why path-or-decision", "shows the reasons behind a file, a decision or an agent", run)
