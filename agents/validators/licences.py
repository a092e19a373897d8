"""Licences: every locked package may be used, by what its own metadata says; one that says nothing is told, not passed."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from agents.locks import Licence, Pin, packages, read
from agents.resources import content_root
from agents.validators.execution.binary import distribution_version
from agents.validators.validator import Checkout, Note, Outcome, Validator

TABLE = "licences.yaml"
LOCKS = ("requirements.lock", "requirements-dev.lock")
ASK = "choose another package, or have who answers for licences in your organisation decide"


@cache
def table() -> Mapping[str, Any]:
    """The licences that may be used, by SPDX's id or by the name that metadata has."""
    import yaml

    found: dict[str, Any] = yaml.load((content_root("templates") / TABLE).read_text("utf-8"), Loader=yaml.CSafeLoader)
    return found


def refused(licence: str) -> tuple[str, ...]:
    """The parts of a licence that are not on the list: empty if it may be used. Of `A OR B` one is enough."""
    from license_expression import ExpressionError, Licensing

    known = table()
    if licence in known["named"] or licence in known["allowed"]:
        return ()
    if ", " in licence:  # several names without a word between them: each must hold
        return tuple(part for name in licence.split(", ") for part in refused(name))
    try:
        expression = Licensing().parse(licence)
    except ExpressionError:
        return (licence,)
    return _lacking(expression)


def _lacking(expression: Any) -> tuple[str, ...]:
    arguments = getattr(expression, "args", ())
    if not arguments or not hasattr(expression, "operator"):
        name = str(expression)
        return () if name in table()["allowed"] else (name,)
    each = [_lacking(argument) for argument in arguments]
    if expression.operator.strip() == "OR" and not all(each):
        return ()
    return tuple(dict.fromkeys(part for parts in each for part in parts))


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    known = packages(content_root("templates"))
    notes: list[Note] = []
    count, other = 0, 0
    for path in paths:
        for pin in read(checkout.files[path].decode("utf-8", "replace")).pins:
            licence = known.licence(pin.name, pin.version)
            count += 1
            other += bool(licence and licence.version != pin.version)
            notes += _judged(path, pin, licence)
    told = f"{count} locked packages by their metadata, read {known.day}"
    told += f"; {other} by that of another version" if other else ""
    return Outcome(tuple(notes), f"license-expression {distribution_version('license-expression')}", covered=told)


def _judged(path: str, pin: Pin, licence: Licence | None) -> Iterator[Note]:
    if licence is None:
        text = f"{pin.name} {pin.version}: nothing here says under which licence it is"
        yield Note("unknown", path, text, line=pin.line, remediation=ASK, level="warning")
    elif lacking := refused(licence.text):
        text = f"{pin.name} {pin.version} is under {licence.text}; {', '.join(lacking)} is not on the list"
        yield Note("refused", path, text, line=pin.line, remediation=ASK)


VALIDATOR = Validator("licences", True, "licences", lambda path: path in LOCKS, _run, taste=True)
