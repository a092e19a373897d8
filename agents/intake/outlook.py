"""Outlooks by the catalogue search, kept between calls: what `effect` is made of wherever questions are asked."""

from agents.cost.pricebook import PriceBook
from agents.domain.constraints import Cloud, Constraints, DataClass
from agents.errors import BadInput
from agents.intake.assumptions import BLOCKING, resolve
from agents.intake.effect import Outlook
from agents.intake.known import value_at
from agents.intake.regions import PRIMARY
from agents.patterns import Catalogue
from agents.search.search import search


class Outlooks:
    """Callable as `agents.intake.effect.Effect`."""

    def __init__(self, catalogue: Catalogue, book: PriceBook) -> None:
        self._catalogue, self._book = catalogue, book
        self._known: dict[str, Outlook | None] = {}

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
        best = search(self._catalogue, self._book, requirements, requirements.pins).best
        return Outlook({}, None) if best is None else Outlook(dict(best.slots), best.monthly_usd)


def provisional(constraints: Constraints) -> Constraints:
    """The constraints with a stand-in for each required field that is unknown: AWS, its usual region in Europe,
    internal data. For comparison only; nothing is planned with them."""
    missing = [key for key in BLOCKING if value_at(constraints, key) is None]
    if not missing:
        return constraints
    cloud = constraints.cloud or Cloud.AWS
    usual = {"cloud": cloud, "regions": (PRIMARY[cloud]["eu"],), "data_classification": DataClass.INTERNAL}
    return constraints.model_copy(update={key: usual[key] for key in missing})
