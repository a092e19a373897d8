"""`mlwright init`: a first constraints.yaml, from plain words (Quick Start) or question by question (Guided Setup)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import BadInput
from bot.cli.exits import Exit

if TYPE_CHECKING:
    from agents.domain.coverage import ClarifyingQuestion
    from agents.intake.effect import Effect

SNAPSHOT = Path(".mlwright") / "intake.json"


def init(text: str | None, name: str | None, out: Path, yes: bool) -> int:
    """Writes the file and the intake snapshot beside it. Never overwrites. Raises BadInput if the file exists."""
    if out.exists():
        raise BadInput(f"{out} exists already. Nothing was changed.", remedy="Edit it, or name another with --out.")
    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
    if text is not None:
        text = os.fsencode(text).decode("utf-8", "replace")  # bytes of another encoding are no reason to stop
        return _quick_start(text, name, out, yes)
    if not sys.stdin.isatty():
        raise BadInput(
            "Guided Setup needs a terminal.", remedy="Give your words instead: mlwright init --text '…' (or --text -)."
        )
    return _guided(name, out)


def _quick_start(text: str, name: str | None, out: Path, yes: bool) -> int:
    """Quotes back, field by field, which words each value came from."""
    from agents.intake.freetext import draft, extract, plannable

    extraction = extract(text)
    for quoted in extraction.quoted:
        print(f"  {quoted.key} = {quoted.value}   from “{quoted.quote}”")
    for words in extraction.not_understood:
        print(f"  ? not understood: “{words}”")
    values, refused = plannable(draft(extraction, name or "my-project"))
    for told in refused:
        print(f"❌ left out: {told}")
    if sys.stdin.isatty() and not yes:
        values |= _ask_until_covered(values)
    if not yes and sys.stdin.isatty() and input(f"Write {out}? [Y/n] ").strip().lower() not in ("", "y", "yes"):
        print("Nothing was written.")
        return Exit.GOOD
    return _write("quick", values, out, text, extraction)


def _ask_until_covered(values: dict[str, Any]) -> dict[str, Any]:
    """Asks what the text left open, at most three questions at a time, until enough is known or the person goes on."""
    from agents.intake.answers import constraints_from
    from agents.intake.coverage import cover
    from agents.intake.guided import judge
    from bot.cli.quick_plan import outlooks

    effect, answers, left = outlooks(), dict[str, Any](), set[str]()
    while True:
        coverage = cover(constraints_from({**values, **answers}), effect)
        asked = [question for question in coverage.questions if question.key not in left]
        if not asked:
            return answers
        print(f"\n{coverage.score * 100:3.0f} % covered of {coverage.threshold * 100:.0f} % asked for")
        for question in asked:
            answer = _answered(question)
            if answer == _GO_ON:
                return {**answers, "assume": {"rest": True}}
            left.add(question.key)
            verdict = judge({**values, **answers}, question.key, answer)
            if answer and verdict.problem is not None:
                print(f"❌ {verdict.problem}")
                left.discard(question.key)
            elif answer:
                answers[question.key] = verdict.value


_GO_ON = "go on"


def _answered(question: ClarifyingQuestion) -> str:
    """What the person writes: a choice's number becomes its value."""
    print(f"\n{question.text}  {question.why}")
    for number, choice in enumerate(question.choices, 1):
        print(f"  {number}. {choice.label}: {choice.effect}")
    said = input(f"{question.key} (a number, a value, nothing to skip, or '{_GO_ON}'): ").strip()
    return question.choices[int(said) - 1].value if said.isdigit() and 0 < int(said) <= len(question.choices) else said


def _guided(name: str | None, out: Path) -> int:
    """Asks what decides most first; a blank answer skips a step. Shows coverage, plan and cost as they move."""
    from agents.intake.guided import final_values, judge, meter, next_step
    from bot.cli.quick_plan import outlooks

    effect = outlooks()
    answers: dict[str, Any] = {"project.name": name} if name else {}
    while (asked := next_step(answers, effect)) is not None:
        print(f"\n{meter(answers) * 100:3.0f} % covered · {asked.remaining} left")
        print(f"{asked.step.text}  {asked.step.hint}".rstrip())
        for number, choice in enumerate(asked.choices, 1):
            print(f"  {number}. {choice.label}  {choice.effect}".rstrip())
        unit = f" ({asked.unit})" if asked.unit else ""
        said = input(f"{asked.step.key}{unit}: ").strip()
        if said.isdigit() and not unit and 0 < int(said) <= len(asked.choices):
            said = asked.choices[int(said) - 1].value
        verdict = judge(answers, asked.step.key, said)
        if verdict.problem is not None:
            print(f"❌ {verdict.problem}")
            continue
        for warning in verdict.warnings:
            print(f"⚠️ {warning}")
        answers[asked.step.key] = verdict.value
        _tell(answers, effect)
    return _write("guided", final_values(answers), out, "", None, answers)


def _tell(answers: dict[str, Any], effect: Effect) -> None:
    """The plan and its cost as they are by now, once cloud, regions and data class are known."""
    from agents.intake.answers import constraints_from
    from agents.intake.coverage import cover
    from agents.intake.effect import told

    constraints = constraints_from({key: value for key, value in answers.items() if value is not None})
    now = None if cover(constraints).blocked else effect(constraints)
    if now is not None:
        print(f"   now: {told(None, now)}")


def _write(
    mode: Any, values: dict[str, Any], out: Path, text: str, extraction: Any, answers: dict[str, Any] | None = None
) -> int:
    from agents.domain.base import pretty_json
    from agents.intake.coverage import cover
    from agents.intake.parse import parse
    from agents.intake.snapshot import snapshot
    from agents.intake.write import render_yaml
    from bot.cli.quick_plan import outlooks

    content = render_yaml(values, suggest=True).encode("utf-8")
    parsed = parse(content, out.name)
    if parsed.constraints is None:
        raise BadInput("These answers do not make a valid file.", parsed.findings)
    coverage = cover(parsed.constraints, outlooks())
    taken = snapshot(
        mode,
        parsed.constraints,
        coverage,
        answers if answers is not None else {q.key: q.value for q in extraction.quoted},
        text,
        extraction.quoted if extraction is not None else (),
        extraction.not_understood if extraction is not None else (),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    kept = out.parent / SNAPSHOT
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(pretty_json(taken), encoding="utf-8")
    print(f"wrote {out} and {kept}   coverage {coverage.score * 100:.0f} %   next: mlwright check {out}")
    for question in coverage.questions:
        print(f"  {'⏸' if question.blocking else '?'} {question.key}: {question.text}")
        for choice in question.choices:
            print(f"      {choice.value}: {choice.effect}")
    return Exit.INPUT_NEEDED if coverage.blocked else Exit.GOOD
