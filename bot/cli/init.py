"""`mlwright init`: a first constraints.yaml, from plain words (Quick Start) or question by question (Guided Setup)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from agents.errors import BadInput
from bot.cli.exits import Exit

SNAPSHOT = Path(".mlwright") / "intake.json"


def init(text: str | None, name: str | None, out: Path, yes: bool) -> int:
    """Writes the file and the intake snapshot beside it. Never overwrites. Raises BadInput if the file exists."""
    if out.exists():
        raise BadInput(f"{out} exists already. Nothing was changed.", remedy="Edit it, or name another with --out.")
    if text == "-":
        text = sys.stdin.read()
    if text is not None:
        return _quick_start(text, name, out, yes)
    if not sys.stdin.isatty():
        raise BadInput(
            "Guided Setup needs a terminal.", remedy="Give your words instead: mlwright init --text '…' (or --text -)."
        )
    return _guided(name, out)


def _quick_start(text: str, name: str | None, out: Path, yes: bool) -> int:
    """Quotes back, field by field, which words each value came from."""
    from agents.intake.freetext import draft, extract

    extraction = extract(text)
    for quoted in extraction.quoted:
        print(f"  {quoted.key} = {quoted.value}   from “{quoted.quote}”")
    for words in extraction.not_understood:
        print(f"  ? not understood: “{words}”")
    values = draft(extraction, name or "my-project")
    if not yes and sys.stdin.isatty() and input(f"Write {out}? [Y/n] ").strip().lower() not in ("", "y", "yes"):
        print("Nothing was written.")
        return Exit.GOOD
    return _write("quick", values, out, text, extraction)


def _guided(name: str | None, out: Path) -> int:
    """Asks what decides most first; a blank answer skips a step. Shows coverage and cost as they move."""
    from agents.intake.guided import final_values, judge, meter, next_step

    answers: dict[str, Any] = {"project.name": name} if name else {}
    while (asked := next_step(answers, _effect)) is not None:
        print(f"\n{meter(answers) * 100:3.0f} % covered · {asked.remaining} left")
        print(f"{asked.step.text}  {asked.step.hint}".rstrip())
        for number, choice in enumerate(asked.choices, 1):
            print(f"  {number}. {choice.label}  {choice.effect}".rstrip())
        unit = f" ({asked.unit})" if asked.unit else ""
        verdict = judge(answers, asked.step.key, input(f"{asked.step.key}{unit}: ").strip())
        if verdict.problem is not None:
            print(f"❌ {verdict.problem}")
            continue
        for warning in verdict.warnings:
            print(f"⚠️ {warning}")
        answers[asked.step.key] = verdict.value
        told = _effect_of(answers)
        if told:
            print(f"   now: {told}")
    return _write("guided", final_values(answers), out, "", None, answers)


def _effect_of(answers: dict[str, Any]) -> str | None:
    from agents.domain.constraints import Constraints
    from agents.intake.guided import final_values

    try:
        constraints = Constraints.model_validate({"version": 1, **final_values(answers)})
    except ValueError:
        return None
    return _effect(constraints)


def _effect(constraints: Any) -> str | None:
    """The plan and its cost for these constraints, in a few words; None while too little is known."""
    from agents.intake.coverage import cover
    from bot.cli.quick_plan import outline

    if cover(constraints).blocked:
        return None
    try:
        quick = outline(constraints, None, None)
    except BadInput:
        return None
    if quick.monthly_usd is None:
        return "no plan is feasible"
    serving = [p.partition(":")[2] for slot, p in (quick.slots or {}).items() if slot.startswith("serve")]
    return f"{', '.join(serving)}, about ${quick.monthly_usd:,.0f} a month"


def _write(
    mode: Any, values: dict[str, Any], out: Path, text: str, extraction: Any, answers: dict[str, Any] | None = None
) -> int:
    from agents.domain.base import pretty_json
    from agents.intake.coverage import cover
    from agents.intake.parse import parse
    from agents.intake.snapshot import snapshot
    from agents.intake.write import render_yaml

    content = render_yaml(values, suggest=True).encode("utf-8")
    parsed = parse(content, out.name)
    if parsed.constraints is None:
        raise BadInput("These answers do not make a valid file.", parsed.findings)
    coverage = cover(parsed.constraints)
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
    return Exit.INPUT_NEEDED if coverage.blocked else Exit.GOOD
