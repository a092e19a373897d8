"""Consulting one agent: its options, a provider's answers, the check of those answers, decisions, conclusion."""

from collections.abc import Generator

from agents.domain.agent import Agent, AgentResult, Brief
from agents.domain.base import digest
from agents.domain.decision import Answer, Candidate, Decision, Question, Risk
from agents.errors import Defect
from agents.expert.words import listed
from agents.llm.checks import Grounds, faults, is_slot
from agents.llm.expert import expert_answer
from agents.llm.prompts import PromptPack
from agents.llm.provider import EXPERT, Ask, Asked, Provider, Reply, Turn, Usage

__all__ = ["EXPERT", "Call", "chosen_by", "consult", "deliberate", "faults", "is_slot"]

MAX_REPAIRS = 2
"""Times that a faulty answer is sent back with what is wrong with it."""

Call = tuple[Asked, tuple[Turn, ...]]
"""What a provider must be asked next."""


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
    talk = deliberate(agent, brief, provider, prompts, shared, grounds)
    try:
        call = next(talk)
        while True:
            call = talk.send(provider.answer(*call))
    except StopIteration as done:
        result: AgentResult = done.value
        return result


def deliberate(
    agent: Agent,
    brief: Brief,
    provider: Provider,
    prompts: PromptPack,
    shared: str = "",
    grounds: Grounds | None = None,
) -> Generator[Call, Reply, AgentResult]:
    """The same as a conversation: yields what `provider` must be asked, is sent its replies. Computing and waiting are so kept
    apart, and one thread can hold many conversations."""
    prompt = prompts.prompt(agent.name)
    questions = agent.options(brief)
    _own_keys(agent, questions)
    known = grounds.known_ids if grounds is not None else frozenset()
    ask = Ask(agent, brief, questions, prompt, shared, known)
    replies: list[Reply] = []
    refused: list[Turn] = []
    wrong: dict[str, str] = {}
    while questions:
        reply = yield ask, tuple(refused)
        replies.append(reply)
        wrong = _wrong(agent, brief, questions, reply, grounds)
        if not wrong:
            break
        refused.append(Turn(reply.said, "\n".join(f"- {key}: {why}" for key, why in sorted(wrong.items()))))
        if not reply.said or len(replies) > MAX_REPAIRS:
            break
    if wrong and provider.name == EXPERT:
        raise Defect(f"{agent.name}: {'; '.join(f'{key}: {why}' for key, why in sorted(wrong.items()))}")
    if wrong and len(replies) > MAX_REPAIRS:
        provider.quarantine(agent.name, refused)
    last = replies[-1] if replies else Reply()
    given = {a.key: a for a in last.answers if a.key not in wrong}
    own = prompt.hash if provider.name == EXPERT else digest([prompt.hash, prompts.shared.hash])
    decisions = tuple(
        _decide(agent, brief, q, given.get(q.key), _why(q, wrong, last), provider, own) for q in questions
    )
    chosen = {d.question.key: d.chosen for d in decisions}
    receipt = {
        "provider": provider.name,
        "model": last.model or provider.model,
        "prompt_hash": own,
        "refused": dict(wrong),
        "silent": last.silent,
        "repairs": max(0, len(replies) - 1),
        "usage": sum((r.usage for r in replies), Usage()),
    }
    return AgentResult(output=agent.conclude(brief, chosen), decisions=decisions, receipt=receipt)


def _wrong(
    agent: Agent, brief: Brief, questions: tuple[Question, ...], reply: Reply, grounds: Grounds | None
) -> dict[str, str]:
    no_answer = reply.silent or reply.unread
    if no_answer:
        return {question.key: no_answer for question in questions}
    return faults(agent, brief, questions, reply.answers, grounds)


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
