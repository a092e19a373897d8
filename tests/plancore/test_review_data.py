"""Data sufficiency: too few rows to judge by, or to learn from, are told with their figures, and enough are not."""

import pytest

from agents.critics.critic import CriticFacts
from agents.critics.data_sufficiency import judge
from agents.domain.constraints import ColumnProfile, DataSection, Problem, Source
from agents.domain.findings import Severity
from agents.domain.outputs.feature_engineering import FeatureSpec
from agents.expert.formulas import held_out_share
from tests.plancore.reviewing import none, one, plan, said

E, W = Severity.ERROR, Severity.WARNING


def facts(rows: int, features: int = 4, share: float | None = None, **more: Problem) -> CriticFacts:
    """The best plan of a project with so many rows and features; `share` is that of the rarest class, if measured."""
    found = plan()
    data = found.requirements.data
    if share is not None:
        profile = {"left": ColumnProfile(shares={"0": 1 - share, "1": share})}
        data = DataSection(label="left", sources=(Source(name="rows", profile=profile),))
    needs = found.requirements.model_copy(update={"training_rows": rows, "data": data, **more})
    made = tuple(FeatureSpec(name=f"f{n}", source="rows", column=f"c{n}", transform="scale") for n in range(features))
    return said(
        CriticFacts(needs, found.composition, {}),
        feature_engineering={"features": made},
        testing_strategy={"test_fraction": held_out_share(rows)},
    )


@pytest.mark.parametrize(
    ("rows", "features", "share", "severity"),
    [
        (1, 4, None, E),
        (5, 4, None, E),
        (20, 4, None, E),  # 4 tested, at best 2 of the rarer class
        (40, 4, None, W),  # 8 tested, 4 of the rarer class at best
        (39, 4, None, E),
        (120, 4, None, W),
        (248, 4, None, W),  # 24.5 of them: one less than 25
        (250, 4, None, None),
        (250, 20, None, None),  # 200 rows, ten a feature
        (250, 21, None, W),
        (250, 200, None, W),  # one a feature
        (250, 201, None, E),
        (260, 4, None, None),
        (260, 26, None, W),  # 208 rows teach 26 features
        (260, 300, None, E),  # fewer rows than features
        (260, 4, 0.02, E),  # one rare case is tested
        (5_000, 4, 0.02, W),  # 20 are
        (10_000, 4, 0.02, None),
        (200_000, 40, 0.001, W),  # 20 of 20,000
        (2_000_000, 40, 0.001, None),
    ],
)
def test_severity_follows_from_the_cases_that_judge_and_the_rows_that_teach(
    rows: int, features: int, share: float | None, severity: Severity | None
) -> None:
    found = judge(facts(rows, features, share))
    assert [f.severity for f in found] == ([severity] if severity else [])


def test_the_figures_are_told_with_what_to_do() -> None:
    found = one(judge(facts(260, 8, 0.02)), "few-rows")
    assert found.message == (
        "of 260 rows, the test split gets 52, about 1.04 of them of the rarest class (0.02 of the rows by the profile): a rate"
        " counted on that is off by 98%; 8 features are learned from 208 rows"
    )
    assert "collect about 6,250 rows first" in found.remediation, "25 rare cases / 0.02 / a fifth that is held out"
    assert found.key == "throughput.training_rows" and found.agent is None


def test_one_case_is_off_by_all_of_it_and_less_than_one_counts_nothing() -> None:
    assert "is off by 100%" in one(judge(facts(250, 4, 0.02)), "few-rows").message  # 50 x 0.02
    assert "nothing can be counted" in one(judge(facts(240, 4, 0.02)), "few-rows").message
    rounded = one(judge(facts(260, 4, 0.0)), "few-rows")  # a class that was seen has a row: 52 / 260
    assert "about 0.2 of them of the rarest class" in rounded.message and "260 rows" in rounded.message


def test_a_quantity_is_judged_on_all_tested_rows_and_passages_on_none() -> None:
    regression = one(judge(facts(60, problem=Problem.REGRESSION)), "few-rows")
    assert "rarest class" not in regression.message and regression.severity is W
    assert none(judge(facts(130, problem=Problem.REGRESSION)), "few-rows")
    assert none(judge(facts(3, problem=Problem.RAG)), "few-rows")


def test_what_is_asked_for_is_enough() -> None:
    for rows, features, share in ((1, 4, None), (260, 300, None), (5_000, 4, 0.02)):
        words = one(judge(facts(rows, features, share)), "few-rows").remediation
        enough = int(words.split("about ")[1].split(" rows")[0].replace(",", ""))
        assert none(judge(facts(enough, features, share)), "few-rows")
