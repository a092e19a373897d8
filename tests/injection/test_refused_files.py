"""Files with mistakes: what is wrong is told with the words that are wrong, and those do nothing, on GitHub and as Markdown."""

from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from agents.reports.secrets import find_secrets
from bot.cli import exits
from bot.cli.action.look import told
from bot.cli.diff import _safe
from bot.cli.engine_run import engine_in_memory, pass_through
from bot.cli.plan import markdown
from bot.publish.desired import Context
from bot.publish.rehearsal import REPOSITORY
from bot.publish.views.preview import Preview, checks_table, comment
from bot.publish.views.texts import texts
from tests.injection import detectors as d
from tests.injection.corpus import corpus

SEEN = [
    case for case in corpus() if not list(d.acting(case.text)) and case.repeat == 1 and not any(find_secrets(case.text))
]
"""Files that hold a secret are not read that far (tests/intake)."""
AT_ONCE = 12
FOLDER = "ml/`x @octocat <b>"


def mistaken(texts: Sequence[str]) -> bytes:
    first = texts[0]
    document: dict[str, Any] = {
        "version": 1,
        "project": {"name": first, "problem": first, "domain": first},
        **dict.fromkeys(texts, 1),
        "cloud": first,
        "regions": list(texts),
        "choose": {text: text for text in texts},
        "assume": {text: text for text in texts},
        "extends": first,
        "data": {"sources": [{"name": text, "columns": {text: text}, "owner": [text]} for text in texts]},
        "waivers": [{"rule": text, "owner": text, "reason": text, "until": text, "scope": [text]} for text in texts],
    }
    return yaml.safe_dump(document, allow_unicode=True).encode()


@pytest.mark.parametrize("start", range(0, len(SEEN), AT_ONCE), ids=lambda start: SEEN[start].id)
def test_mistakes_are_told_in_words_that_do_nothing(
    start: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [case.text for case in SEEN[start : start + AT_ONCE]]
    ran = pass_through(mistaken(words), "constraints.yaml", None, engine_in_memory())
    assert ran.proposal.outcome == "invalid" and len(ran.proposal.findings) > 5 * len(words)
    context = Context(REPOSITORY, root=FOLDER)
    checks = texts(ran.proposal, context).checks
    pages = [*(c.summary for c in checks), *(c.text for c in checks), checks_table(checks), markdown(ran)]
    pages += [comment([Preview(text, "churn", checks, "") for text in words], words, words[0])]
    pages += [told(words[0], ran, context).page, *(_safe(text, "markdown") for text in words)]
    monkeypatch.setattr(exits, "asked", "markdown")
    for text in words:
        exits._tell(exits.Exit.BAD_INPUT, f"{text}: no such file", text, ())
        pages.append(capsys.readouterr().out)
    assert [found for page in pages for found in d.found_in(d.Surface("github", "", page), ("github.com",), {})] == []
