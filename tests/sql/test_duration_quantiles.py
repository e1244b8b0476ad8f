"""Quantiles of merged histograms, their intervals, and what was cut off (statistics.md 3.1, 3.2, 9)."""

from datetime import timedelta

import pytest

from pipelines.analysis.durations import histogram, histogram_quantile, quantile_interval
from tests.sql.workbench import AS_OF, Row, Workbench
from tests.unit.analysis.cases import case

MET = "met_duration_quantiles"
ALL = "scope_type = 'all' and series = 'passed' and period_days"


def passes(durations_ms: list[int], days_ago: int = 0, **more: object) -> list[Row]:
    """One passed execution for each."""
    at = AS_OF - timedelta(days=days_ago, hours=1)
    return [
        {
            "execution_key": f"{days_ago}-{number}-{more.get('test_key')}",
            "triggered_at": at,
            "duration_ms": ms,
            **more,
        }
        for number, ms in enumerate(durations_ms)
    ]


def two_days() -> tuple[list[int], list[int]]:
    """The two days of case P6, in whole milliseconds; times a hundred, so that rounding moves nothing."""
    inputs, _ = case("P6")
    return tuple([round(100 * value) for value in inputs[day]] for day in ("day1", "day2"))  # type: ignore[return-value]


def test_a_p95_of_two_days_is_no_mean_of_daily_ones(model: Workbench) -> None:
    """Case P6: the mean of both days is 68.3, the 95 % of all attempts 45.0."""
    first, second = two_days()
    model.given_days(passes(first, 1) + passes(second, 0))
    ((count, p95),) = model.rows(MET, "attempt_count", "duration_p95_ms", where=f"{ALL} = 7")
    assert count == 150
    assert p95 == pytest.approx(4_515.4, rel=0.011)
    assert p95 == pytest.approx(histogram_quantile(histogram([*first, *second]), 0.95))


def test_ends_are_order_statistics_at_the_edges_of_their_buckets(model: Workbench) -> None:
    first, _ = two_days()
    model.given_days(passes(first))
    exact = quantile_interval(first, 0.95)
    ((low, value, high),) = model.rows(
        MET, "duration_p95_low_ms", "duration_p95_ms", "duration_p95_high_ms", where=f"{ALL} = 1"
    )
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert value == pytest.approx(exact.value, rel=0.01)
    assert exact.low is not None
    assert exact.high is not None
    assert exact.low / 1.0203 <= low <= exact.low
    assert exact.high <= high <= exact.high * 1.0203


def test_the_macro_gives_the_same_quantiles(model: Workbench) -> None:
    first, second = two_days()
    model.given_days(passes(first, 1) + passes(second, 0))
    by_macro = """
        (select log_bucket_quantile(list(bucket order by bucket), list(n order by bucket), 0.95) from (
            select log_bucket(duration_ms) as bucket, count(*) as n from fct_attempts group by all
        ))
    """
    ((ours, theirs),) = model.rows(MET, "duration_p95_ms", by_macro, where=f"{ALL} = 28")
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(("count", "is_given"), [(71, False), (72, True)])
def test_a_p95_needs_seventy_two(model: Workbench, count: int, is_given: bool) -> None:
    model.given_days(passes([100] * count))
    columns = ("duration_p50_ms is not null", "duration_p95_ms is not null", "duration_p99_ms is not null")
    assert model.rows(MET, *columns, where=f"{ALL} = 1") == [(True, is_given, False)]


def test_five_attempts_bound_no_median(model: Workbench) -> None:
    model.given_days(passes([100] * 5))
    columns = (
        "attempt_count",
        "duration_sum_ms",
        "duration_p50_ms",
        "duration_p50_low_ms",
        "duration_max_ms",
    )
    assert model.rows(MET, *columns, where=f"{ALL} = 1") == [(5, 500, None, None, 100)]


def test_quantiles_and_ends_stay_within_what_was_measured(model: Workbench) -> None:
    model.given_days(passes([100] * 80))
    columns = ("duration_p50_ms", "duration_p50_low_ms", "duration_p50_high_ms", "duration_p95_high_ms")
    assert model.rows(MET, *columns, where=f"{ALL} = 1") == [(100, 100, 100, 100)]


def test_attempts_that_nobody_timed_are_counted_and_lack_durations(model: Workbench) -> None:
    model.given_days(passes([None] * 8, 1) + passes([100], 0, test_key="t2"))  # type: ignore[list-item]
    columns = ("attempt_count", "untimed_count", "duration_sum_ms", "duration_p50_ms", "lacks")
    assert model.rows(MET, *columns, where=f"{ALL} = 7") == [(1, 8, 100, None, None)]
    named = "scope_type = 'test' and series = 'passed' and scope_key = 't1' and period_days = 7"
    assert model.rows(MET, *columns, where=named) == [(0, 8, 0, None, "durations")]


def test_periods_are_nights_up_to_as_of(model: Workbench) -> None:
    for days_ago in (0, 1, 6, 7, 27, 28):
        model.given_days(passes([100], days_ago))
    found = model.rows(MET, "period_days", "attempt_count", where="scope_type = 'all'")
    assert found == [(1, 1), (7, 3), (28, 5)]


def test_scopes(model: Workbench) -> None:
    model.given_days(
        passes([100], test_key="t1", project="p1") + passes([200], test_key="t2", suite_key=None)
    )
    columns = ("scope_type", "scope_key", "variant_key", "duration_sum_ms")
    assert model.rows(MET, *columns, where="period_days = 1") == [
        ("all", "all", "", 300),
        ("environment", "linux", "", 300),
        ("project", "default", "", 200),
        ("project", "p1", "", 100),
        ("suite", "(none)", "", 200),
        ("suite", "s1", "", 100),
        ("test", "t1", "linux||", 100),
        ("test", "t2", "linux||", 200),
    ]


def test_failing_attempts_are_a_series_of_their_own(model: Workbench) -> None:
    model.given("lake_executions", [{"execution_key": "a", "attempt_count": 3}])
    attempts = [
        (1, "failed", 10),
        (2, "timed_out", 30),
        (3, "passed", 5),
        (4, "error", None),
        (5, "skipped", 7),
    ]
    names = ("execution_key", "attempt_number", "outcome", "duration_ms")
    model.given("lake_attempts", [dict(zip(names, ("a", *one), strict=True)) for one in attempts])
    found = model.rows(
        MET, "series", "attempt_count", "duration_sum_ms", where="scope_type = 'all' and period_days = 1"
    )
    assert found == [("failing", 2, 40), ("passed", 1, 5)]


def test_slow_runs_that_time_out_are_said_beside_the_fast_ones(model: Workbench) -> None:
    """What ran out of time is in no duration of what passed: its p50 looks well (survivorship)."""
    model.given_days(passes([100] * 30))
    timed_out = {"outcome": "timed_out", "first_outcome": "timed_out", "status": "timeout"}
    model.given_days(
        [
            row | timed_out | {"execution_key": f"x{row['execution_key']}", "duration_ms": None}
            for row in passes([0] * 10)
        ]
    )
    columns = ("attempt_count", "timed_out_count", "censored_share", "is_censored")
    assert model.rows(MET, *columns, where=f"{ALL} = 1") == [(30, 10, 0.25, True)]


def test_only_failures_have_no_censored_share(model: Workbench) -> None:
    model.given_days([row | {"outcome": "failed", "first_outcome": "failed"} for row in passes([100])])
    assert model.rows(MET, "series", "censored_share", where="scope_type = 'all' and period_days = 1") == [
        ("failing", None)
    ]


def test_what_does_not_count(model: Workbench) -> None:
    model.given_days(
        [
            *passes([100], test_key="counts"),
            *passes([100], test_key="unverified", is_unverified=True),
            *passes([100], test_key="suite run", execution_type="test_suite"),
            *passes([100], -1, test_key="later"),
        ]
    )
    assert model.rows(MET, "scope_key", where="scope_type = 'test' and period_days = 28") == [("counts",)]


def test_nothing_passed(model: Workbench) -> None:
    assert model.rows(MET, "*") == []


def test_order_changes_nothing(model: Workbench) -> None:
    rows = [
        row for day in range(4) for row in passes(list(range(90 + day, 300, 7)), day, test_key=f"t{day % 2}")
    ]
    model.given_days(rows)
    other = model.another(threads=4)
    other.given_days(rows[::-1])
    assert model.rows(MET, "*") == other.rows(MET, "*")
