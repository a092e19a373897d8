"""Chapter 1: the five stages, each with its length, its gate and what must be true at its end."""

from agents.domain.outputs.project_stages import ProjectStages, Stage
from agents.reports.book import Book, Chapter, Section, bullets
from agents.reports.text import count, one_line


def _stage(book: Book, name: str) -> str:
    out = book.read("project_stages", ProjectStages)
    stage = next((s for s in out.stages if s.id == name), None)
    if stage is None:
        return ""
    exits = bullets([one_line(text) for text in stage.exit_criteria])
    return "\n\n".join(part for part in (_effort(stage), exits) if part)


def _effort(stage: Stage) -> str:
    ends = "a check decides" if stage.gate == "metric" else "a person decides"
    return (
        f"{count(stage.weeks, 'week')}, {stage.person_weeks:g} person-weeks ({one_line(stage.effort_formula)}); "
        f"{ends} whether it is over."
    )


def _ideation(book: Book) -> str:
    out = book.read("project_stages", ProjectStages)
    goal = f" A release is worth it from {out.release_target:g} on." if out.release_target is not None else ""
    return f"{count(out.total_weeks, 'week')} in all, {out.path.value}.{goal} " + _stage(book, "ideation")


def _deployment(book: Book) -> str:
    out = book.read("project_stages", ProjectStages)
    silent = f" A new model is silent for {count(out.shadow_days, 'day')} first." if out.shadow_days else ""
    return f"A release passes {' → '.join(out.environments)}.{silent} " + _stage(book, "deployment")


CHAPTER = Chapter(
    "project_stages",
    "Project Stages: An Iterative Path to Production",
    (
        Section("Ideation & Planning", _ideation, ("stages.path",)),
        Section("Model experimentation, Iteration and Prototyping", lambda book: _stage(book, "experimentation")),
        Section("Pipelines Development", lambda book: _stage(book, "pipelines")),
        Section("Deployment & Serving", _deployment, ("stages.environments",)),
        Section("Monitoring & Continual Learning", lambda book: _stage(book, "monitoring")),
    ),
)
