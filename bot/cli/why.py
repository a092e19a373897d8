"""`mlwright why`: the reasons behind a file, a decision or an agent, read from an output folder's reports."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.errors import BadInput
from bot.cli.exits import Exit
from bot.cli.outputs import read_lock, read_report


def why(subject: str, folder: Path) -> int:
    """Prints the reasons. Raises BadInput, with the nearest names, if nothing is called that."""
    state = read_lock(folder).state
    from agents.reports.ledger import cards_of, files_of

    try:
        cards = cards_of(read_report(folder, "rationale"))
        files = {file["path"]: file for file in files_of(read_report(folder, "provenance"))}
    except (LookupError, TypeError, ValueError, StopIteration) as error:
        raise BadInput(
            f"The reports in {folder} are not as mlwright wrote them: {error!r}.",
            remedy="Take the reports back from git, or plan again with `mlwright plan`.",
        ) from error
    path = subject.removeprefix("./").split(":")[0]
    if path in files:
        _show_file(files[path], cards, state)
        return Exit.GOOD
    found = [
        c for c in cards if subject in (c["key"], c["agent"], c["decision_id"]) or c["key"].startswith(f"{subject}.")
    ]
    if not found:
        names = sorted({*files, *(c["key"] for c in cards), *(c["agent"] for c in cards)})
        near = difflib.get_close_matches(subject, names, n=3, cutoff=0.4)
        hint = f"Did you mean {', '.join(near)}?" if near else f"Decisions: {', '.join(c['key'] for c in cards[:12])} …"
        raise BadInput(f"{subject}: there is no such file, decision or agent in {folder}.", remedy=hint)
    for card in found:
        _show_card(card, state)
    return Exit.GOOD


def _show_file(file: dict[str, Any], cards: list[dict[str, Any]], state: Mapping[str, str]) -> None:
    print(f"{file['path']}  ({file['owner']})")
    print(f"  from {file['template']}, agent {file['agent']}")
    if file["pattern"]:
        print(f"  pattern {file['pattern']}")
    if file["constraints"]:
        print(f"  follows from {', '.join(file['constraints'])}")
    for card in cards:
        if card["key"] == file["decision"]:
            print("")
            _show_card(card, state)


def _show_card(card: dict[str, Any], state: Mapping[str, str]) -> None:
    from agents.reports.adr import value_of

    print(
        f"{card['number']} {card['agent']}  {card['key']}  confidence {card['confidence']:.2f}  {card['decision_id']}"
    )
    print(f"  {card['question']}")
    for candidate in card["candidates"]:
        mark = "→" if candidate["id"] == card["choice"]["id"] else " "
        print(f"  {mark} {candidate['id']}: {candidate['summary']}  [{candidate['verdict']}]")
    print(f"  because {card['choice']['justification']}")
    basis = (f"{key} {value_of(key, state)}" for key in card["inputs"]["constraints_keys"])
    print(f"  rests on {'; '.join(basis) or 'no constraint'}")
    for flip in card["flips"]:
        print(f"  flips: {flip}")
    for risk in card["risks"]:
        print(f"  risk: {risk}")
    for dissent in card.get("dissent", ()):  # left out of a card that has none
        print(f"  dissent: {dissent}")
    for question in card.get("open_questions", ()):
        print(f"  open: {question}")
    if card.get("lock_in"):
        print(f"  lock-in: {card['lock_in']}")
    for member in card.get("pareto", ()):
        print(f"  also unbeaten: {member}")
    for title, url in card.get("references", ()):
        print(f"  source: {title} {url}")
    print("")
