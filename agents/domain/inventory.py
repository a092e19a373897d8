"""What stood in a repository before mlwright, and what it left as it was."""

from agents.domain.base import Frozen


class Area(Frozen):
    """Files of one kind: how many, and the first of them by path."""

    name: str
    files: int
    paths: tuple[str, ...]


class Inventory(Frozen):
    """People's own files in the project's folder. None of them is written to; only gaps are filled.

    `left` are paths at which a file would have been generated, had people not had one there.
    """

    areas: tuple[Area, ...]
    left: tuple[str, ...]

    @property
    def files(self) -> int:
        return sum(area.files for area in self.areas)
