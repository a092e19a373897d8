"""Takes stock of people's files by their paths, before anything is written beside them."""

import re
from collections.abc import Iterable

from agents.domain.files import MergedTree
from agents.domain.inventory import Area, Inventory

SHOWN = 5
OTHER = "other"
KINDS: tuple[tuple[str, str], ...] = (
    (
        "continuous integration",
        r"^\.github/workflows/|^\.circleci/|(^|/)(\.gitlab-ci\.yml|Jenkinsfile|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml)$",
    ),
    (
        "infrastructure",
        r"\.(tf|tfvars|bicep)$|(^|/)(cdk\.json|Pulumi\.ya?ml|serverless\.ya?ml|Chart\.yaml|kustomization\.ya?ml)$",
    ),
    ("containers", r"(^|/)((.+\.)?Dockerfile(\..+)?|Containerfile|(docker-)?compose(\..+)?\.ya?ml)$"),
    ("notebooks", r"\.ipynb$"),
    ("models", r"\.(pkl|joblib|onnx|pt|pth|h5|keras|safetensors|ubj)$"),
    ("data", r"\.(csv|tsv|parquet|jsonl|ndjson|arrow|feather|avro|orc|xlsx)$"),
    (
        "dependencies",
        r"(^|/)(pyproject\.toml|setup\.(py|cfg)|requirements[^/]*\.(txt|in|lock)|environment\.ya?ml|Pipfile(\.lock)?"
        r"|poetry\.lock|uv\.lock|package(-lock)?\.json|pom\.xml|build\.sbt|renv\.lock)$",
    ),
    ("tests", r"(^|/)tests?/|(^|/)(test_[^/]+|[^/]+_test)\.py$"),
    ("documents", r"(^|/)docs?/|\.(md|rst|adoc)$|(^|/)(LICEN[CS]E|NOTICE)[^/]*$"),
    ("code", r"\.(py|pyi|r|sql|scala|java|kt|go|rs|jl|sh|js|ts|ipy|c|cc|cpp|h)$"),
)
"""Kind to what its paths look like; the first that fits counts."""
_KINDS = tuple((name, re.compile(shape, re.IGNORECASE)) for name, shape in KINDS)


def take_inventory(paths: Iterable[str], *trees: MergedTree) -> Inventory | None:
    """The files at `paths`, by kind, and which of them stand where `trees` would have had theirs; None if there are none."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        found.setdefault(_kind(path), []).append(path)
    if not found:
        return None
    order = [*(name for name, _ in KINDS), OTHER]
    areas = tuple(
        Area(name=name, files=len(found[name]), paths=tuple(found[name][:SHOWN])) for name in order if name in found
    )
    there = {path for group in found.values() for path in group}
    left = sorted(f.path for tree in trees for f in tree.pristine if tree.owners.get(f.path) == "adopted")
    return Inventory(areas=areas, left=tuple(path for path in left if path in there))


def _kind(path: str) -> str:
    return next((name for name, shape in _KINDS if shape.search(path)), OTHER)
