"""What the gates look at, read from a release: what the night is, and one figure per rule.

What belongs here: queries of released tables and nothing but their answers.
What does not: what an answer means (judge.py).

The night is defined once, in sql/metrics/met_nights.sql.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pipelines.gates.rules import FRESHNESS, RECONCILIATION, Rule
from warehouse.connection import ReleaseConnection

_TOTALS: Final = "chk_declared_totals_match"
_NIGHT: Final = """
select
    as_of, night_from_at, execution_count, newest_execution_at, freshness_hours, quarantined_count,
    (
        select count(*) from chk_source_days_are_complete
        where document_date between first_utc_date and last_utc_date
    ) as incomplete_day_count,
    (
        select count(*) filter (where coalesce(last_case_at, as_of) between night_from_at and as_of)
            -- a release keeps the first rows of a check: one that was cut off may be of the night
            + (select sum(breach_count)::bigint from data_quality_results where check_name = ?) - count(*)
        from chk_declared_totals_match
    ) as differing_total_count,
    (
        select coalesce(sum(breach_count), 0)::bigint from data_quality_results where severity = 'blocking'
    ) as breach_count
from met_nights
"""
_FIGURE: Final = """
select value, low, high, numerator, denominator, n_eff
from met_kpis_nightly
where scope_type = ? and scope_key = ? and kpi = ?
"""


@dataclass(frozen=True, slots=True)
class Night:
    """What the release says of its night; the last four count what does not reconcile."""

    as_of: datetime
    night_from_at: datetime
    execution_count: int
    newest_execution_at: datetime | None
    freshness_hours: float | None
    quarantined_count: int = 0
    incomplete_day_count: int = 0
    differing_total_count: int = 0
    breach_count: int = 0

    @property
    def unreconciled_count(self) -> int:
        return (
            self.quarantined_count
            + self.incomplete_day_count
            + self.differing_total_count
            + self.breach_count
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure; `low` and `high` are null where nothing is known of them, equal where it is exact."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    n_eff: float | None = None


def read_night(connection: ReleaseConnection) -> Night:
    """The night of a release or of a draft."""
    result = connection.query(_NIGHT, [_TOTALS])
    values: dict[str, Any] = dict(zip(result.columns, result.rows[0], strict=True))
    return Night(**values)


def measure(connection: ReleaseConnection, rule: Rule, night: Night) -> Measurement:
    """The figure that a rule looks at; an empty one where the release has none."""
    if rule.metric == FRESHNESS:
        hours = night.freshness_hours
        return Measurement(value=hours, low=hours, high=hours)
    if rule.metric == RECONCILIATION:
        count = night.unreconciled_count
        return Measurement(value=count, low=count, high=count, numerator=count)
    rows: list[tuple[Any, ...]] = connection.query(
        _FIGURE, [rule.scope_type, rule.scope_key, rule.metric]
    ).rows
    return Measurement(*rows[0]) if rows else Measurement()
