"""A pattern with its formulas compiled once: evaluation for given facts, and errors that name file and field."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from agents.domain.constraints import Compliance
from agents.domain.cost import BomLine, Unpriced
from agents.domain.pattern import LAWS, Figure, NotPriced, Pattern, Quantity, Rule
from agents.errors import Defect
from agents.expressions import Expression, ExpressionError, Scope
from agents.patterns.evaluated import Evaluated, Failure, Parameter, QuotaUse
from agents.patterns.slots import slot_of

FIGURES = ("p95_latency_ms", "throughput_per_second", "availability_pct", "scale_out_seconds")


@dataclass(frozen=True)
class CompiledPattern:
    """`file` is the path inside the pack, for errors. Formulas see the facts (`agents.patterns.facts`) and
    `p`, the parameters."""

    pattern: Pattern
    file: str

    @cached_property
    def slot(self) -> str:
        return slot_of(self.pattern)

    @cached_property
    def _parameters(self) -> tuple[tuple[str, Expression, bool], ...]:
        """Name, formula, and whether it reads the parameters before it."""
        found = ((n, Expression(t, f"{self.file}: parameters.{n}")) for n, t in self.pattern.parameters.items())
        return tuple((name, expression, "p" in expression.names) for name, expression in found)

    @cached_property
    def _refuses(self) -> tuple[tuple[Rule, Expression], ...]:
        return self._rules("refuses", self.pattern.refuses)

    @cached_property
    def _suits(self) -> tuple[tuple[Rule, Expression], ...]:
        return self._rules("suits", self.pattern.suits)

    @cached_property
    def _bom(self) -> tuple[tuple[Quantity, Expression, Expression], ...]:
        return tuple(
            (
                line,
                Expression(line.when, f"{self.file}: bom[{i}].when"),
                Expression(line.quantity, f"{self.file}: bom[{i}].quantity"),
            )
            for i, line in enumerate(self.pattern.bom)
        )

    @cached_property
    def _unpriced(self) -> tuple[tuple[NotPriced, Expression, Expression | None], ...]:
        return tuple(
            (
                item,
                Expression(item.when, f"{self.file}: unpriced[{i}].when"),
                Expression(item.usd, f"{self.file}: unpriced[{i}].usd") if item.usd else None,
            )
            for i, item in enumerate(self.pattern.unpriced)
        )

    @cached_property
    def _figures(self) -> dict[str, Expression]:
        """The limits that the file names, by field."""
        limits = self.pattern.limits
        found = {name: getattr(limits, name) for name in FIGURES}
        return {
            name: Expression(str(figure.value), f"{self.file}: limits.{name}")
            for name, figure in found.items()
            if isinstance(figure, Figure)
        }

    @cached_property
    def _uses(self) -> tuple[Expression, ...]:
        return tuple(Expression(q.uses, f"{self.file}: quotas[{i}].uses") for i, q in enumerate(self.pattern.quotas))

    @cached_property
    def _mitigated(self) -> tuple[Expression, ...]:
        return tuple(
            Expression(domain.mitigated_when, f"{self.file}: failure_domains[{i}].mitigated_when")
            for i, domain in enumerate(self.pattern.failure_domains)
        )

    @cached_property
    def _needs(self) -> tuple[tuple[str, Expression], ...]:
        return tuple(
            (need.tag, Expression(need.when, f"{self.file}: requires[{i}].when"))
            for i, need in enumerate(self.pattern.requires)
        )

    def _rules(self, field: str, rules: tuple[Rule, ...]) -> tuple[tuple[Rule, Expression], ...]:
        return tuple((rule, Expression(rule.when, f"{self.file}: {field}[{i}].when")) for i, rule in enumerate(rules))

    def compile(self) -> None:
        """Compiles every formula. Raises ExpressionError that names file and field."""
        _ = (self._parameters, self._refuses, self._suits, self._bom, self._unpriced)
        _ = (self._figures, self._uses, self._mitigated, self._needs)

    def evaluate(self, scope: Scope) -> Evaluated:
        """The pattern for the facts in `scope` (whose `p` is overwritten). Raises Defect if a formula fails on them."""
        try:
            return self._evaluate(scope)
        except ExpressionError as error:
            raise Defect(f"pattern {self.pattern.id} cannot be evaluated: {error.message}") from error

    def _evaluate(self, scope: Scope) -> Evaluated:
        raw: dict[str, Any] = {}
        for name, expression, reads_others in self._parameters:
            if reads_others:
                scope.set("p", raw)
            raw[name] = expression.value(scope)
        scope.set("p", raw)
        parameters = {name: parameter(value) for name, value in raw.items()}
        refusals = tuple(rule.because for rule, when in self._refuses if when.truth(scope))
        lines = [
            (quantity, self._line(quantity, number.number(scope), parameters))
            for quantity, when, number in self._bom
            if when.truth(scope)
        ]
        figures = {name: figure.number(scope) for name, figure in self._figures.items()}
        throughput, demand = figures.get("throughput_per_second"), _demand(self.slot, scope)
        latency, quotas = figures.get("p95_latency_ms"), self._quotas(scope)
        return Evaluated(
            slot=self.slot,
            pattern=self.pattern.id,
            definition=self.pattern,
            parameters=parameters,
            bom=tuple(line for quantity, line in lines if quantity.share is None),
            shared={f"{q.share}|{q.service}|{q.sku}": line for q, line in lines if q.share is not None},
            unpriced=tuple(
                Unpriced(
                    component=item.component,
                    reason=item.reason,
                    magnitude=item.magnitude,
                    usd=None if usd is None else amount_of(usd.number(scope)),
                )
                for item, when, usd in self._unpriced
                if when.truth(scope)
            ),
            p95_latency_ms=None if latency is None else round(latency, 1),
            availability_pct=round(figures["availability_pct"], 4),
            scale_out_seconds=figures.get("scale_out_seconds"),
            throughput=throughput,
            demand=demand,
            quotas=quotas,
            failures=self._failures(scope),
            requires=tuple(tag for tag, when in self._needs if when.truth(scope)),
            uncertified=self._uncertified(scope),
            refusals=(*refusals, *self._limits(scope, throughput, demand), *_fixed(quotas)),
            suits=tuple(rule.because for rule, when in self._suits if when.truth(scope)),
        )

    def _limits(self, scope: Scope, throughput: float | None, demand: float | None) -> tuple[str, ...]:
        limits, region, data_class = (
            self.pattern.limits,
            scope["primary_region"],
            scope["data_classification"],
        )
        found = []
        if limits.regions and region not in limits.regions:
            offered = f"offered in {', '.join(limits.regions)}; {limits.regions_source}"
            found.append(f"not offered in {region} ({offered})")
        if data_class not in [str(c) for c in limits.data_classes]:
            found.append(f"not for {data_class} data")
        if throughput is not None and demand is not None and demand > throughput:
            source = limits.throughput_per_second.source if limits.throughput_per_second else ""
            found.append(f"{demand:,.0f} a second are asked, it carries {throughput:,.0f} ({source})")
        return tuple(found)

    def _quotas(self, scope: Scope) -> tuple[QuotaUse, ...]:
        return tuple(
            QuotaUse(quota.name, round(uses.number(scope), 4), quota.limit, quota.adjustable, quota.source)
            for quota, uses in zip(self.pattern.quotas, self._uses, strict=True)
        )

    def _failures(self, scope: Scope) -> tuple[Failure, ...]:
        return tuple(
            Failure(d.name, d.takes_down, d.mitigated_by if d.mitigated_by and held.truth(scope) else None)
            for d, held in zip(self.pattern.failure_domains, self._mitigated, strict=True)
        )

    def _uncertified(self, scope: Scope) -> tuple[Compliance, ...]:
        asked = [Compliance(str(name)) for name in scope["compliance"] or ()]  # type: ignore[union-attr]
        return tuple(c for c in asked if c not in LAWS and c not in self.pattern.certifications)

    def _line(self, quantity: Quantity, amount: float, parameters: dict[str, Parameter]) -> BomLine:
        if amount < 0:
            raise ExpressionError(f"is {amount:g}, a negative quantity", quantity.quantity, self.file)
        return BomLine(
            slot=self.slot,
            pattern=self.pattern.id,
            component=_filled(quantity.component, parameters),
            service=quantity.service,
            sku=_filled(quantity.sku, parameters),
            quantity=amount_of(amount),
            driver=quantity.driver,
            low=Decimal(str(quantity.low)),
            high=Decimal(str(quantity.high)),
            formula=quantity.quantity,
            resource=quantity.resource,
        )


def _fixed(quotas: tuple[QuotaUse, ...]) -> tuple[str, ...]:
    """Refusals by quotas that no provider raises; an adjustable one is asked for before launch."""
    return tuple(
        f"needs {quota.used:,.6g} {quota.name}, the limit is {quota.limit:,.6g} and fixed ({quota.source})"
        for quota in quotas
        if not quota.adjustable and quota.used > quota.limit
    )


def amount_of(value: float) -> Decimal:
    """A quantity to nine significant digits, so that float noise never reaches a file."""
    return Decimal(format(Decimal(f"{value:.9g}"), "f"))


def parameter(value: Any) -> Parameter:
    """A CEL result as a parameter: whole numbers are int, others rounded to six digits behind the point."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 6)
    if isinstance(value, bool | int | str):
        return value
    raise Defect(f"a pattern parameter is {value!r}; text, number, true or false is meant")


def _filled(text: str, parameters: dict[str, Parameter]) -> str:
    for name, value in parameters.items() if "{" in text else ():
        text = text.replace("{" + name + "}", str(value))
    return text


def _demand(slot: str, scope: Scope) -> float | None:
    """What is asked a second of a slot, for comparison with the pattern's ceiling."""
    requests = float(scope["requests_per_second"] or 0) if scope["online"] else 0.0  # type: ignore[arg-type]
    events = float(scope["events_per_second"] or 0)  # type: ignore[arg-type]
    return {
        "serve.online": requests,
        "serve.streaming": events,
        "ingest.streaming": events,
        "feature": requests + (events if scope["streaming"] else 0.0),
    }.get(slot)
