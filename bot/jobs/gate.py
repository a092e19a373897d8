"""A plan that waits for a review: who approved it, within what, and what stands in the way. GitHub says it anew each time.

An approval is bound to the commit that was reviewed, to the decisions, and to a cost; the ledger keeps it once it has let
code be generated. A later plan of the same pull request is let through by it only if the decisions are the same and the cost
is within it; else the check says what changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agents.domain.plan import Plan
from agents.reports.cards import LAST_PLANNING_AGENT
from agents.reports.text import code, count, money, one_line
from bot.commands.command import discover
from bot.commands.permission import RANK, SETTINGS, Permissions, read_permissions
from bot.jobs.planning_run import Planned, Standing
from bot.messages import Approves
from bot.ports.github import GitHubRepository, Review
from bot.ports.ledger import Approval, DecisionSetRecord, Ledger

GATE: Final = "pre-codegen"
WAITS = "a review of the plan is asked for before code"
SHOWN = 10


@dataclass(frozen=True)
class Reviewed:
    """The pull request that is reviewed: `head` is the commit that shows this plan (None: none shows it yet)."""

    number: int | None
    head: str | None
    approves: Approves | None = None


def standing_at_gate(planned: Planned, reviewed: Reviewed, repository: GitHubRepository, ledger: Ledger) -> Standing:
    """Whether the thread may go on, and in what words it waits. An approval that counts is recorded."""
    permissions = read_permissions(planned.snapshot.default.read(SETTINGS))
    circle = _Circle(repository, permissions)
    number = reviewed.number
    reviews = last_reviews(repository, number) if number is not None else {}
    for review in reviews.values():
        if review.state == "changes_requested" and circle.permits(review.author):
            _note(ledger, planned, review)
            return Standing(None, "changes are requested: the plan waits", _asked_for_changes(review))
    approval, words = _approval(planned, reviewed, reviews, circle, ledger)
    if approval is None:
        return Standing(None, WAITS, words)
    if planned.cost > (approval.monthly_usd or Decimal(0)):
        return Standing(None, "costs more than may be approved: the plan waits", _too_dear(planned, approval))
    ledger.approve(planned.record.id, approval)
    answer = {
        "plan": planned.digest,
        "actor": approval.actor,
        "head_sha": approval.head_sha,
        "approved": True,
        "comment": approval.comment,
    }
    return Standing(answer, "", "")


def last_reviews(repository: GitHubRepository, number: int) -> dict[str, Review]:
    """What each person's reviews come to, as GitHub counts them: the last one that decides; comments decide nothing."""
    last: dict[str, Review] = {}
    for review in repository.list_reviews(number):
        person = review.author and not review.author_is_bot and not review.author.endswith("[bot]")
        if person and review.state not in ("commented", "pending"):
            last[review.author] = review
    return last


class _Circle:
    """Who may approve: the role that `/approve` needs, asked of GitHub once a person."""

    def __init__(self, repository: GitHubRepository, permissions: Permissions) -> None:
        self._repository, self.permissions = repository, permissions
        self.needed = permissions.needed(discover()["approve"])
        self._known: dict[str, bool] = {}

    def permits(self, login: str) -> bool:
        if self.permissions.broken:
            return False
        if login not in self._known:
            self._known[login] = RANK[self._repository.get_role(login)] >= RANK[self.needed]
        return self._known[login]


def _approval(
    planned: Planned, reviewed: Reviewed, reviews: Mapping[str, Review], circle: _Circle, ledger: Ledger
) -> tuple[Approval | None, str]:
    """The approval to go by; without one, in words why what was given does not count."""
    words = []
    if circle.permissions.broken:
        words.append(f"`{SETTINGS}` on the default branch cannot be read, so nobody's approval counts. Correct it.")
    if reviewed.approves is not None and reviewed.head is not None and circle.permits(reviewed.approves.actor):
        given = reviewed.approves
        source = f"comment {given.comment_id}"
        limit = Decimal(given.up_to) if given.up_to else None
        return _bound(planned, given.actor, given.actor_id, reviewed.head, source, limit), ""
    for review in reviews.values():
        if review.state != "approved":
            continue
        if not circle.permits(review.author):
            words.append(f"The approval of {code(review.author)} does not count: it needs the role {circle.needed}.")
        elif review.commit_sha == reviewed.head:
            return _bound(planned, review.author, review.author_id, reviewed.head, f"review {review.id}", None), ""
    kept, changed = _kept(planned, reviewed, reviews, circle, ledger)
    return kept, "\n\n".join([*words, *([changed] if changed else [])])


def _bound(planned: Planned, actor: str, actor_id: int, head: str, source: str, up_to: Decimal | None) -> Approval:
    """What is approved may cost what the person said, at most what the constraints permit; else what it costs now, or what
    the constraints permit."""
    limit = planned.ceiling
    most = up_to if up_to is not None else limit if limit is not None else planned.cost
    return Approval(
        gate=GATE,
        status="approved",
        actor=actor,
        actor_id=actor_id,
        head_sha=head,
        plan_digest=planned.digest,
        monthly_usd=min(most, limit) if limit is not None else most,
        comment=source,
    )


def _kept(
    planned: Planned, reviewed: Reviewed, reviews: Mapping[str, Review], circle: _Circle, ledger: Ledger
) -> tuple[Approval | None, str]:
    """The approval that an earlier plan of this pull request had, if it holds for this one; else what changed since."""
    found = ledger.last_approval(planned.record.project_id, GATE)
    if found is None or reviewed.number is None or found[0].pull_request != reviewed.number:
        return None, ""
    earlier, approval = found
    by_review = approval.comment.startswith("review ")
    review = reviews.get(approval.actor)
    if by_review and (review is None or review.state != "approved"):
        return None, f"The approval of v{earlier.number} by {code(approval.actor)} was dismissed."
    if not circle.permits(approval.actor):
        return None, f"{code(approval.actor)}, who approved v{earlier.number}, may not approve any more."
    limit = (
        approval.monthly_usd if planned.ceiling is None else min(approval.monthly_usd or Decimal(0), planned.ceiling)
    )
    if approval.plan_digest == planned.digest and planned.cost <= (limit or Decimal(0)):
        return Approval(**{**vars(approval), "monthly_usd": limit}), ""
    return None, _changed(planned, earlier, approval, ledger)


def _changed(planned: Planned, earlier: DecisionSetRecord, approval: Approval, ledger: Ledger) -> str:
    """Exactly what differs from what was approved."""
    before = ledger.load_proposal(earlier.id)
    lines = [f"**Not what {code(approval.actor)} approved as v{earlier.number}**:"]
    limit = approval.monthly_usd or Decimal(0)
    if planned.cost > limit:
        lines.append(f"- costs {money(planned.cost)} a month, approved up to {money(limit)}")
    if before is not None and before.plan is not None and planned.proposal.plan is not None:
        moved = list(_moved(before.plan, planned.proposal.plan))
        lines += [f"- {line}" for line in moved[:SHOWN]]
        if len(moved) > SHOWN:
            lines.append(f"- and {count(len(moved) - SHOWN, 'more decision')}")
    return "\n".join(lines)


def _moved(before: Plan, now: Plan) -> Iterator[str]:
    """Decisions of the planning agents that differ; those of the implementation follow from them."""
    old = {d.question.key: d for d in before.decisions if d.number <= LAST_PLANNING_AGENT}
    new = {d.question.key: d for d in now.decisions if d.number <= LAST_PLANNING_AGENT}
    for key in sorted(old.keys() | new.keys()):
        was, is_now = old.get(key), new.get(key)
        if was is not None and is_now is not None and was.id == is_now.id:
            continue
        if was is not None and is_now is not None and was.choice == is_now.choice:
            yield f"{code(key)}: still {one_line(is_now.choice, 120)}, on other grounds"
        else:
            choices = (one_line(d.choice, 120) if d is not None else "none" for d in (was, is_now))
            yield f"{code(key)}: {' → '.join(choices)}"


def _note(ledger: Ledger, planned: Planned, review: Review) -> None:
    ledger.approve(
        planned.record.id,
        Approval(
            gate=GATE,
            status="changes_requested",
            actor=review.author,
            actor_id=review.author_id,
            head_sha=review.commit_sha,
            plan_digest=planned.digest,
            monthly_usd=planned.cost,
            comment=f"review {review.id}",
        ),
    )


def _asked_for_changes(review: Review) -> str:
    return (
        f"**{code(review.author)} requested changes**, so no code is generated. Change the constraints (push, or"
        " `/replan key=value`), then have that person approve, or dismiss the review."
    )


def _too_dear(planned: Planned, approval: Approval) -> str:
    most = money(approval.monthly_usd or Decimal(0))
    return (
        f"{code(approval.actor)} approves up to {most} a month, and the plan costs {money(planned.cost)}. Raise"
        " `approval.cost_ceiling_usd`, approve with a higher `up-to`, or make the plan cheaper."
    )
