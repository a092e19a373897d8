"""The commands of `mlwright`, their arguments and their help. Bodies are modules of their own, imported when called."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from typer.core import TyperGroup

from bot.cli.terminal import in_plain_text

SERVERS = ("web", "worker")
"""What they print are logs, with colours of their own."""


class _Commands(TyperGroup):
    """Every command prints text and nothing else, whatever it shows."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        if command is not None and command.callback is not None and cmd_name not in SERVERS:
            command.callback = in_plain_text(command.callback)
        return command


app = typer.Typer(
    name="mlwright",
    cls=_Commands,
    help="Plans, explains and generates production MLOps repositories from a constraints.yaml.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


class Format(StrEnum):
    """How a result is printed on standard output; progress goes to standard error."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class CodeGen(StrEnum):
    """Who writes at the extension points of generated files."""

    TEMPLATE = "template"
    CLAUDE = "claude"


ConstraintsFile = Annotated[Path, typer.Argument(help="The constraint file.", metavar="CONSTRAINTS")]
OutputFolder = Annotated[Path, typer.Argument(help="A folder that `mlwright plan` wrote.", metavar="DIR")]


def _remember(format: Format) -> Format:
    """Errors are told in the format that was asked for; what turns them into words runs after the command."""
    from bot.cli import exits

    exits.asked = format.value
    return format


FormatOption = Annotated[
    Format, typer.Option("--format", help="text, json or markdown.", callback=_remember, is_eager=True)
]
AsOf = Annotated[
    Optional[str],  # noqa: UP045 (Typer reads it)
    typer.Option("--as-of", help="Date (YYYY-MM-DD) at which waivers are judged. Without it no waiver counts."),
]


@app.command()
def plan(
    constraints: ConstraintsFile,
    out: Annotated[Path, typer.Option("--out", help="Folder to write the repository into.")],
    previous: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--previous", help="An earlier output: its edits are merged, the change is reported."),
    ] = None,
    format: FormatOption = Format.TEXT,
    as_of: AsOf = None,
    record: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--record", help="A new folder for what the model is asked and answers, to replay without a key."),
    ] = None,
    zip: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--zip", help="Write it into this zip file as well, without files that you added."),
    ] = None,
    codegen: Annotated[
        Optional[CodeGen],  # noqa: UP045
        typer.Option(
            "--codegen", help="Who writes at extension points where Claude plans (default: MLWRIGHT_CODEGEN)."
        ),
    ] = None,
) -> None:
    """Plan and write the whole repository with its reports. No servers, no network."""
    from bot.cli.plan import plan as run

    raise typer.Exit(
        run(
            constraints, out, previous, format.value, as_of, record, zip, codegen.value if codegen is not None else None
        )
    )


@app.command()
def replay(
    recording: Annotated[Path, typer.Argument(help="A folder that `plan --record` wrote.", metavar="DIR")],
    out: Annotated[Optional[Path], typer.Option("--out", help="An empty folder for the repository.")] = None,  # noqa: UP045
    format: FormatOption = Format.TEXT,
) -> None:
    """Repeat a recorded run without a key and without network; it must come to the same proposal."""
    from bot.cli.replay import replay as run

    raise typer.Exit(run(recording, out, format.value))


@app.command()
def check(constraints: ConstraintsFile, format: FormatOption = Format.TEXT, as_of: AsOf = None) -> None:
    """Check the file: schema, coverage, policies, cost. Writes nothing."""
    from bot.cli.check import check as run

    raise typer.Exit(run(constraints, format.value, as_of))


@app.command()
def schema() -> None:
    """Print the JSON Schema of constraints.yaml (for editors and other tools)."""
    from bot.cli.check import schema as run

    raise typer.Exit(run())


@app.command()
def init(
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--text", help="Quick Start: what you need, in your own words ('-' reads standard input)."),
    ] = None,
    name: Annotated[Optional[str], typer.Option("--name", help="The project's name (a slug).")] = None,  # noqa: UP045
    out: Annotated[Path, typer.Option("--out", help="Where to write the file.")] = Path("constraints.yaml"),
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Start a constraints.yaml: Quick Start from plain words, or Guided Setup in about two minutes."""
    from bot.cli.init import init as run

    raise typer.Exit(run(text, name, out, yes))


@app.command()
def profile(
    file: Annotated[Path, typer.Argument(help="A CSV, Parquet or JSON-lines file.", metavar="FILE")],
    write: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--write", help="The constraint file to write data.sources into; its comments stay."),
    ] = None,
    source: Annotated[Optional[str], typer.Option("--source", help="The source's name there.")] = None,  # noqa: UP045
    entity: Annotated[Optional[str], typer.Option("--entity", help="The column of what is scored.")] = None,  # noqa: UP045
    label: Annotated[Optional[str], typer.Option("--label", help="The column of the outcome.")] = None,  # noqa: UP045
    event_time: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--event-time", help="The column that says when a row was true."),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="FILE is a sample: its rows and size are not written.")
    ] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Measure a file of data: types, ranges, missing values, personal data, leaks. No row leaves the machine."""
    from bot.cli.profile import profile as run

    raise typer.Exit(run(file, write, source, entity, label, event_time, sample, format.value))


@app.command()
def why(
    subject: Annotated[str, typer.Argument(help="A file path, a decision key (serve.online) or an agent's name.")],
    folder: OutputFolder = Path(),
) -> None:
    """Say why a file or a decision is as it is."""
    from bot.cli.why import why as run

    raise typer.Exit(run(subject, folder))


@app.command()
def whatif(
    constraints: ConstraintsFile,
    changes: Annotated[
        list[str], typer.Argument(help="Changes, for example budget_band.monthly_usd_max=300.", metavar="KEY=VALUE...")
    ],
    format: FormatOption = Format.TEXT,
    as_of: AsOf = None,
) -> None:
    """Say what other constraints would change: decisions, cost, policies, files. Writes nothing."""
    from bot.cli.whatif import whatif as run

    raise typer.Exit(run(constraints, changes, format.value, as_of))


@app.command()
def choose(
    choice: Annotated[str, typer.Argument(help="slot=pattern, for example serve.online=aws-lambda-container.")],
    folder: OutputFolder = Path(),
    format: FormatOption = Format.TEXT,
    as_of: AsOf = None,
) -> None:
    """Pin a pattern in the folder's constraints.yaml, plan again and show what it changes."""
    from bot.cli.choose import choose as run

    raise typer.Exit(run(choice, folder, format.value, as_of))


@app.command()
def report(
    folder: OutputFolder = Path(),
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("architecture-report.html"),
) -> None:
    """Write the folder's architecture report as one HTML file that needs nothing else."""
    from bot.cli.report import report as run

    raise typer.Exit(run(folder, out))


@app.command()
def verify(folder: OutputFolder = Path(), format: FormatOption = Format.TEXT) -> None:
    """Say whether the folder's files are still those that were validated, and name the ones that changed since."""
    from bot.cli.verify import verify as run

    raise typer.Exit(run(folder, format.value))


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="The earlier output folder.", metavar="A")],
    after: Annotated[Path, typer.Argument(help="The later output folder.", metavar="B")],
    format: FormatOption = Format.TEXT,
) -> None:
    """Compare two outputs: constraints, decisions, cost, files."""
    from bot.cli.diff import diff as run

    raise typer.Exit(run(before, after, format.value))


@app.command()
def action() -> None:
    """The work of the GitHub Action (docs/action.md). Reads what GitHub's runner gives to a step; nothing else calls it."""
    from bot.cli.action.run import action as run

    raise typer.Exit(run())


@app.command()
def serve(
    host: Annotated[Optional[str], typer.Option(help="Address the webhook listens on.")] = None,  # noqa: UP045
    port: Annotated[Optional[int], typer.Option(help="Port of the webhook.")] = None,  # noqa: UP045
) -> None:
    """Run the web process: webhook, health, and the run pages on loopback."""
    from bot.cli.processes import serve as run

    raise typer.Exit(run(host, port))


@app.command()
def worker() -> None:
    """Run the worker process: queue relay, sweeper and workers."""
    from bot.cli.processes import worker as run

    raise typer.Exit(run())


@app.command()
def migrate() -> None:
    """Bring the database to this version. Safe to run from several machines at once."""
    from bot.cli.processes import migrate as run

    raise typer.Exit(run())


@app.command()
def upgrade() -> None:
    """After installing a new version: plan every merged project again; differences get a pull request of their own."""
    from bot.cli.processes import upgrade as run

    raise typer.Exit(run())


@app.command()
def stats(
    project: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--project", help="A project's name, owner/repository, or owner/repository/name. Without: all."),
    ] = None,
    since: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--since", help="Count what happened from that day (YYYY-MM-DD, UTC)."),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """How proposals fare: acceptance, rework, questions, time to artifact and more, counted from the ledger."""
    from bot.cli.stats import stats as run

    raise typer.Exit(run(project, since, format.value))


@app.command()
def doctor(format: FormatOption = Format.TEXT) -> None:
    """Say, line by line, what is configured, reachable and permitted, and how to mend what is not."""
    from bot.cli.doctor import doctor as run

    raise typer.Exit(run(format.value))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the pull request is open.")] = False,
    state: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--state", help="State folder (default: .mlwright-state/demo)."),
    ] = None,
) -> None:
    """The main job on this machine: local GitHub, a real push, a pull request. Nothing leaves the machine."""
    from bot.cli.demo import demo as run

    raise typer.Exit(run(once, state))
