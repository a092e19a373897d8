"""/waive: accepts a finding for a while, with a reason and whoever asks as the one who answers for it."""

import difflib
from datetime import date

from agents.errors import BadInput
from bot.commands.command import Answer, Command, Desk
from bot.commands.replan import change

EXAMPLE = "/waive cost.within-band until=2027-01-31 reason=agreed with finance"


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    rule, given = _read(arguments)
    if missing := [name for name in ("until", "reason") if not given.get(name)]:
        raise BadInput(f"A waiver needs {' and '.join(missing)}.", remedy=f"Example: {EXAMPLE}")
    if strange := sorted(set(given) - {"until", "reason"}):
        raise BadInput(f"{strange[0]}: a waiver takes until and reason.", remedy=f"Example: {EXAMPLE}")
    try:
        until = date.fromisoformat(given["until"]).isoformat()
    except ValueError:
        raise BadInput(f"until={given['until'][:40]}: no date.", remedy="Write it as YYYY-MM-DD.") from None
    if until < desk.today:
        raise BadInput(f"until={until} is over.", remedy="Name the last day on which it counts.")
    _known(rule, desk)
    waiver = {"rule": rule, "owner": desk.asked_by, "reason": given["reason"], "until": until}
    constraints = desk.place.constraints
    standing = constraints.waivers if constraints is not None else ()
    same = next((n for n, old in enumerate(standing) if old.rule == rule and not old.scope), None)
    if same is not None:
        changed: dict[str, object] = {f"waivers.{same}.{name}": value for name, value in waiver.items()}
    else:
        changed = {f"waivers.{len(standing)}": waiver} if standing else {"waivers": [waiver]}
    return change(changed, desk)


def _read(arguments: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The rule and the rest by name; a reason may have many words without quotes."""
    bare = [word for word in arguments[:1] if "=" not in word]
    if not bare:
        raise BadInput("Name the rule that is waived.", remedy=f"Example: {EXAMPLE}")
    words: list[list[str]] = []
    for part in arguments[1:]:
        name, separator, text = part.partition("=")
        if (separator and name in ("until", "reason")) or not words:
            words.append([name, text if separator else ""])
        else:
            words[-1][1] += f" {part}"
    return bare[0].strip("`"), {name: text.strip().strip("\"'") for name, text in words}


def _known(rule: str, desk: Desk) -> None:
    """Raises BadInput for a rule that the last version was not judged by; with none yet, any rule may be named."""
    project = desk.ledger.project_at(desk.place.here.id, desk.place.root)
    record = desk.ledger.latest_published(project.id) if project is not None else None
    proposal = desk.ledger.load_proposal(record.id) if record is not None else None
    rules = (
        sorted({r.id for r in proposal.policy.rules}) if proposal is not None and proposal.policy is not None else []
    )
    if rules and rule not in rules:
        near = difflib.get_close_matches(rule, rules, n=3, cutoff=0.4)
        hint = f"Did you mean {', '.join(near)}?" if near else "The policy check lists all rules."
        raise BadInput(f"{rule[:80]}: there is no such rule.", remedy=hint)


COMMAND = Command(
    "waive",
    "/waive rule until=YYYY-MM-DD reason=…",
    "accepts a finding for a while in constraints.yaml, and plans again",
    run,
    "changes",
)
