"""Chapter 2: how code, infrastructure, data, prompts and models are versioned, and who lets them pass."""

from agents.domain.outputs.versioning_governance import PromptVersioning, VersioningGovernance
from agents.reports.book import Book, Chapter, Section
from agents.reports.text import code, count, one_line


def _out(book: Book) -> VersioningGovernance:
    return book.read("versioning_governance", VersioningGovernance)


def _code(book: Book) -> str:
    out = _out(book)
    return (
        f"{out.branch_strategy.value}: {', '.join(f'`{b}`' for b in out.protected_branches)} protected, "
        f"{count(out.required_reviews, 'approving review')} before a merge."
    )


def _infrastructure(book: Book) -> str:
    infra = _out(book).infrastructure
    return (
        f"{infra.applies.value}; AWS provider {infra.provider_version}. The account is "
        f"compared with the code at `{infra.drift_cron}` UTC; old states stay readable for "
        f"{count(infra.state_versions_days, 'day')}."
    )


def _data(book: Book) -> str:
    out = _out(book)
    return f"{out.data_versioning.value}; an old training set can be read for {count(out.data_versions_days, 'day')}."


def _prompts(book: Book) -> str:
    how, r = _out(book).prompt_versioning, book.requirements
    told = {
        PromptVersioning.NONE: (
            f"None: {one_line(r.slug)} answers with a model that is trained on {code(r.data.label or 'its rows')}"
            f" ({r.problem.value}), and no text steers it."
        ),
        PromptVersioning.FILES_BY_HASH: (
            f"{book.file('prompts/answer.md')} is reviewed and released with the code; its hash is told with every answer."
        ),
        PromptVersioning.REGISTRY: (
            f"{book.file('prompts/answer.md')} is the first version; people register the next without a release, each kept"
            " under its hash."
        ),
    }
    return told[how]


def _models(book: Book) -> str:
    out = _out(book)
    return f"{' → '.join(out.model_stages)}; {count(out.models_kept, 'old version')} kept for a rollback."


CHAPTER = Chapter(
    "versioning_governance",
    "Versioning and Governance Strategy",
    (
        Section("Code", _code, ("versioning.branches",)),
        Section("Infrastructure", _infrastructure, ("versioning.infrastructure",)),
        Section("Data", _data, ("versioning.data",)),
        Section("Prompts", _prompts, ("versioning.prompts",)),
        Section("Models", _models),
    ),
)
