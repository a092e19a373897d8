"""Facts of generated files for rules: Terraform, workflows, secrets. `docs/policies.md` lists them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from agents.policy.rules import Loader
from agents.policy.terraform import Block, parse

SECRETS = (
    re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    re.compile(r"(?i)\b(?:password|secret|api_?key|token)\b[\"']?\s*[:=]\s*[\"'][^\"'\s${}<>]{12,}[\"']"),
)
"""Shapes of secrets that no generated file may hold; the gitleaks validator looks for many more."""
OPEN = ("0.0.0.0/0", "::/0")
WEB_PORTS = (80, 443)
PINNED = re.compile(r"@[0-9a-f]{40}$")
ENCRYPTED_BY: Mapping[str, tuple[str, ...]] = {
    "aws_kinesis_stream": ("kms_key_id",),
    "aws_sqs_queue": ("kms_master_key_id", "sqs_managed_sse_enabled"),
    "aws_sns_topic": ("kms_master_key_id",),
    "aws_dynamodb_table": ("server_side_encryption",),
    "aws_ebs_volume": ("encrypted",),
    "aws_db_instance": ("storage_encrypted",),
    "aws_cloudtrail": ("kms_key_id",),
}
"""Attribute or block of which one must be set; buckets are encrypted by a resource of their own."""
BUCKET_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
BUCKET_BLOCK = "aws_s3_bucket_public_access_block"
SWITCHES = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
TAGS = ("project", "environment")


def file_facts(files: Mapping[str, bytes]) -> dict[str, Any]:
    """What file rules read, from a tree of path to bytes. Files that cannot be parsed are listed, never
    skipped silently."""
    texts = {path: content.decode("utf-8", "replace") for path, content in sorted(files.items())}
    blocks: list[Block] = []
    unreadable: list[str] = []
    for path, text in texts.items():
        if path.endswith(".tf"):
            try:
                blocks += parse(path, text)
            except ValueError as error:
                unreadable.append(str(error))
    return {
        "terraform": _terraform(blocks, unreadable),
        "workflows": _workflows(texts),
        "secrets": [path for path, text in texts.items() if any(shape.search(text) for shape in SECRETS)],
        "files": sorted(texts),
    }


def _terraform(blocks: list[Block], unreadable: list[str]) -> dict[str, Any]:
    resources = [b for b in blocks if b.kind == "resource"]
    providers = [b for b in blocks if b.kind == "provider"]
    return {
        "resources": [{"type": b.type, "name": b.name, "path": b.path} for b in resources],
        "types": sorted({b.type for b in resources}),
        "public": sorted({b.address for b in resources if _is_public(b)} | _bare_buckets(resources)),
        "unencrypted": sorted(b.address for b in resources if not _is_encrypted(b, resources)),
        "wildcard_permissions": sorted(b.address for b in blocks if _allows_everything(b)),
        "providers": [b.address for b in providers],
        "providers_without_tags": sorted(b.address for b in providers if b.type == "aws" and not _is_tagged(b)),
        "unreadable": unreadable,
    }


def _is_public(block: Block) -> bool:
    body = block.body
    if body.get("publicly_accessible") is True or str(body.get("acl", "")).startswith("public"):
        return True
    if block.type == "aws_security_group":
        return any(
            _opens(rule, rule.get("cidr_blocks"), rule.get("ipv6_cidr_blocks")) for rule in block.blocks("ingress")
        )
    if block.type == "aws_security_group_rule":
        return body.get("type") == "ingress" and _opens(body, body.get("cidr_blocks"), body.get("ipv6_cidr_blocks"))
    if block.type == "aws_vpc_security_group_ingress_rule":
        return _opens(body, [body.get("cidr_ipv4")], [body.get("cidr_ipv6")])
    return False


def _opens(rule: Mapping[str, Any], *ranges: Any) -> bool:
    """True if a rule lets the internet in on anything but the web's ports."""
    wide = any(address in OPEN for found in ranges for address in (found if isinstance(found, list) else []))
    return wide and not (rule.get("from_port") == rule.get("to_port") and rule.get("from_port") in WEB_PORTS)


def _bare_buckets(resources: list[Block]) -> set[str]:
    """Buckets for which no public access block with all four switches stands in the same module."""
    blocks = [b for b in resources if b.type == BUCKET_BLOCK and all(b.body.get(s) is True for s in SWITCHES)]
    return {b.address for b in resources if b.type == "aws_s3_bucket" and not _names(blocks, b)}


def _names(blocks: Iterable[Block], bucket: Block) -> bool:
    reference = re.compile(rf"\baws_s3_bucket\.{re.escape(bucket.name)}\b")
    return any(b.module == bucket.module and reference.search(str(b.body.get("bucket", ""))) for b in blocks)


def _is_encrypted(block: Block, resources: list[Block]) -> bool:
    if block.type == "aws_s3_bucket":
        return _names((b for b in resources if b.type == BUCKET_ENCRYPTION), block)
    needed = ENCRYPTED_BY.get(block.type)
    if needed is None:
        return True
    return any(block.body.get(name) not in (None, False, "", []) for name in needed)


def _allows_everything(block: Block) -> bool:
    if block.type == "aws_iam_policy_document":
        return any(
            s.get("effect", "Allow") == "Allow" and "*" in (s.get("actions") or []) for s in block.blocks("statement")
        )
    text = str(block.body.get("policy", "")) if block.kind == "resource" and block.type.startswith("aws_iam_") else ""
    return bool(re.search(r"Action[\"']?\s*[:=]\s*\[?\s*[\"']\*[\"']", text))


def _is_tagged(block: Block) -> bool:
    for found in block.blocks("default_tags"):
        tags = found.get("tags")
        text = " ".join(map(str, tags)) if isinstance(tags, Mapping) else str(tags or "")
        if all(re.search(rf"\b{tag}\b", text, re.IGNORECASE) for tag in TAGS) or (
            tags and not isinstance(tags, Mapping)
        ):
            return True
    return False


def _workflows(texts: Mapping[str, str]) -> dict[str, Any]:
    found = {
        p: t
        for p, t in texts.items()
        if p.lstrip("/").startswith(".github/workflows") and p.endswith((".yml", ".yaml"))
    }
    unrestricted, unpinned = [], []
    for path, text in found.items():
        try:
            content = yaml.load(text, Loader=Loader)
        except yaml.YAMLError:
            content = None
        body = content if isinstance(content, dict) else {}
        if body.get("permissions") in (None, "write-all"):
            unrestricted.append(path)
        unpinned += [f"{path}: {use}" for use in _uses(body) if not use.startswith("./") and not PINNED.search(use)]
    return {"paths": sorted(found), "unrestricted": unrestricted, "unpinned": unpinned}


def _uses(value: Any) -> list[str]:
    """Every `uses:` below a value, in order."""
    if isinstance(value, dict):
        own = [value["uses"]] if isinstance(value.get("uses"), str) else []
        return [*own, *(use for v in value.values() for use in _uses(v))]
    return [use for v in value for use in _uses(v)] if isinstance(value, list) else []
