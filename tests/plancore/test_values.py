"""References followed to null: through variables, locals and module outputs, and what that means for encryption."""

from typing import Any

import pytest

from agents.policy.files import file_facts

KEYS = 'output "arn" {\n  value = %s\n}\noutput "all" {\n  value = { data = %s, logs = aws_kms_key.logs.arn }\n}\n'
LAKE = 'variable "key" {\n  type = string\n%s}\nresource "%s" "x" {\n  %s = %s\n}\n'


def facts(key: str, resource: str, *, given: str = "key = module.keys.arn", default: str = "") -> dict[str, Any]:
    kind, attribute, value = resource.split(" ", 2)
    found: dict[str, Any] = file_facts(
        {
            "keys/main.tf": (KEYS % (key, key)).encode(),
            "lake/main.tf": (LAKE % (default, kind, attribute, value)).encode(),
            "main.tf": f'module "keys" {{\n  source = "./keys"\n}}\nlocals {{\n  one = module.keys.all.data\n}}\n'
            f'module "lake" {{\n  source = "./lake"\n  {given}\n}}\n'.encode(),
        }
    )["terraform"]
    return found


KEY = "aws_kms_key.data.arn"
CASES = [
    ("aws_cloudwatch_log_group kms_key_id var.key", False),
    ("aws_sns_topic kms_master_key_id var.key", False),
    ("aws_db_instance kms_key_id var.key", True),
    ("aws_kinesis_stream kms_key_id var.key", True),
    ('aws_kinesis_stream kms_key_id coalesce(var.key, "alias/aws/kinesis")', False),
]


@pytest.mark.parametrize(("resource", "bare"), CASES)
def test_a_key_that_is_null_is_no_key(resource: str, bare: bool) -> None:
    """Services that encrypt by themselves do so then; the others are open. Neither has a key of the customer."""
    name = f"{resource.split()[0]}.x (lake/main.tf)"
    null = facts("null", resource)
    assert null["without_own_key"] == [name]
    assert null["unencrypted"] == ([name] if bare else [])
    own = facts(KEY, resource)
    assert own["without_own_key"] == []
    assert own["unencrypted"] == ([name] if "aws_db_instance" in resource else [])


@pytest.mark.parametrize(
    ("given", "default", "lost"),
    [
        ("key = local.one", "", True),
        ("key = module.keys.all.data", "", True),
        ("key = module.keys.all.logs", "", False),
        ("other = 1", "  default = null\n", True),
        ("other = 1", '  default = "arn:x"\n', False),
        ("key = var.nowhere", "", False),
        ("key = local.nowhere", "", False),
        ("key = module.nowhere.arn", "", False),
    ],
)
def test_the_way_of_a_value(given: str, default: str, lost: bool) -> None:
    found = facts("null", "aws_kinesis_stream kms_key_id var.key", given=given, default=default)
    assert bool(found["unencrypted"]) is lost


def test_one_caller_without_a_key_is_enough_and_a_circle_ends() -> None:
    twice = 'key = module.keys.arn\n}\nmodule "again" {\n  source = "./lake"\n  key = aws_kms_key.data.arn'
    assert facts("null", "aws_kinesis_stream kms_key_id var.key", given=twice)["unencrypted"]
    silent = 'key = aws_kms_key.data.arn\n}\nmodule "again" {\n  source = "./lake"'
    for default, lost in (("  default = null\n", True), ('  default = "arn:x"\n', False), ("", False)):
        found = facts("null", "aws_kinesis_stream kms_key_id var.key", given=silent, default=default)
        assert bool(found["unencrypted"]) is lost, f"a second caller that says nothing takes the default:{default}"
    circle = (
        'locals {\n  a = local.b\n  b = local.a\n}\nresource "aws_kinesis_stream" "x" {\n  kms_key_id = local.a\n}\n'
    )
    assert file_facts({"main.tf": circle.encode()})["terraform"]["unencrypted"] == []


def test_who_says_nothing_about_encryption_is_named() -> None:
    silent = file_facts({"main.tf": b'resource "aws_sns_topic" "x" {\n  name = "x"\n}\n'})["terraform"]
    assert silent["unencrypted"] == silent["without_own_key"] == ["aws_sns_topic.x (main.tf)"]


def test_a_bucket_has_the_key_that_its_encryption_names() -> None:
    text = (
        'resource "aws_s3_bucket" "a" {}\nresource "aws_s3_bucket_server_side_encryption_configuration" "a" {\n'
        "  bucket = aws_s3_bucket.a.id\n  rule {\n    apply_server_side_encryption_by_default {\n"
        '      sse_algorithm = "aws:kms"\n      kms_master_key_id = %s\n    }\n  }\n}\n'
    )
    for key, own in (("null", False), (KEY, True), ('"alias/aws/s3"', False)):
        found = file_facts({"main.tf": (text % key).encode()})["terraform"]
        assert (found["unencrypted"], not found["without_own_key"]) == ([], own), key
