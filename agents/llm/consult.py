"""Consulting one agent: its options, a provider's answers, the check of those answers, decisions,
conclusion."""

from collections.abc import Mapping

from agents.domain.agent import Agent, AgentResult, Brief
from agents.domain.decision import Answer, Candidate, Decision, Question, Risk
from agents.errors import Defect
from agents.llm.expert import expert_answer
from agents.llm.prompts import PromptPack
from agents.llm.provider import Provider

EXPERT = "expert"


def consult(agent: Agent, brief: Brief, provider: Provider, prompts: PromptPack) -> AgentResult:
    """One agent's decisions and output.

    A provider's answer that is missing, double, names no candidate or an infeasible one, or breaks the
    combination with
    the other slots is replaced by the expert's answer, and the decision says so (`dissent`, `provider` =
    expert).
    Raises Defect if the expert's own answers are at fault, or if the agent asks outside what it `writes`.
    """
    prompt = prompts.prompt(agent.name)
    questions = agent.options(brief)
    _own_keys(agent, questions)
    answers = provider.answer(agent, brief, questions, prompt) if questions else ()
    wrong = faults(agent, brief, questions, answers)
    if wrong and provider.name == EXPERT:
        raise Defect(f"{agent.name}: {'; '.join(f'{key}: {why}' for key, why in sorted(wrong.items()))}")
    given = {a.key: a for a in answers if a.key not in wrong}
    decisions = tuple(
        _decide(agent, brief, q, given.get(q.key), wrong.get(q.key), provider, prompt.hash) for q in questions
    )
    chosen = {d.question.key: d.chosen for d in decisions}
    receipt = {
        "provider": provider.name,
        "model": provider.model,
        "prompt_hash": prompt.hash,
        "refused": dict(wrong),
    }
    return AgentResult(output=agent.conclude(brief, chosen), decisions=decisions, receipt=receipt)


def faults(agent: Agent, brief: Brief, questions: tuple[Question, ...], answers: tuple[Answer, ...]) -> dict[str, str]:
    """What is wrong with a provider's answers, by question key, in words that a model can use to repair
    them."""
    wrong: dict[str, str] = {}
    by_key: dict[str, list[Answer]] = {}
    for answer in answers:
        by_key.setdefault(answer.key, []).append(answer)
    for question in questions:
        wrong |= _fault(question, by_key.pop(question.key, []))
    wrong |= dict.fromkeys(by_key, "no such question was asked")
    if not wrong:
        wrong |= _combination(agent, brief, {a.key: a.candidate for a in answers})
    return wrong


def _fault(question: Question, answers: list[Answer]) -> dict[str, str]:
    ids = [c.id for c in question.candidates]
    if len(answers) != 1:
        return {question.key: f"{len(answers)} answers were given, one is needed"}
    answer = answers[0]
    if answer.candidate not in ids:
        return {question.key: f"{answer.candidate!r} is not a candidate; choose one of {', '.join(ids)}"}
    refusals = question.candidate(answer.candidate).refusals
    if refusals:
        return {question.key: f"{answer.candidate} is not feasible: {refusals[0]}"}
    if not answer.justification.strip():
        return {question.key: "the justification is empty"}
    return {}


def _combination(agent: Agent, brief: Brief, choices: Mapping[str, str]) -> dict[str, str]:
    """Patterns are feasible one by one under the pins; together they must have a complete plan as well."""
    slots = {key: choice for key, choice in choices.items() if is_slot(agent, key)}
    if len(slots) < 2:
        return {}
    try:
        brief.composer.best({**brief.pins, **slots})
    except Defect as error:
        return dict.fromkeys(slots, f"no complete plan has {', '.join(slots.values())} together: {error.message}")
    return {}


def is_slot(agent: Agent, key: str) -> bool:
    """True if the question `key` chooses a pattern: `serve.online` for an agent with the slot prefix
    `serve`."""
    return any(key == slot or key.startswith(f"{slot}.") for slot in agent.slots)


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
    wrong: str | None,
    provider: Provider,
    prompt_hash: str,
) -> Decision:
    used = answer or expert_answer(question, brief)
    risks: tuple[Risk, ...] = tuple(risk for risk in used.risks if risk not in question.risks)
    return Decision(
        agent=agent.name,
        number=agent.number,
        question=question.model_copy(update={"risks": (*question.risks, *risks)}) if risks else question,
        choice=used.candidate,
        justification=used.justification,
        provider=provider.name if answer else EXPERT,
        prompt_hash=prompt_hash,
        dissent=(f"{provider.name}'s answer was refused ({wrong or 'none was given'}); the expert's stands",)
        if answer is None
        else (),
    )


def chosen_by(decisions: tuple[Decision, ...]) -> dict[str, Candidate]:
    """Question key to chosen candidate, as `conclude` takes it."""
    return {d.question.key: d.chosen for d in decisions}
