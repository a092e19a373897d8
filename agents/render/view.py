"""The plan as templates see it: typed outputs by name, and a few facts that several templates need."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agents.domain.constraints import ColumnType, Problem, WorkloadType
from agents.domain.outputs import OUTPUTS
from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec, DataSourcing
from agents.domain.outputs.model_development import Family
from agents.errors import Defect
from agents.patterns.answer_time import ITEM_WORDS, ORDERED, rows_weighed
from agents.render.actions import ACTIONS
from agents.render.context import RenderContext
from agents.render.dashboards import dashboard
from agents.render.infrastructure import infrastructure

TASKS = {
    Problem.BINARY_CLASSIFICATION: "classification",
    Problem.MULTICLASS_CLASSIFICATION: "classification",
    Problem.NLP_CLASSIFICATION: "classification",
    Problem.IMAGE_CLASSIFICATION: "classification",
    Problem.REGRESSION: "regression",
    Problem.FORECASTING: "regression",
    Problem.RANKING: "ranking",
    Problem.RECOMMENDATION: "ranking",
    Problem.ANOMALY_DETECTION: "anomaly",
    Problem.RAG: "retrieval",
}
"""Problem to the shape of the generated training code."""

TASTE = "Taste"
ICEBERG = ("store:aws-s3-iceberg", "store:aws-s3-tables")
"""Stores whose tables are Iceberg's."""
BOOSTED = "sklearn.ensemble.HistGradientBoostingRegressor"
OWN_ESTIMATORS = {
    Family.NEAREST_NEIGHBOURS: TASTE,
    Family.FACTORISATION: TASTE,
    Family.ROBUST_DISTANCE: "RobustDistance",
    Family.LEXICAL_RETRIEVAL: "Passages",
    Family.DENSE_RETRIEVAL: "Passages",
}
"""Families whose estimator is a class of the generated package itself."""


@dataclass(frozen=True)
class Project:
    """Names of the project. `title` is the slug in words; `root` its folder in the repository, "" for the root."""

    slug: str
    package: str
    description: str
    root: str

    @property
    def title(self) -> str:
        """The slug as words."""
        return self.slug.replace("-", " ")


class Outputs:
    """The agents' conclusions as attributes. Raises Defect for one that did not run: nothing renders half a plan."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        for name in OUTPUTS:
            if name in outputs:
                setattr(self, name, outputs[name])

    def __getattr__(self, name: str) -> Any:
        raise Defect(f"templates need the output of {name}, which is not in the plan")


class View:
    """Names for templates, from one RenderContext."""

    def __init__(self, context: RenderContext) -> None:
        self._context = context
        self._data: DataSourcing = Outputs(context.outputs).data_sourcing

    @cached_property
    def names(self) -> dict[str, Any]:
        """Every variable of every template. Own names win over `extra` of an organisation's pack."""
        c = self._context
        r = c.requirements
        return {
            **c.extra,
            "project": Project(r.slug, r.package, r.description, c.root),
            "req": r,
            "out": Outputs(c.outputs),
            "slots": {**dict.fromkeys(SLOTS), **c.slots},
            "parameters": {slot: c.parameters.get(slot, {}) for slot in c.slots},
            "assumptions": c.assumptions,
            "decisions": c.decisions,
            "cost": {"monthly": c.monthly_usd, "low": c.low_usd, "high": c.high_usd},
            "code_owners": [handle for handle in c.code_owners if _HANDLE.match(handle)],
            "actions": ACTIONS,
            "task": TASKS[r.problem],
            "batch": r.has(WorkloadType.BATCH),
            "online": r.has(WorkloadType.ONLINE),
            "streaming_workload": r.has(WorkloadType.STREAMING),
            "streaming": "ingest.streaming" in c.slots,
            "online_store": c.slots.get("feature", "").endswith("-online"),
            "sources": self.sources,
            "features": self.features,
            "transforms": sorted({f["transform"] for f in self.features}),
            "label_source": self.label_source,
            "estimator": self.estimator,
            "own_estimator": self.own_estimator,
            "explained": self.explained,
            "iceberg": c.slots.get("store") in ICEBERG,
            "in_service_drift": Outputs(c.outputs).monitoring_setup.drift_runner == "in-service",
            "hyperparameters": self.hyperparameters,
            "protected": self.protected,
            "item_column": self.item_column,
            "ranked": self.item_column is not None and r.problem in ORDERED and rows_weighed(r) > 1,
            "rows_weighed": rows_weighed(r),
            "serving_apps": self.serving_apps,
            **infrastructure(c, self.sources),
            "dashboards": self._dashboards(),
        }

    @cached_property
    def sources(self) -> tuple[dict[str, Any], ...]:
        """Sources with their columns and checks, one contract each. A column that the source needs is required."""
        found = []
        plans = {item.source: item.model_dump(mode="json") for item in self._data.discovery}
        for source in self._data.sources:
            columns = [c for c in self._data.columns if c.source == source.name]
            if columns:
                found.append(
                    {
                        **plans[source.name],
                        **source.model_dump(mode="json"),
                        "columns": [_column(c) for c in columns],
                        "key": _key(columns),
                        "checks": [c.model_dump(mode="json") for c in self._data.checks if c.source == source.name],
                    }
                )
        return tuple(found)

    @cached_property
    def label_source(self) -> str | None:
        """The source that holds the label, or None without one."""
        return next((c.source for c in self._data.columns if c.role is ColumnRole.LABEL), None)

    @cached_property
    def features(self) -> tuple[dict[str, Any], ...]:
        """The plan's features."""
        features = Outputs(self._context.outputs).feature_engineering.features
        return tuple(spec.model_dump(mode="json") for spec in features)

    @cached_property
    def own_estimator(self) -> str | None:
        """The class of the generated package that the family needs, or None for a library's class."""
        family: Family = Outputs(self._context.outputs).model_development.family
        name = OWN_ESTIMATORS.get(family)
        if TASKS[self._context.requirements.problem] == "classification" or (name == TASTE and not self.item_column):
            return None
        return name

    @cached_property
    def explained(self) -> bool:
        """True if each score comes with its reasons: the plan wants it, and the score has features to give as reasons."""
        wanted: bool = Outputs(self._context.outputs).governance_ethics.explanation == "per-prediction"
        return wanted and TASKS[self._context.requirements.problem] != "retrieval" and self.own_estimator != TASTE

    @cached_property
    def estimator(self) -> str:
        """Import path of the estimator. Tastes need an item column; without one, boosted trees rank the rows."""
        if self.own_estimator:
            return f"{self._context.requirements.package}.training.own.{self.own_estimator}"
        outputs = Outputs(self._context.outputs)
        if OWN_ESTIMATORS.get(outputs.model_development.family) == TASTE and not self.item_column:
            return BOOSTED
        path: str = outputs.training_pipeline.estimator
        return path

    @cached_property
    def hyperparameters(self) -> dict[str, Any]:
        """Those of the plan, where its estimator is the one that is used."""
        planned = Outputs(self._context.outputs).training_pipeline
        return dict(planned.hyperparameters) if planned.estimator == self.estimator else {}

    @cached_property
    def protected(self) -> tuple[str, ...]:
        """Personal columns to be dropped or hashed. The entity is hashed at most: rows could not be joined without it."""
        rule = Outputs(self._context.outputs).governance_ethics
        return tuple(c for c in rule.personal_columns if c != self._data.entity or rule.personal_data != "drop")

    @cached_property
    def item_column(self) -> str | None:
        """What is ranked or recommended: the first id column that is not the entity, else a category named like an item."""
        others = [c for c in self._data.columns if c.name != self._data.entity and c.role is ColumnRole.INPUT]
        ids = [c.name for c in others if c.type == "id"]
        named = [c.name for c in others if c.type == "category" and c.name.startswith(ITEM_WORDS)]
        return next(iter([*ids, *named]), None)

    @cached_property
    def serving_apps(self) -> tuple[str, ...]:
        """Modules of `serving/` that answer HTTP; the first is what `serve` starts by itself."""
        apps = {
            "serve:aws-sagemaker-realtime": "sagemaker_app",
            "serve:aws-sagemaker-serverless": "sagemaker_app",
            "serve:aws-sagemaker-transform": "transform_app",
        }
        own = ["app"] if self._context.requirements.has(WorkloadType.ONLINE) else []
        return (*own, *(apps[p] for _, p in sorted(self._context.slots.items()) if p in apps))

    def _dashboards(self) -> dict[str, Any]:
        """Every dashboard's body by its name."""
        outputs = Outputs(self._context.outputs)
        plan, slug = outputs.monitoring_observability, self._context.requirements.slug
        return {name: dashboard(name, slug, outputs.monitoring_setup, plan) for name in plan.dashboards}


_HANDLE = re.compile(r"^@[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?$")

SLOTS = (
    "ingest.batch", "ingest.streaming", "store", "transform", "feature", "train",
    "serve.online", "serve.streaming", "serve.batch", "observe", "govern",
)  # fmt: skip
"""Every slot a template may ask for; the ones a plan does not have are None."""


def _key(columns: list[ColumnSpec]) -> list[str]:
    """What makes a row of one source unique: entity and event time, then the ids that rows really carry."""
    roles = (ColumnRole.ENTITY, ColumnRole.EVENT_TIME)
    ids = [c.name for c in columns if c.type is ColumnType.ID and c.role not in roles and not c.left_out]
    return [*(c.name for c in columns if c.role in roles), *ids]


def _column(column: ColumnSpec) -> dict[str, Any]:
    keys = (ColumnRole.ENTITY, ColumnRole.EVENT_TIME)
    return {
        "name": column.name,
        "type": column.type.value,
        "role": column.role.value,
        "required": column.role in keys,
        "declared": column.declared,
        "missing": column.missing,
        "distinct": column.distinct,
    }
