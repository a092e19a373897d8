"""Whoever wrote a secret, nothing of the tree it stands in is kept, and nobody is shown its value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from agents.domain.files import MergedTree
from agents.errors import BadInput, Defect, EngineError
from agents.graph.briefing import screen
from agents.graph.context import Engine
from agents.graph.memory import MemoryArtifacts, engine_in_memory
from agents.graph.refusal import refuse_leaks, refuse_leaks_by_shape
from agents.graph.run import new_run
from agents.graph.staging import Staged
from agents.graph.state import State
from agents.graph.whatif import Refused, decided
from agents.intake.parse import parse
from agents.llm.checks import LONGEST, _text_fault
from agents.llm.provider import Turn
from agents.render.merge import merge
from agents.reports.secrets import find_secrets, mask_secrets
from agents.validators import secret_scan
from agents.validators.judge import validate
from bot.bootstrap import build_provider
from bot.cli.engine_run import run_engine
from bot.ports.ledger import Spent
from bot.settings import load_settings
from tests.merge.merge_branch import Branch, file

TOKEN = "ghp_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"
GUESSED = "api_key: " + "8f14e45fceea167a5a36dedd4bea2543f3c2b1d9"
"""Only gitleaks knows this one, by its name and its entropy."""
SOURCE = b"version: 1\nproject: {name: churn}\n"


@dataclass
class Heard:
    """Events as they were told."""

    told: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def emit(self, type: str, payload: Mapping[str, Any]) -> None:
        self.told.append((type, payload))


@dataclass
class Desk:
    """A merge on its way into a store."""

    engine: Engine
    staged: Staged
    tree: MergedTree
    state: State
    heard: Heard

    @property
    def kept(self) -> dict[str, bytes]:
        store = self.engine.artifacts
        assert isinstance(store, MemoryArtifacts)
        return store._content


def desk(generated: dict[str, bytes], edits: dict[str, bytes] | None = None, source: bytes = SOURCE) -> Desk:
    """`generated` merged with a branch on which people changed those of its files."""
    heard = Heard()
    engine = replace(engine_in_memory(), events=heard)
    state = State(run_meta=new_run(thread_id="t", source=engine.artifacts.put(source), root="teams/churn"))
    before = MemoryArtifacts()
    branch = Branch()
    plain = dict.fromkeys(generated, b"# as generated\n" * 9)
    branch.publish(merge(tuple(file(p, c, before) for p, c in plain.items()), branch, before, None), before)
    for path, content in (edits or {}).items():
        branch.write(path, content)
    staged = Staged(engine.artifacts)
    files = tuple(file(path, content, staged) for path, content in generated.items())  # type: ignore[arg-type]
    return Desk(engine, staged, merge(files, branch, staged, None, part=lambda path: True), state, heard)


def scan(made: Desk) -> None:
    refuse_leaks(made.tree, made.staged, made.state, made.engine)


def records(made: Desk) -> None:
    refuse_leaks_by_shape(made.tree, made.staged, "teams/churn", made.engine)


CLEAN = {"Makefile": b"# as generated\n" * 9, "src/a.py": b"x = 1\n"}
LEAK = f"# as generated\n# {TOKEN}\n".encode() + b"# as generated\n" * 8


@pytest.mark.parametrize(
    "made, look, error, place",
    [
        (lambda: desk(CLEAN, {"Makefile": LEAK}), scan, BadInput, "teams/churn/Makefile:2"),
        (lambda: desk({**CLEAN, "src/a.py": LEAK}), scan, Defect, "teams/churn/src/a.py:2"),
        (
            lambda: desk({**CLEAN, "README.md": GUESSED.encode()}, source=SOURCE + f"# {GUESSED}\n".encode()),
            scan,
            BadInput,
            "teams/churn/constraints.yaml:3",
        ),
        (lambda: desk(CLEAN, {"Makefile": LEAK}), records, BadInput, "teams/churn/Makefile:2"),
    ],
    ids=["people's edit", "template", "people's constraints", "people's edit of a record"],
)
def test_the_run_ends_and_only_the_places_are_kept(made: Any, look: Any, error: type[EngineError], place: str) -> None:
    made = made()
    before = dict(made.kept)
    with pytest.raises(error) as refused:
        look(made)
    words = f"{refused.value.message} {refused.value.remedy} {getattr(refused.value, 'findings', '')} {made.heard.told}"
    assert place in refused.value.message and TOKEN not in words and GUESSED[9:] not in words
    assert made.kept == before, "nothing of the tree was stored"
    ((kind, payload),) = made.heard.told
    assert kind == "secret-found" and payload["places"][0].startswith(f"{place} secret-scan.")
    if error is BadInput:
        assert "/adopt" in refused.value.remedy and "revoke it" in refused.value.remedy


def test_what_holds_none_is_kept_whole_and_is_not_scanned_again() -> None:
    made = desk({**CLEAN, "b.py": b"y = 2\n"}, {"Makefile": b"# mine\n" + CLEAN["Makefile"]})
    before = dict(made.kept)
    result = refuse_leaks(made.tree, made.staged, made.state, made.engine)
    assert made.kept == before and not made.heard.told
    made.staged.keep(f.sha256 for f in (*made.tree.files, *made.tree.pristine))
    assert set(made.kept) - set(before) == {f.sha256 for f in (*made.tree.files, *made.tree.pristine)}
    files = {f.path: made.engine.artifacts.get(f.sha256) for f in made.tree.files}
    ran = []
    spied = replace(secret_scan.VALIDATOR, run=lambda *_: ran.append(1))
    report = validate(files, validators=[spied], judged_before=(result,))
    assert [r for r in report.results if r.tool == "gitleaks"] == [result] and not ran


def test_a_constraint_file_with_a_secret_is_planned_nowhere() -> None:
    content = f"version: 1\nproject: {{name: churn, description: use {TOKEN}}}\nbudget: {TOKEN}\n".encode()
    parsed = parse(content, "a/constraints.yaml")
    assert parsed.constraints is None and {f.rule for f in parsed.findings} == {"constraints.secret"}
    assert [f.location.line for f in parsed.findings if f.location] == [2, 3] and TOKEN not in str(parsed)
    engine = engine_in_memory()
    refused = decided(content, engine, None)
    assert isinstance(refused, Refused) and refused.findings[0].rule == "constraints.secret"
    with pytest.raises(BadInput, match="holds a secret"):
        run_engine(content, "constraints.yaml", None, None, None)


def test_every_shape_can_be_masked() -> None:
    shapes = (
        TOKEN,
        "AKIA" + "Z7Q2M4N6P3R5T2V4",
        "sk-ant-" + "api03-Zq8Wx2Lm5Tn7Rb3Vc9",
        "xoxb-" + "123456789012-abcdefGHIJKL",
        "AIza" + "SyD4kX8mQ2wE6rT9yU3iO7pA1sF5gH0jK2l",
        "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc",
        "postgres://" + "app:hunter22@db.internal",
    )
    text = "\n".join(f"it said {shape} here" for shape in shapes)
    assert len(list(find_secrets(text))) == len(shapes)
    masked = mask_secrets(f"{text}\nAKIAIOSFODNN7EXAMPLE")
    assert not list(find_secrets(masked)) and not any(shape in masked for shape in shapes)
    assert masked.count("it said [") == len(shapes) and masked.endswith("AKIAIOSFODNN7EXAMPLE")


def test_a_models_prose_with_a_secret_is_sent_back_and_put_aside_masked() -> None:
    said = _text_fault(f"Use {TOKEN} for the registry.", LONGEST, screen)
    assert said == "holds what looks like a secret (github-token); leave it out"
    aside: list[str] = []
    purse = SimpleNamespace(spent=lambda days: Spent(0, Decimal(0)), aside=lambda agent, text: aside.append(text))
    settings = load_settings(anthropic_api_key=SecretStr("x" * 20), provider="anthropic")
    slack = "xoxb-" + "123456789012-abcdefGHIJKL"
    provider = build_provider(settings, None, None, purse)  # type: ignore[arg-type]
    provider.quarantine("tech_stack", [Turn(f"Use {TOKEN} or {slack}.", said)])
    assert len(aside) == 1 and TOKEN not in aside[0] and slack not in aside[0] and "[slack-token]" in aside[0]
    MemoryArtifacts().put(aside[0].encode())
