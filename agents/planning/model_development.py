"""Agent 9: families, split, metric and what it must reach, rare classes, who judges answers, rounds of work."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, Problem
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import (
    DataSourcing,
    FeatureEngineering,
    ModelDevelopment,
    ProjectStages,
    TestingStrategy,
)
from agents.domain.outputs.data_sourcing import ColumnRole
from agents.domain.outputs.model_development import AnswerJudge, Family, Imbalance, Split
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.families import family_options, flips_of
from agents.expert.formulas import sample_for_share
from agents.expert.iterations import iterations
from agents.expert.measured import balanced, folds_for, held_share, rare_share
from agents.expert.metrics import METRICS, Metric, baseline_of, metric_named
from agents.expert.project import high_stakes, regulated, words_of
from agents.expert.splits import split_options
from agents.expert.weigh import Fact, option
from agents.expert.words import listed, number

NAME = "model_development"
SEED = 20
MIN_LIFT = 0.05
"""Five per cent better than the trivial rule: less is not worth running a model for (judgement, unverified)."""
RARE_SHARE = 0.05
"""Share of a class below which training as it is sees too little of it (rule of thumb, unverified)."""
RARE_WORDS = frozenset({"fraud", "default", "defaulted", "failure", "failed", "incident", "anomaly", "conversion"})
"""Outcomes that are rare by nature, where nobody measured the label."""
EVEN = frozenset({"roc_auc", "accuracy"})
"""Metrics that say something of classes of similar size, and flatter a model of rare ones."""
READS_A_PERSON = 25
"""Cases that one person reads with care in a sitting (judgement, unverified)."""
ANSWER_MARGIN = 0.05
"""Width to either side at which a share of right answers is known well enough to release."""
JUDGES_FROM = 4
"""People from whom one can be spared to write questions and judge answers (judgement, unverified)."""
CLASSES = frozenset(
    [
        Problem.BINARY_CLASSIFICATION,
        Problem.MULTICLASS_CLASSIFICATION,
        Problem.NLP_CLASSIFICATION,
        Problem.IMAGE_CLASSIFICATION,
    ]
)
SINGLE_ERRORS = CLASSES | {Problem.REGRESSION, Problem.FORECASTING}
"""Problems in which each case has an error of its own that people can read."""
MONEY = ("revenue", "cost", "profit", "loss", "margin", "value")


def options(brief: Brief) -> tuple[Question, ...]:
    problem = brief.requirements.problem
    classes = (_imbalance(brief),) if problem in CLASSES else ()
    answers = (_answers(brief),) if problem is Problem.RAG else ()
    return (_family(brief), _split(brief), _metric(brief), *classes, *answers)


def _family(brief: Brief) -> Question:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    return ask(
        brief,
        NAME,
        "model.family",
        f"Which family of models is tried first on {len(features.features)} features of {r.slug}?",
        family_options(r, features),
        rests_on=("project.problem", "throughput.training_rows", "sla_latency_ms", "project.domain"),
        flips=flips_of(r),
        risks=(
            Risk(
                risk=f"the first family wins on the whole and loses on a group of {r.data.entity or 'cases'}",
                probe=f"report the metric by {listed(_slices(brief), empty='time of day')} before choosing",
            ),
        ),
        certainty=0.85,
    )


def _split(brief: Brief) -> Question:
    r = brief.requirements
    return ask(
        brief,
        NAME,
        "model.split",
        f"On which rows is a model of {r.slug} judged?",
        split_options(brief),
        rests_on=("data.event_time", "data.entity", "project.problem"),
        flips={
            Split.TIME: "if an event time is declared",
            Split.ENTITY: "if no event time is declared",
            Split.RANDOM: f"if rows have neither time (now {r.data.event_time or 'none'}) nor groups (now {r.data.entity or 'none'})",
        },
        risks=(
            Risk(
                risk=f"{number(round(r.training_rows * held_share(r)))} held-out rows know what training rows tell: the figure is too good",
                probe=f"train on {r.data.entity or 'row'} numbers alone; any lift over the trivial rule is a leak",
            ),
        ),
    )


def _metric_options(r: Requirements) -> tuple[Candidate, ...]:
    named = metric_named(r.objective.kpi, r.problem)
    first, second = METRICS[r.problem]
    sound = "image" in r.problem.value and high_stakes(r)
    squared = r.problem is Problem.REGRESSION and _money(r)
    even = balanced(r) and second.name in EVEN and r.problem is not Problem.IMAGE_CLASSIFICATION
    rarest = f"the rarest class has {rare_share(r) or 0:.2%} of the rows"

    def metric(m: Metric, usual: bool) -> Candidate:
        other = second if m is first else first
        return option(
            m.name,
            f"right for {m.good_for}",
            (
                Fact(named is m, 0.5, f"the objective names it: {r.objective.kpi}"),
                Fact(usual, 0.2, f"the usual case of {r.problem.value}"),
                Fact(m is second and even, 0.3, f"{rarest}: classes of similar size"),
                Fact(
                    m is first and rare_share(r) is not None and not even, 0.1, f"{rarest}, which {second.name} hides"
                ),
                Fact(m is second and sound, 0.3, f"in {r.domain} people set the threshold, not the model"),
                Fact(
                    m is second and squared,
                    0.3,
                    f"{r.objective.kpi} is money: one large miss outweighs many small",
                ),
            ),
            tradeoffs=(f"blind to {m.blind_to}, which {other.name} sees",),
        )

    return metric(first, True), metric(second, False)


def _metric(brief: Brief) -> Question:
    r = brief.requirements
    named = metric_named(r.objective.kpi, r.problem)
    first, second = METRICS[r.problem]
    return ask(
        brief,
        NAME,
        "model.metric",
        f"By which figure are models of {r.slug} compared?",
        _metric_options(r),
        rests_on=("objective.kpi", "project.problem", "project.domain", "data.label"),
        flips={
            first.name: f"if objective.kpi names it, or for {first.good_for}",
            second.name: f"if objective.kpi names it, or for {second.good_for}",
        },
        risks=(
            Risk(
                risk=f"{first.name} rises and {r.objective.kpi or 'what people feel'} does not",
                probe=f"rank five old models by {first.name} and by {second.name}; where they disagree, ask who is right",
            ),
        ),
        reasons=() if named else (f"{r.objective.kpi or 'no KPI'} is no metric of the model itself",),
        certainty=0.95 if named else 0.8,
    )


def _imbalance(brief: Brief) -> Question:
    r = brief.requirements
    share, label = rare_share(r), r.data.label or "the label"
    rare = (
        share < RARE_SHARE if share is not None else not RARE_WORDS.isdisjoint(words_of([r.data.label or "", r.slug]))
    )
    known = f"{100 * share:.2g} % of the rows" if share is not None else "a share nobody measured"
    equal = METRICS[r.problem][0].name == "macro_f1"
    counted = _calibrated(r)
    return ask(
        brief,
        NAME,
        "model.imbalance",
        f"Do rare classes of {label} ({known}) count more in training?",
        (
            option(
                Imbalance.AS_IS,
                f"each row of {label} counts the same",
                (
                    Fact(counted, 0.25, f"scores of {r.slug} are read as probabilities: weights would bend them"),
                    Fact(not rare and not equal, 0.2, f"no class of {label} is known to be rare"),
                ),
                tradeoffs=("probabilities stay true; a rare class may never be predicted",),
            ),
            option(
                Imbalance.CLASS_WEIGHTS,
                f"each class of {label} has the same weight in sum",
                (
                    Fact(rare, 0.3, f"{label} is rare: {known}, limit {RARE_SHARE:.0%}"),
                    Fact(equal, 0.25, f"{METRICS[r.problem][0].name} counts every class alike, so must training"),
                ),
                tradeoffs=("rare classes are learned; scores are no probabilities until calibrated",),
            ),
        ),
        rests_on=("data.label", "objective.kpi", "project.problem"),
        flips={
            Imbalance.AS_IS: f"if the rarest class has {RARE_SHARE:.0%} or more (now {known})",
            Imbalance.CLASS_WEIGHTS: f"if mlwright profile finds a class below {RARE_SHARE:.0%} (now {known})",
        },
        risks=(
            Risk(
                risk=f"the threshold people act on moves when classes of {label} are weighed",
                probe=f"count alarms among {number(r.training_rows)} rows with and without weights; a tenth more is another threshold",
            ),
        ),
        reasons=() if share is not None else ("the label's classes were never counted; mlwright profile does it",),
    )


def _answers(brief: Brief) -> Question:
    r = brief.requirements
    need = sample_for_share(ANSWER_MARGIN)
    enough = r.team_size >= JUDGES_FROM
    return ask(
        brief,
        NAME,
        "model.answers",
        f"Who says whether a passage found by {r.slug} answers the question?",
        (
            option(
                AnswerJudge.KNOWN_ITEM,
                "half of a passage's own words must find it again",
                (Fact(not enough, 0.3, f"a team of {r.team_size} has nobody to write {need} questions"),),
                tradeoffs=("no labour, in every run; people do not ask in the words of the passage",),
                burden=1.0,
            ),
            option(
                AnswerJudge.PEOPLE,
                f"{need} questions that people wrote, each with its passage",
                (
                    Fact(
                        enough,
                        0.3,
                        f"{need} questions are {number(round(need / READS_A_PERSON))} sittings of one person",
                    ),
                    Fact(
                        regulated(r) or high_stakes(r),
                        0.1,
                        f"{r.domain} under audit: a wrong passage must be found by us",
                    ),
                ),
                tradeoffs=(f"known within {ANSWER_MARGIN:.0%}; questions age as {r.domain} documents do",),
                burden=2.0,
            ),
        ),
        rests_on=("team_constraints.size", "project.domain", "compliance"),
        flips={
            AnswerJudge.KNOWN_ITEM: f"with fewer than {JUDGES_FROM} people (now {r.team_size})",
            AnswerJudge.PEOPLE: f"from {JUDGES_FROM} people (now {r.team_size}), or under audit",
        },
        risks=(
            Risk(
                risk="questions are written with the documents open, and share their words",
                probe=f"let somebody outside write {READS_A_PERSON} from memory; compare the two recalls",
            ),
        ),
    )


def _calibrated(r: Requirements) -> bool:
    return r.problem is Problem.BINARY_CLASSIFICATION and (_money(r) or high_stakes(r))


def _money(r: Requirements) -> bool:
    return not words_of([r.objective.kpi or ""]).isdisjoint(MONEY)


def _threshold(brief: Brief, metric: str) -> tuple[float, bool, str]:
    """Absolute if the objective is given in this very metric, else a relative gain over the trivial rule."""
    r = brief.requirements
    goal = brief.read("project_stages", ProjectStages).release_target
    named = metric_named(r.objective.kpi, r.problem)
    if named and named.name == metric and goal is not None:
        return goal, False, f"release target of agent 1 for {r.objective.kpi}"
    base = r.objective.baseline
    if goal is not None and base:
        lift = round(min(0.5, max(MIN_LIFT, abs(goal - base) / abs(base) / 2)), 3)
        return (
            lift,
            True,
            f"half of the relative way from {number(base)} to the release target {number(goal)}",
        )
    return MIN_LIFT, True, "no target in this metric was named: five per cent over the trivial rule"


def _slices(brief: Brief) -> tuple[str, ...]:
    """Categories with rows enough: the held-out ones of an average level make a slice."""
    data, testing = brief.read("data_sourcing", DataSourcing), brief.read("testing_strategy", TestingStrategy)
    levels = brief.requirements.training_rows * testing.test_fraction / testing.min_slice_rows
    kinds = (ColumnType.CATEGORY, ColumnType.BOOLEAN)
    found = [c for c in data.columns if c.role is ColumnRole.INPUT and c.type in kinds and not c.left_out]
    return tuple(c.name for c in found if c.distinct is None or c.distinct <= levels)[:5]


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> ModelDevelopment:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    split = Split(chosen["model.split"].id)
    metric = next(m for m in METRICS[r.problem] if m.name == chosen["model.metric"].id)
    threshold, lift, basis = _threshold(brief, metric.name)
    by_time = split is Split.TIME
    features = brief.read("feature_engineering", FeatureEngineering)
    ranked = sorted(family_options(r, features), key=lambda c: (c.id != chosen["model.family"].id, -c.score))
    families = tuple(c.id for c in ranked if c.feasible)
    judge = AnswerJudge(chosen["model.answers"].id) if "model.answers" in chosen else None
    held_out = brief.read("testing_strategy", TestingStrategy).test_fraction
    return ModelDevelopment(
        baseline=baseline_of(r.problem, data.label, data.entity, data.sources[0].name),
        family=Family(chosen["model.family"].id),
        families=families,
        split=split,
        split_column=data.event_time if by_time else data.entity if split is Split.ENTITY else None,
        validation_fraction=held_out,
        test_fraction=held_out,
        gap_days=data.label_delay_days if by_time else 0.0,
        metric=metric.name,
        higher_is_better=metric.higher_is_better,
        threshold=threshold,
        threshold_is_lift=lift,
        threshold_basis=basis,
        calibrate=_calibrated(r),
        slices=_slices(brief),
        imbalance=Imbalance(chosen["model.imbalance"].id) if "model.imbalance" in chosen else Imbalance.AS_IS,
        iterations=iterations(brief, families, metric.name, _slices(brief)),
        error_rows=min(200, READS_A_PERSON * r.team_size) if r.problem in SINGLE_ERRORS else 0,
        answer_judge=judge,
        question_count=sample_for_share(ANSWER_MARGIN) if judge is AnswerJudge.PEOPLE else 0,
        folds=folds_for(r, held_out),
        trials=50 if r.training_rows < 1_000_000 else 25 if r.training_rows < 20_000_000 else 10,
        seed=SEED,
    )


AGENT = Agent(
    number=9,
    name=NAME,
    title="Model development and iteration",
    reads=("project_stages", "data_sourcing", "testing_strategy", "feature_engineering"),
    writes=("model",),
    output=ModelDevelopment,
    options=options,
    conclude=conclude,
)
