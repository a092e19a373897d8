"""terraform validate against schemas alone: what it finds and where, what it says it did not judge, what it never reads."""

import gzip
import json
from pathlib import Path

import msgpack
import pytest

from agents.domain.findings import Finding
from agents.domain.validation import ToolResult, ValidationReport
from agents.validators.execution.process import find_binary
from agents.validators.judge import validate
from agents.validators.terraform.pack import pack
from agents.validators.terraform.provider import UNKNOWN, judge
from agents.validators.terraform.report import read_root
from agents.validators.terraform.schemas import Schema, packed, read_schema
from agents.validators.terraform.tree import reading_outside, roots, runnable_tests, texts
from agents.validators.terraform.wire import embed, number, read, text
from agents.validators.terraform_validate import VALIDATOR

needs_terraform = pytest.mark.skipif(find_binary("terraform") is None, reason="terraform is not installed")

HEAD = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
"""
GOOD = """
variable "copies" {
  type    = number
  default = 2
}

data "aws_region" "here" {}

resource "aws_s3_bucket" "b" {
  count  = var.copies
  bucket = "x-${data.aws_region.here.name}-${count.index}"
}

resource "aws_dynamodb_table" "t" {
  name         = "t"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

output "names" {
  value = aws_s3_bucket.b[*].bucket
}

output "account" {
  value = provider::aws::arn_parse("arn:aws:s3:::x").account_id
}
"""
BROKEN = {
    "unsupported-argument": ('resource "aws_s3_bucket" "b" {\n  buket = "x"\n}\n', 2),
    "missing-required-argument": ('resource "aws_lambda_function" "f" {\n  function_name = "f"\n}\n', 1),
    "reference-to-undeclared-resource": ('output "x" {\n  value = aws_s3_bucket.c.id\n}\n', 2),
    "reference-to-undeclared-input-variable": ('output "x" {\n  value = var.nobody\n}\n', 2),
    "invalid-resource-type": ('resource "aws_s3_buckett" "b" {\n  bucket = "x"\n}\n', 1),
    "unsupported-block-type": ('resource "aws_s3_bucket" "b" {\n  nothing {\n  }\n}\n', 2),
    "insufficient-default-action-blocks": ('resource "aws_lb_listener" "l" {\n  load_balancer_arn = "a"\n}\n', 1),
    "incorrect-attribute-value-type": ('resource "aws_s3_bucket" "b" {\n  force_destroy = [1]\n}\n', 2),
    "unsupported-attribute": ('data "aws_region" "r" {}\noutput "x" {\n  value = data.aws_region.r.nonsense\n}\n', 3),
    "value-for-a-read-only-attribute": ('resource "aws_s3_bucket" "b" {\n  arn = "x"\n}\n', 2),
    "argument-is-deprecated": ('resource "aws_s3_bucket" "b" {\n  acl = "private"\n}\n', 2),
    "invalid-expression": ('output "x" {\n  value = = 1\n}\n', 2),
    "unreadable-module-directory": ('module "m" {\n  source = "./nowhere"\n}\n', 1),
}


def judged(files: dict[str, str]) -> tuple[ToolResult, ValidationReport]:
    report = validate({path: content.encode() for path, content in files.items()}, validators=[VALIDATOR])
    return next(result for result in report.results if result.tool == "terraform validate"), report


def by_folder(result: ToolResult) -> dict[str, list[Finding]]:
    out: dict[str, list[Finding]] = {}
    for finding in result.findings:
        assert finding.location is not None
        out.setdefault(finding.location.path.partition("/")[0], []).append(finding)
    return out


@needs_terraform
def test_each_fault_is_found_at_its_line_and_a_good_root_passes() -> None:
    broken = {f"{rule}/main.tf": HEAD + source for rule, (source, _) in BROKEN.items()}
    result, report = judged({**broken, "good/main.tf": HEAD + GOOD})
    found = by_folder(result)
    assert "good" not in found and report.overall == "fail" and result.exit_code == 1
    for rule, (_, line) in BROKEN.items():
        first = found[rule][0]
        assert first.rule == f"terraform-validate.{rule}" and len(found[rule]) == 1, found[rule]
        assert first.location is not None and first.location.line == line + HEAD.count("\n"), first
    assert found["argument-is-deprecated"][0].severity == "warning"
    assert "Did you mean" in found["unsupported-argument"][0].message
    assert 'Did you mean "aws_s3_bucket"' in found["invalid-resource-type"][0].message
    assert str(Path.home()) not in report.model_dump_json() and "mlwright-check" not in report.model_dump_json()


@needs_terraform
def test_the_result_says_what_judged_and_what_it_cannot_see() -> None:
    lock = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.90.0"\n  hashes = ["h1:no"]\n}\n'
    result, report = judged(
        {
            "infra/envs/dev/main.tf": HEAD + 'module "m" {\n  source = "../../m"\n  v = 1\n}\n',
            "infra/envs/dev/.terraform.lock.hcl": lock,
            "infra/m/main.tf": HEAD + 'variable "v" {\n  type = number\n}\nresource "aws_s3_bucket" "b" {}\n',
        }
    )
    assert (result.status, report.overall, result.arguments) == ("pass", "pass", ("validate", "-json"))
    assert result.version.startswith("terraform ") and result.version.endswith(", schema-only provider aws 5.100.0")
    assert "root modules: infra/envs/dev;" in result.reason and "JSON policies" in result.reason


@needs_terraform
def test_a_fault_in_a_module_is_told_once_however_many_roots_call_it() -> None:
    call = HEAD + 'module "m" {\n  source = "../m"\n}\n'
    broken = HEAD + 'resource "aws_s3_bucket" "b" {\n  buket = "x"\n}\n'
    result, _ = judged({"dev/main.tf": call, "prod/main.tf": call, "m/main.tf": broken})
    assert [(f.location.path, f.location.line) for f in result.findings if f.location] == [("m/main.tf", 10)]


UNJUDGED = {
    'resource "random_id" "r" {\n  byte_length = 2\n}\n': "hashicorp/random: no schema of it here",
    'module "m" {\n  source = "a/b/aws"\n}\n': "a module from elsewhere is not fetched",
    'module "m" {\n  source = "git::https://example.com/x"\n}\n': "a module from elsewhere is not fetched",
    'terraform {\n  required_version = ">= 99"\n}\n': "it asks for another Terraform",
    HEAD.replace("5.100", "7.0"): "hashicorp/aws ~> 7.0: no schema of it here",
}


@needs_terraform
def test_what_this_machine_lacks_is_no_fault_of_the_tree_and_never_a_pass() -> None:
    for source, reason in UNJUDGED.items():
        result, _ = judged({"infra/main.tf": source})
        assert (result.status, result.findings, result.files_checked) == ("skipped", (), 0), result
        assert result.reason == f"infra: {reason}" and result.remedy
    source, reason = next(iter(UNJUDGED.items()))
    mixed, report = judged({"a/main.tf": HEAD + GOOD, "b/main.tf": source})
    assert mixed.status == "warn" and report.overall == "warn" and "root modules: a;" in mixed.reason
    assert mixed.findings[0].message.endswith(reason)


@needs_terraform
def test_tests_with_mocks_really_run_and_others_are_said_to_be_left() -> None:
    mocked = 'mock_provider "aws" {}\nrun "apply" {\n  assert {\n    condition     = length(output.names) == %d\n'
    mocked += '    error_message = "own words"\n  }\n}\n'
    tree = {"main.tf": HEAD + GOOD, "tests/a.tftest.hcl": mocked % 2}
    good, _ = judged(tree)
    assert good.status == "pass" and "terraform test ran in ." in good.reason
    bad, _ = judged({**tree, "tests/a.tftest.hcl": mocked % 3})
    assert [(f.rule, f.location and f.location.path) for f in bad.findings] == [
        ("terraform-validate.test-failed", "tests/a.tftest.hcl")
    ]
    real, _ = judged({**tree, "b.tftest.hcl": 'run "real" {\n  command = plan\n}\n'})
    assert real.status == "warn" and "give it a mock_provider" in real.findings[0].message
    runs = 'resource "terraform_data" "d" {\n  provisioner "local-exec" {\n    command = "touch /tmp/mlwright-was-here"\n  }\n}\n'
    left, _ = judged({**tree, "run.tf": runs})
    assert left.status == "warn" and "could run programs" in left.findings[0].message


def test_a_terraform_that_is_too_old_or_says_nothing_proves_nothing() -> None:
    old = {"init": {"code": 1, "out": "", "err": "flag provided but not defined: -json\nUsage: ..."}, "providers": {}}
    assert read_root("", old, "main.tf").unjudged.startswith("this Terraform is too old")
    silent = {"init": {"code": 1, "out": "", "err": ""}, "providers": {}}
    assert read_root("", silent, "main.tf").broken == "terraform init failed without saying why"
    good = {"code": 0, "out": "", "err": ""}
    garbled = {"init": good, "providers": {}, "validate": {"code": 2, "out": "panic", "err": "panic: x\n"}}
    assert read_root("", garbled, "main.tf").broken == "panic: x"


@needs_terraform
def test_a_conditions_own_words_stay_in_the_tree() -> None:
    module = 'variable "v" {\n  type = string\n  validation {\n    condition     = var.v == "b"\n'
    module += '    error_message = "own words ${var.v}"\n  }\n}\n'
    result, report = judged({"main.tf": 'module "m" {\n  source = "./m"\n  v      = "a"\n}\n', "m/main.tf": module})
    assert result.status == "fail" and "own words" not in report.model_dump_json()


OUTSIDE = [
    *('file("/etc/hostname")', 'file("~/x")', "file(var.x)", 'file("${path.module}/../../x")', 'file("${path.cwd}/x")'),
    *('file /* a */ ("/x")', 'file( # a\n "/x")', 'templatefile("/x", {})', 'core::file("/x")', 'filebase64("/x")'),
    *('fileset("/etc", "*")', 'file("${path.module}/${var.x}")', 'file(file("${path.module}/x"))', 'fileexists("/x")'),
]


@pytest.mark.parametrize("call", OUTSIDE)
def test_terraform_is_not_run_where_it_might_read_beside_the_tree(call: str) -> None:
    tree = {"infra/main.tf": HEAD + f'output "x" {{\n  value = {call}\n}}\n'}
    assert [note.line for note in reading_outside(tree, ("infra",))][:1] == [10]
    result, _ = judged(tree)
    assert result.status == "skipped" and ("infra/main.tf:10" in result.reason or find_binary("terraform") is None)


def test_what_hides_a_name_or_writes_a_state_is_not_run() -> None:
    hidden = {"a.tf.json": '{"output": {"x": {"value": "${\\u0066ile(1)}"}}}'}
    assert [note.line for note in reading_outside(hidden, ("",))] == [1]
    test = 'mock_provider "aws" {}\nrun "a" {\n  backend "local" {\n    path = "/x"\n  }\n}\n'
    assert runnable_tests({"main.tf": 'backend "s3" {}', "a.tftest.hcl": 'run "a" {}'}, ("",)) == ("",)
    assert runnable_tests({"main.tf": "", "a.tftest.hcl": test}, ("",)) == ()
    assert list(reading_outside({"m.tfmock.hcl": 'x = file("/x")'}, ("",)))


def test_reading_within_the_tree_is_fine() -> None:
    inside = 'x = file("${path.module}/a.yaml") + filemd5("${path.root}/../../b.py")\nfile = "a file, of notes"\n'
    assert not list(reading_outside({"infra/envs/dev/main.tf": inside}, ("infra/envs/dev",)))
    assert list(reading_outside({"infra/m/main.tf": inside}, ("infra", "infra/envs/dev")))


def test_roots_are_the_folders_that_nobody_calls() -> None:
    def call(*targets: str) -> bytes:
        return "".join(f'module "m" {{\n  source = "{target}"\n}}\n' for target in targets).encode()

    tree = {
        "envs/dev/main.tf": call("../../modules/a"),
        "envs/prod/main.tf": call("../../modules/a/"),
        "modules/a/main.tf": call("../b"),
        "modules/b/main.tf": b"",
        "alone/main.tf": b"",
        "ring/x/main.tf": call("../y"),
        "ring/y/main.tf": call("../x"),
        "envs/dev/tests/t.tftest.hcl": call("./setup"),
        "envs/dev/setup/main.tf": b"",
        "envs/dev/.terraform/modules/old/main.tf": b"",
        ".terraform.lock.hcl": b"",
    }
    folders = roots(texts(tree))
    assert folders == ("alone", "envs/dev", "envs/prod", "ring/x")
    assert runnable_tests(texts(tree), folders) == ("envs/dev",)
    assert roots({"main.tf": 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": ""}) == ("",)


def test_packed_schemas_hold_what_terraform_told_and_only_used_types_are_served(tmp_path: Path) -> None:
    told = {
        "provider": {"block": {"attributes": {"region": {"type": "string", "optional": True}}}},
        "resource_schemas": {
            "x_a": {
                "block": {
                    "attributes": {"id": {"type": "string", "computed": True, "description": "long"}},
                    "block_types": {"b": {"nesting_mode": "list", "max_items": 1, "block": {}}},
                }
            },
            "x_other": {"block": {}},
        },
        "functions": {"f": {"return_type": "string", "parameters": [{"name": "p", "type": "string"}]}},
    }
    path = tmp_path / "x-1.0.0.jsonl.gz"
    content = pack(told)
    path.write_bytes(content)
    assert content == pack(json.loads(json.dumps(told))) and b"long" not in gzip.decompress(content)
    schema = read_schema(path, {"x_a"})
    assert set(schema.types) == {("resource", "x_a")}
    assert schema.types["resource", "x_a"] == {"a": {"id": ["string", "c"]}, "b": {"b": ["list", 0, 1, {}]}}
    answer = [field for field, _ in read(schema.response())]
    assert answer == [1, 2, 7, 6]
    with pytest.raises(ValueError, match="protocol 6"):
        pack({"provider": {"block": {"attributes": {"a": {"nested_type": {}}}}}})


def test_every_schema_file_is_whole() -> None:
    for one in packed():
        names = {"aws_s3_bucket", "aws_region", "aws_sagemaker_endpoint"}
        types = read_schema(one.path, names).types
        assert {name for _, name in types} == names
        assert types["resource", "aws_s3_bucket"]["a"]["arn"] == ["string", "c"]


def test_what_only_the_provider_sets_is_refused_at_any_depth() -> None:
    inner = {"a": {"set_here": ["string", "o"], "told": ["string", "c"]}}
    block = {
        "a": {"arn": ["string", "c"], "name": ["string", "r"], "either": ["string", "oc"]},
        "b": {"many": ["list", 0, 0, inner], "bag": ["set", 0, 0, inner], "one": ["single", 0, 0, inner]},
    }
    schema = Schema(provider={}, functions={}, types={("resource", "x_a"): block})

    def said(values: dict[str, object]) -> list[bytes]:
        request = text(1, "x_a") + embed(2, embed(1, msgpack.packb(values)))
        return [content for _, content in read(judge(schema, "resource", request))]

    assert said({"name": "n", "either": "e", "arn": None, "many": [], "one": None}) == []
    assert said({"arn": msgpack.ExtType(0, b"\x00")}) == []
    depths = said(
        {"arn": "x", "many": [{}, {"told": "x"}], "bag": [{"told": "x"}, {"told": "y"}], "one": {"told": "x"}}
    )
    assert len(depths) == 4
    assert judge(schema, "resource", text(1, "x_unknown")) == b""
    assert msgpack.unpackb(UNKNOWN, ext_hook=msgpack.ExtType).code == 0


def test_the_wire_reads_what_it_writes_and_refuses_what_is_cut() -> None:
    message = text(1, "a" * 300) + number(2, 300) + embed(16, b"x") + number(3, 0)
    assert list(read(message)) == [(1, b"a" * 300), (16, b"x")]
    for cut in (message[:50], b"\x0a", b"\x0d\x00\x00\x00\x00"):
        with pytest.raises(ValueError):
            list(read(cut))
