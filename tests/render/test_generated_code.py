"""Rules of the generated Python that running whole repositories taught (`make generated`); read here, without running."""

import ast
from collections.abc import Iterator

from tests.render.projects import PROJECTS, changed, plan, planned, rendered, tree


def functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))


def source(name: str, module: str) -> str:
    return tree(name)[1][f"src/{PROJECTS[name].package}/{module}"].decode()


def test_parts_of_the_encoder_are_not_named_like_columns() -> None:
    """scikit-learn refuses `__` in such a name, and words such as `verbose`; columns may be called so."""
    module = ast.parse(source("churn_nightly", "training/encoding.py"))
    encoder = next(f for f in functions(module) if f.name == "encoder")
    first = next(
        n.elt.elts[0] for n in ast.walk(encoder) if isinstance(n, ast.ListComp) and isinstance(n.elt, ast.Tuple)
    )
    assert isinstance(first, ast.JoinedStr) and "name" not in ast.unparse(first)


def test_settings_that_count_rows_follow_the_rows_that_came() -> None:
    estimator = source("churn_nightly", "training/estimator.py")
    leaf = next(k for k in planned("churn_nightly").outputs["training_pipeline"].hyperparameters if "min_" in k)  # type: ignore[attr-defined]
    assert f'parameters["{leaf}"] = least_rows(config, rows)' in estimator
    assert "build(config, len(train))" in source("churn_nightly", "training/model.py")


def test_a_slice_of_a_ranking_is_judged_on_its_own_lists() -> None:
    name = "clicks"
    assert "metric_table(frame)" in source(name, "training/evaluate.py")
    assert "metric_table" not in source(name, "training/train.py")


def test_what_two_sources_call_alike_is_asked_for_apart() -> None:
    """Else one value of a request stood for both, and online answers were not the offline ones."""
    columns = {"case_id": "id", "at": "timestamp", "amount": "float"}
    sources = [
        {"name": "orders", "format": "parquet", "columns": {**columns, "late": "bool", "amount_paid": "float"}},
        {"name": "sites", "format": "parquet", "columns": columns},
    ]
    data = {"entity": "case_id", "label": "late", "event_time": "at", "sources": sources}
    context = plan(changed("tickets", problem="binary-classification", data=data))
    fields = [f.name for f in context.outputs["inference_pipeline"].fields]  # type: ignore[attr-defined]
    plain = {
        f.name
        for f in context.outputs["feature_engineering"].features  # type: ignore[attr-defined]
        if f.window_days is None and f.divisor is None and f.transform != "calendar"
    }
    assert set(fields) == {"case_id", *plain} and {"orders__amount", "sites__amount"} <= plain


def test_documents_are_asked_a_question_and_nothing_else() -> None:
    fields = planned("rag").outputs["inference_pipeline"].fields  # type: ignore[attr-defined]
    assert [(f.name, f.type.value, f.required) for f in fields] == [("question", "text", True)]
    assert "predict({QUESTION: question})" in source("rag", "steps.py")


def test_spark_reads_partitions_by_their_folder_alone() -> None:
    """As Spark's own partitions, a source's columns `date`, `hour` and `month` were lost to those of the folder."""
    name = next(n for n in PROJECTS if planned(n).slots.get("transform") in ("transform:aws-glue-spark", "transform:aws-emr-serverless")
                and planned(n).slots["store"] == "store:aws-s3-parquet")  # fmt: skip
    job = next(c.decode() for path, c in tree(name)[1].items() if path.endswith("curate_job.py"))
    assert '"recursiveFileLookup": "true"' in job and "_metadata.file_path" in job
    module = ast.parse(job)
    newest = next(f for f in functions(module) if f.name == "newest")
    names = {n.value for n in ast.walk(newest) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert not names & {"date", "hour", "month"}


def test_a_ranking_without_items_imports_what_it_uses() -> None:
    columns = {"place": "category", "at": "timestamp", "bid": "float", "clicked": "bool", "viewer": "id"}
    data = {"entity": "viewer", "label": "clicked", "event_time": "at"}
    source = {"name": "shows", "format": "parquet", "columns": columns}
    context = plan(changed("clicks", problem="ranking", data={**data, "sources": [source]}))
    text = rendered(context)[1][f"src/{context.requirements.package}/training/train.py"].decode()
    module = ast.parse(text)
    brought = [a.asname or a.name for n in ast.walk(module) if isinstance(n, ast.ImportFrom) for a in n.names]
    used = {n.id for n in ast.walk(module) if isinstance(n, ast.Name)}
    assert set(brought) <= used
