"""Availability that the composition really reaches: serial parts, what may fail together, runs that can be repeated."""

from collections.abc import Iterator

from agents.critics.bottlenecks import chain_hours
from agents.critics.critic import GPU_FAMILIES, Critic, CriticFacts, technical
from agents.domain.findings import Finding, Severity
from agents.domain.month import minutes_down
from agents.domain.outputs import InferencePipeline, PipelinesBlueprint
from agents.domain.outputs.inference_pipeline import Fallback
from agents.expert.paths import Path, paths_of, promised, short
from agents.patterns import Catalogue


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """Each path of the plan against `availability_target`."""
    paths = {path.promise: path for path in paths_of(facts.requirements, facts.composition)}
    return (
        *_promise(facts, paths.get("an answer")),
        *_model(facts, paths.get("an answer")),
        *_events(facts, paths.get("the score of an event")),
        *_runs(facts, paths.get("a run's scores")),
    )


def _promise(facts: CriticFacts, path: Path | None) -> Iterator[Finding]:
    """The promise itself. Who can mend it: the agent whose slot has a pattern with which the path holds."""
    target = facts.requirements.availability_target
    reached = min(promised(facts.requirements, facts.composition), facts.composition.availability_pct)
    if not short(reached, target):
        return
    told = path.told if path else "the stream" if facts.live else "store and scoring"
    slot, wrong = _mendable(facts, path) if path else (None, ())
    yield technical(
        "availability",
        Severity.ERROR,
        slot,
        f"the parts in series reach {reached:g} % ({told}): {minutes_down(reached):g} minutes a month are lost,"
        f" availability_target {target:g} % leaves {minutes_down(target):g}",
        f"Take another pattern for {slot}." if slot else f"Set availability_target to {reached:g} or less.",
        slot or "availability_target",
        wrong,
    )


def _mendable(facts: CriticFacts, path: Path) -> tuple[str | None, tuple[str, ...]]:
    """The weakest slot in which another pattern would do, and its patterns that would not."""
    catalogue, target, composition = Catalogue.load(), facts.requirements.availability_target, facts.composition
    for part in sorted(path.parts, key=lambda p: p.percent):
        if part.slot is None:
            continue
        options = [
            pattern.id
            for pattern in catalogue.for_slot(part.slot, facts.requirements.cloud)
            if not catalogue.evaluate(pattern, facts.requirements, GPU_FAMILIES).refusals
        ]
        reached = {
            name: promised(
                facts.requirements, composition.model_copy(update={"slots": {**composition.slots, part.slot: name}})
            )
            for name in options
        }
        wrong = tuple(name for name, percent in reached.items() if short(percent, target))
        if len(wrong) < len(options):
            return part.slot, wrong
    return None, ()


def _model(facts: CriticFacts, path: Path | None) -> Iterator[Finding]:
    """A hosted model is one more part in series, unless something answers without it."""
    target = facts.requirements.availability_target
    if path is None or not path.soft or not short(path.hard_percent, target):
        return
    inference = facts.output("inference_pipeline", InferencePipeline)
    refuses = inference is not None and inference.fallback is Fallback.REFUSE
    figures = (
        f"with the hosted language model in series an answer is there {path.hard_percent:g} % of the time"
        f" ({path.told}), availability_target is {target:g} %"
    )
    if refuses:
        yield technical(
            "availability",
            Severity.ERROR,
            "inference_pipeline",
            f"{figures}, and the fallback refuses",
            "Answer with the passages found when no text can be written.",
            "inference.fallback",
            (Fallback.REFUSE.value,),
        )
    else:
        yield technical(
            "availability",
            Severity.WARNING,
            None,
            f"{figures}: for {minutes_down(path.hard_percent) - minutes_down(path.percent):g} minutes a month the"
            " fallback answers",
            "Count answers of the fallback apart, and tell callers that they may come.",
            "availability_target",
        )


def _events(facts: CriticFacts, path: Path | None) -> Iterator[Finding]:
    """Events wait while a consumer is down: they are not lost, and they are late."""
    target = facts.requirements.availability_target
    if path is None or not short(path.percent, target):
        return
    yield technical(
        "timely-scores",
        Severity.WARNING,
        "serve.streaming",
        f"events are scored in time {path.percent:g} % of a month ({path.told}); availability_target {target:g} % is"
        f" about accepting them: {minutes_down(path.percent):g} minutes a month they wait",
        "Let producers retry with a local buffer, and alarm on the age of the oldest event.",
        "availability_target",
    )


def _runs(facts: CriticFacts, path: Path | None) -> Iterator[Finding]:
    """A run that cannot be repeated within its period is there as often as its parts are."""
    blueprint = facts.output("pipelines_blueprint", PipelinesBlueprint)
    if path is None or blueprint is None or blueprint.runs_per_day <= 0:
        return
    chain, period = chain_hours(facts, blueprint.runs_per_day), 24 / blueprint.runs_per_day
    if 2 * chain > period and short(path.percent, facts.requirements.availability_target):
        yield technical(
            "on-time-runs",
            Severity.WARNING,
            "pipelines_blueprint",
            f"a run takes {chain:.2g} of {period:g} hours, so a failed one cannot be repeated in time:"
            f" {path.percent:.4g} % of runs are there ({path.told})",
            "Run less often or with more workers, so that a second attempt fits.",
            "availability_target",
        )


CRITIC = Critic(name="availability", stage="plan", judge=judge)
