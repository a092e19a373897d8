"""Check runs on a commit: the five that should be there, once each."""

from collections.abc import Sequence
from dataclasses import replace

from agents.domain.base import digest
from bot.ports.github import Annotation, CheckRun, GitHubRepository, NewCheck
from bot.publish.desired import Check, full_name
from bot.publish.limits import ANNOTATIONS


def ensure_check_runs(
    repository: GitHubRepository,
    checks: Sequence[Check],
    head: str,
    *,
    project: str,
    several: bool = False,
    details_url: str | None = None,
) -> None:
    """Creates or updates what differs. A run that says the same is left alone, however often this is called.

    `several`: the commit has checks of other projects too, so that names carry the slug.
    """
    standing = {run.name: run for run in repository.list_check_runs(head)}
    for check in checks:
        new = NewCheck(
            name=full_name(check.name, project, several),
            head_sha=head,
            conclusion=check.conclusion,
            title=check.title,
            summary=check.summary,
            text=check.text,
            external_id=_content_id(check),
            details_url=details_url,
        )
        _ensure(repository, new, check.annotations, standing.get(new.name))


def _ensure(
    repository: GitHubRepository, new: NewCheck, annotations: Sequence[Annotation], run: CheckRun | None
) -> None:
    if run is None or not _same_notes(run, new, annotations):
        # Annotations can only be added: other ones need a new run, which replaces this one in GitHub's list.
        run = repository.create_check_run(replace(new, annotations=tuple(annotations[:ANNOTATIONS])))
        written = ANNOTATIONS
    elif not _same(run, new):
        repository.update_check_run(run.id, new)
        written = _written(run, annotations)
    else:
        written = _written(run, annotations)
    for start in range(written, len(annotations), ANNOTATIONS):
        more = tuple(annotations[start : start + ANNOTATIONS])
        repository.update_check_run(run.id, replace(new, annotations=more))


def _written(run: CheckRun, annotations: Sequence[Annotation]) -> int:
    """How many annotations are there: fewer than wanted if an attempt ended between two calls."""
    return len(annotations) if run.annotations is None else run.annotations


def _same(run: CheckRun, new: NewCheck) -> bool:
    if run.status != "completed" or run.conclusion != new.conclusion:
        return False
    return run.external_id == new.external_id if run.external_id else run.title == new.title


def _same_notes(run: CheckRun, new: NewCheck, annotations: Sequence[Annotation]) -> bool:
    if not run.external_id:
        return run.annotations in (None, len(annotations))
    return run.external_id.rpartition(".")[2] == new.external_id.rpartition(".")[2]


def _content_id(check: Check) -> str:
    """Digest of what is said and of the annotations: tells, without reading all of it back, whether a run
    is current.
    """
    said = [check.conclusion, check.title, check.summary, check.text]
    notes = [[a.path, a.start_line, a.end_line, a.level, a.message, a.title] for a in check.annotations]
    return f"mlwright.{digest(said)[:16]}.{digest(notes)[:16]}"
