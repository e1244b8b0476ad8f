"""What every command shares: options, the settings in force, the clock, and how an error is said.

What belongs here: the edge between the shell and the stages. What does not: the commands (one module each).
The clock is read here alone and passed down.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

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
        help="Instant the release is true for, ISO 8601; default: now, for the sample its last event.",
        show_default=False,
    ),
]
ReleaseOption = Annotated[
    str | None, typer.Option("--release", help="Release id; default: the current one.", show_default=False)
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")]

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


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
        return cls(settings, home_of(settings), datetime.now(UTC))

    def as_of(self, given: str | None) -> datetime:
        """The instant asked for, else the sample's last event, else the start of this run."""
        return as_of_night(self.settings, self.started_at, given)

    @property
    def code_version(self) -> str:
        return code_version()


@contextmanager
def explained(*, debug: bool) -> Iterator[None]:
    """Prints an expected error as one sentence and exits with its code; --debug shows where it came from."""
    try:
        yield
    except ExrError as error:
        if debug:
            err.print_exception()
        err.print(f"Error: {error}", markup=False)
        raise typer.Exit(error.exit_code) from error
    except OSError as error:
        if debug:
            err.print_exception()
        place = f" ({error.filename})" if error.filename else ""
        sentence = f"Error: {error.strerror or error}{place}; free space or mend the folder, then run again."
        err.print(sentence, markup=False)
        raise typer.Exit(StorageError.exit_code) from error


def print_version(wanted: bool) -> None:
    """The callback of --version."""
    if wanted:
        out.print(f"exr {code_version()}")
        raise typer.Exit
