"""The clouds that a plan can be made for: those that the catalogue has a pattern for."""

from functools import cache

from agents.domain.vocabulary import Cloud
from agents.resources import content_root, pack_files


@cache
def planned_clouds() -> tuple[Cloud, ...]:
    """In the order of the vocabulary. Read from the patterns' file names, which are ids (`aws-kinesis.yaml`): the
    catalogue itself is too much to load for reading one file. Raises Defect if the patterns are not installed."""
    named = {path.name.partition("-")[0] for path in pack_files(content_root("patterns"), (".yaml",))}
    return tuple(cloud for cloud in Cloud if cloud.value in named)
