"""What a person's pull request would do, before it is merged: the comment, and the words it shares with others."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.graph.whatif import WhatIf
from agents.graph.whatif_words import whatif_lines
from agents.reports.text import cell, code, fold, neutralise, table, truncate
from bot.publish.desired import Check
from bot.publish.limits import BODY

MARKS = {"success": "✅", "failure": "❌", "action_required": "⏸", "neutral": "⚠️"}
CUT = "… cut at GitHub's limit; all of it is in the checks."


@dataclass(frozen=True)
class Preview:
    """One constraints file of the pull request. `told` is Markdown: what changes against the default branch."""

    path: str
    slug: str
    checks: tuple[Check, ...]
    told: str


def checks_table(checks: Sequence[Check]) -> str:
    rows = [(f"{MARKS.get(check.conclusion, '·')} {check.name}", cell(check.title)) for check in checks]
    return table(("check", ""), rows)


def effect(found: WhatIf) -> str:
    """The lines of a comparison as Markdown, with everything untrusted made inert."""
    lines = [neutralise(" ".join(line.splitlines())) for line in whatif_lines(found, "**", "- ")]
    return "\n".join(f"{line}**\n" if line.startswith("**") else line for line in lines)


def comment(previews: Sequence[Preview], more: Sequence[str], base: str) -> str:
    """The one comment of the pull request; `more` are constraints files that were not looked at."""
    if not previews:
        return "This pull request changes no `constraints.yaml` any more, so there is nothing to preview."
    stopped = [preview for preview in previews if any(check.blocks for check in preview.checks)]
    head = (
        f"> ❌ Merged as it is, {cell(', '.join(p.path for p in stopped), 300)} could not be planned, or not made ready."
        if stopped
        else f"> ✅ Merged into {code(base)}, this is planned and proposed in a pull request of its own."
    )
    parts = [head, "A preview: nothing was written to your branch."]
    for preview in previews:
        parts += [f"### {code(preview.path)}", checks_table(preview.checks)]
        if preview.told:
            parts.append(fold(f"What changes against {code(base)}", preview.told))
    if more:
        parts.append(f"Not looked at, for there are many: {', '.join(code(path) for path in more[:20])}.")
    return truncate("\n\n".join(parts), BODY - 500, CUT)
