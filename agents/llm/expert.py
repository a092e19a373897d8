"""The provider that needs no model: takes the best candidate and says in numbers why it beat the
runner-up."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agents.domain.agent import Brief
from agents.domain.decision import Answer, Candidate, Question
from agents.expert.project import constraint
from agents.expert.words import listed, number, usd
from agents.llm.provider import EXPERT, Asked, Foreseen, Reply, Turn, Work


class ExpertProvider:
    """Deterministic: the same brief gives the same answers, byte for byte."""

    name = EXPERT
    model = "scored-candidates"
    recorded: Mapping[str, str] = {}
    at_once = 0
    memory_tokens = 0
    writes_code = False

    def answer(self, ask: Asked, refused: Sequence[Turn] = ()) -> Reply:
        """The best feasible candidate of each question, justified from scores, impacts and constraints."""
        if isinstance(ask, Work):
            return Reply(silent="the expert writes no code")
        return Reply(tuple(expert_answer(question, ask.brief) for question in ask.questions))

    def foresee(self, asks: Sequence[Asked], depth: int) -> Foreseen:
        """Nothing: it computes."""
        return Foreseen(0, 0, 0, Decimal(0), 0.0)

    def warning(self) -> str:
        return ""

    def abandon(self) -> None:
        return None

    def quarantine(self, agent: str, payloads: Sequence[Turn]) -> None:
        return None


def expert_answer(question: Question, brief: Brief) -> Answer:
    """What the expert answers to one question; also the fall-back for a provider whose answer was refused."""
    return Answer(key=question.key, candidate=question.best.id, justification=justify(question, brief))


def justify(question: Question, brief: Brief) -> str:
    """Why the best candidate, in a few sentences: what speaks for it, why the runner-up lost, and the basis.

    What it is, and what was refused and why, stand with the candidates: here they would be read twice.
    """
    best = question.best
    rivals = sorted((c for c in question.candidates if c.feasible and c.id != best.id), key=lambda c: -c.score)
    reasons = [_plain(t) for t in best.tradeoffs if "(+" in t]
    score = f"{best.id} ({number(best.score)})"
    parts = [f"For {score}: {'; '.join(reasons[:2])}." if reasons else f"{score} is ahead."]
    if rivals:
        parts.append(_against(best, rivals[0]))
    else:
        parts = [f"{best.id} is the only one that is not refused."]
    basis = [f"{key} {constraint(brief.requirements, key)}".strip() for key in question.rests_on]
    if basis:
        parts.append(f"Rests on {listed(basis)}.")
    return " ".join(parts)


def _against(best: Candidate, rival: Candidate) -> str:
    against = [_plain(t) for t in rival.tradeoffs if "(-" in t]
    differences = [*against[:1], *_moved(best, rival)]
    tail = f": {'; '.join(differences)}" if differences else ""
    return f"Next best is {rival.id}, {number(rival.score)}{tail}."


def _plain(told: str) -> str:
    """A weighed fact without its points, which stand in the table of candidates."""
    return told.rsplit(" (", 1)[0]


def _moved(best: Candidate, rival: Candidate) -> list[str]:
    """How the rival's figures differ from the best one's, where both are known."""
    moved = []
    a, b = best.impacts, rival.impacts
    if a.monthly_usd is not None and b.monthly_usd is not None and a.monthly_usd != b.monthly_usd:
        delta = b.monthly_usd - a.monthly_usd
        moved.append(f"{usd(abs(delta))} a month {'more' if delta > Decimal(0) else 'less'}")
    if a.p95_latency_ms is not None and b.p95_latency_ms is not None and a.p95_latency_ms != b.p95_latency_ms:
        slower = b.p95_latency_ms - a.p95_latency_ms
        moved.append(f"{number(round(abs(slower), 1))} ms {'slower' if slower > 0 else 'faster'} at p95")
    if a.availability_pct is not None and b.availability_pct is not None:
        gap = round(b.availability_pct - a.availability_pct, 3)
        if gap:
            moved.append(f"availability {gap:+g} points")
    if a.burden is not None and b.burden is not None and a.burden != b.burden:
        moved.append(f"operating burden {number(b.burden)} against {number(a.burden)} of 5")
    return moved
