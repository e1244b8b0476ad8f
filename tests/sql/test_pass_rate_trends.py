"""Daily pass rates and their trends: given runs, what is said of the scope (statistics.md 2.4, 9)."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipelines.analysis.trends import trend
from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.suite_days import suite
from tests.sql.workbench import AS_OF, Workbench

SERIES = ("bucket_date", "run_count", "passed_count")
NOISE = [2, 3, 1, 2, 3, 2, 1]
DECLINING = [1 + day // 8 + NOISE[day % 7] for day in range(56)]
SUITE = "scope_type = 'suite' and rate_name = 'final'"
TABLES = ("ana_pass_rate_series", "ana_pass_rate_trends", "met_pass_rate_trend")


def direction(model: Workbench, where: str = SUITE) -> tuple[object, ...]:
    """Direction and reason of the one series."""
    (found,) = model.rows("met_pass_rate_trend", "direction", "reason", where=where)
    return found


def test_a_declining_suite_is_found(model: Workbench) -> None:
    given_runs(model, *suite(DECLINING))
    columns = ("direction", "method", "day_count", "window_days", "run_count", "q <= 0.05")
    assert model.rows("met_pass_rate_trend", *columns, where=SUITE) == [
        ("declining", "mann_kendall", 56, 56, 56 * 20, True)
    ]
    ((slope, low, high, change),) = model.rows(
        "met_pass_rate_trend",
        *("slope_pp_per_week", "slope_pp_per_week_low", "slope_pp_per_week_high", "window_change_pp"),
        where=SUITE,
    )
    assert float(str(low)) < float(str(slope)) < float(str(high)) < 0
    assert float(str(slope)) == pytest.approx(-7 / 8 / 20 * 100, rel=0.2)
    assert float(str(change)) == pytest.approx(float(str(slope)) * 8)


def test_a_mended_suite_improves(model: Workbench) -> None:
    given_runs(model, *suite(DECLINING[::-1]))
    assert direction(model) == ("improving", "a change that chance does not explain")


def test_days_without_runs_are_gaps(model: Workbench) -> None:
    """One failure more every four days of the calendar, a month of which has no runs."""
    given_runs(model, *suite([day // 4 for day in range(10)], until_days_ago=40))
    given_runs(model, *suite([day // 4 for day in range(40, 50)]))
    columns = ("day_count", "window_days", "slope_pp_per_week")
    assert model.rows("met_pass_rate_trend", *columns, where=SUITE) == [
        (20, 50, pytest.approx(-700 / 4 / 20, rel=0.05))
    ]


def test_a_suite_that_always_passes_is_flat(model: Workbench) -> None:
    given_runs(model, *suite([0] * 30))
    assert direction(model) == ("flat", "no change worth telling")


def test_a_fall_of_the_last_days_is_not_flat(model: Workbench) -> None:
    """Most pairs of days are alike, so that Sen's slope is 0 from end to end; the rate fell by 60 points."""
    given_runs(model, *suite([0] * 48 + [12] * 12))
    assert direction(model) == ("insufficient", "it changed, but not evenly: most days are alike")


def test_noise_rules_no_change_out(model: Workbench) -> None:
    given_runs(model, *suite(random.Random(5).choices(range(8), k=20)))
    assert direction(model) == ("insufficient", "a change is neither shown nor ruled out")


def test_weekends_are_no_trend(model: Workbench) -> None:
    """Eight weeks that end with a weekend of more failures than on other days."""
    first = AS_OF.date() - timedelta(days=54)
    weekdays = [(first + timedelta(days=day)).weekday() for day in range(54)]
    given_runs(
        model, *suite([NOISE[day % 5] + 8 * (weekdays[day] >= 5) for day in range(54)], until_days_ago=2)
    )
    assert direction(model)[0] not in ("improving", "declining")
    assert model.rows("met_pass_rate_trend", "is_seasonal", "method", where=SUITE) == [
        (True, "seasonal_mann_kendall")
    ]


@pytest.mark.parametrize(("days", "expected"), [(13, "insufficient"), (14, "declining")])
def test_fewer_than_14_days_are_insufficient(model: Workbench, days: int, expected: str) -> None:
    given_runs(model, *suite([day // 2 for day in range(days)]))
    columns = ("direction", "day_count", "q is null", "method = 'insufficient'")
    is_short = days < 14
    assert model.rows("met_pass_rate_trend", *columns, where=SUITE) == [(expected, days, is_short, is_short)]


def test_days_of_fewer_than_five_runs_are_no_points(model: Workbench) -> None:
    given_runs(model, *suite([0] * 20, tests=4), *daily("P" * 15, test="fifth"))
    assert model.rows("met_pass_rate_trend", "day_count", "run_count", where=SUITE) == [(15, 75)]


def test_series_with_too_few_days_are_in_no_family(model: Workbench) -> None:
    """The family of the long suite is itself and its project: its q is of two p-values."""
    given_runs(model, *suite(DECLINING, suite_key="long"))
    given_runs(model, *suite([0] * 10, name="u", suite_key="short"))
    given_runs(model, *suite([1] * 56, name="v", suite_key="else", project="other"))
    ((p, q),) = model.rows("met_pass_rate_trend", "p", "q", where=f"{SUITE} and scope_key = 'long'")
    ((project_p,),) = model.rows(
        "met_pass_rate_trend",
        "p",
        where="scope_type = 'project' and scope_key = 'default' and rate_name = 'final'",
    )
    assert q == pytest.approx(max(min(float(str(p)), float(str(project_p))) * 2, float(str(p))))
    families = model.rows("met_pass_rate_trend", "scope_type", "scope_key", "project", where="q is null")
    assert families == [("suite", "short", "default")] * 2


def test_the_two_rates_are_two_families(model: Workbench) -> None:
    """First attempts fail more and more, and every retry passes."""
    for row in suite(DECLINING):
        given_runs(model, row | {"letters": "FP"} if row["letters"] == "F" else row)
    columns = ("rate_name", "direction", "q = p")
    assert model.rows("met_pass_rate_trend", *columns, where="scope_type = 'suite'") == [
        ("final", "flat", True),
        ("first_attempt", "declining", True),
    ]


def test_an_interval_with_0_shows_no_change(model: Workbench) -> None:
    parameters = replace(model.policy.parameters, trend_false_discovery_level=0.999)
    model.policy = replace(model.policy, parameters=parameters)
    given_runs(model, *suite(random.Random(5).choices(range(8), k=20)))
    assert direction(model) == ("insufficient", "a change is neither shown nor ruled out")
    assert model.rows("met_pass_rate_trend", "q < 0.999", where=SUITE) == [(True,)]


def test_a_change_under_one_point_is_not_told(model: Workbench) -> None:
    parameters = replace(model.policy.parameters, trend_smallest_change=0.9)
    model.policy = replace(model.policy, parameters=parameters)
    given_runs(model, *suite(DECLINING))
    assert direction(model) == ("flat", "no change worth telling")


def test_easy_tests_improve_the_crude_rate_alone(model: Workbench) -> None:
    """Pitfall 1: each day one more test that always passes joins ten of which three or four fail."""
    given_runs(model, *suite([3, 4] * 20, tests=10))
    for number in range(40):
        given_runs(model, *daily("P" * (40 - number), test=f"easy{number:02}"))
    series = model.rows(
        "ana_pass_rate_series", "bucket_date", "pass_rate", "standardised_pass_rate", where=SUITE
    )
    crude, standardised = ([float(str(row[place])) for row in series] for place in (1, 2))
    assert crude[-1] - crude[0] > 0.15
    assert abs(standardised[-1] - standardised[0]) < 0.1
    assert (trend(crude).p or 1) < 1e-4
    assert direction(model)[0] not in ("improving", "declining")


def test_standardised_by_hand(model: Workbench) -> None:
    """t1 passes on 1 of 2 days, t2 on its one day: 2 of 3; the first day is expected to give half a pass."""
    given_runs(model, *daily("FP", test="t1"), *daily("P", test="t2"))
    columns = (*SERIES, "expected_passed", "pass_rate", "standardised_pass_rate")
    assert model.rows("ana_pass_rate_series", *columns, where=SUITE) == [
        (date(2026, 3, 30), 1, 0, 0.5, 0.0, pytest.approx(2 / 3 - 0.5)),
        (date(2026, 3, 31), 2, 2, 1.5, 1.0, pytest.approx(2 / 3 + 0.25)),
    ]


def test_a_day_is_the_sum_of_its_suites(model: Workbench) -> None:
    """Pitfall 2: 1 of 2 and 98 of 98 are 99 %, not 75 %."""
    for number in range(100):
        letter, suite_key = ("F" if number == 0 else "P"), ("small" if number < 2 else "large")
        given_runs(model, *daily(letter, f"t{number:02}", suite_key=suite_key))
    where = "scope_type = 'all' and rate_name = 'final'"
    assert model.rows("ana_pass_rate_series", "pass_rate", where=where) == [(0.99,)]


def test_both_rates_in_every_scope(model: Workbench) -> None:
    given_runs(model, *daily(["FP"]), *daily("F", test="t2", suite_key=None, environment=None))
    columns = ("scope_type", "scope_key", "project", "rate_name", "run_count", "passed_count")
    assert model.rows("ana_pass_rate_series", *columns) == [
        ("all", "all", None, "final", 2, 1),
        ("all", "all", None, "first_attempt", 2, 0),
        ("environment", "(none)", None, "final", 1, 0),
        ("environment", "(none)", None, "first_attempt", 1, 0),
        ("environment", "linux", None, "final", 1, 1),
        ("environment", "linux", None, "first_attempt", 1, 0),
        ("project", "default", "default", "final", 2, 1),
        ("project", "default", "default", "first_attempt", 2, 0),
        ("suite", "(none)", "default", "final", 1, 0),
        ("suite", "(none)", "default", "first_attempt", 1, 0),
        ("suite", "s1", "default", "final", 1, 1),
        ("suite", "s1", "default", "first_attempt", 1, 0),
    ]


def test_the_day_is_that_of_the_project_s_zone(model: Workbench) -> None:
    """Pitfall 5: run at 23:30 and 00:30 local time, both on one day of UTC."""
    midnight = AS_OF.replace(hour=4, minute=0) - timedelta(days=2)
    for test, minutes, day in (("t1", -30, 28), ("t2", 30, 29)):
        row = next(daily("P", test=test))
        given_runs(
            model,
            row | {"triggered_at": midnight + timedelta(minutes=minutes), "bucket_date": date(2026, 3, day)},
        )
    assert model.rows("ana_pass_rate_series", *SERIES, where=SUITE) == [
        (date(2026, 3, 28), 1, 1),
        (date(2026, 3, 29), 1, 1),
    ]


def test_skips_are_in_no_day(model: Workbench) -> None:
    """Pitfall 6: five of ten skipped, then all of them."""
    for number in range(10):
        given_runs(model, *daily("PS" if number < 5 else "SS", test=f"t{number}"))
    assert model.rows("ana_pass_rate_series", *SERIES, "pass_rate", where=SUITE) == [
        (date(2026, 3, 30), 5, 5, 1.0)
    ]


def test_other_branches_and_other_days_are_left_out(model: Workbench) -> None:
    given_runs(model, *daily("P" * 61))
    given_runs(model, *daily("F" * 10, branch="pr-1", invocation_key="pr{day}"))
    wrong_clock = next(daily("F", test="t2")) | {"bucket_date": AS_OF.date() + timedelta(days=300)}
    given_runs(model, wrong_clock)
    columns = ("count(*)", "sum(run_count)", "sum(passed_count)", "min(bucket_date)")
    assert model.rows("ana_pass_rate_series", *columns, where=SUITE) == [
        (60, 60, 60, AS_OF.date() - timedelta(days=59))
    ]


def test_a_past_as_of_does_not_see_what_came_later(model: Workbench) -> None:
    """Pitfall 15."""
    rows = list(suite(DECLINING))
    ended = rows[-1] | {"execution_key": "ended", "letters": "F", "completed_at": AS_OF + timedelta(hours=1)}
    assert told(model, rows, TABLES) == told_before(model, [*rows, ended], "F", TABLES)


def test_any_order_of_rows_and_more_threads_give_the_same(model: Workbench) -> None:
    """Pitfall 20."""
    rows = [
        row
        for number in range(30)
        for row in daily(
            random.Random(number).choices(["P", "F", "FP", "S"], [8, 1, 1, 2], k=40),
            test=f"t{number:02}",
            suite_key=f"s{number % 3}",
        )
    ]
    assert told(model, rows, TABLES) == told_in_another_order(model, rows, TABLES)


def test_nothing_ran(model: Workbench) -> None:
    assert [model.rows(name, "scope_key") for name in TABLES] == [[], [], []]
