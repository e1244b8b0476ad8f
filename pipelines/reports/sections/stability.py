"""The least stable tests: what became of each of them, night by night.

What belongs here: the cells of the status grid. What does not: labels such as flaky or broken (an analysis).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from pipelines.reports.sections.night import Night
from warehouse.connection import ReleaseConnection

CELL_BY_OUTCOME: Final = {"passed": "pass", "failed": "fail", "timed_out": "fail", "error": "error"}
"""What a night's worst outcome looks like; all other outcomes decided nothing: skip."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One test × variant; `cells` holds pass, flaky, fail, error or skip of each night that it ran."""

    test: str
    variant: str
    change_count: int
    failing_nights: int
    decided_nights: int
    cells: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class StatusGrid:
    """`nights` is every night from the first with executions; `storms` are those with infra storms."""

    nights: Sequence[date]
    storms: frozenset[date]
    rows: Sequence[GridRow]
    unstable_count: int
    """Tests × variants with at least one change, shown or not."""


def read_status_grid(release: ReleaseConnection, night: Night, row_limit: int = 40) -> StatusGrid:
    """The tests with the most changes between passing and failing in the window."""
    result = release.query(
        """
        with ranked as (
            select
                *,
                count(*) over () as unstable_count,
                row_number() over (
                    order by change_count desc, failing_night_count desc, test_key, variant_key
                ) as place
            from met_test_stability
            where change_count > 0
            qualify place <= $row_limit
        )

        select
            ranked.place, coalesce(dim_tests.name, ranked.test_key),
            coalesce(dim_variants.name, ranked.variant_key), ranked.change_count,
            ranked.failing_night_count, ranked.decided_night_count, ranked.unstable_count,
            history.night_date, history.is_mixed, history.worst_outcome
        from ranked
        inner join met_test_history as history
            on ranked.test_key = history.test_key and ranked.variant_key = history.variant_key
        left outer join dim_tests on ranked.test_key = dim_tests.test_key
        left outer join dim_variants on ranked.variant_key = dim_variants.variant_key
        order by ranked.place, history.night_date
        """,
        {"row_limit": row_limit},
    )
    unstable_count = int(str(result.rows[0][6])) if result.rows else 0
    first, storms = _days(release, night)
    return StatusGrid(_calendar(first, night.date), storms, _grid_rows(result.rows), unstable_count)


def _grid_rows(rows: Sequence[tuple[Any, ...]]) -> list[GridRow]:
    """Consecutive rows of one place make up one row of the grid."""
    found = []
    for _, group in groupby(rows, key=lambda row: row[0]):
        nights = list(group)
        _, test, variant, change_count, failing, decided, *_ = nights[0]
        cells = {day: _cell(is_mixed, worst) for *_, day, is_mixed, worst in nights}
        found.append(GridRow(test, variant, change_count, failing, decided, cells))
    return found


def _cell(is_mixed: bool, worst_outcome: str | None) -> str:
    return "flaky" if is_mixed else CELL_BY_OUTCOME.get(str(worst_outcome), "skip")


def _days(release: ReleaseConnection, night: Night) -> tuple[date | None, frozenset[date]]:
    """The window's first day with executions, and its days with infra storms."""
    result = release.query(
        """
        select night_date, infra_suspect_count > 0
        from met_pass_rate_nightly
        where scope_type = 'all' and night_date between $start and $night
        order by night_date
        """,
        {"start": night.window_start, "night": night.date},
    )
    days = [(day, is_storm) for day, is_storm in result.rows if isinstance(day, date)]
    return (days[0][0] if days else None), frozenset(day for day, is_storm in days if is_storm)


def _calendar(first: date | None, last: date) -> list[date]:
    if first is None:
        return []
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
