"""Commands that look and change nothing: `status`, `sql`, `doctor`.

What belongs here: questions to a home. What does not: lists of releases (releases.py) and of the quarantine
(quarantine.py).
"""

import platform
from collections import Counter
from typing import Annotated

import typer

from pipelines.cli.answers import Format, print_rows
from pipelines.cli.session import (
    DebugOption,
    HomeOption,
    ReleaseOption,
    Session,
    SourceOption,
    explained,
    out,
    print_table,
)
from pipelines.settings import origins, shown_source
from warehouse.connection import open_release
from warehouse.lake import Lake
from warehouse.manifest import Manifest
from warehouse.releases import current_release, find_release
from warehouse.tables import LAKE_TABLES


def status(home: HomeOption = None, debug: DebugOption = False) -> None:
    """Say what the home holds: its source, how far it was read, the current release.

    Example: exr status --home var/sample
    """
    with explained(debug=debug):
        session = Session.open(home=home)
        lake = Lake(session.home.lake)
        generation = lake.generation
        out.print(f"Home {session.home.root}")
        if generation.number == 0:
            out.print("Nothing was read yet: run `exr nightly`.")
            return
        out.print(f"Source {generation.source}, lake generation {generation.number}")
        for name, moment in sorted(generation.watermarks.items()):
            out.print(f"  {name} read up to {moment:%Y-%m-%d %H:%M:%S} UTC")
        counts = lake.row_counts(generation)
        for table in LAKE_TABLES:
            out.print(f"  {counts.get(table.name, 0):>12,} {table.name}")
        release = current_release(session.home.root)
        if release is None:
            out.print("No release yet: run `exr build`.")
            return
        manifest = release.manifest
        counts = manifest.row_counts
        held = f"{counts['fct_executions']:,} executions of {counts['dim_tests']:,} tests"
        out.print(f"Current release {release.release_id}: {held}")
        out.print(f"  true for {manifest.as_of:%Y-%m-%d %H:%M:%S} UTC")
        out.print(f"  gates when it was built: {_words_of(manifest)}; `exr gate` says how they stand now")


def _words_of(manifest: Manifest) -> str:
    """How many gates said what."""
    counts = Counter(str(row["verdict"]) for row in manifest.gate_verdicts)
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "none"


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT statement.")],
    home: HomeOption = None,
    release: ReleaseOption = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.table,
    debug: DebugOption = False,
) -> None:
    """Ask a release with SQL; nothing can be written and no other file read.

    Example: exr sql "select outcome, count(*) from fct_executions group by all" --format csv
    """
    with explained(debug=debug):
        session = Session.open(home=home)
        folder = find_release(session.home.root, release).folder
        limits = session.settings
        with open_release(
            folder, threads=limits.threads, memory_limit_mb=limits.memory_limit_mb
        ) as connection:
            print_rows(connection.query(query), form)


def doctor(home: HomeOption = None, source: SourceOption = None, debug: DebugOption = False) -> None:
    """Print the settings in force and where each value came from, secrets masked.

    Example: exr doctor
    """
    with explained(debug=debug):
        session = Session.open(home=home, source=source)
        out.print(f"exr {session.code_version}, Python {platform.python_version()}, {platform.platform()}")
        out.print(f"home = {session.home.root.resolve()}")
        found = origins(session.settings, given={"home": home, "source": source})
        values = {name: _masked(name, getattr(session.settings, name)) for name in found}
        print_table(("setting", "value", "from"), [(name, values[name], found[name]) for name in found])


def _masked(name: str, value: object) -> str:
    """A setting as text; of a URI scheme, hosts and database."""
    text = str(value)
    return shown_source(text) if name == "source" else text
