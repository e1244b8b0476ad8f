"""Pass rates by night, of everything and of each suite, and what is usual for the suites that ran.

What belongs here: reading met_pass_rate_nightly, and comparing a night with its own suites' past.
What does not: how an interval is made (the metric does it).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from statistics import median

from pipelines.reports.sections.night import BASELINE_NIGHTS, Night, rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class NightlyRate:
    """Counts of one night in one scope, and its final pass rate with a 95 % interval."""

    scope_type: str
    scope: str
    date: date
    invocation_count: int
    execution_count: int
    in_flight_count: int
    passed_count: int
    unverified_count: int
    failed_count: int
    broken_count: int
    not_run_count: int
    unknown_count: int
    decided_count: int
    flaky_count: int
    storm_count: int
    rate: float | None
    low: float | None
    high: float | None
    suite_count: int

    @property
    def executed_count(self) -> int:
        """Executions that were run to an end, whatever it was."""
        return self.execution_count - self.not_run_count - self.in_flight_count


@dataclass(frozen=True, slots=True)
class PassRates:
    """`nights` of everything, `suites` worst first, each with its nights in order."""

    nights: Sequence[NightlyRate]
    suites: Mapping[str, Sequence[NightlyRate]]
    tonight: NightlyRate | None
    usual_executed_share: float | None
    """What the suites that ran this night usually have, weighted by what ran; null without a past."""

    def suites_of(self, day: date) -> frozenset[str]:
        """The suites that ran on that day."""
        return frozenset(
            name for name, rates in self.suites.items() if any(rate.date == day for rate in rates)
        )


def read_pass_rates(release: ReleaseConnection, night: Night) -> PassRates:
    """Every night of the window, of everything and by suite."""
    result = release.query(
        """
        with rates as (
            select *
            from met_pass_rate_nightly
            where scope_type in ('all', 'suite') and night_date between $start and $night
        ),

        suites as (
            select night_date, count(*) as suite_count
            from rates
            where scope_type = 'suite'
            group by night_date
        )

        select
            rates.scope_type, rates.scope_key, rates.night_date, rates.invocation_count,
            rates.execution_count, rates.in_flight_count, rates.passed_count, rates.unverified_count,
            rates.failed_count, rates.error_count + rates.timed_out_count,
            rates.skipped_count + rates.cancelled_count + rates.aborted_count, rates.unknown_count,
            rates.decided_count, rates.flaky_count, rates.infra_suspect_count, rates.final_pass_rate,
            rates.final_pass_rate_low, rates.final_pass_rate_high, suites.suite_count
        from rates
        inner join suites on rates.night_date = suites.night_date
        order by rates.scope_type, rates.scope_key, rates.night_date
        """,
        {"start": night.window_start, "night": night.date},
    )
    rates = rows_as(NightlyRate, result)
    everything = [rate for rate in rates if rate.scope_type == "all"]
    by_suite = (rate for rate in rates if rate.scope_type == "suite")
    suites = {key: list(nights) for key, nights in groupby(by_suite, key=lambda rate: rate.scope)}
    return PassRates(
        nights=everything,
        suites=_worst_first(suites),
        tonight=next((rate for rate in everything if rate.date == night.date), None),
        usual_executed_share=usual_executed_share(suites.values(), night.date),
    )


def usual_rate(suites: Iterable[Sequence[NightlyRate]], night: date) -> float | None:
    """The suites' own median rates of their last nights, weighted by what was decided this night.

    Null where a suite of this night has no decided night before: then there is nothing like to compare with.
    """
    weighted, weight = 0.0, 0
    for rates in suites:
        tonight = next((rate for rate in rates if rate.date == night and rate.decided_count), None)
        if tonight is None:
            continue
        before = [rate.rate for rate in rates if rate.date < night and rate.rate is not None]
        if not before:
            return None
        weighted += tonight.decided_count * median(before[-BASELINE_NIGHTS:])
        weight += tonight.decided_count
    return weighted / weight if weight else None


def usual_executed_share(suites: Iterable[Sequence[NightlyRate]], night: date) -> float | None:
    """The same for the share of executions that were run, weighted by this night's executions."""
    weighted, weight = 0.0, 0
    for rates in suites:
        tonight = next((rate for rate in rates if rate.date == night), None)
        if tonight is None:
            continue
        before = [rate.executed_count / rate.execution_count for rate in rates if rate.date < night]
        if not before:
            return None
        weighted += tonight.execution_count * median(before[-BASELINE_NIGHTS:])
        weight += tonight.execution_count
    return weighted / weight if weight else None


def _worst_first(suites: Mapping[str, Sequence[NightlyRate]]) -> dict[str, Sequence[NightlyRate]]:
    """By the lower bound of the newest decided night; suites without an interval last."""

    def order(name: str) -> tuple[bool, float, str]:
        newest = next((rate for rate in reversed(suites[name]) if rate.rate is not None), None)
        low = newest.low if newest else None
        return low is None, low if low is not None else 1.0, name

    return {name: suites[name] for name in sorted(suites, key=order)}
