"""Facts of Terraform for rules: what is open, unencrypted, unrotated, without backup, without tags. `docs/policies.md`
lists them."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agents.policy.permissions import statements
from agents.policy.terraform import Block
from agents.policy.values import followed

OPEN = ("0.0.0.0/0", "::/0")
WEB_PORTS = (80, 443)
ENCRYPTED_BY: Mapping[str, tuple[str, ...]] = {
    "aws_athena_workgroup": ("configuration.result_configuration.encryption_configuration",),
    "aws_cloudtrail": ("kms_key_id",),
    "aws_cloudwatch_log_group": ("kms_key_id",),
    "aws_db_instance": ("storage_encrypted",),
    "aws_dynamodb_table": ("server_side_encryption",),
    "aws_ebs_volume": ("encrypted",),
    "aws_ecr_repository": ("encryption_configuration",),
    "aws_efs_file_system": ("encrypted",),
    "aws_elasticache_replication_group": ("at_rest_encryption_enabled",),
    "aws_glue_job": ("security_configuration",),
    "aws_kinesis_firehose_delivery_stream": (
        "server_side_encryption",
        "kinesis_source_configuration",
        "msk_source_configuration",
    ),
    "aws_kinesis_stream": ("kms_key_id",),
    "aws_msk_cluster": ("encryption_info.encryption_at_rest_kms_key_arn",),
    "aws_opensearch_domain": ("encrypt_at_rest",),
    "aws_rds_cluster": ("storage_encrypted",),
    "aws_redshift_cluster": ("encrypted",),
    "aws_redshiftserverless_namespace": ("kms_key_id",),
    "aws_s3tables_table_bucket": ("encryption_configuration",),
    "aws_sagemaker_endpoint_configuration": ("kms_key_arn",),
    "aws_sagemaker_notebook_instance": ("kms_key_id",),
    "aws_secretsmanager_secret": ("kms_key_id",),
    "aws_sns_topic": ("kms_master_key_id",),
    "aws_sqs_queue": ("kms_master_key_id", "sqs_managed_sse_enabled"),
}
"""Attribute or block (dotted where nested) of which one must be set; buckets are encrypted by a resource of their own. A
delivery stream that reads a stream has no encryption of its own: the stream's counts."""
ENCRYPTED_ANYWAY = frozenset(
    (
        "aws_cloudtrail",
        "aws_cloudwatch_log_group",
        "aws_msk_cluster",
        "aws_redshiftserverless_namespace",
        "aws_sagemaker_endpoint_configuration",
        "aws_secretsmanager_secret",
        "aws_sns_topic",
    )
)
"""Those of them that encrypt with a key of their own where the one written is null
(each service's guide; unverified). Whoever
writes nothing has not thought of it, and is named."""
OWN_KEY: Mapping[str, str] = {
    "aws_athena_workgroup": "configuration.result_configuration.encryption_configuration.kms_key_arn",
    "aws_cloudtrail": "kms_key_id",
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_db_instance": "kms_key_id",
    "aws_dynamodb_table": "server_side_encryption.kms_key_arn",
    "aws_ebs_volume": "kms_key_id",
    "aws_efs_file_system": "kms_key_id",
    "aws_elasticache_replication_group": "kms_key_id",
    "aws_kinesis_stream": "kms_key_id",
    "aws_msk_cluster": "encryption_info.encryption_at_rest_kms_key_arn",
    "aws_opensearch_domain": "encrypt_at_rest.kms_key_id",
    "aws_rds_cluster": "kms_key_id",
    "aws_redshift_cluster": "kms_key_id",
    "aws_redshiftserverless_namespace": "kms_key_id",
    "aws_s3tables_table_bucket": "encryption_configuration.kms_key_arn",
    "aws_sagemaker_endpoint_configuration": "kms_key_arn",
    "aws_secretsmanager_secret": "kms_key_id",
    "aws_sns_topic": "kms_master_key_id",
    "aws_sqs_queue": "kms_master_key_id",
}
"""Where what holds data names a key of the customer; buckets do so in a resource of their own."""
BUCKET_KEY = "rule.apply_server_side_encryption_by_default.kms_master_key_id"
PROVIDERS_KEY = "alias/aws/"
BUCKET_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
BUCKET_BLOCK = "aws_s3_bucket_public_access_block"
BUCKET_VERSIONS = "aws_s3_bucket_versioning"
SWITCHES = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
BACKED_UP_BY: Mapping[str, str] = {
    "aws_dynamodb_table": "point_in_time_recovery.enabled",
    "aws_elasticache_replication_group": "snapshot_retention_limit",
    "aws_db_instance": "backup_retention_period",
    "aws_rds_cluster": "backup_retention_period",
}
"""What brings data back; buckets keep versions by a resource of their own."""
SPREAD_BY: Mapping[str, str] = {
    "aws_db_instance": "multi_az",
    "aws_elasticache_replication_group": "multi_az_enabled",
}
IN_TRANSIT: Mapping[str, str] = {
    "aws_elasticache_replication_group": "transit_encryption_enabled",
    "aws_opensearch_domain": "domain_endpoint_options.enforce_https",
}
TAGS = ("project", "environment")
UNTAGGED_CHILDREN: Mapping[str, Callable[[Block], bool]] = {
    "aws_autoscaling_group": lambda b: bool(b.blocks("tag")),
    "aws_launch_template": lambda b: bool(b.blocks("tag_specifications")),
    "aws_batch_compute_environment": lambda b: all(
        "FARGATE" in str(c.get("type", "")) or bool(c.get("tags") or c.get("launch_template"))
        for c in b.blocks("compute_resources")
    ),
    "aws_ecs_service": lambda b: b.body.get("propagate_tags") in ("SERVICE", "TASK_DEFINITION"),
    "aws_batch_job_definition": lambda b: b.body.get("propagate_tags") is True,
}
"""Things that start others (machines, tasks, jobs), which inherit no default_tags, and whether tags are handed on."""
_REGION = re.compile(
    r"\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us)-(?:gov-)?(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-\d\b"
)


def infrastructure(blocks: list[Block], texts: Mapping[str, str], unreadable: list[str]) -> dict[str, Any]:
    """`terraform.*` of the facts for files; `texts` are the Terraform files, `unreadable` those that are not HCL."""
    blocks = followed(blocks)
    resources = [b for b in blocks if b.kind == "resource"]
    providers = [b for b in blocks if b.kind == "provider"]
    found = {name: [b for b in resources if test(b, resources)] for name, test in TESTS.items()}
    refusing = {b.module for b in blocks if _denies_plain(b)}
    found["plain_transport"] += [b for b in resources if b.type == "aws_s3_bucket" and b.module not in refusing]
    stars = [(b, list(statements(b))) for b in blocks]
    return {
        "resources": [{"type": b.type, "name": b.name, "path": b.path} for b in resources],
        "types": sorted({b.type for b in resources}),
        **{name: sorted({b.address for b in hit}) for name, hit in found.items()},
        "wildcard_permissions": sorted({b.address for b, all_ in stars if any(s.all_actions for s in all_)}),
        "wildcard_resources": sorted({b.address for b, all_ in stars if any(s.all_resources for s in all_)}),
        "providers": [b.address for b in providers],
        "providers_without_tags": sorted(b.address for b in providers if b.type == "aws" and not _is_tagged(b)),
        "regions": sorted(
            {f"{region} ({path})" for path, text in texts.items() for region in _REGION.findall(_code(text))}
        ),
        "unreadable": unreadable,
    }


def _code(text: str) -> str:
    """Without comments, so that a sentence about a region is none."""
    return re.sub(r"(?m)(^|\s)(#|//).*$", "", text)


def at(body: Any, path: str) -> Any:
    """The value at a dotted path through nested blocks (the first of each), or None."""
    for name in path.split("."):
        body = body[0] if isinstance(body, list) and body else body
        if not isinstance(body, Mapping) or name not in body:
            return None
        body = body[name]
    return body


def _written(body: Any, path: str) -> bool:
    """True if the attribute at a dotted path stands there, even as null."""
    outer, _, last = path.rpartition(".")
    within = at(body, outer) if outer else body
    within = within[0] if isinstance(within, list) and within else within
    return isinstance(within, Mapping) and last in within


def _set(value: Any) -> bool:
    return value not in (None, False, "", 0, "0", "null", [])


def _is_public(block: Block, resources: list[Block]) -> bool:
    body = block.body
    if block.type == "aws_s3_bucket":
        complete = (b for b in resources if b.type == BUCKET_BLOCK and all(b.body.get(s) is True for s in SWITCHES))
        return not _names(complete, block)
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


def _names(blocks: Iterable[Block], bucket: Block) -> bool:
    """True if one of the blocks, in the same module, is about the bucket."""
    reference = re.compile(rf"\baws_s3_bucket\.{re.escape(bucket.name)}\b")
    return any(b.module == bucket.module and reference.search(str(b.body.get("bucket", ""))) for b in blocks)


def _unencrypted(block: Block, resources: list[Block]) -> bool:
    if block.type == "aws_s3_bucket":
        return not _names((b for b in resources if b.type == BUCKET_ENCRYPTION), block)
    needed = ENCRYPTED_BY.get(block.type)
    if needed is None or any(_set(at(block.body, name)) for name in needed):
        return False
    return block.type not in ENCRYPTED_ANYWAY or not any(_written(block.body, name) for name in needed)


def _without_own_key(block: Block, resources: list[Block]) -> bool:
    """True for what holds data under a key that the provider keeps, or none."""
    if block.type == "aws_s3_bucket":
        keyed = (b for b in resources if b.type == BUCKET_ENCRYPTION and _own(at(b.body, BUCKET_KEY)))
        return not _names(keyed, block)
    needed = OWN_KEY.get(block.type)
    return needed is not None and not _own(at(block.body, needed))


def _own(key: Any) -> bool:
    return _set(key) and PROVIDERS_KEY not in str(key)


def _unbacked(block: Block, resources: list[Block]) -> bool:
    if block.type == "aws_s3_bucket":
        enabled = (
            b
            for b in resources
            if b.type == BUCKET_VERSIONS and at(b.body, "versioning_configuration.status") == "Enabled"
        )
        return not _names(enabled, block)
    needed = BACKED_UP_BY.get(block.type)
    return needed is not None and not _set(at(block.body, needed))


def _plain_transport(block: Block, resources: list[Block]) -> bool:
    """Listeners that answer in clear text, Kafka and caches without TLS, buckets without a statement that denies it."""
    if block.type in ("aws_lb_listener", "aws_alb_listener"):
        redirects = all(a.get("type") == "redirect" for a in block.blocks("default_action"))
        return block.body.get("protocol") == "HTTP" and not (redirects and block.blocks("default_action"))
    if block.type == "aws_msk_cluster":
        return at(block.body, "encryption_info.encryption_in_transit.client_broker") not in (None, "TLS")
    needed = IN_TRANSIT.get(block.type)
    return needed is not None and not _set(at(block.body, needed))


def _denies_plain(block: Block) -> bool:
    """True for a policy document that denies whatever comes without TLS."""
    return block.type == "aws_iam_policy_document" and any(
        found.get("effect") == "Deny" and "aws:SecureTransport" in str(found.get("condition"))
        for found in block.blocks("statement")
    )


def _unrotated(block: Block, resources: list[Block]) -> bool:
    signs = str(block.body.get("key_usage", "ENCRYPT_DECRYPT")) != "ENCRYPT_DECRYPT"
    return block.type == "aws_kms_key" and not signs and block.body.get("enable_key_rotation") is not True


def _unexpiring(block: Block, resources: list[Block]) -> bool:
    return block.type == "aws_cloudwatch_log_group" and not _set(block.body.get("retention_in_days"))


def _single_zone(block: Block, resources: list[Block]) -> bool:
    needed = SPREAD_BY.get(block.type)
    return needed is not None and not _set(at(block.body, needed))


def _untagged(block: Block, resources: list[Block]) -> bool:
    hands_on = UNTAGGED_CHILDREN.get(block.type)
    return hands_on is not None and not hands_on(block)


def _is_tagged(block: Block) -> bool:
    for found in block.blocks("default_tags"):
        tags = found.get("tags")
        text = " ".join(map(str, tags)) if isinstance(tags, Mapping) else str(tags or "")
        if all(re.search(rf"\b{tag}\b", text, re.IGNORECASE) for tag in TAGS) or (
            tags and not isinstance(tags, Mapping)
        ):
            return True
    return False


TESTS: Mapping[str, Callable[[Block, list[Block]], bool]] = {
    "public": _is_public,
    "unencrypted": _unencrypted,
    "without_own_key": _without_own_key,
    "unbacked": _unbacked,
    "plain_transport": _plain_transport,
    "unrotated": _unrotated,
    "unexpiring": _unexpiring,
    "single_zone": _single_zone,
    "untagged": _untagged,
}
"""Name of a fact to what a resource must not be."""
