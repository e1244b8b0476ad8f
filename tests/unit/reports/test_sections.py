"""Each query of the report against the one small history."""

from datetime import timedelta

import pytest

from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.pass_rates import NightlyRate, usual_rate
from tests.unit.reports.report_rows import AS_OF, MISSING_NIGHT, TONIGHT


def test_the_night_is_that_of_the_as_of(facts: Nightly) -> None:
    night = facts.night
    assert (night.date, night.as_of, night.state) == (TONIGHT, AS_OF, "current")
    assert (night.executed_suite_count, night.known_suite_count) == (2, 2)
    assert night.age == timedelta(hours=10)


def test_pass_rates_of_everything_and_by_suite(facts: Nightly) -> None:
    tonight = facts.rates.tonight
    assert tonight is not None
    assert (tonight.passed_count, tonight.failed_count, tonight.broken_count) == (34, 3, 1)
    assert (tonight.decided_count, tonight.not_run_count, tonight.execution_count) == (38, 1, 39)
    assert tonight.rate == pytest.approx(34 / 38)
    assert tonight.low is not None
    assert tonight.low < 34 / 38 < (tonight.high or 0)
    assert MISSING_NIGHT not in [rate.date for rate in facts.rates.nights]
    assert len(facts.rates.nights) == 13
    assert list(facts.rates.suites) == ["web", "api"], "the lower end of the newest interval, worst first"


def test_what_is_usual_is_each_suites_own_median_weighted_by_what_ran(facts: Nightly) -> None:
    # api: 29 decided a night, 26 or 27 passed; of the 7 nights before the 31st, 4 are even and passed 27
    assert usual_rate(facts.rates.suites.values(), TONIGHT) == pytest.approx((29 * 27 / 29 + 9 * 1.0) / 38)
    assert facts.rates.usual_executed_share == pytest.approx((30 * 29 / 30 + 9 * 1.0) / 39)


def test_nothing_is_usual_for_a_suite_without_a_past(facts: Nightly) -> None:
    first: NightlyRate = facts.rates.suites["web"][0]
    assert usual_rate([[first]], first.date) is None
    assert usual_rate([], first.date) is None


def test_newly_failing_and_mended_tests(facts: Nightly) -> None:
    change = facts.changes[-1]
    assert change.date == TONIGHT
    # breaks, wobbly (odd day) and newcomer fail anew; broken fails still; mended passes again
    assert (change.failing_count, change.newly_failing_count, change.first_run_failing_count) == (4, 3, 1)
    assert change.mended_count == 1
    assert (change.test_count, change.compared_count, change.storm_count) == (38, 37, 0)
    assert change.rate_difference == pytest.approx((1 - 2) / 37)


def test_test_time_against_the_same_suites(facts: Nightly) -> None:
    # tonight the newcomer's 100 ms are more than usual
    assert facts.test_times.total_ms(TONIGHT) == 99_076
    assert facts.test_times.usual_ms(TONIGHT) == 98_976
    assert facts.test_times.execution_count(TONIGHT) == 39
    assert facts.test_times.usual_ms(TONIGHT - timedelta(days=13)) is None, "nothing before the first night"


def test_causes_new_ones_first(facts: Nightly) -> None:
    clusters = facts.failures
    assert [(cluster.message, cluster.is_new) for cluster in clusters] == [
        ("never seen <before>", True),
        ("always 1", False),
        ("boom", False),
    ]
    assert (clusters[0].test_count, list(clusters[0].suites)) == (2, ["api", "web"])
    assert (clusters[0].blocked_count, clusters[0].sole_cause_count) == (2, 1)
    assert clusters[0].example_test == "newcomer"
    assert clusters[1].all_execution_count == 13


def test_nothing_fails_together_by_chance(facts: Nightly) -> None:
    assert (facts.co_failures.groups, facts.co_failures.found_pair_count) == ([], 0)


def test_the_newest_build_has_its_confidence_and_what_takes_it(facts: Nightly) -> None:
    by_tier = {row.tier: row for row in facts.confidences.rows}
    assert list(by_tier) == ["p0", "p0_p1", "all"]
    assert by_tier["p0"].confidence is None
    everything = by_tier["all"]
    assert (everything.build, everything.failing_count) == ("1.090", 4)
    assert everything.confidence is not None
    assert everything.low is not None
    assert everything.high is not None
    assert everything.low <= everything.confidence <= everything.high < 0.05
    assert facts.confidences.drivers[0].kind == "failing"
    assert facts.confidences.drivers[0].test in ("broken", "breaks", "newcomer")


def test_coverage_without_a_catalogue_is_of_what_ever_ran(facts: Nightly) -> None:
    assert facts.coverage is not None
    states = facts.coverage.states
    assert (states.test_count, states.executed_count, states.failing_count) == (39, 38, 4)
    assert (states.never_executed_count, states.lacks) == (1, "test cases"), "skipped is not executed"
    gaps = [(gap.component, gap.unexecuted_count, gap.first_test) for gap in facts.coverage.gaps]
    assert gaps == [("api", 1, "skipped")]


def test_forecasts_are_not_shown_before_they_earned_it(facts: Nightly) -> None:
    assert (facts.outlook.forecasts, facts.outlook.thresholds) == ([], [])
    assert {backtest.shown_count for backtest in facts.outlook.backtests} == {0}


def test_thirteen_nights_are_too_few_to_call_a_test_slower(facts: Nightly) -> None:
    assert (facts.changed.tests, facts.changed.compared_test_count) == ([], 0)


def test_the_grid_ranks_by_changes(facts: Nightly) -> None:
    assert [(row.test, row.change_count) for row in facts.grid.rows] == [
        ("wobbly", 11),
        ("mended", 1),
        ("breaks", 1),
    ]
    wobbly = facts.grid.rows[0].cells
    assert wobbly[TONIGHT] == "fail"
    assert wobbly[TONIGHT - timedelta(days=1)] == "pass"
    assert MISSING_NIGHT not in wobbly
    assert MISSING_NIGHT in facts.grid.nights, "a missing night is an empty column"
    assert facts.grid.rows[1].cells[TONIGHT - timedelta(days=1)] == "error"
    assert facts.grid.unstable_count == 3


def test_failing_tests_newest_first_with_their_evidence(facts: Nightly) -> None:
    rows = facts.failing.rows
    assert [(row.test, row.is_newly_failing, row.is_first_run, row.streak_nights) for row in rows] == [
        ("breaks", True, False, 1),
        ("wobbly", True, False, 1),
        ("newcomer", True, True, 1),
        ("broken", False, False, 13),
    ]
    assert rows[0].execution_key == "0331-01-api-breaks"
    assert rows[3].since == TONIGHT - timedelta(days=13)
    assert facts.failing.total == 4


def test_slowest_tests_and_suites(facts: Nightly) -> None:
    slowest = facts.slowest[0]
    assert (slowest.test, slowest.median_ms, slowest.passed_count) == ("slow", 95_000, 6)
    assert [(suite.suite, suite.passed_count) for suite in facts.suite_durations] == [("api", 26), ("web", 8)]
    assert facts.suite_durations[0].p95_ms is None, "26 values are too few"


def test_checks_are_sentences(facts: Nightly) -> None:
    statements = [check.statement for check in facts.checks.checks]
    assert "Counts add up" in statements
    assert facts.checks.quarantined_count == 0
