"""What a model answered is kept for the project: after an edit only those are asked whose questions changed, and what is kept is
judged again."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from agents import planning
from agents.domain.requirements import Requirements
from agents.graph.context import Engine
from agents.graph.council import Council
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.seats import PLANNING, seated
from agents.llm.checks import Grounds
from agents.llm.consult import asked, put
from agents.llm.provider import Ask, Reply, Turn
from agents.llm.reading import questions_asked
from tests.agents_suite.fakes import FakeComposer
from tests.bench.edits import Agreeing
from tests.claude.asking import AGENTS, CHURN, DONE, GROUNDS, PROMPTS

SEATED = seated(planning, PLANNING)


def table(requirements: Requirements, thread: str, **more: Any) -> Council:
    known: dict[str, Any] = {"shared": "what all are told", "grounds": GROUNDS, **more}
    pins = dict(requirements.pins)
    return Council(thread, "planner", 0, requirements, (), composer=FakeComposer(requirements), pins=pins, **known)


def heard(
    runs: MemoryRuns, requirements: Requirements = CHURN, model: Agreeing | None = None, **more: Any
) -> tuple[Council, list[str]]:
    """The planning agents at the table, and who of them was asked."""
    model = model or Agreeing()
    made = table(requirements, more.pop("thread", requirements.model_dump_json()), **more)
    made.hear(SEATED, Engine(MemoryArtifacts(), runs, Unheard(), Unstoppable(), EmptyFolder(), model), ())
    return made, model.asked


def test_after_an_edit_only_those_are_asked_whose_questions_rest_on_it() -> None:
    runs = MemoryRuns()
    first, everybody = heard(runs)
    assert sorted(everybody) == sorted(PLANNING)
    wider = CHURN.model_copy(update={"team_size": CHURN.team_size + 1})
    second, again = heard(runs, wider)
    assert 0 < len(again) <= len(PLANNING) / 2
    assert all("team_constraints.size" in _rests_on(name, second) for name in again)
    untouched = {d.agent: d for d in second.decisions if d.agent not in again}
    assert untouched.items() >= {d.agent: d for d in first.decisions if d.agent in untouched}.items()
    assert {r.agent for r in second.receipts if r.recalled} == set(PLANNING) - set(again)


def _rests_on(name: str, council: Council) -> set[str]:
    return {key for d in council.decisions if d.agent == name for key in d.question.rests_on}


def test_what_follows_from_a_kept_answer_is_computed_for_todays_requirements() -> None:
    runs = MemoryRuns()
    heard(runs)
    renamed = CHURN.model_copy(update={"data": CHURN.data.model_copy(update={"series": 987_654})})
    kept, again = heard(runs, renamed)
    fresh, _ = heard(MemoryRuns(), renamed)
    assert len(again) < len(PLANNING)
    assert kept.outputs == fresh.outputs and kept.decisions == fresh.decisions and kept.pins == fresh.pins
    assert [o.model_dump_json() for o in kept.outputs.values()] == [o.model_dump_json() for o in fresh.outputs.values()]


def test_a_kept_answer_is_judged_again() -> None:
    runs = MemoryRuns()
    heard(runs)
    strict = Grounds(GROUNDS.known_ids, lambda text: "says what nobody may say" if "delayed" in text else "")
    _, again = heard(runs, grounds=strict, thread="another")
    assert again and set(again) < set(PLANNING), "only whose words do not hold any more"


class Stubborn(Agreeing):
    """Gives one agent's answers for a candidate that does not exist."""

    def answer(self, ask: Ask, refused: Sequence[Turn] = ()) -> Reply:
        reply = super().answer(ask, refused)
        if ask.agent.name != "tech_stack":
            return reply
        wrong = tuple(answer.model_copy(update={"candidate": "magic"}) for answer in reply.answers)
        return dataclasses.replace(reply, answers=wrong)


def test_what_was_given_up_is_not_paid_for_again() -> None:
    runs = MemoryRuns()
    first, calls = heard(runs, model=Stubborn())
    assert calls.count("tech_stack") == 3
    second, again = heard(runs, thread="another")
    assert again == [] and second.decisions == first.decisions
    assert {d.agent for d in second.decisions if d.dissent} == {"tech_stack"}


@pytest.mark.parametrize("change", [{"shared": "other words"}, {"comments": ("mind the night",)}])
def test_who_is_told_something_else_is_asked(change: dict[str, Any]) -> None:
    runs = MemoryRuns()
    heard(runs)
    _, again = heard(runs, thread="another", **change)
    assert sorted(again) == sorted(PLANNING)


def test_choices_of_the_version_before_are_told_and_ask_nobody_anew() -> None:
    runs = MemoryRuns()
    first, _ = heard(runs)
    before = {d.question.key: d.choice for d in first.decisions}
    _, again = heard(runs, thread="another", previous=before)
    assert again == []
    ask = put(AGENTS["tech_stack"], DONE.briefs["tech_stack"], Agreeing(), PROMPTS, "", before)
    assert ask.previous == {q.key: before[q.key] for q in ask.questions}
    assert asked(ask) == asked(dataclasses.replace(ask, previous={}))


def test_a_run_of_a_version_that_kept_no_words_is_asked_again() -> None:
    runs = MemoryRuns()
    heard(runs)
    for key, run in runs.recorded.items():
        runs.recorded[key] = dataclasses.replace(run, output={k: v for k, v in run.output.items() if k != "said"})
    _, again = heard(runs, thread="another")
    assert sorted(again) == sorted(PLANNING)


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_is_told_the_constraints_that_its_questions_look_at(name: str) -> None:
    found = questions_asked(AGENTS[name], DONE.briefs[name])
    named = {key for question in found.questions for key in question.rests_on}
    assert set(found.requirements) <= named
    assert set(found.heard) <= set(AGENTS[name].reads)
    assert found.questions == AGENTS[name].options(DONE.briefs[name]), "watching changes nothing"


def test_a_cent_elsewhere_asks_nobody() -> None:
    class Dearer(FakeComposer):
        """Another decision makes every plan dearer by the same."""

        def candidates(self, slot, pins):  # type: ignore[no-untyped-def]
            return tuple(
                c.model_copy(
                    update={
                        "impacts": c.impacts.model_copy(
                            update={"monthly_usd": (c.impacts.monthly_usd or Decimal(0)) + Decimal("7.31")}
                        )
                    }
                )
                for c in super().candidates(slot, pins)
            )

    brief = DONE.briefs["deployment_serving"]
    dearer = dataclasses.replace(brief, composer=Dearer(CHURN))
    told = [asked(put(AGENTS["deployment_serving"], b, Agreeing(), PROMPTS)) for b in (brief, dearer)]
    assert told[0] == told[1]
