"""Chapter 6: what is tested where, and what a model must show before and after it is released."""

from agents.domain.outputs.testing_strategy import OnlineTest, Suite, TestingStrategy
from agents.reports.book import Book, Chapter, Section, bullets
from agents.reports.text import code, count, one_line

DATA, MODELS, INFRASTRUCTURE = (
    ("data", "features", "contract"),
    ("model", "fairness"),
    ("infra", "load", "integration", "e2e"),
)


def _out(book: Book) -> TestingStrategy:
    return book.read("testing_strategy", TestingStrategy)


def _suites(book: Book, chosen: tuple[Suite, ...]) -> str:
    return bullets(
        [
            f"{code('tests/' + s.folder.removeprefix('tests/'))}: {one_line(s.purpose)}"
            + ("" if s.blocking else " (tells, does not block)")
            for s in chosen
        ]
    )


def _of(book: Book, folders: tuple[str, ...]) -> tuple[Suite, ...]:
    return tuple(s for s in _out(book).suites if s.folder.removeprefix("tests/").split("/")[0] in folders)


def _code(book: Book) -> str:
    out = _out(book)
    known = (*DATA, *MODELS, *INFRASTRUCTURE)
    rest = tuple(s for s in out.suites if s.folder.removeprefix("tests/").split("/")[0] not in known)
    return f"{out.depth.value}: tests must run {out.coverage_percent} % of the lines.\n\n" + _suites(book, rest)


def _models(book: Book) -> str:
    out = _out(book)
    power = "" if out.evaluation_power_reached else ", fewer than are needed: a drop of that size may pass unseen"
    told = (
        f"{out.model_gate.value}: {out.evaluation_rows:,} held-out rows ({out.test_fraction:.0%}) see a drop of "
        f"{out.tolerance:g}{power}. Slices are judged from {out.min_slice_rows:,} rows on."
    )
    return told + "\n\n" + _suites(book, _of(book, MODELS))


def _infrastructure(book: Book) -> str:
    out = _out(book)
    load = ""
    if out.load_test_rps:
        limit = f" and p95 must stay under {out.load_test_p95_ms:g} ms" if out.load_test_p95_ms else ""
        load = f"Load: {count(out.load_test_rps, 'request')} a second for {count(out.load_test_seconds, 'second')}{limit}.\n\n"
    return load + _suites(book, _of(book, INFRASTRUCTURE))


def _online(book: Book) -> str:
    out = _out(book)
    if out.online_test is OnlineTest.SMOKE:
        return "smoke: one call of the promoted version must succeed before it serves."
    return (
        f"replay: {out.replay_rows:,} cases of the last days are scored by both models; at most "
        f"{out.replay_max_changed:.1%} of the answers may differ."
    )


CHAPTER = Chapter(
    "testing_strategy",
    "Comprehensive ML Testing Strategy",
    (
        Section("Data & Features", lambda book: _suites(book, _of(book, DATA))),
        Section("Code & Pipelines", _code, ("testing.depth",)),
        Section("ML Models", _models, ("testing.gate",)),
        Section("Infrastructure & Serving", _infrastructure),
        Section("Online Testing / Testing in Production", _online, ("testing.online",)),
    ),
)
