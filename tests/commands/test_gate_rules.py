"""What counts as an approval of a waiting plan, without planning one: reviews, roles, costs, and what was approved before."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from bot.events.event import read_event
from bot.github.records import ReviewAnswer, read
from bot.jobs.gate import Reviewed, last_reviews, standing_at_gate
from bot.messages import Approves
from bot.ports.github import Review
from bot.ports.ledger import Approval
from bot.publish.rehearsal import MemoryRepository

HEAD, OLD = "a" * 40, "b" * 40


@dataclass
class Books:
    """The ledger, as far as the gate reads and writes it."""

    last: Any = None
    before: Any = None
    noted: list[Approval] = field(default_factory=list)

    def approve(self, decision_set, approval):
        self.noted.append(approval)
        return True

    def last_approval(self, project, gate):
        return self.last

    def load_proposal(self, decision_set):
        return self.before


def decision(key, choice, grounds="1", number=5):
    return SimpleNamespace(
        question=SimpleNamespace(key=key), choice=choice, id=f"{key}{choice}{grounds}", number=number
    )


def planned(cost=100, ceiling=None, digest="plan", settings=None, decisions=()):
    return SimpleNamespace(
        record=SimpleNamespace(id=uuid4(), project_id=uuid4()),
        snapshot=SimpleNamespace(default=SimpleNamespace(read=lambda path: settings)),
        proposal=SimpleNamespace(plan=SimpleNamespace(decisions=decisions)),
        digest=digest,
        cost=Decimal(cost),
        ceiling=None if ceiling is None else Decimal(ceiling),
    )


def review(state="approved", author="ada", head=HEAD, number=1, bot=False):
    return Review(number, author, 7, bot, state, head)


def judged(reviews=(), plan=None, books=None, approves=None, head=HEAD):
    repository = MemoryRepository(roles={"ada": "write", "keeper": "maintain", "reader": "read"})
    repository.reviews[1] = list(reviews)
    books = books or Books()
    return standing_at_gate(plan or planned(), Reviewed(1, head, approves), repository, books), books


def comment(actor="ada", up_to=""):
    return Approves(actor=actor, actor_id=7, number=1, comment_id=3, command="0" * 16, up_to=up_to)


def test_an_approving_review_of_what_is_shown_lets_it_through_once_and_is_bound():
    standing, books = judged([review()], planned(ceiling=1500))
    assert standing.answer is not None and standing.answer["approved"] and standing.answer["plan"] == "plan"
    assert books.noted == [Approval("pre-codegen", "approved", "ada", 7, HEAD, "plan", Decimal(1500), "review 1")]
    standing, books = judged([review()])
    assert books.noted[0].monthly_usd == 100, "without a ceiling what is approved is what it costs"


@pytest.mark.parametrize(
    ("reviews", "words"),
    [
        ([], ""),
        ([review("commented")], ""),
        ([review(bot=True)], ""),
        ([review(author="mlwright[bot]")], ""),
        ([review(author="reader")], "needs the role write"),
        ([review(author="stranger")], "needs the role write"),
        ([review(head=OLD)], ""),
        ([review(), review("dismissed", number=2)], ""),
        ([review(), review("changes_requested", "keeper")], "keeper` requested changes"),
        ([review("changes_requested"), review("commented")], "ada` requested changes"),
    ],
)
def test_what_does_not_count_keeps_it_waiting_and_says_so(reviews, words):
    standing, books = judged(reviews)
    assert standing.answer is None and standing.title and words in standing.words
    assert all(one.status == "changes_requested" for one in books.noted)


def test_a_request_for_changes_stands_in_the_way_of_a_command_too_but_not_a_strangers():
    assert judged([review("changes_requested", "keeper")], approves=comment())[0].answer is None
    assert judged([review("changes_requested", "stranger")], approves=comment())[0].answer is not None
    assert judged([review("changes_requested"), review()])[0].answer is not None, "who asked is content now"


def test_a_command_needs_the_role_and_says_how_much():
    assert judged(approves=comment("reader"))[0].answer is None
    dear, books = judged(plan=planned(cost=200), approves=comment(up_to="150"))
    assert (
        dear.answer is None and "approves up to $150 a month, and the plan costs $200" in dear.words and not books.noted
    )
    _, books = judged(plan=planned(cost=200, ceiling=300), approves=comment(up_to="900"))
    assert books.noted[0].monthly_usd == 300, "nobody approves more than the constraints permit"
    assert judged([review()], planned(cost=200, ceiling=150))[0].answer is None


def test_the_role_is_the_repositorys_and_settings_that_cannot_be_read_permit_nobody():
    settings = b"commands: {approve: maintain}\n"
    assert judged([review()], planned(settings=settings))[0].answer is None
    assert judged([review(author="keeper")], planned(settings=settings))[0].answer is not None
    broken, _ = judged([review(author="keeper")], planned(settings=b"commands: [\n"))
    assert broken.answer is None and "cannot be read" in broken.words


def earlier(source="review 1", digest="plan", limit=150, actor="ada", pull=1, before=()):
    approval = Approval("pre-codegen", "approved", actor, 7, OLD, digest, Decimal(limit), source)
    record = SimpleNamespace(id=uuid4(), number=4, pull_request=pull)
    return Books(last=(record, approval), before=SimpleNamespace(plan=SimpleNamespace(decisions=before)))


@pytest.mark.parametrize("source", ["review 1", "comment 9"])
def test_an_approval_holds_for_the_same_decisions_within_its_cost(source):
    standing, books = judged([review(head=OLD)] if source == "review 1" else [], books=earlier(source), head=None)
    assert standing.answer is not None and standing.answer["head_sha"] == OLD
    assert (books.noted[0].plan_digest, books.noted[0].monthly_usd) == ("plan", 150)


@pytest.mark.parametrize(
    ("books", "reviews", "plan"),
    [
        (earlier(digest="other"), [review(head=OLD)], planned()),
        (earlier(), [review(head=OLD)], planned(cost=151)),
        (earlier(), [review(head=OLD)], planned(ceiling=90)),
        (earlier(), [review("dismissed", head=OLD)], planned()),
        (earlier(), [], planned()),
        (earlier("comment 9", actor="reader"), [], planned()),
        (earlier("comment 9", pull=2), [], planned()),
    ],
)
def test_an_approval_holds_for_nothing_else(books, reviews, plan):
    standing, books = judged(reviews, plan, books, head=None)
    assert standing.answer is None and not books.noted


def test_what_changed_since_the_approval_is_said_exactly():
    before = [decision("serve", "fargate"), decision("train", "batch"), decision("code.style", "a", number=20)]
    now = [decision("serve", "lambda"), decision("train", "batch", "2"), decision("store", "s3")]
    books = earlier("comment 9", digest="other", before=before)
    words = judged([], planned(cost=200, decisions=now), books, head=None)[0].words
    assert words.splitlines() == [
        "**Not what `ada` approved as v4**:",
        "- costs $200 a month, approved up to $150",
        "- `serve`: fargate → lambda",
        "- `store`: none → s3",
        "- `train`: still batch, on other grounds",
    ]


def test_the_last_review_of_a_person_is_what_counts():
    repository = MemoryRepository()
    repository.reviews[1] = [review("changes_requested"), review("approved", number=2), review("commented", number=3)]
    assert last_reviews(repository, 1)["ada"].id == 2


def test_reviews_are_read_as_github_writes_them():
    found = read(ReviewAnswer, {"id": 1, "user": {"login": "ada", "id": 7}, "state": "APPROVED", "commit_id": HEAD})
    assert found.record() == replace(review(), id=1)
    assert read(ReviewAnswer, {"id": 1, "user": None, "state": "NEWER"}).record().state == "commented"


def told(action="submitted", state="approved", ref="mlwright/churn", who="User", home=5):
    pull = {"number": 1, "head": {"ref": ref, "repo": {"id": home}}}
    here = {"id": 5, "name": "churn", "full_name": "acme/churn", "default_branch": "main"}
    user = {"login": "ada", "type": who}
    return {
        "action": action,
        "repository": here,
        "pull_request": pull,
        "review": {"id": 9, "state": state, "user": user},
    }


def test_reviews_that_decide_are_looked_at_and_a_dismissal_is_no_repetition():
    keys = [
        read_event("pull_request_review", payload).messages[0].dedupe_key
        for payload in (told(), told(state="changes_requested"), told("dismissed", "dismissed"))
    ]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    "payload",
    [
        told(state="commented"),
        told("edited"),
        told(ref="feature"),
        told(home=6),
        told(who="Bot"),
        {"action": "submitted"},
    ],
)
def test_other_reviews_ask_for_nothing(payload):
    reading = read_event("pull_request_review", payload)
    assert not reading.messages and reading.ignored
