"""Outlooks by the catalogue search, kept between calls: what `effect` is made of wherever questions are asked."""

from collections.abc import Callable, Mapping
from typing import Any

from agents.cost.lines import dollars
from agents.cost.pricebook import PriceBook
from agents.domain.agent import Composer
from agents.domain.constraints import Cloud, Constraints, DataClass
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Requirements
from agents.errors import BadInput
from agents.intake.assumptions import BLOCKING, resolve
from agents.intake.effect import Outlook
from agents.intake.known import value_at
from agents.intake.regions import PRIMARY
from agents.patterns import Catalogue
from agents.search.composer import composer_of
from agents.search.options import OptionSource
from agents.search.relax import Case
from agents.search.whole import Whole

Hear = Callable[[Requirements, Composer], Mapping[str, AgentOutput]]
"""What the agents conclude of requirements (`agents.graph.rehearsal.heard`)."""


class Outlooks:
    """Callable as `agents.intake.effect.Effect`.

    Prices are whole bills by what the agents conclude. They are heard once for each kind of project (what moves most of
    what they conclude), because a person waits for every question.
    """

    def __init__(self, catalogue: Catalogue, book: PriceBook, hear: Hear) -> None:
        self._catalogue, self._book, self._hear = catalogue, book, hear
        self._known: dict[str, Outlook | None] = {}
        self._heard: dict[tuple[Any, ...], Mapping[str, AgentOutput]] = {}

    def __call__(self, constraints: Constraints) -> Outlook | None:
        """The best composition and its price. Required fields that are unknown are taken as usual (`provisional`), so
        that answers can be compared before all of them are there; None if the values clash."""
        asked = provisional(constraints)
        key = asked.model_dump_json()
        if key not in self._known:
            self._known[key] = self._search(asked)
        return self._known[key]

    def _search(self, constraints: Constraints) -> Outlook | None:
        try:
            requirements = resolve(constraints, self._catalogue.slots_of).requirements
        except BadInput:
            return None
        whole = Whole(OptionSource.kept(self._catalogue, self._book), self._concluded(requirements))
        leaf = whole.choose(Case(requirements, requirements.pins))
        if leaf is None:
            return Outlook({}, None)
        return Outlook(dict(zip(whole.source.options(requirements), leaf.ids, strict=True)), dollars(leaf.cents))

    def _concluded(self, requirements: Requirements) -> Mapping[str, AgentOutput]:
        """What the agents conclude of the kind of project; nothing where its patterns alone are too dear."""
        r = requirements
        kind = (r.problem, r.workloads, r.data_classification, r.compliance, r.existing_stack)
        if kind not in self._heard:
            composer = composer_of(self._catalogue, self._book, r, outputs={})
            feasible = composer.search(r.pins).best is not None
            self._heard[kind] = self._hear(r, composer) if feasible else {}
        return self._heard[kind]


def provisional(constraints: Constraints) -> Constraints:
    """The constraints with a stand-in for each required field that is unknown: AWS, its usual region in Europe,
    internal data. For comparison only; nothing is planned with them."""
    missing = [key for key in BLOCKING if value_at(constraints, key) is None]
    if not missing:
        return constraints
    cloud = constraints.cloud or Cloud.AWS
    usual = {"cloud": cloud, "regions": (PRIMARY[cloud]["eu"],), "data_classification": DataClass.INTERNAL}
    return constraints.model_copy(update={key: usual[key] for key in missing})
