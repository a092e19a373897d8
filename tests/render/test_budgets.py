"""Each environment's budget is of its own cost, counted by a tag that nothing else has."""

import re
from decimal import Decimal

import pytest

from tests.render.projects import changed, plan, rendered, tree

BANDS = {"prod": Decimal("812.40"), "dev": Decimal("96.10"), "staging": Decimal("120.00")}


def budgets(files: dict[str, bytes]) -> dict[str, int]:
    found = {}
    for path, content in files.items():
        if path.startswith("infra/terraform/envs/") and (value := re.search(rb"budget_usd += (\d+)", content)):
            found[path.split("/")[3]] = int(value[1])
    return found


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, {"prod": 813, "dev": 97, "staging": 120}), ("1500", {"prod": 1283, "dev": 97, "staging": 120})],
)
def test_a_budget_is_the_high_end_of_its_environment_and_all_are_the_limit(
    limit: str | None, expected: dict[str, int]
) -> None:
    requirements = changed("churn", budget_usd_max=limit, budget_usd_target=None)
    found = budgets(rendered(plan(requirements, environments=BANDS))[1])
    assert found == {name: expected[name] for name in found} and {"prod", "dev"} <= set(found)
    if limit is not None and set(found) == set(BANDS):
        assert sum(found.values()) == int(limit)


def test_costs_are_counted_by_a_tag_of_project_and_environment() -> None:
    files = tree("churn")[1]
    text = files["infra/terraform/modules/foundation/main.tf"].decode()
    (values,) = re.findall(r"values = \[(.*)\]", text[text.index("cost_filter") :])
    assert values == 'format("user:Stack$%s", var.name)', "a literal $${ would be no variable"
    names = re.search(
        r'name = "\$\{var.project\}-\$\{var.environment\}"', files["infra/terraform/modules/project/main.tf"].decode()
    )
    assert names, "the tag below is what this name comes to"
    for name in budgets(files):
        root = files[f"infra/terraform/envs/{name}/main.tf"].decode()
        (project,) = re.findall(r'project += "([^"]+)"', root)
        (environment,) = re.findall(r'environment += "([^"]+)"', root)
        assert re.search(rf'Stack += "{project}-{environment}"', root)
