"""`sources[].volume` in words to gigabytes: what is there (`40 GB`), or what arrives (`2 GB/day`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.domain.constraints import Source

_UNITS = {"k": 1e-6, "m": 1e-3, "g": 1.0, "t": 1e3, "p": 1e6}
_DAYS = {"hour": 1 / 24, "day": 1.0, "night": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}
_VOLUME = re.compile(
    r"^(?:about |around )?(?P<n>\d+(?:\.\d+)?)\s?(?P<unit>[kmgtp])i?b"
    r"(?:\s?(?:/|per |a |each |every )\s?(?P<per>hour|day|night|week|month|year))?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Volume:
    """Gigabytes. `days` is the period in which they arrive; None: they are there."""

    gb: float
    days: float | None


def read_volume(words: str) -> Volume | None:
    """The volume that `words` say; None if they are not read."""
    match = _VOLUME.match(words.strip())
    if match is None:
        return None
    return Volume(
        float(match["n"]) * _UNITS[match["unit"].lower()], _DAYS[match["per"].lower()] if match["per"] else None
    )


def arriving_gb(sources: Sequence[Source]) -> float | None:
    """Gigabytes a day over all sources that say what arrives; None if none does."""
    read = [found for source in sources if (found := read_volume(source.volume or "")) is not None]
    daily = [found.gb / found.days for found in read if found.days is not None]
    return sum(daily) if daily else None


def held_gb(sources: Sequence[Source]) -> float | None:
    """Gigabytes that are there, over all sources that say so; None if none does."""
    read = [found for source in sources if (found := read_volume(source.volume or "")) is not None]
    held = [found.gb for found in read if found.days is None]
    return sum(held) if held else None
