"""Whether pass rates rise or fall, which days are out of the ordinary, and what the mix of tests did to them.

What belongs here: verdicts on series and on two periods. What does not: the rates themselves (pass_rates.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class TrendVerdict:
    """What one scope's final pass rate does over the window; slopes in percentage points per week."""

    scope_type: str
    scope: str
    direction: str
    reason: str
    day_count: int
    run_count: int
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    q_value: float | None
    signal_days: Sequence[date]
    """Days of the last week that a control chart calls worse."""
    standardised_difference: float | None
    difference_low: float | None
    difference_high: float | None
    mix_effect: float | None


def read_trends(release: ReleaseConnection) -> Sequence[TrendVerdict]:
    """Everything, projects and suites: declining ones first, then those with signals, then by name."""
    result = release.query(
        """
        with signals as (
            select scope_type, scope_key, list(bucket_date order by bucket_date) as days
            from met_pass_rate_control
            where rate_name = 'final' and signal_direction = 'worse'
            group by scope_type, scope_key
        )
        select
            trend.scope_type, trend.scope_key, trend.direction, trend.reason, trend.day_count,
            trend.run_count, trend.slope_pp_per_week, trend.slope_pp_per_week_low,
            trend.slope_pp_per_week_high, trend.q, coalesce(signals.days, []),
            mix.standardised_difference, mix.standardised_difference_low,
            mix.standardised_difference_high, mix.mix_effect
        from met_pass_rate_trend as trend
        left outer join signals
            on trend.scope_type = signals.scope_type and trend.scope_key = signals.scope_key
        left outer join met_mix_effect as mix
            on
                trend.scope_type = mix.scope_type
                and trend.scope_key = mix.scope_key
                and mix.rate_name = 'final'
        where trend.rate_name = 'final' and trend.scope_type in ('all', 'project', 'suite')
        order by
            list_position(['declining', 'improving'], trend.direction) nulls last,
            signals.days is null, list_position(['all', 'project', 'suite'], trend.scope_type),
            trend.scope_key
        """
    )
    return rows_as(TrendVerdict, result)
