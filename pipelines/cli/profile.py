"""The command `profile`: a first look at a source, and an exr.toml proposed for it.

What belongs here: options, and writing the file. What does not: the look (pipelines/extract/profile/),
its wording (profile_report.py).
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pipelines.cli.profile_report import report_lines
from pipelines.cli.session import DebugOption, HomeOption, Session, SourceOption, explained, out
from pipelines.extract.profile.look import profile as look
from pipelines.extract.profile.settings import proposed_settings
from pipelines.extract.reader import Source
from pipelines.extract.sources import open_source
from warehouse.errors import StorageError, UsageError

_LARGEST_SAMPLE = 100_000


def profile(
    source: SourceOption = None,
    home: HomeOption = None,
    size: Annotated[
        int,
        typer.Option(
            "--sample-size", min=1, max=_LARGEST_SAMPLE, help="Documents of each collection to look at."
        ),
    ] = 2_000,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Also write the proposed settings to this file.", show_default=False),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Look at a source without loading it: fields, words, indexes, how long a first load takes.

    Example: exr profile --source mongodb://127.0.0.1:27017/intellibrowse --output exr.toml
    """
    with explained(debug=debug):
        session = Session.open(home=home, source=source)
        if output is not None:
            _refuse(output)
        opened = _opened(session)
        try:
            found = look(opened, session.settings, size)
        finally:
            opened.close()
        for line in report_lines(found, session.settings, size):
            out.print(Text(line))
        if output is None:
            out.print(
                "\nNothing was written; `exr profile … --output exr.toml` writes these proposals as settings."
            )
        else:
            _write(output, proposed_settings(found, session.settings))
            out.print(
                Text(f"\nProposed settings are in {output}; read them, then run `exr nightly` in its folder.")
            )


def _opened(session: Session) -> Source:
    """The source; nothing is written to the home, but for the sample's dump, which is made there."""
    if session.settings.source is not None:
        return open_source(session.settings, session.home)
    with session.home.locked():
        return open_source(session.settings, session.home)


def _refuse(output: Path) -> None:
    """Before the source is read: the file must be new, its folder there."""
    if output.exists() or output.is_symlink():
        raise UsageError(f"{output} is there already and stays as it is; choose another name with --output.")
    if not output.parent.is_dir():
        raise UsageError(f"Folder {output.parent} of --output is not there; make it, or choose another.")


def _write(output: Path, text: str) -> None:
    try:
        with output.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(
            f"{output} is there already and stays as it is; choose another name with --output."
        ) from None
    except OSError as error:
        raise StorageError(
            f"{output} cannot be written ({error.strerror}); choose another with --output."
        ) from error
