"""What each formula of a pattern file gives just below, at and just above every limit it compares a figure with.

`golden/pattern_edges.json` keeps them as a table that people can read: pattern, formula and figure, limit, the three answers.
Who moves a limit, or turns `>` into `>=`, sees it here; a limit that decides nothing is an error. After a change that is
meant, `python -m tests.plancore.pattern_edges` writes the table anew.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agents.expressions import Expression, Scope
from agents.patterns import Catalogue
from agents.patterns.compiled import CompiledPattern
from agents.search.examples import case
from tests.plancore.pattern_figures import BASES

FILE = Path(__file__).parent / "golden" / "pattern_edges.json"
COMPARED = re.compile(r"(?<![<>=!])(<=|>=|<|>|==|!=)\s*(\d+(?:\.\d+)?)\b(?!\s*[*/+.-])")
NAME = re.compile(r"\b(?:p\.)?[a-z]\w*\b(?!\()")
STEP = 1e-6
"""How far beside a limit its sides are looked at, as a share of it."""
PROJECTS: tuple[dict[str, Any], ...] = (
    *BASES.values(),
    {"data_classification": "phi"},
    {"requests_per_second": 2000},
    {"data": {"sources": [{"name": "a", "format": "csv"}]}},
)
"""The cases in which a limit may decide."""
Answers = tuple[Any, Any, Any]


class Edge(NamedTuple):
    """A limit of a formula: `compared` is what stands before the comparison, `fact` the figure in it that is moved."""

    formula: str
    expression: Expression
    compared: Expression
    fact: str
    limit: float

    @property
    def key(self) -> str:
        return f"{self.formula}: {self.compared.text} at {self.limit:g}"


def formulas(c: CompiledPattern) -> Iterator[tuple[str, Expression]]:
    yield from ((f"parameters.{name}", e) for name, e, _ in c._parameters)
    yield from ((f"refuses[{i}]", e) for i, (_, e) in enumerate(c._refuses))
    yield from ((f"suits[{i}]", e) for i, (_, e) in enumerate(c._suits))
    for i, (_, when, quantity) in enumerate(c._bom):
        yield from ((f"bom[{i}].when", when), (f"bom[{i}].quantity", quantity))
    for i, (_, when, _usd) in enumerate(c._unpriced):
        yield f"unpriced[{i}]", when
    yield from ((f"limits.{name}", e) for name, e in c._figures.items())
    yield from ((f"quotas[{i}]", e) for i, e in enumerate(c._uses))
    yield from ((f"failure_domains[{i}]", e) for i, e in enumerate(c._mitigated))
    yield from ((f"requires.{tag}", e) for tag, e in c._needs)


def _before(text: str) -> str:
    """What a comparison's left side is: back to the bracket, connective or question that opens it."""
    depth, start = 0, len(text)
    while start and (depth or text[start - 1] not in "(?:,&|!"):
        start -= 1
        depth += (text[start] in ")]") - (text[start] in "([")
    return text[start:].strip()


def edges(c: CompiledPattern) -> Iterator[Edge]:
    """Every comparison of figures with a number. Sizes of lists are told apart by the axes of `pattern_figures`."""
    for formula, expression in formulas(c):
        for match in COMPARED.finditer(expression.text):
            left = _before(expression.text[: match.start()])
            if "count(" not in left:
                fact = NAME.findall(left)[0]
                yield Edge(formula, expression, Expression(left), fact, float(match[2]))


def _answer(edge: Edge, scope: Scope, moved: Mapping[str, Any], value: float) -> Any:
    """What the formula gives where the figure has a value, to three digits: what only drifts is the same on both sides."""
    if edge.fact.startswith("p."):
        scope.set("p", {**moved, edge.fact[2:]: value})
    else:
        scope.set(edge.fact, value)
    found = edge.expression.value(scope)
    return float(f"{found:.3g}") if isinstance(found, float) else found


def answers(catalogue: Catalogue, c: CompiledPattern, edge: Edge) -> Answers:
    """Below, at and above the limit, in the first project in which they differ. Raises AssertionError where none does: then
    the limit decides nothing."""
    for given in PROJECTS:
        scope = catalogue.scope(case(given), ("g5",))
        c.evaluate(scope)
        p, own = dict(scope["p"]), None if edge.fact.startswith("p.") else scope[edge.fact]  # type: ignore[arg-type]

        def left(value: float, edge: Edge = edge, scope: Scope = scope, p: dict[str, Any] = p) -> float:
            _answer(edge, scope, p, value)
            return edge.compared.number(scope)

        at = edge.limit if edge.compared.text == edge.fact else edge.limit / (left(1.0) or 1.0)
        beside = max(abs(at) * STEP, STEP)
        found = tuple(_answer(edge, scope, p, value) for value in (at - beside, at, at + beside))
        if own is not None:
            scope.set(edge.fact, own)
        if len({str(x) for x in found}) > 1:
            return found  # type: ignore[return-value]
    raise AssertionError(f"{c.file}: {edge.key} decides nothing in any project of this table")


def table(catalogue: Catalogue, pattern_id: str) -> dict[str, list[Any]]:
    c = catalogue.compiled(pattern_id)
    return {edge.key: list(answers(catalogue, c, edge)) for edge in edges(c)}


def text(catalogue: Catalogue) -> str:
    rows = {name: table(catalogue, name) for name in sorted(catalogue.ids)}
    lines = [
        f" {json.dumps(name)}: {{\n"
        + ",\n".join(f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in found.items())
        + "\n }"
        for name, found in rows.items()
        if found
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(Catalogue.load()), encoding="utf-8")
