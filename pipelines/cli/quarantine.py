"""Commands about documents that could not be read: `quarantine list`, `show`, `retry`.

What belongs here: what is in the lake's quarantine, and reading those documents again. What does not: why a
document is refused (pipelines/extract/decode.py).
"""

from typing import Annotated

import polars as pl
import typer

from pipelines.cli.nightly import load, say_loaded
from pipelines.cli.session import (
    AsOfOption,
    DebugOption,
    HomeOption,
    Session,
    SourceOption,
    explained,
    out,
    visible,
)
from warehouse.errors import UsageError
from warehouse.lake import Lake
from warehouse.tables import QUARANTINE

app = typer.Typer(help="Documents that could not be read.", no_args_is_help=True)


@app.command("list")
def list_(home: HomeOption = None, debug: DebugOption = False) -> None:
    """List the documents that could not be read, and why.

    Example: exr quarantine list
    """
    with explained(debug=debug):
        rows = _rows(Session.open(home=home))
        for row in rows.iter_rows(named=True):
            out.print(visible(f"{row['collection']} {row['document_id']}: {row['reason']}"))
        out.print(f"{rows.height:,} documents in quarantine.")


@app.command()
def show(
    document_id: Annotated[str, typer.Argument(help="The document's id, as listed.")],
    home: HomeOption = None,
    debug: DebugOption = False,
) -> None:
    """Show what of a document could be read; secrets and people are left out.

    Example: exr quarantine show 68a1f0c2e4b0a1b2c3d4e5f6
    """
    with explained(debug=debug):
        found = _rows(Session.open(home=home)).filter(pl.col("document_id") == document_id)
        if found.is_empty():
            raise UsageError(f"No document {document_id} is in quarantine; `exr quarantine list` names them.")
        for row in found.iter_rows(named=True):
            out.print(visible(f"{row['collection']} {document_id}: {row['reason']}"))
            out.print(f"since {row['first_seen_at']:%Y-%m-%d %H:%M:%S} UTC, hash {row['document_hash']}")
            out.print_json(row["readable_fields"])


@app.command()
def retry(
    home: HomeOption = None, source: SourceOption = None, as_of: AsOfOption = None, debug: DebugOption = False
) -> None:
    """Read the source again, the documents in quarantine included.

    Example: exr quarantine retry --source mongodb://127.0.0.1:27017/intellibrowse
    """
    with explained(debug=debug):
        session = Session.open(home=home, source=source)
        with session.home.locked():
            before = _rows(session).height
            loaded = load(session, session.as_of(as_of), retry_quarantined=True)
            say_loaded(loaded)
            out.print(f"{before:,} documents were in quarantine, {loaded.quarantined_count:,} are now.")


def _rows(session: Session) -> pl.DataFrame:
    return Lake(session.home.lake).scan(QUARANTINE).collect()
