"""The command `exr` and its list of commands.

What belongs here: the application, and one line per command. What does not: what commands do (the other
modules of this folder).
"""

import io
import sys

import typer

from pipelines.cli import analyse, gate, inspect, nightly, profile, quarantine, releases
from pipelines.cli.session import UNEXPECTED, end_quietly, print_version, say_unexpected

app = typer.Typer(
    name="exr",
    help="Turns test executions from MongoDB into a warehouse, reports and gate verdicts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def exr(version: bool = typer.Option(False, "--version", callback=print_version, is_eager=True)) -> None:
    """Turns test executions from MongoDB into a warehouse, reports and gate verdicts."""


app.command()(nightly.nightly)
app.command()(nightly.extract)
app.command()(nightly.build)
app.command()(nightly.report)
app.command()(gate.gate)
app.command()(inspect.status)
app.command()(inspect.sql)
app.command()(analyse.analyse)
app.command()(profile.profile)
app.command()(inspect.doctor)
app.add_typer(releases.app, name="releases")
app.add_typer(quarantine.app, name="quarantine")


def main() -> None:
    """Entry point of the console script; exit 1 is left to the gates."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no é shows \\xe9
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        end_quietly()
    except Exception as error:  # noqa: BLE001 - outside of any command there is no --debug
        say_unexpected(error)
        raise SystemExit(UNEXPECTED) from None
