"""What is to be expected: pass rates of the next days, where the forecast earned to be shown, and thresholds.

What belongs here: forecasts with how they did on the days before. What does not: trends (trends.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class Forecast:
    """The pass rate of a scope's next days, from the lowest to the highest that is expected."""

    scope_type: str
    scope: str
    first_date: date
    last_date: date
    rate: float
    low: float
    high: float
    skill: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """How a kind of forecast did against one reference, over all scopes."""

    kind: str
    reference: str
    scope_count: int
    shown_count: int
    reason: str
    """The most frequent one of those that are not shown."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A declining scope and when its line falls below the rate."""

    scope_type: str
    scope: str
    threshold: float
    line_rate: float
    expected: date
    earliest: date | None
    latest: date | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything that is said of days to come."""

    forecasts: Sequence[Forecast]
    backtests: Sequence[Backtest]
    thresholds: Sequence[Threshold]


def read_outlook(release: ReleaseConnection) -> Outlook:
    """Forecasts by scope, backtests by kind, thresholds by date."""
    forecasts = release.query(
        """
        select
            scope_type, scope_key, min(forecast_date), max(forecast_date),
            arg_min(pass_rate, horizon_days), arg_min(pass_rate_low, horizon_days),
            arg_min(pass_rate_high, horizon_days), min(skill), min(coverage)
        from met_forecast_pass_rate
        group by scope_type, scope_key
        order by list_position(['all', 'project', 'suite'], scope_type), scope_key
        """
    )
    backtests = release.query(
        """
        select
            forecast_kind, reference, count(*), count(*) filter (where is_shown),
            coalesce(mode(reason order by reason) filter (where not is_shown), '')
        from met_forecast_backtest
        group by forecast_kind, reference
        order by forecast_kind desc, reference
        """
    )
    thresholds = release.query(
        """
        select
            scope_type, scope_key, threshold_rate, line_rate, threshold_date, earliest_date, latest_date
        from met_forecast_threshold
        where verdict = 'yes' and rate_name = 'final'
        order by threshold_date, scope_type, scope_key
        """
    )
    return Outlook(rows_as(Forecast, forecasts), rows_as(Backtest, backtests), rows_as(Threshold, thresholds))
