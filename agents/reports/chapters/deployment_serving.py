"""Chapter 11: what answers, how a new version takes over, and how it is taken back."""

from agents.domain.outputs.deployment_serving import DeploymentServing, Rollback
from agents.reports.book import Book, Chapter, Section, bullets
from agents.reports.names import pattern_words, slot_words
from agents.reports.text import cell, count


def _out(book: Book) -> DeploymentServing:
    return book.read("deployment_serving", DeploymentServing)


def _serving(book: Book) -> str:
    out = _out(book)
    lines = [f"**{slot_words(slot)}**: {cell(pattern_words(p))}" for slot, p in sorted(out.patterns.items())]
    return bullets(lines)


def _scaling(book: Book) -> str:
    out = _out(book)
    rules = [f"{slot_words(r.slot)} holds {r.metric} at {r.target:g} {r.unit}" for r in out.scaling]
    words = [f"{out.min_replicas} to {out.max_replicas} replicas"] if out.max_replicas else []
    if out.warm_up_predictions:
        words.append(f"a new one makes {count(out.warm_up_predictions, 'prediction')} before it takes traffic")
    return "; ".join([*words, *rules]) + "." if words or rules else ""


def _rollout(book: Book) -> str:
    out = _out(book)
    words = [f"{out.rollout.value}."]
    if out.shadow_days:
        words.append(f"Beside the champion for {count(out.shadow_days, 'day')} first.")
    if out.canary_percent:
        words.append(f"{out.canary_percent} % of the traffic, watched for {count(out.bake_minutes, 'minute')}.")
    return " ".join(words)


def _rollback(book: Book) -> str:
    out, r = _out(book), book.requirements
    who = {
        Rollback.AUTOMATIC: "The service itself takes traffic back",
        Rollback.PERSON: f"One of {count(r.team_size, 'person', 'people')} runs it, by the runbook,",
    }[out.rollback]
    if not out.rollback_error_percent:
        return f"{who} when the comparison of versions tells so."
    allowed = f"twice the {100 - r.availability_target:.4g} % that {r.availability_target:g} % of availability leaves"
    return f"{who} from {out.rollback_error_percent:g} % errors on: {allowed}."


CHAPTER = Chapter(
    "deployment_serving",
    "Planning Deployment, Serving",
    (
        Section("What answers", _serving, ("serve",)),
        Section("Scaling", _scaling),
        Section("Roll-out", _rollout, ("deploy.rollout",)),
        Section("Roll-back", _rollback, ("deploy.rollback",)),
    ),
)
