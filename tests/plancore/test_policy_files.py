"""Facts of files: each type that holds data, stars wherever permissions stand, regions in code."""

from typing import Any

import pytest

from agents.policy.files import file_facts
from agents.policy.infrastructure import ENCRYPTED_BY


def terraform(text: str, path: str = "m/a.tf") -> dict[str, Any]:
    found: dict[str, Any] = file_facts({path: text.encode()})["terraform"]
    return found


@pytest.mark.parametrize("type_", sorted(ENCRYPTED_BY))
def test_each_type_that_holds_data_must_be_encrypted(type_: str) -> None:
    bare = terraform(f'resource "{type_}" "x" {{\n  name = "x"\n}}\n')
    assert bare["unencrypted"] == [f"{type_}.x (m/a.tf)"]
    for path in ENCRYPTED_BY[type_]:
        *blocks, last = path.split(".")
        body = f'{last} = "key"'
        for block in reversed(blocks):
            body = f"{block} {{\n{body}\n}}"
        assert terraform(f'resource "{type_}" "x" {{\n{body}\n}}\n')["unencrypted"] == [], path


@pytest.mark.parametrize(
    ("statement", "actions", "resources"),
    [
        ('actions = ["*"]\nresources = ["arn:x"]', True, False),
        ('actions = ["s3:*"]\nresources = ["arn:x"]', True, False),
        ('actions = ["s3:Get*"]\nresources = ["arn:x"]', False, False),
        ('actions = ["s3:GetObject"]\nresources = ["*"]', False, True),
        ('actions = ["ecr:GetAuthorizationToken"]\nresources = ["*"]', False, False),
        ('actions = ["ecr:GetAuthorizationToken", "s3:GetObject"]\nresources = ["*"]', False, True),
        ('effect = "Deny"\nactions = ["*"]\nresources = ["*"]', False, False),
        ('actions = ["kms:*"]\nresources = ["*"]\nprincipals {\n  type = "AWS"\n}', False, False),
        ('actions = ["*"]\nresources = ["*"]\nprincipals {\n  type = "AWS"\n}', True, False),
    ],
)
def test_stars_in_policies(statement: str, actions: bool, resources: bool) -> None:
    found = terraform(f'data "aws_iam_policy_document" "x" {{\n  statement {{\n{statement}\n}}\n}}\n')
    assert (bool(found["wildcard_permissions"]), bool(found["wildcard_resources"])) == (actions, resources)


def test_grants_in_modules_and_json_are_read_too() -> None:
    grants = terraform('locals {\n  g = [{ actions = ["s3:*"], resources = ["*"] }]\n}\n')
    assert grants["wildcard_permissions"] == grants["wildcard_resources"] == ["locals (m/a.tf)"]
    text = terraform('module "r" {\n  grants = concat(var.g, [{ actions = ["s3:PutObject"], resources = ["*"] }])\n}\n')
    assert text["wildcard_resources"] == ["module.r (m/a.tf)"] or text["wildcard_resources"] == ["r (m/a.tf)"]
    inline = 'resource "aws_iam_role_policy" "p" {\n  policy = "{\\"Statement\\": [{\\"Action\\": \\"*\\", \\"Resource\\": \\"*\\"}]}"\n}\n'
    assert terraform(inline.replace('\\"', "'"))["wildcard_permissions"] == ["aws_iam_role_policy.p (m/a.tf)"]


def test_a_region_in_a_comment_is_none() -> None:
    assert terraform('# us-east-1\nlocals {\n  r = "eu-west-1" // ap-south-1\n}\n')["regions"] == ["eu-west-1 (m/a.tf)"]
