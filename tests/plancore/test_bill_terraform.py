"""The bill against the Terraform, and against what cannot be: counted by hand."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.cost.bill import Account, billed
from agents.cost.compared import STANDS, UNITS, Gap, gaps
from agents.cost.estimate import estimate
from agents.cost.floors import egress, floor_sum, gpu_hours, single
from agents.cost.lines import price_line
from agents.cost.pricebook import PriceBook
from agents.cost.terraform_bom import Standing, standing
from agents.cost.units import amounts, unit_costs
from agents.critics.critic import CriticFacts, critic
from agents.domain.cost import BomLine, PricedLine
from agents.domain.findings import Finding, Severity
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.whatif import Refused, decided, rendered
from agents.llm.expert import ExpertProvider
from agents.policy.terraform import parse
from agents.resources import content_root
from agents.search import search
from tests.plancore.test_bill import BOOK, CATALOGUE, costs, plan
from tests.render.projects import planned, tree

ROOT = """
variable "image" { default = "" }
module "project" {
  source       = "../../modules/project"
  environment  = %s
  image        = var.image
  nat_gateways = %d
}
"""
PROJECT = """
variable "environment" { type = string }
variable "nat_gateways" { type = number }
variable "image" { type = string }
locals {
  prod = var.environment == "prod"
}
module "network" {
  source       = "../network"
  nat_gateways = var.nat_gateways
}
module "serve" {
  source    = "../serve"
  image     = var.image
  min_tasks = local.prod ? 3 : 1
  keys      = { data = "a", personal = "b" }
}
"""
NETWORK = """
variable "nat_gateways" { type = number }
resource "aws_eip" "nat" { count = var.nat_gateways }
resource "aws_nat_gateway" "this" {
  count = length(aws_eip.nat)
}
resource "aws_vpc_endpoint" "gateway" {
  for_each          = toset(["s3", "dynamodb"])
  vpc_endpoint_type = "Gateway"
}
"""
SERVE = """
variable "image" { type = string }
variable "min_tasks" { type = number }
variable "keys" { type = map(string) }
variable "cpu" { default = 2048 }
resource "aws_ecs_task_definition" "this" { cpu = var.cpu }
resource "aws_ecs_service" "this" {
  count         = var.image == "" ? 0 : 1
  desired_count = var.min_tasks
}
resource "aws_kms_key" "this" { for_each = var.keys }
resource "aws_kinesis_stream" "events" { shard_count = 4 }
resource "aws_kinesis_stream" "out" {}
resource "aws_cloudwatch_dashboard" "this" { for_each = fileset("x", "*.json") }
"""
TREE = {
    "infra/envs/dev/main.tf": ROOT % ('"dev"', 1),
    "infra/envs/prod/main.tf": ROOT % ('"prod"', 2),
    "infra/modules/project/main.tf": PROJECT,
    "infra/modules/network/main.tf": NETWORK,
    "infra/modules/serve/main.tf": SERVE,
    "infra/modules/unused/main.tf": 'resource "aws_instance" "x" {}',
}


def stood() -> tuple[Standing, ...]:
    return standing([b for path, text in TREE.items() for b in parse(path, text)])


def test_resources_are_counted_through_modules_variables_and_conditions() -> None:
    counts = {(s.environment, s.type, s.name): s.things for s in stood()}
    assert counts["dev", "aws_nat_gateway", "this"] == 1 and counts["prod", "aws_nat_gateway", "this"] == 2
    assert counts["dev", "aws_ecs_service", "this"] == 1 and counts["prod", "aws_ecs_service", "this"] == 3
    assert counts["prod", "aws_kms_key", "this"] == 2
    assert counts["prod", "aws_kinesis_stream", "events"] == 4 and counts["prod", "aws_kinesis_stream", "out"] == 1
    assert counts["prod", "aws_vpc_endpoint", "gateway"] == 0, "a gateway endpoint costs nothing"
    assert counts["prod", "aws_cloudwatch_dashboard", "this"] is None, "files are not there to be counted"
    assert not [s for s in stood() if s.type == "aws_instance"], "no environment calls that module"
    assert {s.size for s in stood() if s.type == "aws_ecs_service"} == {2.0}


def test_nodes_of_a_cache_and_interfaces_of_an_endpoint_are_counted() -> None:
    text = """
    resource "aws_elasticache_replication_group" "shards" {
      num_node_groups         = 2
      replicas_per_node_group = 1
    }
    resource "aws_elasticache_replication_group" "plain" { num_cache_clusters = 3 }
    resource "aws_vpc_endpoint" "api" {
      vpc_endpoint_type = "Interface"
      subnet_ids        = ["a", "b"]
    }
    resource "aws_sagemaker_endpoint_configuration" "e" {
      production_variants { initial_instance_count = 2 }
    }
    resource "aws_sagemaker_endpoint_configuration" "calls" {
      production_variants {
        serverless_config { max_concurrency = 5 }
      }
    }
    resource "aws_sagemaker_endpoint" "by_call" {
      endpoint_config_name = aws_sagemaker_endpoint_configuration.calls.name
    }
    resource "aws_sagemaker_endpoint" "by_hour" {
      endpoint_config_name = aws_sagemaker_endpoint_configuration.e.name
    }
    """
    counts = {s.name: s.things for s in standing(parse("infra/envs/prod/main.tf", text))}
    assert counts == {"shards": 4, "plain": 3, "api": 2, "e": 2, "calls": 0, "by_call": 0, "by_hour": 1}


def test_an_endpoint_that_is_paid_by_the_call_needs_no_line_where_nobody_calls() -> None:
    text = """
    resource "aws_sagemaker_endpoint_configuration" "this" {
      production_variants {
        %s
      }
    }
    resource "aws_sagemaker_endpoint" "this" {
      endpoint_config_name = aws_sagemaker_endpoint_configuration.this.name
    }
    """
    calls = standing(parse("infra/envs/dev/main.tf", text % "serverless_config { max_concurrency = 5 }"))
    hours = standing(parse("infra/envs/dev/main.tf", text % "initial_instance_count = 1"))
    assert gaps(calls, ()) == ()
    assert {gap.resource for gap in gaps(hours, ())} == {
        "aws_sagemaker_endpoint",
        "aws_sagemaker_endpoint_configuration",
    }


def line(resource: str, service: str, sku: str, quantity: str, environment: str = "prod", **more: Any) -> PricedLine:
    base: dict[str, Any] = {"slot": "serve.online", "pattern": "serve:x", "component": resource, "driver": "fixed"}
    item = BomLine(service=service, sku=sku, quantity=Decimal(quantity), resource=resource, environment=environment,
                   **{**base, **more})  # fmt: skip
    found = price_line(item, "us-east-1", BOOK)
    assert isinstance(found, PricedLine), found
    return found


def bill() -> list[PricedLine]:
    """All that the tree stands up: two and one gateways, three and one services of two vCPU, five shards …"""
    found = []
    for name, gateways, tasks in (("prod", 2, 3), ("dev", 1, 1)):
        found += [
            line("aws_nat_gateway", "nat_gateway", "hour", str(730 * gateways), name),
            line("aws_eip", "vpc", "public_ipv4", str(730 * gateways), name),
            line("aws_ecs_service", "fargate", "x86.vcpu", str(730 * tasks * 2), name),
            line("aws_kms_key", "kms", "key", "2", name),
            line("aws_kinesis_stream", "kinesis", "provisioned.shard", str(730 * 4), name),
            line("aws_kinesis_stream", "kinesis", "ondemand.stream", "730", name),
            line("aws_cloudwatch_dashboard", "cloudwatch", "dashboard", "1", name),
        ]
    return found


def without(resource: str, environment: str | None = None) -> list[PricedLine]:
    return [p for p in bill() if p.line.resource != resource or p.line.environment == environment]


def test_a_file_is_read_once_and_what_is_told_of_it_belongs_to_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import hcl2

    read: list[str] = []
    plain = hcl2.loads
    monkeypatch.setattr(hcl2, "loads", lambda text: read.append(text) or plain(text))
    text = 'resource "aws_s3_bucket" "read_once" { tags = { owner = "ada" } }\n'
    first = parse("a.tf", text)[0]
    before = str(first.body)
    first.body["tags"].clear()
    (again,) = parse("b/a.tf", text)
    assert str(again.body) == before and (again.path, again.module) == ("b/a.tf", "b")
    assert read == [text]


def test_a_bill_of_what_stands_has_no_gap() -> None:
    assert gaps(stood(), bill()) == ()


def test_what_stands_without_a_line_is_found_where_it_stands() -> None:
    assert gaps(stood(), without("aws_eip")) == (
        Gap("generated-not-priced", "aws_eip", "nat", "infra/modules/network/main.tf", "", ("dev", "prod")),
    )
    only = gaps(stood(), without("aws_kms_key", "prod"))
    assert [(g.kind, g.resource, g.environments) for g in only] == [("generated-not-priced", "aws_kms_key", ("dev",))]


def test_fewer_on_the_bill_than_stand_are_found_with_what_they_cost() -> None:
    short = [*without("aws_nat_gateway"), line("aws_nat_gateway", "nat_gateway", "hour", "730"),
             line("aws_nat_gateway", "nat_gateway", "hour", "730", "dev")]  # fmt: skip
    (gap,) = gaps(stood(), short)
    assert (gap.kind, gap.environments, gap.generated, gap.priced) == ("priced-too-few", ("prod",), 2, 1)
    assert gap.usd == Decimal("32.85")  # 730 x 0.045
    half = [*without("aws_ecs_service", "dev"), line("aws_ecs_service", "fargate", "x86.vcpu", "2190")]
    (tasks,) = gaps(stood(), half)
    assert (tasks.generated, tasks.priced) == (6, 3), "three tasks of two vCPU each"


def test_a_priced_thing_that_nobody_generates_is_found_from_a_dollar_on() -> None:
    extra = line("aws_lb", "alb", "hour", "730")
    assert [(g.kind, g.resource, g.usd) for g in gaps(stood(), [*bill(), extra])] == [
        ("priced-not-generated", "aws_lb", Decimal("16.43"))
    ]
    assert gaps(stood(), [*bill(), line("aws_lb", "alb", "hour", "40")]) == ()


def reviewed(files: dict[str, str], lines: list[PricedLine]) -> list[Finding]:
    composition, requirements, _ = plan("dev", "prod")
    cost = costs("dev", "prod").model_copy(update={"lines": tuple(lines)})
    given = CriticFacts(requirements, composition, {}, cost, {p: t.encode() for p, t in files.items()})
    return [f for f in critic("implementation").judge(given) if not f.rule.endswith("module-missing")]


def test_the_review_names_file_line_and_environments() -> None:
    (found,) = reviewed(TREE, without("aws_eip"))
    assert found.rule == "implementation.generated-not-priced" and "in dev, prod" in found.message
    assert found.location is not None
    assert (found.location.path, found.location.line) == ("infra/modules/network/main.tf", 3)
    tasks = [*without("aws_ecs_service", "dev"), line("aws_ecs_service", "fargate", "x86.vcpu", "10")]
    (hole,) = reviewed(TREE, tasks)
    assert hole.severity is Severity.ERROR and "6 of aws_ecs_service stand" in hole.message
    (small,) = reviewed(TREE, [*without("aws_kms_key", "dev"), line("aws_kms_key", "kms", "key", "1")])
    assert small.severity is Severity.WARNING and "about 1.00 USD a month are missing" in small.message


def test_the_whole_is_no_less_than_its_floors_and_not_three_times_as_much() -> None:
    cost = costs("dev", "prod")
    least = floor_sum(cost.lines, BOOK)
    assert cost.fixed_usd <= least <= cost.monthly_usd < 3 * least
    task = line("aws_ecs_service", "fargate", "x86.vcpu", "1460", low=Decimal("0.1"), idle=Decimal(1460),
                driver="requests_per_second")  # fmt: skip
    assert floor_sum([task], BOOK) == task.usd == Decimal("59.10"), "what stands is no range"
    used = line("aws_lambda_function", "lambda", "requests", "100", low=Decimal("0.1"), driver="requests_per_second")
    assert floor_sum([used], BOOK) == used.usd_low == Decimal("1.92")  # 100 x 0.20, a tenth, 4 % price error


def judged(**changes: Any) -> dict[str, Finding]:
    composition, requirements, _ = plan("dev", "prod")
    cost = costs("dev", "prod").model_copy(update=changes)
    return {f.rule: f for f in critic("cost").judge(CriticFacts(requirements, composition, {}, cost))}


def test_the_cost_critic_finds_sums_that_cannot_be() -> None:
    assert "cost.floor-sum" in judged(monthly_usd=Decimal(1)) and "cost.floor-sum" not in judged()
    assert "cost.floor-multiple" in judged(monthly_usd=Decimal(9999)) and "cost.floor-multiple" not in judged()


def test_another_environment_and_the_network_are_shared_by_all_work_in_proportion() -> None:
    _, requirements, _ = plan("prod")
    ready = line("aws_lb", "alb", "hour", "730")  # 16.43 of predictions
    again = line("aws_lb", "alb", "hour", "730", "dev")
    gateway = line("aws_nat_gateway", "nat_gateway", "hour", "730", slot="train")  # 32.85 of everybody
    training = line("aws_x", "kms", "key", "16", slot="train")  # 16.00 of training
    refresh = line("aws_x", "kms", "key", "8", slot="feature", driver="training_rows")  # 8.00, kept for predictions
    found = unit_costs((ready, again, gateway, training, refresh), requirements)
    shared, direct = Decimal("49.28"), Decimal("40.43")  # 16.43 + 32.85; 24.43 + 16.00
    runs = amounts(requirements)["per_training_run"]
    assert set(found) == {"per_1000_predictions", "per_training_run"}
    assert abs(found["per_training_run"] - (16 + shared * 16 / direct) / runs) < Decimal("0.000001")
    assert abs(found["per_1000_predictions"] - Decimal("24.43") * (1 + shared / direct) / 210240) < Decimal("0.000001")


def test_old_prices_are_named_if_much_of_the_bill_rests_on_them() -> None:
    cost = costs("dev", "prod")
    fresh = tuple(p.model_copy(update={"asof": "2026-05"}) for p in cost.lines)
    assert "cost.old-prices" not in judged(lines=fresh)
    dearest = max(fresh, key=lambda p: p.usd)
    few = tuple(p.model_copy(update={"asof": "2025-10"}) if p.usd * 10 > dearest.usd else p for p in fresh)
    assert "the oldest is of 2025-10" in judged(lines=few)["cost.old-prices"].message


def test_gpu_hours_egress_and_zones() -> None:
    composition, requirements, _ = plan("prod", availability_target=99.9)
    cost = costs("prod", availability_target=99.9)
    gpu = line("aws_sagemaker_model_package_group", "sagemaker", "ml.g5.xlarge.ondemand", "731", slot="train")
    assert [limit for _, limit in gpu_hours(cost.model_copy(update={"lines": (gpu,)}), composition)] == [730]
    assert not list(gpu_hours(cost, composition))
    assert egress(cost, requirements) is None
    out = line("aws_lb", "data_transfer", "internet_out", "7000", driver="requests_per_second")
    # 210.24 M answers of at most 20 KB, 365 GB in, 2,370 GB kept: 6,939.8 GB.
    more = egress(cost.model_copy(update={"lines": (out,)}), requirements)
    assert more is not None and more[0] == 7000 and abs(more[1] - Decimal("6939.8")) < 1
    assert not list(single(cost, requirements))
    one = tuple(p for p in cost.lines if p.line.component != "NAT gateways")
    half = (*one, line("aws_nat_gateway", "nat_gateway", "hour", "730"))
    assert list(single(cost.model_copy(update={"lines": half}), requirements)) == [("NAT gateways", Decimal(730))]
    base = line("aws_db_instance", "rds.postgresql", "db.t4g.medium.single_az", "730", component="Database")
    alone = cost.model_copy(update={"lines": (*cost.lines, base)})
    assert list(single(alone, requirements)) == [("Database", Decimal(730))]
    relaxed = requirements.model_copy(update={"availability_target": 99.5})
    assert not list(single(cost.model_copy(update={"lines": half}), relaxed))


def test_a_part_that_the_region_does_not_sell_is_an_error() -> None:
    composition, requirements, _ = plan("prod")
    gpu = line("aws_sagemaker_endpoint", "sagemaker", "ml.g5.xlarge.ondemand", "730").line
    there = requirements.model_copy(update={"primary_region": "ap-southeast-1"})
    given = CriticFacts(there, composition.model_copy(update={"bom": (gpu,)}), {}, costs("prod"))
    found = {f.rule: f for f in critic("cost").judge(given)}
    assert found["cost.not-offered"].severity is Severity.ERROR
    assert "not offered in ap-southeast-1" in found["cost.not-offered"].message


def test_the_age_of_a_price_is_counted_from_the_books_own_date() -> None:
    book = PriceBook.load()
    assert book.date == "2026-11"
    assert [book.months_old(x) for x in ("2026-11", "2025-11", "2025-10-31", "2022-2024", "2024")] == [
        0,
        12,
        13,
        23,
        23,
    ]


def test_every_resource_that_is_counted_is_made_by_a_template() -> None:
    texts = [path.read_text("utf-8") for path in content_root("templates").rglob("*.tf.j2")]
    made = {kind for text in texts for kind in re.findall(r'resource "(aws_[a-z0-9_]+)"', text)}
    assert set(UNITS) <= made
    assert STANDS - made, "what people add stands on the list too"


@pytest.mark.parametrize(
    "name", ["fraud", "clicks", "tickets", "fargate", "lambda_iceberg", "endpoint", "endpoint_at_zero", "kinesis_ecs"]
)
def test_the_bill_of_a_rendered_project_is_of_what_its_terraform_stands_up(name: str) -> None:
    context = planned(name)
    account = Account(context.slots, context.outputs, CATALOGUE, BOOK)
    requirements = context.requirements.model_copy(update={"pins": dict(context.slots), "budget_usd_max": None})
    best = search(CATALOGUE, BOOK, requirements).best
    assert best is not None
    cost = estimate(billed(best, requirements, account), requirements, BOOK)
    assert [e.name for e in cost.environments][1:] == [e for e in account.environments(requirements) if e != "prod"]
    blocks = [b for p, c in sorted(tree(name)[1].items()) if p.endswith(".tf") for b in parse(p, c.decode())]
    assert {s.environment for s in standing(blocks)} == set(account.environments(requirements))
    assert gaps(standing(blocks), cost.lines) == ()


def test_files_and_tables_side_by_side_are_billed_as_they_stand() -> None:
    """The demo's project has one table and one folder of files: the database reader extracts the table alone."""
    engine = Engine(MemoryArtifacts(), MemoryRuns(), Unheard(), Unstoppable(), EmptyFolder(), ExpertProvider())
    state = decided((Path(__file__).parents[2] / "bot/cli/seed/constraints.yaml").read_bytes(), engine, "2026-01-01")
    assert not isinstance(state, Refused)
    outcome = rendered(state, engine)
    assert outcome.plan.composition.slots["ingest.batch"] == "ingest:aws-glue-jdbc"
    texts = {p: engine.artifacts.get(sha).decode() for p, sha in sorted(outcome.files.items()) if p.endswith(".tf")}
    assert gaps(standing([b for p, text in texts.items() for b in parse(p, text)]), outcome.cost.lines) == ()
    assert 'tables          = ["accounts"]' in texts["infra/terraform/modules/project/patterns.tf"]
