"""Chapter 9: what is tried in which order, how it is judged, and where its mistakes are read."""

from agents.domain.outputs.model_development import ModelDevelopment
from agents.reports.book import Book, Chapter, Section, bullets
from agents.reports.text import code, count, one_line


def _out(book: Book) -> ModelDevelopment:
    return book.read("model_development", ModelDevelopment)


def _models(book: Book) -> str:
    out = _out(book)
    others = [name for name in out.families if name != out.family.value]
    compared = f"; compared with {', '.join(others)}" if others else ""
    return f"To beat: {one_line(out.baseline)}. {out.family.value}{compared}; {count(out.trials, 'setting')} tried."


def _judged(book: Book) -> str:
    out = _out(book)
    by = f" by {code(out.split_column)}" if out.split_column else ""
    gap = f", {count(out.gap_days, 'day')} left empty between" if out.gap_days else ""
    goal = f"{out.threshold:.0%} better than that rule" if out.threshold_is_lift else f"{out.threshold:g}"
    way = "at least" if out.higher_is_better else "at most"
    words = [
        f"Split {out.split.value}{by}: {out.validation_fraction:.0%} to compare settings, {out.test_fraction:.0%} to judge{gap}.",
        f"{code(out.metric)} must be {way} {goal} ({one_line(out.threshold_basis)}).",
    ]
    if out.calibrate:
        words.append("Scores are calibrated.")
    if out.answer_judge is not None:
        words.append(f"Answers are judged by {out.answer_judge.value} on {count(out.question_count, 'question')}.")
    return " ".join(words)


def _iterations(book: Book) -> str:
    return bullets(
        [f"**{i.name}**: {one_line(i.tries)}; goes on when {one_line(i.goes_on)}" for i in _out(book).iterations]
    )


def _errors(book: Book) -> str:
    out = _out(book)
    words = []
    if out.error_rows:
        words.append(f"The {out.error_rows} worst held-out cases are kept with each version for people to read.")
    if out.slices:
        words.append(f"The metric is reported apart for {', '.join(code(name) for name in out.slices)}.")
    if out.imbalance.value != "as-is":
        words.append(f"Rare classes: {out.imbalance.value}.")
    return " ".join(words)


CHAPTER = Chapter(
    "model_development",
    "Model Development & Iteration",
    (
        Section("Baseline and families", _models, ("model.family",)),
        Section("Split and metric", _judged, ("model.split", "model.metric", "model.answers")),
        Section("Iterations", _iterations),
        Section("Error analysis", _errors, ("model.imbalance",)),
    ),
)
