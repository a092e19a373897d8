"""The CEL door: numbers are plain, errors are located, and the package's slow part is never imported."""

import subprocess
import sys

import pytest

from agents.expressions import Expression, ExpressionError, Scope, doubles

SCOPE = Scope(
    {"x": 1, "y": 1.5, "xs": (1, 2), "word": "a1", "none": None, "p": {"n": 3}, "items": [{"a": 1}, {"a": 5}]}
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + y", 2.5),
        ("x / 2", 0.5),
        ("ceil(7 / 2) * p.n", 12.0),
        ("ceil(0.1 * 3 * 10)", 3.0),
        ("max(1, y, x)", 1.5),
        ("min(xs) + sum(xs)", 4.0),
        ("count(xs) * 2", 4.0),
        ("size(xs) > 1", True),
        ("xs[1]", 2.0),
        ("x in [1, 2]", True),
        ("none == null", True),
        ("'1 + 1' + word", "1 + 1a1"),
        ("items.filter(i, i.a > 2).size() == 1", True),
        ("1e3 * x", 1000.0),
    ],
)
def test_values(text: str, value: object) -> None:
    assert Expression(text).value(SCOPE) == value


def test_whole_literals_become_doubles_and_indices_stay() -> None:
    assert (
        doubles("a[0] + f(1)[2] + x1 + 10 + 1.5 + '3' + [4, 5]")
        == "a[0] + f(1.0)[2] + x1 + 10.0 + 1.5 + '3' + [4.0, 5.0]"
    )


@pytest.mark.parametrize("text", ["1 +", "x +* y", ""])
def test_a_syntax_error_names_the_place(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"serve/x\.yaml: parameters\.tasks"):
        Expression(text, "serve/x.yaml: parameters.tasks")


@pytest.mark.parametrize(
    "text", ["nobody > 1", "word + 1", "p.nothing + 1", "sqrt(0 - 1)", "ln(0)", "exp(1000)", "1 / 0"]
)
def test_a_number_is_finite_or_an_error_that_names_the_place(text: str) -> None:
    with pytest.raises(ExpressionError, match="here"):
        Expression(text, "here").number(SCOPE)


@pytest.mark.parametrize("text", ["1", "word", "none"])
def test_only_true_and_false_are_truth(text: str) -> None:
    with pytest.raises(ExpressionError, match="not true or false"):
        Expression(text, "here").truth(SCOPE)


def test_the_command_line_of_the_cel_package_stays_out() -> None:
    code = (
        "import agents.expressions, sys; print([m for m in sys.modules if m in ('cel.cli', 'prompt_toolkit', 'hcl2')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
