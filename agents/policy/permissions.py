"""What Terraform lets roles do: statements wherever they stand, and which of them reach too far."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.policy.terraform import Block

NO_RESOURCE = (
    "cloudwatch:putmetricdata",
    "ec2:describe",
    "ecr:getauthorizationtoken",
    "events:",
    "glue:getconnection",
    "kafka:describe",
    "logs:createlogdelivery",
    "logs:deletelogdelivery",
    "logs:describe",
    "logs:getlogdelivery",
    "logs:listlogdeliveries",
    "logs:putresourcepolicy",
    "logs:updatelogdelivery",
    "sagemaker:list",
    "sts:getcalleridentity",
    "ec2:createnetworkinterface",
    "ec2:deletenetworkinterface",
    "ec2:assignprivateipaddresses",
    "ec2:unassignprivateipaddresses",
    "xray:put",
    "xray:get",
)
"""Beginnings of actions that know no resource of their own (Service Authorization Reference, unverified here): a star is
all that AWS takes there."""
_OBJECT = re.compile(r"\bactions\s*=\s*\[([^\]]*)\]\s*,?\s*(?:\bresources\s*=\s*\[([^\]]*)\])?", re.IGNORECASE)
_JSON = re.compile(
    r"[\"']?Action[\"']?\s*[:=]\s*(\[[^\]]*\]|[\"'][^\"']*[\"'])(?:[^{}]*?[\"']?Resource[\"']?\s*[:=]\s*(\[[^\]]*\]|[\"'][^\"']*[\"']))?"
)
_WORD = re.compile(r"[\"']([^\"']+)[\"']")


@dataclass(frozen=True)
class Statement:
    """Actions allowed on resources; `resources` are texts as written. `of_resource`: the policy hangs on a resource (a key,
    a bucket), where a star means that resource alone."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    of_resource: bool = False

    @property
    def all_actions(self) -> bool:
        """Everything, or everything of a service (`*`, `s3:*`), but for a key's or a bucket's own policy."""
        wild = any(a == "*" or (a.endswith(":*") and not self.of_resource) for a in self.actions)
        return wild

    @property
    def all_resources(self) -> bool:
        """A bare star for actions that could name their resource."""
        named = [a for a in self.actions if not a.lower().startswith(NO_RESOURCE)]
        return "*" in self.resources and bool(named) and not self.of_resource


def statements(block: Block) -> Iterator[Statement]:
    """Every allowing statement that stands in a block: policy documents, JSON policies, lists of grants."""
    if block.type == "aws_iam_policy_document":
        for found in block.blocks("statement"):
            if found.get("effect", "Allow") == "Allow":
                yield Statement(_texts(found.get("actions")), _texts(found.get("resources")), "principals" in found)
        return
    yield from _grants(block.body)


def _grants(value: Any) -> Iterator[Statement]:
    if isinstance(value, Mapping):
        if "actions" in value and "resources" in value:
            yield Statement(_texts(value["actions"]), _texts(value["resources"]))
        for inner in value.values():
            yield from _grants(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _grants(inner)
    elif isinstance(value, str) and "ction" in value and "Deny" not in value:
        for shape in (_OBJECT, _JSON):
            for actions, resources in shape.findall(value):
                yield Statement(tuple(_WORD.findall(actions)), tuple(_WORD.findall(resources)))


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(v) for v in value)
    text = str(value or "")
    return tuple(_WORD.findall(text)) or ((text,) if text else ())
