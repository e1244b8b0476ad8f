"""What every command shares: options, the settings in force, the clock, and how an error is said.

What belongs here: the edge between the shell and the stages. What does not: the commands (one module each).
The clock is read here alone and passed down.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from pipelines.extract.redact import redact
from pipelines.extract.sources import as_of_night, home_of
from pipelines.home import Home
from pipelines.night import code_version
from pipelines.settings import Settings
from warehouse.errors import ExrError, StorageError

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Home folder; default ./var/<source name>.", show_default=False)
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source", help="MongoDB URI or mongodump folder; default: the sample.", show_default=False
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="Instant the release is true for, ISO 8601, UTC where no zone is given; default: now, for the "
        "sample its last event.",
        show_default=False,
    ),
]
ReleaseOption = Annotated[
    str | None, typer.Option("--release", help="Release id; default: the current one.", show_default=False)
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")]

UNEXPECTED: Final = 3
"""Exit code of an error nobody foresaw; 1 is what a gate says."""
_INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as a shell gives it for SIGINT."""
_NOBODY_READS: Final = 141
"""Exit code where the reader of a pipe went away, as a shell gives it for SIGPIPE."""
_LONGEST_REASON: Final = 200
_NO_WIDTH: Final = 100_000
_CONTROLS: Final = {
    number: f"\\x{number:02x}" for number in (*range(0x20), *range(0x7F, 0xA0)) if chr(number) not in "\t\n"
}


def end_quietly() -> NoReturn:
    """The reader of our output went away (`exr … | head`): nothing more can be said to it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # what is still buffered goes nowhere, without another error
    raise SystemExit(_NOBODY_READS)


class PlainConsole(Console):
    """Text as it is: what stands in brackets or between colons came from the source and is no markup."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(
            stderr=stderr, width=width, highlight=False, soft_wrap=True, markup=False, emoji=False
        )

    def on_broken_pipe(self) -> None:
        end_quietly()


out = PlainConsole()
err = PlainConsole(stderr=True)


def visible(text: str) -> str:
    """Control characters, which could steer a terminal, as text."""
    return text.translate(_CONTROLS)


def print_table(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    """Every value whole: folded to the width of a terminal, in one line where the output goes elsewhere."""
    table = Table(box=None, header_style="bold")
    for name in columns:
        table.add_column(visible(name), overflow="fold")
    for row in rows:
        table.add_row(*map(visible, row))
    console = out if out.is_terminal else PlainConsole(width=_NO_WIDTH)
    console.print(table)


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command: settings, home and instants, read once."""

    settings: Settings
    home: Home
    started_at: datetime

    @classmethod
    def open(cls, **given: Any) -> "Session":
        """From what the command line gives; UsageError where it cannot be used."""
        settings = Settings.load(**given)
        home = home_of(settings)
        _require_folder(home.root)
        return cls(settings, home, datetime.now(UTC))

    def as_of(self, given: str | None) -> datetime:
        """The instant asked for, else the sample's last event, else the start of this run."""
        return as_of_night(self.settings, self.started_at, given)

    @property
    def code_version(self) -> str:
        return code_version()


def _require_folder(root: Path) -> None:
    for place in (root, *root.parents):
        if place.is_dir():
            return
        if place.exists():
            raise StorageError(f"Home {root} cannot be used: {place} is a file; choose another with --home.")


@contextmanager
def explained(*, debug: bool) -> Iterator[None]:
    """Prints an expected error as one sentence and exits with its code; --debug shows where it came from."""
    try:
        yield
        sys.stdout.flush()
    except ExrError as error:
        if debug:
            err.print_exception()
        err.print(f"Error: {visible(str(error))}")
        raise typer.Exit(error.exit_code) from error
    except BrokenPipeError:
        end_quietly()
    except OSError as error:
        if debug:
            err.print_exception()
        place = f" ({error.filename})" if error.filename else ""
        sentence = f"Error: {error.strerror or error}{place}; free space or mend the folder, then run again."
        err.print(visible(sentence))
        raise typer.Exit(StorageError.exit_code) from error
    except (typer.Exit, typer.Abort):
        raise
    except (Exception, KeyboardInterrupt) as error:  # a person gets a sentence, whatever it was
        if _is_interruption(error):
            err.print("Interrupted: nothing is half published; run again.")
            raise typer.Exit(_INTERRUPTED) from error
        if debug:
            err.print_exception()
        say_unexpected(error)
        raise typer.Exit(UNEXPECTED) from error


def _is_interruption(error: BaseException) -> bool:
    """Ctrl-C; DuckDB makes an error of its own of it."""
    is_of_duckdb = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
    return is_of_duckdb or isinstance(error, KeyboardInterrupt)


def say_unexpected(error: BaseException) -> None:
    """One sentence for an error that nobody foresaw; its own text may show what it should not."""
    first, _, _ = redact(str(error)).strip().partition("\n")
    reason = f": {first[:_LONGEST_REASON].rstrip('.')}" if first else ""
    err.print(visible(f"Unexpected error {type(error).__name__}{reason}; run with --debug for details."))


def print_version(wanted: bool) -> None:
    """The callback of --version."""
    if wanted:
        out.print(f"exr {code_version()}")
        raise typer.Exit
