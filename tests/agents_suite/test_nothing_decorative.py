"""Nothing an agent says is decoration: another choice changes what is built or paid, and each field has a reader.

Both are shown over all agents. A decision is forced to each feasible alternative in the projects of `SHOWN_IN`; a field
counts as read if code of somebody else than its author touched it while plans were made, rendered, priced and judged.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.cost.platform import platform_bom
from agents.domain.base import Frozen
from agents.domain.decision import Candidate, Question
from agents.domain.outputs import OUTPUTS
from agents.domain.outputs.system_architecture import SystemArchitecture
from agents.domain.plan import Plan
from agents.graph.seats import IMPLEMENTATION, PLANNING
from agents.render.context import RenderContext
from agents.reports.architecture import all_chapters
from agents.reports.book import Book, told
from agents.reports.mermaid import from_blueprint
from agents.search.composer import CatalogueComposer
from tests.agents_suite.walking import Choose, best, walk
from tests.render.projects import BOOK, CATALOGUE, PROJECTS, plan, rendered

CHECKED = (*PLANNING, *IMPLEMENTATION)
SHOWN_IN = ("churn", "fraud", "rag", "forecast", "iot", "bare", "credit")
"""Projects that between them ask every question."""
DOCUMENTS = (".md", ".mmd")
LEDGERS = ("reports/",)
ROOT = Path(__file__).parents[2]


def made(name: str, choose: Choose = best) -> RenderContext:
    """The plan of a project with `choose` answering instead of the expert."""
    requirements = PROJECTS[name]
    composer = CatalogueComposer(CATALOGUE, BOOK, requirements)
    walked = walk(requirements, composer, choose=choose)
    slots = composer.best({k: c for k, c in walked.choices.items() if k in composer.best({}).slots})
    base = planned(name)
    return plan(
        requirements,
        outputs=walked.outputs,
        slots=slots.slots,
        parameters={s: CATALOGUE.evaluate(CATALOGUE.get(p), requirements).parameters for s, p in slots.slots.items()},
        decisions=base.decisions,
    )


@cache
def planned(name: str) -> RenderContext:
    return plan(PROJECTS[name])


@cache
def files_of(name: str) -> dict[str, bytes]:
    return rendered(planned(name))[1]


def forced(key: str, choice: str) -> Choose:
    def choose(question: Question) -> Candidate:
        taken = [c for c in question.candidates if c.id == choice and c.feasible]
        return taken[0] if question.key == key and taken else question.best

    return choose


def what_moves(name: str, key: str, choice: str) -> set[str]:
    """Generated files that are no documents, and `bill`, that another choice changes in a project."""
    base, other = planned(name), made(name, forced(key, choice))
    before, after = files_of(name), rendered(other)[1]
    changed = {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
    moved = {p for p in changed if not p.endswith(DOCUMENTS) and not p.startswith(LEDGERS)}
    if platform_bom(base.outputs) != platform_bom(other.outputs):
        moved.add("bill")
    return moved


def alternatives() -> Iterator[tuple[str, str]]:
    """(question, candidate) pairs that are feasible and not chosen in one of the projects; each once."""
    seen: set[tuple[str, str]] = set()
    for name in SHOWN_IN:
        for key, decision in planned(name).decisions.items():
            if decision.agent not in CHECKED or key in planned(name).slots:
                continue
            others = {(key, c.id) for c in decision.question.candidates if c.feasible and c.id != decision.choice}
            seen |= others
    yield from sorted(seen)


def moves_anything(key: str, choice: str) -> bool:
    """True if the choice, forced in a project that did not take it, changes more than documents."""
    for name in SHOWN_IN:
        decision = planned(name).decisions.get(key)
        feasible = {c.id for c in decision.question.candidates if c.feasible} if decision is not None else set()
        if decision is None or decision.choice == choice or choice not in feasible:
            continue
        if what_moves(name, key, choice):
            return True
    return False


@pytest.mark.nightly
def test_another_choice_changes_what_is_built_or_paid() -> None:
    idle = [f"{key}: {choice}" for key, choice in alternatives() if not moves_anything(key, choice)]
    assert not idle, f"these change documents alone, or nothing: {idle}"


def classes() -> dict[str, list[type[Frozen]]]:
    """Agent to the records of its output module."""
    found: dict[str, list[type[Frozen]]] = {}
    for agent, output in OUTPUTS.items():
        module = sys.modules[output.__module__]
        found[agent] = [
            c for c in vars(module).values()
            if isinstance(c, type) and issubclass(c, Frozen) and c.__module__ == output.__module__
        ]  # fmt: skip
    return found


class Readers:
    """Watches attribute reads of all outputs: (agent, class, field) to the files that touched it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.seen: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for agent, records in classes().items():
            for record in records:
                patch.setattr(record, "__getattribute__", self._watching(agent, record))
                patch.setattr(record, "model_dump", self._dumping(agent, record))

    def _watching(self, agent: str, record: type[Frozen]) -> Any:
        fields, plain = frozenset(record.model_fields), record.__getattribute__

        def read(this: Any, name: str) -> Any:
            if name in fields:
                self.seen[agent, record.__name__, name].add(_reader())
            return plain(this, name)

        return read

    def _dumping(self, agent: str, record: type[Frozen]) -> Any:
        plain = record.model_dump

        def dump(this: Any, *args: Any, **options: Any) -> Any:
            who = _reader()
            for name in record.model_fields:
                self.seen[agent, record.__name__, name].add(who)
            return plain(this, *args, **options)

        return dump


def _reader() -> str:
    """The file that reads: the first frame that is neither a template engine's, pydantic's nor this module's."""
    frame = sys._getframe(2)
    while frame.f_back and any(part in frame.f_code.co_filename for part in ("/jinja2/", "/pydantic", __file__)):
        frame = frame.f_back
    return frame.f_code.co_filename


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Reads while the projects are planned, rendered and priced."""
    with pytest.MonkeyPatch.context() as patch:
        watching = Readers(patch)
        for name in SHOWN_IN:
            context = plan(PROJECTS[name])
            rendered(context)
            platform_bom(context.outputs)
            whole = cast(SystemArchitecture, context.outputs["system_architecture"])
            boxes, arrows = (n.model_dump() for n in whole.nodes), (e.model_dump() for e in whole.edges)
            from_blueprint({"nodes": boxes, "edges": arrows})
            for number, agent in enumerate(CHECKED, 1):
                told(all_chapters()[agent], _book(context), number)
        yield watching


def _book(context: RenderContext) -> Book:
    """As much of a book as the chapters of single agents need."""
    made_of = SimpleNamespace(decisions=tuple(context.decisions.values()), composition=None)
    nothing: Any = None
    zero = Decimal(0)
    cost: Any = SimpleNamespace(lines=(), monthly_usd=zero, low_usd=zero, high_usd=zero, fixed_usd=zero)
    paths = frozenset(rendered(context)[1])
    return Book(context.requirements, cast(Plan, made_of), context.outputs, cost, nothing, paths)


@pytest.mark.parametrize("agent", CHECKED)
def test_each_field_is_read_by_somebody_else(agent: str, readers: Readers) -> None:
    own = {f"agents/planning/{agent}.py", f"agents/implementation/{agent}.py", "agents/domain/outputs"}
    unread = []
    for record in classes()[agent]:
        for field in record.model_fields:
            by = readers.seen.get((agent, record.__name__, field), set())
            others = [
                who for who in by if not any(part in who for part in own) and not who.startswith(str(ROOT / "tests"))
            ]
            if not others:
                unread.append(f"{record.__name__}.{field}")
    assert not unread, f"nobody reads {', '.join(unread)}"
