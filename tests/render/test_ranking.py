"""A service that ranks orders as many candidates in one answer as latency, instances and bill count with."""

import ast
import json

import pytest

from agents.patterns.answer_time import ORDERED, item_column, rows_weighed
from tests.render.projects import PROJECTS, tree

PACKAGE = "src/{}/{}"


def names(source: bytes, package: str) -> dict[str, object]:
    """Constants at the top of a module, the fields of its classes and the arguments of its functions."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found[ast.unparse(node.targets[0])] = node.value.value
        if isinstance(node, ast.ClassDef):
            found[node.name] = {ast.unparse(x.target) for x in node.body if isinstance(x, ast.AnnAssign)}
        if isinstance(node, ast.FunctionDef):
            found[node.name] = [x.arg for x in node.args.args]
    return found


def test_a_request_may_bring_as_many_candidates_as_the_plan_counts_with() -> None:
    r, (_, files) = PROJECTS["shop"], tree("shop")
    assert r.problem in ORDERED and item_column(r) is not None and rows_weighed(r) > 1
    model = names(files[PACKAGE.format(r.package, "serving/model.py")], r.package)
    app = names(files[PACKAGE.format(r.package, "serving/app.py")], r.package)
    assert model["MOST_CANDIDATES"] == rows_weighed(r) and model["Ranked"] == {"item", "score"}
    assert "candidates" in app["Ask"] and "ranking" in app["Reply"] and "ranking" in model["Answer"]
    schema = json.loads(files["contracts/api.schema.json"])
    assert schema["properties"]["candidates"]["maxItems"] == rows_weighed(r)
    assert "test_candidates_come_back_in_the_order_of_their_scores" in files["tests/contract/test_api.py"].decode()
    assert f"each of up to {rows_weighed(r)} candidates in order" in files["README.md"].decode()


@pytest.mark.parametrize("name", ["churn", "fargate"])
def test_what_answers_one_case_has_no_candidates(name: str) -> None:
    r, (_, files) = PROJECTS[name], tree(name)
    assert rows_weighed(r) == 1
    model = names(files[PACKAGE.format(r.package, "serving/model.py")], r.package)
    assert "MOST_CANDIDATES" not in model and "ranking" not in model["Answer"]
    assert "candidates" not in json.loads(files["contracts/api.schema.json"])["properties"]


def test_without_a_column_of_items_a_request_is_one_pair() -> None:
    r, (_, files) = PROJECTS["clicks"], tree("clicks")
    assert r.problem in ORDERED and item_column(r) is None and rows_weighed(r) == 1
    model = files[PACKAGE.format(r.package, "serving/model.py")].decode()
    assert "MOST_CANDIDATES" not in model


def test_slices_of_a_ranking_are_judged_by_their_own_lists() -> None:
    """The metric of a ranking knows the list of each row: one made for all rows does not fit a part of them."""
    r, (_, files) = PROJECTS["shop"], tree("shop")
    module = ast.parse(files[PACKAGE.format(r.package, "training/evaluate.py")])
    parts = {f.name: ast.unparse(f) for f in ast.walk(module) if isinstance(f, ast.FunctionDef)}
    for name in ("_slices", "_unfair"):
        assert "(truth[rows], model[rows], frame[rows], " in parts[name]
    assert (
        "metric_table(frame)" in parts["_metric"]
        and "return _metric(truth, model, frame, config)" in parts["_fairness_value"]
    )
