"""Picture: the project with every unknown filled, each by a default that follows from what is known (SPEC §20)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from agents.domain.constraints import (
    ColumnType,
    Compliance,
    Constraints,
    DataClass,
    DataSection,
    DeploymentPref,
    Problem,
    Source,
    SourceFormat,
    WorkloadType,
)
from agents.expert.stand_in import Completed, completed
from agents.intake.known import LIVE, live_latency_ms, online_rate, problem_of, workload_types
from agents.intake.regions import find_region
from agents.intake.volume import arriving_gb, held_gb

NO_LIMIT = "no limit"
NONE = "none"
TRAINING_DAYS = 30
"""Days of data in one training set, where only a daily volume is known (judgement)."""
ROW_BYTES: Mapping[Problem, int] = {
    Problem.IMAGE_CLASSIFICATION: 100_000,
    Problem.RAG: 4_000,
    Problem.NLP_CLASSIFICATION: 4_000,
}
TABLE_ROW_BYTES = 1_000
"""A compressed row of a wide table, or an event (judgement)."""
MOST_ROWS = 10_000_000
"""More rows than this rarely help one model; a sample is drawn (judgement)."""
HISTORY_DAYS = 730
"""Two turns of the yearly season, the least from which it can be learned."""
MOST_SERIES_ROWS = 100_000_000
"""More rows of daily series than this are trained by group of series (judgement)."""
LATENCY_MS: Mapping[Problem, float] = {
    Problem.RAG: 3_000,
    Problem.IMAGE_CLASSIFICATION: 500,
    Problem.RANKING: 100,
    Problem.RECOMMENDATION: 100,
}
"""p95 that callers of such a service usually accept (judgement); 200 ms for the others."""


@dataclass(frozen=True)
class Guess:
    """A default with its reason; `confirmed` if a person set the value by `assume:`."""

    value: str | float | bool
    reason: str
    confirmed: bool = False


class Picture:
    """Lazily filled: each property reads what is stated, else what was confirmed, else guesses and records the guess.

    `overrides` are typed values by field, from `assume:`. `guesses` is complete once `complete()` was called.
    """

    def __init__(self, constraints: Constraints, overrides: Mapping[str, Any]) -> None:
        self.constraints = constraints
        self.overrides = overrides
        self.guesses: dict[str, Guess] = {}

    def complete(self) -> "Picture":
        """Fills everything, so that `guesses` lists each assumption of this project."""
        for name in (
            "workloads", "problem", "domain", "budget", "latency", "availability", "requests", "events", "batch_gb",
            "rows", "data", "series", "deployment", "team_size", "compliance",
        ):  # fmt: skip
            getattr(self, name)
        return self

    def _take(self, key: str, guess: Any, reason: str) -> Any:
        confirmed = key in self.overrides
        value = self.overrides[key] if confirmed else guess
        # Without a budget there is no limit; without a column for a part of `data` there is none.
        shown = NONE if value is None and key.startswith("data.") else _flat(value)
        self.guesses[key] = Guess(shown, "set by assume" if confirmed else reason, confirmed)
        return value

    @cached_property
    def workloads(self) -> tuple[WorkloadType, ...]:
        """Kinds of workload, in the order of the vocabulary."""
        stated = workload_types(self.constraints)
        if stated:
            return stated
        load = self.constraints.throughput
        clues = {
            WorkloadType.BATCH: "batch_gb_per_day is given" if load.batch_gb_per_day else "",
            WorkloadType.STREAMING: "events_per_second is given" if load.events_per_second else "",
            WorkloadType.ONLINE: "a latency or a request rate is given"
            if self.constraints.sla_latency_ms or load.requests_per_second
            else "",
        }
        found = tuple(kind for kind in WorkloadType if clues[kind])
        reason = "; ".join(clues[kind] for kind in found) or "nothing asks for answers within seconds"
        taken = self._take("workload_types", found or (WorkloadType.BATCH,), reason)
        return tuple(kind for kind in WorkloadType if kind in taken)

    @cached_property
    def problem(self) -> Problem:
        stated = problem_of(self.constraints)
        if stated is not None:
            return stated
        first = next((w for w in self.constraints.workloads if w.problem is not None), None)
        if first is not None and first.problem is not None:
            reason = f"of several problems in workloads, that of the first, {first.name}"
            return Problem(self._take("project.problem", first.problem, reason))
        formats = {source.format for source in self.constraints.data.sources}
        kind = self._columns.get(self.constraints.data.label or "")
        if SourceFormat.IMAGES in formats:
            guess, reason = Problem.IMAGE_CLASSIFICATION, "a source holds images"
        elif SourceFormat.DOCUMENTS in formats:
            guess, reason = Problem.NLP_CLASSIFICATION, "a source holds documents"
        elif kind in (ColumnType.FLOAT, ColumnType.INTEGER):
            guess, reason = Problem.REGRESSION, f"the label is declared as {kind}"
        elif kind is ColumnType.CATEGORY:
            guess, reason = Problem.MULTICLASS_CLASSIFICATION, "the label is declared as category"
        else:
            guess, reason = (
                Problem.BINARY_CLASSIFICATION,
                "the most common problem; nothing in the file says otherwise",
            )
        return Problem(self._take("project.problem", guess, reason))

    @cached_property
    def domain(self) -> str:
        stated = self.constraints.project.domain
        return stated or str(self._take("project.domain", "general", "no line of business is named"))

    @cached_property
    def budget(self) -> Decimal | None:
        """The most it may cost, None for no limit."""
        band = self.constraints.budget_band
        if band.monthly_usd_max is not None:
            return band.monthly_usd_max
        key = "budget_band.monthly_usd_max"
        if band.target is not None:
            guess = (band.target * Decimal("1.25")).quantize(Decimal(1))
            return Decimal(self._take(key, guess, f"a quarter above the target of {band.target:,}"))
        taken = self._take(key, None, "no budget is named: cost still decides between plans that do the job")
        return None if taken is None else Decimal(str(taken))

    @cached_property
    def latency(self) -> float | None:
        """p95 from request to answer, or from event to decision. None if nothing is live, or a stream names no limit."""
        if not set(LIVE) & set(self.workloads):
            return None
        stated = live_latency_ms(self.constraints)
        if stated is not None or WorkloadType.ONLINE not in self.workloads:
            return stated
        guess, reason = LATENCY_MS.get(self.problem, 200.0), f"callers of {self.problem} usually accept this"
        return float(self._take("sla_latency_ms", guess, reason))

    @cached_property
    def availability(self) -> float:
        stated = self.constraints.availability_target
        if stated is not None:
            return stated
        live = [kind for kind in (WorkloadType.ONLINE, WorkloadType.STREAMING) if kind in self.workloads]
        guess = 99.9 if live else 99.0
        reason = f"{live[0]} predictions are waited for" if live else "a late batch can be run again"
        return float(self._take("availability_target", guess, reason))

    @cached_property
    def requests(self) -> float:
        """Requests a second; 0 without an online workload."""
        if WorkloadType.ONLINE not in self.workloads:
            return 0.0
        stated = online_rate(self.constraints)
        if stated:
            return stated
        why = "0 contradicts the online workload" if stated == 0 else "no request rate is named"
        return float(self._take("throughput.requests_per_second", 10.0, f"{why}: a small internal service"))

    @cached_property
    def events(self) -> float:
        """Events a second; 0 if nothing streams."""
        stated = self.constraints.throughput.events_per_second
        if stated or WorkloadType.STREAMING not in self.workloads:
            return stated or 0.0
        why = "0 contradicts the streaming workload" if stated == 0 else "no event rate is named"
        return float(self._take("throughput.events_per_second", 100.0, f"{why}: a modest stream"))

    @property
    def _row_bytes(self) -> int:
        return ROW_BYTES.get(self.problem, TABLE_ROW_BYTES)

    @cached_property
    def batch_gb(self) -> float:
        """Gigabytes a day that arrive in batches; 0 if data only streams."""
        stated = self.constraints.throughput.batch_gb_per_day
        if stated is not None:
            return stated
        streams = WorkloadType.STREAMING in self.workloads or self.events > 0
        if streams and WorkloadType.BATCH not in self.workloads:
            return 0.0
        guess, reason = self._daily_volume()
        return float(self._take("throughput.batch_gb_per_day", guess, reason))

    def _daily_volume(self) -> tuple[float, str]:
        """The nearest clue to what arrives a day: sources that say it, series, rows, then what sources hold."""
        data = self.constraints.data
        rows = self.constraints.throughput.training_rows or _largest(data.sources)
        arriving, held = arriving_gb(data.sources), held_gb(data.sources)
        if arriving is not None:
            return _rounded(arriving), "the volumes of data.sources added up"
        if data.series and self.problem is Problem.FORECASTING:
            size = _rounded(data.series * self._row_bytes / 1e9)
            return size, f"one row of {self._row_bytes:,} bytes a day for each of {data.series:,} series"
        if rows:
            size = _rounded(rows * self._row_bytes / TRAINING_DAYS / 1e9)
            return size, f"{rows:,} training rows of {self._row_bytes:,} bytes over {TRAINING_DAYS} days"
        if held is not None:
            return _rounded(held / TRAINING_DAYS), f"{held:g} GB in data.sources over {TRAINING_DAYS} days"
        return 2.0, "no volume is named: about two million table rows a day"

    @cached_property
    def rows(self) -> int:
        """Rows of one training run."""
        stated = self.constraints.throughput.training_rows
        if stated is not None:
            return stated
        data = self.constraints.data
        counted = _largest(data.sources)
        if data.series and self.problem is Problem.FORECASTING:
            history = f"{data.series:,} series over {HISTORY_DAYS} days, at most {MOST_SERIES_ROWS:,}"
            return int(
                self._take("throughput.training_rows", min(data.series * HISTORY_DAYS, MOST_SERIES_ROWS), history)
            )
        if counted:
            return int(self._take("throughput.training_rows", counted, "the rows of the largest source"))
        by_batch = self.batch_gb * 1e9 / self._row_bytes * TRAINING_DAYS
        by_stream = self.events * 86_400 * TRAINING_DAYS
        guess = int(_rounded(min(max(by_batch, by_stream, 1_000), MOST_ROWS)))
        what = f"{self.batch_gb:g} GB a day" if by_batch >= by_stream else f"{self.events:g} events a second"
        reason = f"{TRAINING_DAYS} days of {what}, at most {MOST_ROWS:,}"
        return int(self._take("throughput.training_rows", guess, reason))

    @cached_property
    def _columns(self) -> dict[str, ColumnType]:
        return {name: kind for source in self.constraints.data.sources for name, kind in source.columns.items()}

    @cached_property
    def completed(self) -> Completed:
        """`data` with what stands in for undeclared columns, and the names of those."""
        live = WorkloadType.STREAMING in self.workloads or self.events > 0
        return completed(self.constraints.data, self.problem, live, self._take)

    @property
    def data(self) -> DataSection:
        """Sources and the columns that say who, when and what; what is missing stands in as listed guesses."""
        return self.completed.data.model_copy(update={"series": self.series})

    @cached_property
    def series(self) -> int | None:
        """How many entities there are; guessed only where they decide how a model is made, in forecasting."""
        stated = self.constraints.data.series
        if stated is not None or self.problem is not Problem.FORECASTING:
            return stated
        guess = max(1, int(_rounded(self.rows / HISTORY_DAYS)))
        return int(self._take("data.series", guess, f"{self.rows:,} rows over {HISTORY_DAYS} days each"))

    @cached_property
    def deployment(self) -> DeploymentPref:
        stated = self.constraints.deployment_pref
        if stated is not None:
            return stated
        team, stack = self.constraints.team_constraints.skills, self.constraints.existing_stack
        words = {word.lower() for word in (*team, *stack)}
        cluster = next((w for w in ("kubernetes", "k8s", "eks", "gke", "aks") if w in words), None)
        guess = DeploymentPref.KUBERNETES if cluster else DeploymentPref.ANY
        reason = f"the team has {cluster}" if cluster else "no preference is named: all ways compete"
        return DeploymentPref(self._take("deployment_pref", guess, reason))

    @cached_property
    def team_size(self) -> int:
        stated = self.constraints.team_constraints.size
        return stated or int(self._take("team_constraints.size", 3, "no team size is named: a small team"))

    @cached_property
    def compliance(self) -> tuple[Compliance, ...]:
        """Laws that apply, in the order of the vocabulary; assumed only where the data class asks for one."""
        stated = self.constraints.compliance
        kind = self.constraints.data_classification
        if stated or kind not in (DataClass.PII, DataClass.PHI, DataClass.PCI):
            return tuple(law for law in Compliance if law in stated)
        region = find_region(self.constraints.regions[0]) if self.constraints.regions else None
        area = region.area if region else ""
        guess: tuple[Compliance, ...] = ()
        reason = f"no law is named for {kind} data" + (f" in {region.code}" if region else "")
        if kind is DataClass.PCI:
            guess, reason = (Compliance.PCI_DSS,), "payment card data is under PCI DSS wherever it is"
        elif kind is DataClass.PHI and area == "us":
            guess, reason = (Compliance.HIPAA,), "health data in the United States is usually under HIPAA"
        elif area in ("eu", "uk"):
            guess, reason = (
                (Compliance.GDPR,),
                f"personal data in {region.code if region else area} is under GDPR",
            )
        taken = self._take("compliance", guess, reason)
        return tuple(law for law in Compliance if law in taken)


def _largest(sources: Sequence[Source]) -> int:
    """Rows of the largest source, the one that cases are counted in; 0 if none says."""
    return max((source.rows or 0 for source in sources), default=0)


def _rounded(value: float) -> float:
    """Two significant digits: a guess that looks exact would mislead."""
    return float(f"{value:.2g}")


def _flat(value: Any) -> str | float | bool:
    if isinstance(value, (tuple, list)):
        return ", ".join(str(item) for item in value) or NONE
    if value is None:
        return NO_LIMIT
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return float(value)
    return value if isinstance(value, (float, bool)) else str(value)
