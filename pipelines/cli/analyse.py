"""The command `analyse`: statistics of a part of the executions, computed anew.

What belongs here: its options and what it prints. What does not: the computation (pipelines/on_demand.py).
"""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from pipelines.cli.answers import Format, print_rows
from pipelines.cli.session import DebugOption, HomeOption, ReleaseOption, Session, explained, out
from pipelines.on_demand import require_statistics, scope
from warehouse.errors import UsageError
from warehouse.populations import FILTERS, Population, parse_filters
from warehouse.releases import find_release
from warehouse.scopes import Scope

_PERIOD: Final = re.compile(r"([1-9]\d{0,4})d")

FilterOption = Annotated[
    list[str],
    typer.Option(
        "--filter",
        help=f"name=value; a `*` stands for any text. Given twice with one name, either will do; names: "
        f"{', '.join(FILTERS)}.",
    ),
]
TableOption = Annotated[
    list[str], typer.Option("--table", help="Print this table; without it, which there are, and their rows.")
]


def analyse(  # noqa: PLR0913 - one parameter per option
    filters: FilterOption,
    tables: TableOption = [],  # noqa: B006 - typer makes a new list of each call
    period: Annotated[str, typer.Option(help="Days up to the release's as-of, such as 90d.")] = "90d",
    to: Annotated[Path | None, typer.Option(help="A DuckDB file to keep the tables in.")] = None,
    home: HomeOption = None,
    release: ReleaseOption = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the tables.")] = Format.table,
    debug: DebugOption = False,
) -> None:
    """Compute the statistics of some executions anew, as of a release; the release stays as it is.

    Example: exr analyse --filter suite=unit-tests/linux-arm64 --table met_flakiness
    """
    with explained(debug=debug):
        session = Session.open(home=home)
        wanted = require_statistics(tables)
        population = Population(parse_filters(filters), _days(period))
        found = find_release(session.home.root, release)
        with scope(found, session.settings, population, to) as opened:
            counts = {name: opened.build(name).row_count for name in wanted}
            if tables:
                for name in wanted:
                    print_rows(opened.query(f"from {name} order by all"), form)
                return
            _say(opened, counts, form)
        if to:
            out.print(f"Kept in {to}")


def _days(period: str) -> int:
    match = _PERIOD.fullmatch(period)
    if not match:
        raise UsageError(f"--period {period!r} must be a number of days, such as 90d.")
    return int(match[1])


def _say(opened: Scope, counts: dict[str, int | None], form: Format) -> None:
    if form is not Format.table:
        raise UsageError("--format is for tables; name one with --table.")
    tests = opened.query("select count(distinct test_key) from fct_executions").rows[0][0]
    out.print(f"{opened.executions.height:,} executions of {tests:,} tests, computed anew:")
    for name, count in counts.items():
        out.print(f"  {count or 0:>10,} rows {name}")
    out.print("`--table NAME` prints one; `--to FILE.duckdb` keeps them all.")
