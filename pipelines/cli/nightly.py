"""Commands that run stages: `nightly`, `extract`, `build`, `report`.

What belongs here: calling night.py under the home's lock and saying what came of it. What does not: the
stages.
"""

from datetime import datetime

from pipelines import night
from pipelines.cli.gate import say_verdicts
from pipelines.cli.progress import reading
from pipelines.cli.session import (
    AsOfOption,
    DebugOption,
    HomeOption,
    ReleaseOption,
    Session,
    SourceOption,
    explained,
    out,
)
from pipelines.extract.sources import open_source
from pipelines.gates.evaluate import stored_verdicts
from pipelines.gates.rules import read_rules
from pipelines.reports.render import ReportFiles
from warehouse.connection import open_release
from warehouse.lake import Lake
from warehouse.releases import Release, find_release


def nightly(
    home: HomeOption = None, source: SourceOption = None, as_of: AsOfOption = None, debug: DebugOption = False
) -> None:
    """Read the source, build, judge and publish a release, write its report, say where all of it is.

    Exits 0 when the night completed, whatever the gates say.

    Example: exr nightly --source mongodb://127.0.0.1:27017/intellibrowse
    """
    with explained(debug=debug):
        session = Session.open(home=home, source=source)
        moment = session.as_of(as_of)
        # what cannot be used ends the night before it begins
        read_rules(session.settings.rules)
        night.build_policy(session.settings)
        with session.home.locked():
            say_loaded(load(session, moment))
            release = _build(session, moment)
            _say_release(release)
            say_report(night.report(release))


def extract(
    home: HomeOption = None, source: SourceOption = None, as_of: AsOfOption = None, debug: DebugOption = False
) -> None:
    """Read the source into the lake, nothing more.

    Example: exr extract --source /backup/dump
    """
    with explained(debug=debug):
        session = Session.open(home=home, source=source)
        with session.home.locked():
            say_loaded(load(session, session.as_of(as_of)))


def build(home: HomeOption = None, as_of: AsOfOption = None, debug: DebugOption = False) -> None:
    """Build and publish a release of what the lake holds.

    Example: exr build --as-of 2026-08-15T00:00:00Z
    """
    with explained(debug=debug):
        session = Session.open(home=home)
        with session.home.locked():
            moment = session.as_of(as_of) if as_of else Lake(session.home.lake).generation.as_of
            _say_release(_build(session, moment or session.started_at))


def report(home: HomeOption = None, release: ReleaseOption = None, debug: DebugOption = False) -> None:
    """Write the nightly report of a release, as HTML and PDF.

    Example: exr report --home var/sample
    """
    with explained(debug=debug):
        say_report(night.report(find_release(Session.open(home=home).home.root, release)))


def load(session: Session, as_of: datetime, *, retry_quarantined: bool = False) -> night.Loaded:
    """One reading of the session's source, with progress; the caller holds the lock."""
    source = open_source(session.settings, session.home)
    try:
        with reading() as progress:
            return night.load(
                session.home,
                source,
                session.settings,
                as_of=as_of,
                read_at=session.started_at,
                progress=progress,
                retry_quarantined=retry_quarantined,
            )
    finally:
        source.close()


def _build(session: Session, as_of: datetime) -> Release:
    return night.build(session.home, session.settings, as_of=as_of, code_version=session.code_version)


def say_loaded(loaded: night.Loaded) -> None:
    """What a reading brought, in two or three lines."""
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(loaded.document_counts.items()))
    out.print(f"Read {counts or 'nothing'}.")
    changed = len(loaded.changed_days)
    days = f"{changed} {'day' if changed == 1 else 'days'} changed" if changed else "no day changed"
    out.print(f"Lake generation {loaded.generation.number}: {days}.")
    if loaded.quarantined_count:
        documents = "document" if loaded.quarantined_count == 1 else "documents"
        out.print(
            f"In quarantine, since they could not be read: {loaded.quarantined_count:,} {documents}; "
            "`exr quarantine list` names them."
        )


def say_report(files: ReportFiles) -> None:
    """Where the report lies."""
    out.print("Report:")
    out.print(f"  {files.html}")
    out.print(f"  {files.pdf}")


def _say_release(release: Release) -> None:
    out.print(f"Release {release.release_id}, true for {release.manifest.as_of:%Y-%m-%d %H:%M:%S} UTC:")
    out.print(f"  {release.database}")
    with open_release(release.folder, threads=1) as connection:
        say_verdicts(stored_verdicts(connection))
