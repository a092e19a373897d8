"""A project whose every text was written by somebody hostile, and its innocent twin: the same shape, harmless words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from tests.injection.corpus import Case, at

SLUG = "churn"
COLUMNS = {"subscriber_id": "id", "snapshot_date": "date", "minutes": "float", "plan": "category", "churned": "bool"}
AS_OF = "2027-01-31"
RULE = """\
id: own-{n}
title: {title}
stage: plan
level: warn
pass_when: "cost.monthly_usd < 0.0"
detail: "costs {{cost.monthly_usd}} USD"
remediation: {title}
keys: [cloud]
"""


@dataclass(frozen=True)
class Project:
    """What stands in the repository, what people said at the gate and in comments, and what an issue asks for."""

    files: dict[str, bytes]
    gate_comment: str
    comments: tuple[str, ...]
    issues: tuple[str, ...]

    @property
    def constraints(self) -> bytes:
        return self.files["constraints.yaml"]


def hostile(cases: Sequence[Case]) -> Project:
    return _project(cases, lambda text: text)


def twin(cases: Sequence[Case]) -> Project:
    """The same with harmless words; names of columns and sources are kept, for files are named after them."""
    return _project(cases, lambda text: "plain words")


def _project(cases: Sequence[Case], say: Callable[[str], str]) -> Project:
    def said(place: str) -> list[str]:
        return [say(text) for text in at(place, cases)]

    def word(place: str, usual: str | None = None) -> str | None:
        return next(iter(said(place)), usual)

    columns = {**COLUMNS, **dict.fromkeys(at("column", cases), "float")}
    source = {
        "name": "usage",
        "format": "parquet",
        "freshness": "daily",
        "columns": columns,
        "owner": word("owner", "data"),
    }
    classes = [*said("profile_class"), "kept"]
    source["profile"] = {"churned": {"shares": {name: round(1 / len(classes), 3) for name in classes}}}
    others = [
        {
            "name": name,
            "format": "csv",
            "columns": {"subscriber_id": "id", "amount": "float"},
            **({"owner": owner} if owner else {}),
        }
        for name, owner in zip(at("source", cases), [*said("owner")[1:], *[None] * 99], strict=False)
    ]
    rules = {f".mlwright/policies/own-{n}.yaml": _rule(n, text) for n, text in enumerate(said("policy"))}
    waivers, owners = [], said("waiver_owner")
    for n, reason in enumerate(said("waiver_reason"), len(rules)):
        rules[f".mlwright/policies/own-{n}.yaml"] = _rule(n, "Ours")
        owner = owners[n % len(owners)] if owners else "jane.doe"
        waivers.append({"rule": f"own-{n}", "owner": owner, "reason": reason, "until": "2099-01-01"})
    document: dict[str, Any] = {
        "version": 1,
        "project": {"name": SLUG, "description": "\n\n".join(said("description"))[:4000], "problem": "binary-classification"},
        "cloud": "aws", "regions": ["eu-west-1"], "budget_band": {"monthly_usd_max": 900}, "data_classification": "pii",
        "workload_types": ["batch"], "provider": "anthropic",
        "throughput": {"batch_gb_per_day": 1, "training_rows": 100000},
        "team_constraints": {"size": 2, "languages": ["python", *said("language")], "skills": ["sql", *said("skill")]},
        "existing_stack": ["s3", *said("stack")], "storage_prefs": ["parquet", *said("storage")],
        "observability_prefs": ["cloudwatch", *said("observability")],
        "objective": {"kpi": word("kpi", "uplift"), "baseline": 0.1, "target": 0.2},
        "data": {"entity": "subscriber_id", "label": "churned", "event_time": "snapshot_date", "sources": [source, *others]},
        "waivers": waivers,
    }  # fmt: skip
    document["project"]["domain"] = word("domain", "telecom")
    theirs = {
        name if say(name) == name else f"docs/file{n}.md": b"ours\n"
        for n, name in enumerate(at("existing_file", cases))
    }
    readme = "\n\n".join(said("readme"))
    files = {"NOTES.md": f"# Ours\n\n{readme}\n".encode(), **theirs, **rules}
    files["constraints.yaml"] = yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode()
    return Project(files, "\n\n".join(said("gate_comment")), tuple(said("comment")), tuple(said("issue")))


def _rule(n: int, title: str) -> bytes:
    return RULE.format(n=n, title=yaml.safe_dump(title, allow_unicode=True, width=10**6).splitlines()[0]).encode()
