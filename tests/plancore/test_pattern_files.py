"""Every pattern file: its examples hold under a real search, and what it says is complete and resolvable."""

from pathlib import Path

import pytest

from agents.cost.pricebook import PriceBook
from agents.domain.constraints import Cloud
from agents.errors import BadInput, Defect
from agents.patterns import Catalogue
from agents.resources import content_root
from agents.search.examples import case, judge
from agents.search.options import OptionSource

CATALOGUE = Catalogue.load()
BOOK = PriceBook.load()
EXAMPLES = [(i, n, e) for i in CATALOGUE.ids for n, e in enumerate(CATALOGUE.get(i).examples)]


def test_every_pattern_has_its_templates_and_every_template_its_pattern() -> None:
    root = content_root("templates") / "repository"
    folders = {f"{w.parent.parent.name}:{w.parent.name}" for w in root.glob("*/*/wiring.tf.j2")}
    assert folders == set(CATALOGUE.ids)
    shared = {f.name for f in (root / "common/infra/terraform/modules").iterdir()}
    for pattern_id in CATALOGUE.ids:
        own = root / pattern_id.replace(":", "/") / "infra/terraform/modules"
        assert set(CATALOGUE.get(pattern_id).terraform) == {f.name for f in own.iterdir()} | (
            shared & set(CATALOGUE.get(pattern_id).terraform)
        ), pattern_id


@pytest.mark.parametrize(("pattern_id", "n", "example"), EXAMPLES, ids=[f"{i}-{n}" for i, n, _ in EXAMPLES])
def test_example(pattern_id: str, n: int, example: object) -> None:
    assert judge(CATALOGUE, BOOK, pattern_id, CATALOGUE.get(pattern_id).examples[n]) is None


@pytest.mark.parametrize("pattern_id", CATALOGUE.ids)
def test_file_says_enough(pattern_id: str) -> None:
    pattern = CATALOGUE.get(pattern_id)
    expected = {example.expect for example in pattern.examples}
    assert "chosen" in expected and expected & {"refused", "not_chosen"}, "decided in advance: it always or never wins"
    assert len(pattern.tradeoffs) >= 2 and pattern.bom and pattern.terraform
    assert len({risk.probe for risk in pattern.risks}) == len(pattern.risks) >= 2
    if pattern.limits.p95_latency_ms is not None:
        assert pattern.limits.throughput_per_second is not None


@pytest.mark.parametrize("region", BOOK.regions)
@pytest.mark.parametrize("pattern_id", CATALOGUE.ids)
def test_every_line_has_a_price_where_the_pattern_is_offered(pattern_id: str, region: str) -> None:
    slot = CATALOGUE.compiled(pattern_id).slot
    requirements = case({"regions": [region], "workloads": ["batch", "online", "streaming"], "events_per_second": 50})
    option = next(o for o in OptionSource(CATALOGUE, BOOK).options(requirements)[slot] if o.id == pattern_id)
    for line in option.evaluated.bom:
        assert BOOK.rows(line.service, line.sku, region), f"{line.service} {line.sku} has no price in {region}"


def test_required_tags_are_provided_by_some_pattern() -> None:
    provided = {tag for i in CATALOGUE.ids for tag in CATALOGUE.get(i).provides}
    for pattern_id in CATALOGUE.ids:
        assert {need.tag for need in CATALOGUE.get(pattern_id).requires} <= provided, pattern_id


def test_resolve_takes_short_names_and_names_the_nearest() -> None:
    assert CATALOGUE.resolve("serve", "aws-ecs-fargate").id == "serve:aws-ecs-fargate"
    assert CATALOGUE.resolve("serve", "serve:aws-ecs-fargate").id == "serve:aws-ecs-fargate"
    with pytest.raises(BadInput) as caught:
        CATALOGUE.resolve("serve", "aws-ecs-fargat")
    assert "serve:aws-ecs-fargate" in caught.value.remedy
    with pytest.raises(BadInput):
        CATALOGUE.resolve("train", "serve:aws-ecs-fargate")


def test_slots_offer_only_patterns_of_that_workload_and_cloud() -> None:
    assert {p.id for p in CATALOGUE.for_slot("serve.batch", Cloud.AWS)} == {
        "serve:aws-batch-scoring",
        "serve:aws-sagemaker-transform",
    }
    assert CATALOGUE.for_slot("serve.batch", Cloud.GCP) == ()


def copy_one(tmp_path: Path, change: tuple[str, str]) -> Path:
    text = (content_root("patterns") / "store/aws-s3-parquet.yaml").read_text()
    assert change[0] in text
    target = tmp_path / "store" / "aws-s3-parquet.yaml"
    target.parent.mkdir(parents=True)
    target.write_text(text.replace(*change))
    return tmp_path


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("burden: 1.2", "burden: 9"), "burden"),
        (("burden: 1.2", "burdn: 1.2"), "burdn"),
        (("https://aws.amazon.com/s3/sla/ (unverified)", "everybody knows"), "names no source"),
        (("certifications: [hipaa,", "certifications: [gdpr,"), "gdpr is law"),
        (("certifications: [hipaa,", "certifications: [hippa,"), "certifications.0"),
        (("takes_down: data", "takes_down: everything"), "failure_domains.0.takes_down"),
        (("limits:\n", "limits:\n  regions: [eu-west-1]\n"), "regions_source"),
        (
            ("quotas: []", 'quotas: [{name: q, uses: "1 +", limit: 1, adjustable: true, source: judgement}]'),
            "quotas[0].uses",
        ),
        (("lock_in: {level: low,", "lock_in: {level: none,"), "lock_in.level"),
        (('retention_days: "retention_days"', 'retention_days: "retention_days +"'), "parameters.retention_days"),
        (("id: store:aws-s3-parquet", "id: store:aws-s3-parket"), "id"),
        (("capability: store", "capability: [store"), "is not YAML"),
    ],
)
def test_a_broken_file_is_named_with_its_field(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    with pytest.raises(Defect, match=r"store/aws-s3-parquet\.yaml") as caught:
        Catalogue.load(copy_one(tmp_path, change))
    assert named in caught.value.message


def test_a_formula_that_fails_names_pattern_and_field(tmp_path: Path) -> None:
    catalogue = Catalogue.load(
        copy_one(tmp_path, ('retention_days: "retention_days"', 'retention_days: "1.0 + nobody"'))
    )
    with pytest.raises(Defect, match=r"parameters\.retention_days"):
        catalogue.evaluate("store:aws-s3-parquet", case({}))


def test_digest_follows_the_bytes(tmp_path: Path) -> None:
    one = Catalogue.load(copy_one(tmp_path / "a", ("burden: 1.2", "burden: 1.2")))
    two = Catalogue.load(copy_one(tmp_path / "b", ("burden: 1.2", "burden: 1.3")))
    assert one.digest != two.digest
    assert one.digest == Catalogue.load(tmp_path / "a").digest
