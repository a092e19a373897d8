"""`mlwright check` and `mlwright schema`: what a file says and lacks, without generating anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.engine_run import read_constraints, require_date
from bot.cli.exits import Exit
from bot.cli.show import finding_line, rows

if TYPE_CHECKING:
    from agents.domain.coverage import ClarifyingQuestion, Coverage
    from agents.domain.findings import Finding
    from bot.cli.quick_plan import QuickPlan


def schema() -> int:
    """Prints the JSON Schema of the file."""
    from agents.intake.schema import schema_text

    print(schema_text(), end="")
    return Exit.GOOD


@dataclass(frozen=True)
class Checked:
    """What a file says and lacks. `coverage` and `quick` are None where it did not come to that."""

    code: Exit
    findings: tuple[Finding, ...]
    coverage: Coverage | None = None
    quick: QuickPlan | None = None
    project: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        return self.quick.facts if self.quick is not None else {}


def judged(file: Path, as_of: str | None, rules: Mapping[str, bytes] | None = None) -> Checked:
    """Schema, coverage, then the plan's cost and policies. `rules` None: those beside the file. Raises BadInput."""
    from agents.intake.coverage import cover
    from agents.intake.parse import parse
    from bot.cli.quick_plan import outlooks

    require_date(as_of)
    content = read_constraints(file)
    parsed = parse(content, str(file))
    if parsed.constraints is None:
        return Checked(Exit.BAD_INPUT, parsed.findings)
    project = parsed.constraints.project.name
    coverage = cover(parsed.constraints, outlooks())
    if coverage.blocked:
        return Checked(Exit.INPUT_NEEDED, parsed.findings, coverage, project=project)
    from bot.cli.quick_plan import quick_plan

    quick = quick_plan(content, parsed, as_of, file, rules)
    code = Exit.GATE_FAILED if quick.failed else Exit.GOOD
    return Checked(code, (*parsed.findings, *quick.findings), coverage, quick, project)


def check(constraints: Path, format: str, as_of: str | None) -> int:
    """Prints what a file says and lacks. No file is generated, nothing is written."""
    checked = judged(constraints, as_of)
    code, findings, coverage, facts = checked.code, checked.findings, checked.coverage, checked.facts
    if format == "json":
        document = {
            "findings": [f.model_dump(mode="json") for f in findings],
            "coverage": coverage.model_dump(mode="json") if coverage is not None else None,
            **facts,
        }
        print(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, default=str))
        return code
    if format == "markdown":
        print(markdown(checked), end="")
        return code
    for finding in findings:
        print(finding_line(finding))
    if coverage is not None:
        print(f"coverage {coverage.score * 100:.0f} %   assumptions {len(coverage.assumptions)}")
        for assumption in coverage.assumptions:
            print(f"  {assumption.id} {assumption.key} = {assumption.value}: {assumption.reason}")
        for question in coverage.questions:
            mark = "⏸" if question.blocking else "?"
            print(f"{mark} {question.key}: {question.text} {question.why}")
            for choice in question.choices:
                print(f"    {choice.value}: {choice.effect}")
        if coverage.questions and not coverage.blocked:
            print("  answer in the file, or go on with what is assumed: assume: {rest: true}")
    if facts:
        print(rows([(key, str(value)) for key, value in facts.items()]))
    print(ENDS[code])
    return code


ENDS = {
    Exit.GOOD: "✅ good to plan",
    Exit.GATE_FAILED: "❌ a gate fails: see above",
    Exit.BAD_INPUT: "❌ the file has mistakes; nothing was planned",
    Exit.INPUT_NEEDED: "⏸ answer the questions above, then plan",
}


def markdown(checked: Checked) -> str:
    """The same as a page, for a comment or a job summary: the verdict first."""
    from agents.reports.text import cell, one_line, table
    from agents.reports.text import code as span

    code, findings, coverage, facts = checked.code, checked.findings, checked.coverage, checked.facts
    parts = [f"# Check\n\n> {ENDS[code].replace('above', 'below')}"]
    if findings:
        lines = (one_line(finding_line(finding), 800) for finding in findings)
        parts.append("## Findings\n\n" + "\n".join(f"- {line}" for line in lines))
    if facts:
        rows_ = [(cell(key), cell(str(value), 400)) for key, value in facts.items()]
        parts.append("## Plan\n\n" + table(("for", "chosen"), rows_))
    if coverage is not None:
        parts.append(f"## Coverage\n\n{coverage.score * 100:.0f} % of what could change the plan is known.")
        assumed = [(a.id, span(a.key, in_table=True), cell(str(a.value)), cell(a.reason)) for a in coverage.assumptions]
        parts.append(table(("assumption", "of", "value", "because"), assumed))
        parts += [_asked(question) for question in coverage.questions]
    return "\n\n".join(part for part in parts if part) + "\n"


def _asked(question: ClarifyingQuestion) -> str:
    from agents.reports.text import cell, one_line, table
    from agents.reports.text import code as span

    must = "Must be answered: " if question.blocking else ""
    effects = [(span(choice.value, in_table=True), cell(choice.effect)) for choice in question.choices]
    asked = f"### {span(question.key)}\n\n{must}{one_line(question.text)} {one_line(question.why)}"
    return f"{asked}\n\n{table(('answer', 'effect'), effects)}".rstrip()
