"""The lock `.mlwright/lock.json`: what a tree was made from, and who owns each of its files (DESIGN §4,
Lock).
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from agents.domain.base import pretty_json
from agents.domain.decision import Decision
from agents.domain.files import LOCK_PATH, Lock, LockFile, MergedTree
from agents.domain.findings import Finding, Location, Severity
from agents.domain.plan import Plan
from agents.domain.policy import PolicyReport
from agents.domain.rows import packed, unpacked
from agents.domain.state import flatten

MAX_LOCK_BYTES = 2_000_000


def parse_lock(content: bytes) -> tuple[Lock | None, tuple[Finding, ...]]:
    """The lock, or None with one finding if it is damaged. Never raises: people merge and edit this file
    too.
    """
    problem = ""
    if len(content) > MAX_LOCK_BYTES:
        problem = f"larger than {MAX_LOCK_BYTES:,} bytes"
    else:
        try:
            return Lock.model_validate(_expanded(json.loads(content))), ()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            problem = f"{place}: {first['msg']}" if place else first["msg"]
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            problem = f"it is no JSON that mlwright wrote: {error}"
    return None, (
        Finding(
            rule="lock.damaged",
            severity=Severity.WARNING,
            message=f"the lock cannot be read ({problem}); it is written anew, and no change is shown against it",
            location=Location(path=LOCK_PATH),
            remediation="do not edit or merge the lock by hand: take either side, the next run writes it anew",
            source="lock",
        ),
    )


def lock_bytes(lock: Lock) -> bytes:
    """The file's bytes: sorted keys, two spaces, a record a line; `previous` as what it had otherwise.

    Two whole versions would double a file that stands in every pull request; most of the second is the first. Files and
    bill are rows (`agents.domain.rows`), and a decision's id and choice stand together.
    """
    whole = lock.model_dump(mode="json")
    before = whole.pop("previous")
    if before is not None:
        whole["previous"] = _otherwise(whole, {name: value for name, value in before.items() if name != "previous"})
    whole["files"] = packed([_file(row) for row in whole["files"]], columns=FILE_COLUMNS)
    whole["bom"] = packed(whole["bom"], BOM_SHARED, BOM_COLUMNS)
    choices = whole.pop("choices")
    names = whole["decisions"].keys() | choices.keys()
    whole["decisions"] = {name: [whole["decisions"].get(name), choices.get(name)] for name in names}
    return pretty_json(whole, "bom", "decisions", "files", "previous", "state").encode("utf-8")


FILE_COLUMNS = ("path", "blob", "decision", "owner")
OWNER = "generated"
USUAL = {"owner": OWNER, "mode": "100644"}
BOM_SHARED = ("environment", "slot", "pattern", "region")
BOM_COLUMNS = ("component", "usd", "quantity", "service", "sku")


def _file(row: Mapping[str, Any]) -> dict[str, Any]:
    """A file without what is as it mostly is."""
    return {n: v for n, v in row.items() if v is not None and v != USUAL.get(n)}


def _otherwise(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `before` that differ from `now`: of mappings the differing keys (None: it had no such key), of
    lists the rows, those that `now` has too by their index there.
    """
    found: dict[str, Any] = {}
    for name, value in before.items():
        same = now[name]
        if value == same:
            continue
        if isinstance(value, Mapping):
            names = sorted(n for n in value.keys() | same.keys() if value.get(n) != same.get(n))
            value = {n: value.get(n) for n in names}
        elif isinstance(value, list):
            value = [same.index(row) if row in same else row for row in value]
        found[name] = value
    return found


def _expanded(raw: dict[str, Any]) -> dict[str, Any]:
    """The lock as it was before `lock_bytes` shortened it; one of schema 1 as one of today."""
    if raw["schema_version"] == 1:
        raw["schema_version"] = 2
    else:
        raw["files"], raw["bom"] = unpacked(raw["files"]), unpacked(raw["bom"])
        both = raw["decisions"]
        raw["decisions"] = {name: pair[0] for name, pair in both.items() if pair[0] is not None}
        raw["choices"] = {name: pair[1] for name, pair in both.items() if pair[1] is not None}
    raw["files"] = [{"decision": None, "owner": OWNER, **row} for row in raw["files"]]
    if raw.get("previous") is None:
        return raw
    before = {name: value for name, value in raw.items() if name != "previous"}
    for name, value in raw["previous"].items():
        same = raw[name]
        if isinstance(same, Mapping):
            value = {n: v for n, v in {**same, **value}.items() if v is not None}
        elif isinstance(same, list):
            value = [same[row] if isinstance(row, int) else row for row in value]
        before[name] = value
    return {**raw, "previous": before}


def build_lock(
    *,
    project: str,
    packs: Mapping[str, str],
    constraints: str,
    plan: Plan,
    monthly_usd: Decimal,
    bom: tuple[dict[str, str], ...],
    state: Mapping[str, str],
    tree: MergedTree,
    late: MergedTree | None = None,
    previous: Lock | None = None,
) -> Lock:
    """The lock of a finished tree.

    `packs` has engine, pattern_pack, prompt_pack, policy_pack, template_pack and price_book; `constraints`
    is the digest of the parsed file; `bom` are the priced lines as `agents.cost` gives them for the lock;
    `state` is `flat_state(...)`. `late` are the merged reports and decision records; `previous` is the lock that deltas are against.
    """
    entries = {file.path: file for file in _lock_files(tree)}
    if late is not None:
        entries |= {file.path: file for file in _lock_files(late)}
    return Lock(
        project=project,
        constraints=constraints,
        plan=plan.digest,
        decisions={decision.question.key: decision.id for decision in plan.decisions},
        choices={decision.question.key: decision.choice for decision in plan.decisions},
        monthly_usd=str(monthly_usd),
        bom=bom,
        state=dict(state),
        files=tuple(entries[path] for path in sorted(entries)),
        previous=previous.model_copy(update={"previous": None}) if previous is not None else None,
        **{name: packs[name] for name in PACKS},
    )


PACKS = ("engine", "pattern_pack", "prompt_pack", "policy_pack", "template_pack", "price_book")


def _lock_files(tree: MergedTree) -> Iterable[LockFile]:
    """What was generated and who owns it, also for files that people deleted or took over: remembered, not
    rewritten.
    """
    for file in tree.pristine:
        owner = tree.owners.get(file.path, "generated")
        yield LockFile(
            path=file.path,
            blob=file.blob,
            owner=owner,
            decision=file.decision,
            mode=file.mode,
            at=tree.moved.get(file.path),
            unsettled=tree.unsettled.get(file.path),
        )
    generated = {file.path for file in tree.pristine}
    for path, blob in tree.retained.items():
        if path not in generated:
            yield LockFile(path=path, blob=blob, owner=tree.owners.get(path, "adopted"), decision=None)


def flat_state(
    constraints: BaseModel,
    requirements: BaseModel,
    decisions: Iterable[Decision],
    policy: PolicyReport | None = None,
) -> dict[str, str]:
    """Constraints, requirements, chosen parameters and policy results, flat: what the next version is
    compared by.

    Keys are `constraints.…`, `requirements.…`, `parameters.<decision key>.<name>` and `policy.<rule>`;
    values are text for people.
    """
    flat = {
        **flatten(constraints.model_dump(mode="python"), "constraints"),
        **flatten(requirements.model_dump(mode="python"), "requirements"),
    }
    for decision in decisions:
        flat |= flatten(decision.chosen.parameters, f"parameters.{decision.question.key}")
    flat |= {f"policy.{rule.id}": rule.status for rule in policy.rules} if policy else {}
    return dict(sorted(flat.items()))
