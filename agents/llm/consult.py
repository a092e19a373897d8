"""Consulting one agent: its options, a provider's answers, the check of those answers, decisions, conclusion."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace

from agents.domain.agent import Agent, AgentResult, Brief
from agents.domain.base import digest
from agents.domain.decision import Answer, Candidate, Decision, Question, Risk
from agents.errors import Defect
from agents.expert.words import listed
from agents.llm import page
from agents.llm.checks import Grounds, faults, is_slot
from agents.llm.expert import expert_answer
from agents.llm.prompts import PromptPack
from agents.llm.provider import EXPERT, Ask, Asked, Provider, Reply, Turn, Usage
from agents.llm.reading import questions_asked

__all__ = ["EXPERT", "Call", "Kept", "asked", "chosen_by", "consult", "deliberate", "faults", "is_slot", "put"]

MAX_REPAIRS = 2
"""Times that a faulty answer is sent back with what is wrong with it."""

Call = tuple[Asked, tuple[Turn, ...]]
"""What a provider must be asked next."""


@dataclass(frozen=True)
class Kept:
    """What a provider said to the same question before. `given_up`: it was repaired as often as may be, and still was not right."""

    answers: tuple[Answer, ...]
    unread: str
    given_up: bool
    model: str


def put(
    agent: Agent,
    brief: Brief,
    provider: Provider,
    prompts: PromptPack,
    shared: str = "",
    previous: Mapping[str, str] | None = None,
    decided: Mapping[str, Mapping[str, str]] | None = None,
) -> Ask:
    """The agent's questions as `provider` is asked them. `previous` are the choices of the version before, by question, `decided`
    those of this one, by agent and question. Raises Defect if the agent asks outside what it `writes`."""
    prompt = prompts.prompt(agent.name)
    if provider.name == EXPERT:
        questions = agent.options(brief)
        _own_keys(agent, questions)
        return Ask(agent, brief, questions, prompt, shared)
    found = questions_asked(agent, brief)
    _own_keys(agent, found.questions)
    read = {name: dict(sorted(decided[name].items())) for name in found.heard if name in decided} if decided else {}
    told = page.memory(agent, brief, found.questions, found.requirements, read, provider.memory_tokens)
    before = {q.key: previous[q.key] for q in found.questions if q.key in previous} if previous else {}
    return Ask(agent, brief, found.questions, prompt, shared, told, before)


def asked(ask: Ask) -> str:
    """Digest of all that a model's answer may depend on. What was chosen in the version before is left out: where nothing else
    differs, that is what was answered then."""
    return digest([page.system(ask), page.brief(replace(ask, previous={}))])


def consult(
    agent: Agent,
    brief: Brief,
    provider: Provider,
    prompts: PromptPack,
    shared: str = "",
    grounds: Grounds | None = None,
) -> AgentResult:
    """One agent's decisions and output.

    A provider's answer that is missing, double, names no candidate or an infeasible one, cites what does not exist, or breaks
    the combination with the other slots is sent back with the reason, at most twice; then the expert's takes its place, and the
    decision says so (`dissent`, `provider` = expert).
    Raises Defect if the expert's own answers are at fault, or if the agent asks outside what it `writes`.
    """
    talk = deliberate(put(agent, brief, provider, prompts, shared), provider, prompts, grounds)
    try:
        call = next(talk)
        while True:
            call = talk.send(provider.answer(*call))
    except StopIteration as done:
        result: AgentResult = done.value
        return result


def deliberate(
    ask: Ask, provider: Provider, prompts: PromptPack, grounds: Grounds | None = None, kept: Kept | None = None
) -> Generator[Call, Reply, AgentResult]:
    """The same as a conversation: yields what `provider` must be asked, is sent its replies. Computing and waiting are so kept
    apart, and one thread can hold many conversations.

    A `kept` answer is judged like a new one, by today's checks and today's candidates, and nobody is asked if it stands.
    """
    reply = _again(ask, kept, grounds)
    replies = [] if reply is None else [reply]
    if reply is None:
        replies = yield from _heard(ask, provider, grounds)
    last = replies[-1] if replies else Reply()
    wrong = _wrong(ask, last, grounds) if replies else {}
    if wrong and provider.name == EXPERT:
        raise Defect(f"{ask.agent.name}: {'; '.join(f'{key}: {why}' for key, why in sorted(wrong.items()))}")
    given = {a.key: a for a in last.answers if a.key not in wrong}
    own = ask.prompt.hash if provider.name == EXPERT else digest([ask.prompt.hash, prompts.shared.hash])
    decisions = tuple(
        _decide(ask.agent, ask.brief, q, given.get(q.key), _why(q, wrong, last), provider, own) for q in ask.questions
    )
    chosen = chosen_by(decisions)
    receipt = {
        "provider": provider.name,
        "model": last.model or provider.model,
        "prompt_hash": own,
        "refused": dict(wrong),
        "silent": last.silent,
        "repairs": max(0, len(replies) - 1),
        "usage": sum((r.usage for r in replies), Usage()),
        "kept": reply is not None,
        "said": Kept(last.answers, last.unread, bool(wrong) and not last.silent, last.model or provider.model),
    }
    return AgentResult(output=ask.agent.conclude(ask.brief, chosen), decisions=decisions, receipt=receipt)


def _again(ask: Ask, kept: Kept | None, grounds: Grounds | None) -> Reply | None:
    """What was kept as a reply, or None if it must be asked anew: nothing was kept, or it does not hold any more."""
    if kept is None:
        return None
    reply = Reply(kept.answers, unread=kept.unread, model=kept.model)
    return reply if kept.given_up or not _wrong(ask, reply, grounds) else None


def _heard(ask: Ask, provider: Provider, grounds: Grounds | None) -> Generator[Call, Reply, list[Reply]]:
    """Asks until an answer holds, nobody answers, or it was repaired as often as may be."""
    replies: list[Reply] = []
    refused: list[Turn] = []
    while ask.questions:
        reply = yield ask, tuple(refused)
        replies.append(reply)
        wrong = _wrong(ask, reply, grounds)
        if not wrong:
            break
        refused.append(Turn(reply.said, "\n".join(f"- {key}: {why}" for key, why in sorted(wrong.items()))))
        if not reply.said or len(replies) > MAX_REPAIRS:
            break
    if len(refused) > MAX_REPAIRS:
        provider.quarantine(ask.agent.name, refused)
    return replies


def _wrong(ask: Ask, reply: Reply, grounds: Grounds | None) -> dict[str, str]:
    no_answer = reply.silent or reply.unread
    if no_answer:
        return {question.key: no_answer for question in ask.questions}
    return faults(ask.agent, ask.brief, ask.questions, reply.answers, grounds)


def _why(question: Question, wrong: dict[str, str], last: Reply) -> str:
    """In words for people why the provider's answer does not stand."""
    if last.silent:
        return f"did not answer ({last.silent}); the expert's answer stands"
    return f"answer was refused ({wrong.get(question.key, 'none was given')}); the expert's stands"


def _own_keys(agent: Agent, questions: tuple[Question, ...]) -> None:
    keys = [q.key for q in questions]
    foreign = [key for key in keys if not any(key == w or key.startswith(f"{w}.") for w in agent.writes)]
    if foreign or len(set(keys)) != len(keys):
        raise Defect(f"{agent.name} may not ask {foreign or keys}; it writes {', '.join(agent.writes)}")


def _decide(
    agent: Agent,
    brief: Brief,
    question: Question,
    answer: Answer | None,
    why: str,
    provider: Provider,
    prompt_hash: str,
) -> Decision:
    used = answer or expert_answer(question, brief)
    risks: tuple[Risk, ...] = tuple(risk for risk in used.risks if risk not in question.risks)
    rests = f" Rests on {listed(used.cites)}." if used.cites else ""
    possessive = "'s" if why.startswith("answer ") else ""
    return Decision(
        agent=agent.name,
        number=agent.number,
        question=question.model_copy(update={"risks": (*question.risks, *risks)}) if risks else question,
        choice=used.candidate,
        justification=f"{used.justification}{rests}",
        provider=provider.name if answer else EXPERT,
        prompt_hash=prompt_hash,
        dissent=(f"{provider.name}{possessive} {why}",) if answer is None else (),
    )


def chosen_by(decisions: tuple[Decision, ...]) -> dict[str, Candidate]:
    """Question key to chosen candidate, as `conclude` takes it."""
    return {d.question.key: d.chosen for d in decisions}
