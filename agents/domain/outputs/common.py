"""Small records that several agents' outputs share."""

from agents.domain.base import Frozen

Scalar = str | float | int | bool
Parameters = dict[str, Scalar]


class Component(Frozen):
    """A module that an implementation agent delivers; `path` is relative to `src/<package>/`."""

    path: str
    purpose: str
