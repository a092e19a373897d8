"""Agent 19: library, estimator and search of the generated training code."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Problem
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import (
    FeatureEngineering,
    ModelDevelopment,
    ModelTraining,
    TechStack,
    TrainingPipeline,
)
from agents.domain.outputs.common import Component, Parameters
from agents.domain.outputs.model_development import Family, Split
from agents.domain.outputs.training_pipeline import Library, Search
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.measured import tolerance
from agents.expert.project import knows
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number, plural

NAME = "training_pipeline"
LIGHTGBM_ROWS = 5_000_000
"""Rows from which LightGBM's speed is worth a second library (rule of thumb)."""
CONTINUOUS = frozenset({Problem.REGRESSION, Problem.FORECASTING, Problem.RANKING})
LINEAR = ("sklearn.linear_model.LogisticRegression", "sklearn.linear_model.Ridge")
BOOSTED = (
    "sklearn.ensemble.HistGradientBoostingClassifier",
    "sklearn.ensemble.HistGradientBoostingRegressor",
)
LIGHT = ("lightgbm.LGBMClassifier", "lightgbm.LGBMRegressor")
NEURAL = ("sklearn.neural_network.MLPClassifier", "sklearn.neural_network.MLPRegressor")
OTHER = {
    Family.SEASONAL: "sklearn.linear_model.Ridge",
    Family.NEAREST_NEIGHBOURS: "sklearn.neighbors.NearestNeighbors",
    Family.FACTORISATION: "sklearn.decomposition.TruncatedSVD",
    Family.ISOLATION_FOREST: "sklearn.ensemble.IsolationForest",
    Family.ROBUST_DISTANCE: "sklearn.preprocessing.RobustScaler",
    Family.LEXICAL_RETRIEVAL: "sklearn.feature_extraction.text.TfidfVectorizer",
    Family.DENSE_RETRIEVAL: "sklearn.decomposition.TruncatedSVD",
}


def options(brief: Brief) -> tuple[Question, ...]:
    return (_library(brief), _search(brief))


def _library(brief: Brief) -> Question:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    boosting = model.family is Family.GRADIENT_BOOSTING
    rows = f"{number(r.training_rows)} rows"
    many = r.training_rows >= LIGHTGBM_ROWS
    candidates = (
        option(
            Library.SCIKIT_LEARN,
            f"scikit-learn trains {model.family.value} on {rows}",
            (
                Fact(not boosting, 0.3, f"{model.family.value} is at home there"),
                Fact(
                    boosting and not many,
                    0.3,
                    f"{rows}: its histogram trees are as good and one library less",
                ),
            ),
            tradeoffs=("one library for features, models and metrics; slower on very many rows",),
            burden=1.0,
        ),
        option(
            Library.LIGHTGBM,
            f"LightGBM trains boosted trees on {rows}",
            (
                Fact(many, 0.35, f"{rows}: trains in a fraction of the time and memory"),
                Fact(knows(r, "lightgbm"), 0.3, "the team knows LightGBM"),
            ),
            refusals=(Refusal(not boosting, f"it has no {model.family.value}"),),
            tradeoffs=("fastest on tables; a compiled library to keep current",),
            burden=1.5,
        ),
    )
    return ask(
        brief,
        NAME,
        "training_pipeline.library",
        f"Which library trains the {model.family.value} of {r.slug}?",
        candidates,
        rests_on=("throughput.training_rows", "team_constraints.skills", "project.problem"),
        flips={
            Library.SCIKIT_LEARN: f"below {number(LIGHTGBM_ROWS)} rows (now {number(r.training_rows)})",
            Library.LIGHTGBM: f"from {number(LIGHTGBM_ROWS)} rows (now {number(r.training_rows)}), "
            "or if the team names it",
        },
    )


def _search_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    training = brief.read("model_training", ModelTraining)
    hours = training.hours_per_run
    tunable = model.family in (
        Family.LINEAR,
        Family.GRADIENT_BOOSTING,
        Family.NEURAL,
        Family.ISOLATION_FOREST,
    )
    one = max(1.0, hours * 60 / 10)
    total = f"{model.trials} trials of about {number(round(one))} minutes"
    room = training.timeout_minutes
    return (
        option(
            Search.FIXED,
            "documented defaults, changed by people",
            (
                Fact(not tunable, 0.35, f"{model.family.value} has little to tune"),
                Fact(one * model.trials > 4 * room, 0.2, f"{total} against a limit of {room} minutes"),
                Fact(
                    r.training_rows < 5000,
                    0.3,
                    f"{number(r.training_rows)} rows: a search would fit the noise",
                ),
            ),
            tradeoffs=("the same every week; some quality is left on the table",),
            burden=1.0,
        ),
        option(
            Search.RANDOM,
            f"{model.trials} random settings within stated ranges",
            (
                Fact(
                    tunable and r.training_rows < 1_000_000,
                    0.3,
                    f"{number(r.training_rows)} rows: each trial is quick",
                ),
                Fact(training.runs_per_month > 8, -0.1, f"{number(training.runs_per_month)} searches a month"),
            ),
            refusals=(Refusal(not tunable, f"{model.family.value} has nothing to search over"),),
            tradeoffs=("finds most of the gain; spends time on hopeless settings",),
            burden=1.5,
        ),
        _halving(brief),
    )


def _halving(brief: Brief) -> Candidate:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    tunable = model.family in (
        Family.LINEAR,
        Family.GRADIENT_BOOSTING,
        Family.NEURAL,
        Family.ISOLATION_FOREST,
    )
    return option(
        Search.HALVING,
        f"{model.trials} settings on few rows, the better half on more, and so on",
        (
            Fact(
                tunable and r.training_rows >= 1_000_000,
                0.35,
                f"{number(r.training_rows)} rows: hopeless settings end early",
            ),
        ),
        refusals=(
            Refusal(not tunable, f"{model.family.value} has nothing to search over"),
            Refusal(r.training_rows < 20_000, f"{number(r.training_rows)} rows cannot be halved often enough"),
        ),
        tradeoffs=("a fraction of the time; may drop settings that only shine on all rows",),
        burden=2.0,
    )


def _search(brief: Brief) -> Question:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    return ask(
        brief,
        NAME,
        "training_pipeline.search",
        f"How are the settings of the {model.family.value} found?",
        _search_options(brief),
        rests_on=("throughput.training_rows", "project.problem"),
        flips={
            Search.FIXED: "below 5,000 rows, or for families with nothing to tune",
            Search.RANDOM: f"between 5,000 and 1,000,000 rows (now {number(r.training_rows)})",
            Search.HALVING: f"from 1,000,000 rows (now {number(r.training_rows)})",
        },
        risks=(
            Risk(
                risk=f"the best of {model.trials} trials is the luckiest",
                probe=f"train the best settings on {number(r.training_rows)} rows with five seeds; a spread above {tolerance(r):g} is luck",
            ),
        ),
    )


def estimator(r: Requirements, family: Family, library: Library) -> str:
    """Import path of the class for a family in a library."""
    which = 1 if r.problem in CONTINUOUS else 0
    if family is Family.GRADIENT_BOOSTING:
        return LIGHT[which] if library is Library.LIGHTGBM else BOOSTED[which]
    if family is Family.LINEAR:
        return LINEAR[which]
    return NEURAL[which] if family is Family.NEURAL else OTHER[family]


def hyperparameters(r: Requirements, family: Family, library: Library, features: int, early_stop: int) -> Parameters:
    """Starting values. Leaves grow with the rows (31 to 127); a leaf holds at least a ten-thousandth of
    them."""
    leaf = max(20, min(1000, r.training_rows // 10_000))
    leaves = 31 if r.training_rows < 100_000 else 63 if r.training_rows < 5_000_000 else 127
    if family is Family.GRADIENT_BOOSTING and library is Library.LIGHTGBM:
        return {"n_estimators": 500, "learning_rate": 0.05, "num_leaves": leaves, "min_child_samples": leaf}
    if family is Family.GRADIENT_BOOSTING:
        return {
            "max_iter": 300,
            "learning_rate": 0.1,
            "max_leaf_nodes": leaves,
            "min_samples_leaf": leaf,
            "n_iter_no_change": max(5, early_stop),
        }
    if family is Family.LINEAR:
        return {"alpha": 1.0} if r.problem in CONTINUOUS else {"C": 1.0, "max_iter": 1000}
    if family is Family.NEURAL:
        return {"max_iter": 50, "early_stopping": True, "n_iter_no_change": max(3, early_stop)}
    if family is Family.ISOLATION_FOREST:
        return {"n_estimators": 200, "contamination": 0.01}
    if family in (Family.FACTORISATION, Family.DENSE_RETRIEVAL):
        return {"n_components": max(2, min(64, 4 * features))}
    if family is Family.NEAREST_NEIGHBOURS:
        return {"n_neighbors": 10}
    return {"alpha": 1.0} if family is Family.SEASONAL else {}


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> TrainingPipeline:
    r = brief.requirements
    model = brief.read("model_development", ModelDevelopment)
    training = brief.read("model_training", ModelTraining)
    features = brief.read("feature_engineering", FeatureEngineering)
    stack = brief.read("tech_stack", TechStack)
    library = Library(chosen["training_pipeline.library"].id)
    search = Search(chosen["training_pipeline.search"].id)
    order = "in time order" if model.split is Split.TIME else f"by {model.split.value}"
    return TrainingPipeline(
        library=library,
        estimator=estimator(r, model.family, library),
        hyperparameters=hyperparameters(r, model.family, library, len(features.features), training.early_stop_rounds),
        search=search,
        trials=1 if search is Search.FIXED else model.trials,
        folds=model.folds,
        seed=model.seed,
        metric=model.metric,
        threshold=model.threshold,
        threshold_is_lift=model.threshold_is_lift,
        components=(
            Component(path="training/split.py", purpose=f"rows {order}, {plural(model.gap_days, 'day')} apart"),
            Component(path="training/train.py", purpose=f"{model.baseline}, then {model.family.value}"),
            Component(path="training/evaluate.py", purpose=f"{model.metric} against {number(model.threshold)}"),
            Component(path="training/registry.py", purpose=f"versions in {stack.tracking.value}"),
        ),
    )


AGENT = Agent(
    number=19,
    name=NAME,
    title="Implementation: training pipeline",
    reads=("tech_stack", "feature_engineering", "model_development", "model_training"),
    writes=("training_pipeline",),
    output=TrainingPipeline,
    options=options,
    conclude=conclude,
)
