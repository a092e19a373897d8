"""What `mlwright check` imports stays light, and regions are a table that can be trusted."""

import subprocess
import sys

import pytest

from agents.domain.constraints import Cloud
from agents.intake.regions import PRIMARY, clouds_with, nearest_region, regions_of

_HEAVY = (
    "langgraph",
    "sqlalchemy",
    "fastapi",
    "githubkit",
    "deepdiff",
    "hypothesis",
    "jinja2",
    "httpx",
    "rich",
    "typer",
    "ruamel",
)


def test_check_imports_no_heavy_module_and_reads_yaml_lazily() -> None:
    code = (
        "import sys; from agents.intake.parse import parse; from agents.intake.coverage import cover\n"
        "assert 'yaml' not in sys.modules\n"
        "cover(parse(b'version: 1\\nproject: {name: x}\\n').constraints)\n"
        f"print([m for m in {_HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("cloud", list(Cloud))
def test_the_region_of_each_area_exists(cloud: Cloud) -> None:
    for area, code in PRIMARY[cloud].items():
        assert regions_of(cloud)[code].area == area


def test_codes_belong_to_one_cloud() -> None:
    assert all(clouds_with(code) == (cloud,) for cloud in Cloud for code in regions_of(cloud))
    assert clouds_with("mars-1") == ()
    assert {cloud: len(regions_of(cloud)) for cloud in Cloud} == {
        Cloud.AWS: 34,
        Cloud.GCP: 42,
        Cloud.AZURE: 56,
    }


@pytest.mark.parametrize(
    ("code", "cloud", "nearest"),
    [
        ("eu-west-1", "gcp", "europe-west1"),
        ("westeurope", "aws", "eu-west-1"),
        ("us-east-1", "azure", "eastus"),
        ("europe-west3", "aws", "eu-central-1"),
        ("useast1", "aws", "us-east-1"),
        ("Frankfurt", "azure", "germanywestcentral"),
        ("eu", "aws", "eu-west-1"),
        ("eu-west-1", "aws", "eu-west-1"),
        ("qqqqqqqq", "aws", None),
    ],
)
def test_the_nearest_region(code: str, cloud: str, nearest: str | None) -> None:
    assert nearest_region(code, Cloud(cloud)) == nearest
