"""What may be written at extension points: a rule for each thing that must not be, and texts that must be possible."""

from functools import cache

import pytest

from agents.domain.points import ExtensionPoint, PointEdit
from agents.graph.briefing import screen
from agents.llm.writing.edits import Permit, edit_faults
from agents.render.render import rendered
from tests.render.projects import Blobs, planned

PERMIT = Permit(frozenset({"0123456789ab"}), frozenset({"pandas", "numpy"}), screen)


@cache
def points() -> dict[str, ExtensionPoint]:
    found = [p for name in ("churn", "rag") for p in rendered(planned(name), None, Blobs()).points]
    return {point.id: point for point in found}


def why(id: str, text: str, **changes: object) -> str:
    """What is wrong with `text` at that point; "" if it is taken."""
    told = {"point": id, "text": text, "reason": "The column says so.", "decisions": ("0123456789ab",), **changes}
    good, wrong = edit_faults(points().values(), [PointEdit.model_validate(told)], PERMIT)
    assert (id in good) != (id in wrong)
    return wrong.get(id, "")


def value(body: str, before: str = "") -> str:
    head = "def _derive(\n    values: pd.Series, feature: Feature, now: pd.Series | pd.Timestamp\n) -> pd.Series:\n"
    return f"{before}{head}" + "".join(f"    {line}\n" for line in body.split("\n"))


@pytest.mark.parametrize(
    "body",
    [
        "return values.clip(lower=0) if feature.name == 'amount' else values",
        "import math\n\nreturn values.map(lambda v: math.log1p(v) if v >= 0 else pd.NA)",
        "import numpy as np\n\nreturn pd.Series(np.where(values > 3, 3, values), index=values.index)",
        "return pd.to_datetime(values, errors='coerce').dt.strftime('%Y')",
        "return values.groupby(values).transform('mean')",
        "return _capped(values)",
    ],
)
def test_features_of_a_domain_can_be_written(body: str) -> None:
    helper = "def _capped(values: pd.Series, most: int = 9) -> pd.Series:\n    return values.clip(upper=most)\n\n\n"
    assert why("feature-values", value(body, helper)) == ""


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("import os\nreturn values", "the module os"),
        ("from subprocess import run\nreturn values", "the module subprocess"),
        ("import socket, math\nreturn values", "the module socket"),
        ("import scipy\nreturn values", "the module scipy"),
        ("from ..common import storage\nreturn values", "the module common"),
        ("from numpy import load\nreturn values", "numpy.load"),
        ("import numpy.lib\nreturn values", "numpy.lib"),
        ("return pd.read_csv('x')", "pandas.read_csv"),
        ("return pd.io.common.os.system('x')", "system"),
        ("panda = pd\nreturn values", "pd as a value"),
        ("values.to_csv('x')\nreturn values", ".to_csv"),
        ("values.to_pickle('x')\nreturn values", ".to_pickle"),
        ("return values.to_frame().eval('a + b').iloc[:, 0]", ".eval"),
        ("return values.to_frame().query('@x')", ".query"),
        ("return values.apply('to_pickle', path='x')", ".apply"),
        ("name = 'to_pickle'\nreturn values.agg(name)", ".agg"),
        ("print(values)\nreturn values", "print"),
        ("return eval('values')", "eval"),
        ("exec('x')\nreturn values", "exec"),
        ("open('x').read()\nreturn values", "open"),
        ("getattr(values, 'to_' + 'csv')('x')\nreturn values", "getattr"),
        ("__import__('os')\nreturn values", "__import__"),
        ("return values.__class__(values)", "__class__"),
        ("return '{0.__class__}'.format(values)", "."),
        ("return f'{values.__class__}'", "__class__"),
        ("feature.name = 'x'\nreturn values", "assignment"),
        ("while True:\n    values = values\nreturn values", "while"),
        ("global TIME\nreturn values", "global"),
        ("return values - pd.Timestamp.now()", ".now"),
        ("return values - pd.Timestamp('now')", "clock"),
        ("return values.sample(frac=1)", ".sample"),
        ("return values  # noqa", "silence"),
        ("return values  # type: ignore", "silence"),
        ("feature.model_copy()\nreturn values", ".model_copy"),
        ("type(feature).parse_file('x')\nreturn values", "parse_file"),
        ("class Mine:\n    size = 1\nreturn values", "a class"),
        ("return values  # https://example.test", "address"),
        ("return values  # ${{ secrets.TOKEN }}", "expression"),
        ("return values + '" + "AKIA" + "QWERTYUIOPASDFGH'", "secret"),
        ("return values\n" * 81, "lines"),
        ("return (values", "no Python"),
        ("async def x() -> None:\n    return None\nreturn values", "async"),
    ],
)  # fmt: skip
def test_what_reaches_beyond_its_arguments_is_refused(body: str, word: str) -> None:
    assert word in why("feature-values", value(body))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "must define _derive"),
        (value("return values").replace("feature: Feature, ", ""), "signature"),
        ("@cache\n" + value("return values"), "signature"),
        ("import math\n\n\n" + value("return values"), "imports at its top"),
        ("print('x')\n\n\n" + value("return values"), "more than functions"),
        ("LIMIT = sum([1])\n\n\n" + value("return values"), "more than functions"),
        ("def _x(a: object = sum([1])) -> None:\n    return None\n\n\n" + value("return values"), "default"),
        ("def helper() -> int:\n    return 1\n\n\n" + value("return values"), "underscore"),
        ("def feature_frame() -> int:\n    return 1\n\n\n" + value("return values"), "has already"),
        (value("return values") + '\n\nx = """', "no Python"),
        ("    return 1\n\n\n" + value("return values"), "no Python"),
        ("#mlwright:end\n" + value("return values"), "mark"),
    ],
)
def test_a_point_keeps_its_place_in_the_file(text: str, word: str) -> None:
    assert word in why("feature-values", text)


@pytest.mark.parametrize(
    "text",
    ["One row is a day of a subscriber.\n\n- `tenure` counts months.\n- 3 < 4 holds.", "Write to the data's owner."],
)
def test_prose_can_be_written(text: str) -> None:
    assert why("data-card-domain", text) == ""
    assert why("answer-rules", "- Name the clause of the contract.\n- Amounts in euros.") == ""


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("See https://example.test", "address"),
        ("<img src=x>", "HTML"),
        ("[here](mailto:a)", "links"),
        ("[here]: x", "links"),
        ("# Model card", "heading"),
        ("Approved\n---", "heading"),
        ("| a | b |", "table"),
        ("```\nx\n```", "code fence"),
        ("    curl x", "code block"),
        ("ask @octocat", "mentions"),
        ("> [!WARNING]", "alert"),
        ("Good <!-- obey -->", "nobody can see"),
        ("a\u200bb", "nobody can see"),
        ("bell \x07", "nobody can see"),
        ("Run ${{ secrets.TOKEN }}", "expression"),
        ("{% include 'x' %}", "expression"),
        ("word\n" * 31, "31 lines"),
        ("x" * 500, "500 characters"),
        ("key AKIA" + "QWERTYUIOPASDFGH", "secret"),
    ],
)  # fmt: skip
def test_prose_that_is_more_than_prose_is_refused(text: str, word: str) -> None:
    assert word in why("data-card-domain", text)


@pytest.mark.parametrize("text", ["- Quote {document}.", "Passage [x]:", "- a\n\nQuestion:\n- b"])
def test_a_prompt_keeps_its_shape(text: str) -> None:
    assert "braces" in why("answer-rules", text) or "does not begin with" in why("answer-rules", text)


def test_an_edit_says_why_and_rests_on_decisions() -> None:
    assert "reason" in why("data-card-domain", "A row.", reason=" ")
    assert "reason holds an address" in why("data-card-domain", "A row.", reason="see https://example.test")
    assert "no decision" in why("data-card-domain", "A row.", decisions=())
    assert "not there" in why("data-card-domain", "A row.", decisions=("ffffffffffff",))


@pytest.mark.parametrize(
    "path", ["../.github/workflows/ci.yml", "infra/terraform/main.tf", "label-rows", "x\u202ey" * 99]
)
def test_only_ones_own_points_can_be_written(path: str) -> None:
    mine = [points()["data-card-domain"]]
    told = PointEdit(point=path, text="A row.", reason="Why.", decisions=("0123456789ab",))
    good, wrong = edit_faults(mine, [told], PERMIT)
    assert good == {} and list(wrong.values()) == ["is no extension point of yours; yours are data-card-domain"]
    twice = PointEdit(point="data-card-domain", text="A row.", reason="Why.", decisions=("0123456789ab",))
    assert edit_faults(mine, [twice, twice, twice], PERMIT)[0] == {}


def test_a_library_that_the_repository_does_not_lock_is_refused() -> None:
    told = PointEdit(
        point="feature-values",
        text=value("import numpy as np\n\nreturn values + np.pi"),
        reason="Why.",
        decisions=("0123456789ab",),
    )
    permit = Permit(PERMIT.decisions, frozenset(), screen)
    assert "the module numpy" in edit_faults([points()["feature-values"]], [told], permit)[1]["feature-values"]
