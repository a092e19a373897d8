"""The Python package of a project: its slug as a name that hides no module of Python or of the generated code."""

import keyword
import sys

TAKEN = frozenset(
    ("agents", "bot", "boto3", "botocore", "configs", "contracts", "data", "docs", "duckdb", "evidently",
     "fastapi", "infra", "joblib", "lightgbm", "mlflow", "mlwright", "notebooks", "numpy", "onnx", "pandas",
     "pandera", "pipelines", "polars", "prometheus_client", "pyarrow", "pydantic", "pyspark", "pytest", "pytorch",
     "redis", "reports", "requests", "scikit", "scipy", "scripts", "services", "sklearn", "src", "tests", "tools",
     "torch", "transformers", "uvicorn", "xgboost", "yaml")
)  # fmt: skip
"""Libraries that generated code imports, and folders that stand beside the package."""


def package_name(slug: str) -> str:
    """`my-proj` → `my_proj`; `random`, `class` and `pandas`, which would hide a module or not parse, get `_ml`."""
    name = slug.replace("-", "_")
    clash = keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in sys.stdlib_module_names or name in TAKEN
    return f"{name}_ml" if clash else name
