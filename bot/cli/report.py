"""`mlwright report DIR`: the architecture report as one HTML file, to be sent to people who read no repository."""

from pathlib import Path

from bot.cli.exits import Exit
from bot.cli.outputs import REMEDY, read_lock, read_report


def report(folder: Path, out: Path) -> int:
    """Writes the page to `out`; exit 0. Raises BadInput for a folder that is no output, or an `out` that cannot be written."""
    from agents.errors import BadInput
    from agents.reports.architecture import PAGE, as_html
    from agents.reports.pages import COST_CHART

    lock = read_lock(folder)
    try:
        page = (folder / PAGE).read_text(encoding="utf-8")
        picture = (folder / COST_CHART).read_text(encoding="utf-8")
        html = as_html(page, lock.project, read_report(folder, "plan")["agents"], picture)
    except (OSError, UnicodeDecodeError, KeyError) as error:
        raise BadInput(f"{folder} has no whole architecture report: {error}.", remedy=REMEDY) from error
    try:
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}.", remedy="Name another file with --out.") from error
    print(f"wrote {out}")
    return Exit.GOOD
