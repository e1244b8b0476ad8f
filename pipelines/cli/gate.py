"""The command `gate`, and how verdicts are printed.

What belongs here: verdicts as lines and as an exit code. What does not: judging (pipelines/gates).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from pipelines.cli.session import DebugOption, HomeOption, ReleaseOption, Session, explained, out
from pipelines.extract.sample import last_event
from pipelines.extract.sources import SAMPLE_IDENTITY
from pipelines.gates import sentences
from pipelines.gates.evaluate import evaluate, seen_at, stored_verdicts
from pipelines.gates.rules import read_rules
from pipelines.gates.verdicts import Verdict, Word, overall
from pipelines.settings import SAMPLE_FOLDER
from warehouse.connection import open_release
from warehouse.errors import UsageError
from warehouse.gate_verdicts import GATE_VERDICTS
from warehouse.releases import find_release

EXIT_CODES: Final[dict[Word, int]] = {"pass": 0, "waived": 0, "fail": 1, "insufficient": 4}


def gate(
    home: HomeOption = None,
    release: ReleaseOption = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Judge by these rules; nothing is stored.")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Print the verdicts of a release; exit 0 pass, 1 fail, 4 insufficient evidence.

    The current release is looked at from now (the sample: from its last event): a night that has become stale
    proves nothing. One that --release names is looked at from its own as-of.

    Example: exr gate --rules my-rules.toml
    """
    with explained(debug=debug):
        session = Session.open(home=home)
        found = find_release(session.home.root, release)
        in_force = read_rules(rules or session.settings.rules)
        if not rules and GATE_VERDICTS not in found.manifest.row_counts:
            raise UsageError(
                f"Release {found.release_id} holds no verdicts; run `exr build`, or judge it with --rules."
            )
        with open_release(found.folder, threads=1) as connection:
            verdicts = evaluate(connection, in_force) if rules else stored_verdicts(connection)
            if release is None:
                is_sample = found.manifest.source == SAMPLE_IDENTITY
                moment = last_event(SAMPLE_FOLDER) if is_sample else session.started_at
                verdicts = seen_at(verdicts, connection, in_force, moment)
        out.print(f"Home {session.home.root}, source {found.manifest.source}")
        out.print(f"Release {found.release_id}, true for {found.manifest.as_of:%Y-%m-%d %H:%M:%S} UTC")
        say_verdicts(verdicts)
        raise typer.Exit(EXIT_CODES[overall(verdicts)])


def say_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Each verdict in two lines, then what they come to."""
    for verdict in verdicts:
        word = verdict.verdict.upper() + (f" ({verdict.reason})" if verdict.reason else "")
        warning = " (warning only)" if verdict.severity == "warning" else ""
        unit, limit = verdict.unit, verdict.limit
        interval = sentences.interval(verdict.low, verdict.high, unit, limit)
        figure = sentences.number(verdict.value, unit, limit) + (f" [{interval}]" if interval else "")
        out.print(f"{word}: {verdict.title} {sentences.good_side(verdict)}{warning}: {figure}")
        out.print(f"  {verdict.sentence}")
    out.print(f"Gates: {overall(verdicts).upper()}" if verdicts else "No gate judged this release.")
