"""Pass rates: what is counted, in which scopes, and how wide the interval is (statistics.md 2.1)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.sql.workbench import Row, Workbench

DAY = datetime(2026, 3, 31, 1, tzinfo=UTC)
TODAY = DAY.date()
ONE_BAD_BUILD = [98, 97, 99, 60, 98, 99, 97, 98, 99, 96]


def invocation(key: str, passed: int, failed: int, days_ago: int = 0, **more: object) -> list[Row]:
    """One invocation with so many passed and failed executions."""
    outcomes = ["passed"] * passed + ["failed"] * failed
    return [
        {
            "execution_key": f"{more.get('suite_key', 's1')}-{key}-{number}",
            "test_key": f"t{number}",
            "invocation_key": f"{more.get('suite_key', 's1')}-{key}",
            "triggered_at": DAY - timedelta(days=days_ago),
            "outcome": outcome,
            "first_outcome": outcome,
            **more,
        }
        for number, outcome in enumerate(outcomes)
    ]


def rate(model: Workbench, *columns: str, scope: str = "all", day: date = TODAY) -> tuple[object, ...]:
    where = f"scope_key = '{scope}' and bucket_date = '{day}'"
    (row,) = model.rows("met_pass_rate_daily", *columns, where=where)
    return row


INTERVAL = ("final_n_eff", "final_pass_rate_low", "final_pass_rate_high")


def test_clustered_interval_of_the_worked_example(model: Workbench) -> None:
    for number, passed in enumerate(ONE_BAD_BUILD):
        model.given("lake_executions", invocation(str(number), passed, 100 - passed))
    assert rate(model, "final_pass_rate", "final_method", "evidence_grade", "invocation_count") == (
        0.941,
        "wilson_clustered",
        "sufficient",
        10,
    )
    assert rate(model, "final_design_effect", *INTERVAL) == pytest.approx(
        (26.035131, 38.409639, 0.819324, 0.982485), abs=1e-6
    )


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (930, 1000, 0.912485, 0.944224),
        (950, 1000, 0.934686, 0.961870),
        (965, 1000, 0.951713, 0.974728),
        (60, 60, 0.939828, 1.0),
        (73, 73, 0.950008, 1.0),
        (0, 10, 0.0, 0.277533),
        (38.409639 * 0.941, 38.409639, 0.819324, 0.982485),
    ],
)
def test_wilson(model: Workbench, k: float, n: float, low: float, high: float) -> None:
    ((found_low, found_high),) = model.rows(
        "ref_outcomes", f"wilson_low({k}, {n})", f"wilson_high({k}, {n})", where="worst_rank = 1"
    )
    assert (found_low, found_high) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize("n", [1, 7.3, 10, 1_018, 16_226])
def test_wilson_of_all_and_of_none_ends_there(model: Workbench, n: float) -> None:
    ends = model.rows("ref_outcomes", f"wilson_low(0, {n})", f"wilson_high({n}, {n})", where="worst_rank = 1")
    assert ends == [(0.0, 1.0)]


def test_wilson_of_nothing_is_null(model: Workbench) -> None:
    row = model.rows("ref_outcomes", "wilson_low(0, 0)", "wilson_high(null, null)", where="worst_rank = 1")
    assert row == [(None, None)]


def test_all_passed_has_its_whole_number(model: Workbench) -> None:
    for number in range(5):
        model.given("lake_executions", invocation(str(number), 20, 0))
    assert rate(model, "final_pass_rate", "final_n_eff", "final_method") == (1.0, 100.0, "wilson_clustered")


def test_under_five_invocations_ever_there_is_no_interval(model: Workbench) -> None:
    for number in range(4):
        model.given("lake_executions", invocation(str(number), 90, 10))
    assert rate(model, "final_pass_rate", *INTERVAL, "final_method", "evidence_grade") == (
        0.9,
        None,
        None,
        None,
        "insufficient",
        "insufficient",
    )


def test_few_invocations_on_the_day_take_the_design_effect_of_28_days(model: Workbench) -> None:
    for days_ago, passed in enumerate(ONE_BAD_BUILD):
        model.given("lake_executions", invocation(str(days_ago), passed, 100 - passed, days_ago))
    model.given("lake_executions", invocation("old", 0, 100, 28))
    assert rate(model, "final_method") == ("wilson_clustered_recent",)
    assert rate(model, "final_design_effect", "final_n_eff") == pytest.approx(
        (26.035131, 100 / 26.035131), abs=1e-6
    )


def test_several_suites_are_strata_and_their_difference_is_no_noise(model: Workbench) -> None:
    for number in range(5):
        model.given("lake_executions", invocation(str(number), 100, 0, suite_key="good"))
        model.given("lake_executions", invocation(str(number), 50, 50, suite_key="poor"))
    assert rate(model, "final_pass_rate", "final_method") == (0.75, "wilson_stratified")
    # v = 1 * 0.25 * 500 / 1000², so n_eff = 0.1875 / v = 1500, not more than the 1000 there are
    assert rate(model, "final_n_eff") == (1000.0,)
    assert rate(model, "final_method", "final_n_eff", scope="poor") == ("wilson_clustered", 500.0)


def test_strata_carry_their_design_effects(model: Workbench) -> None:
    for number, passed in enumerate(ONE_BAD_BUILD):
        model.given("lake_executions", invocation(str(number), passed, 100 - passed, suite_key="a"))
        model.given("lake_executions", invocation(str(number), 50, 50, suite_key="b"))
    k = 941 + 500
    variance = 26.03513111627451 * 941 * 59 / 1000 + 500 * 500 / 1000
    assert rate(model, "final_n_eff") == pytest.approx((k * (2000 - k) / variance,), rel=1e-9)


def test_one_stratum_without_evidence_leaves_the_whole_without(model: Workbench) -> None:
    for number in range(5):
        model.given("lake_executions", invocation(str(number), 9, 1, suite_key="a"))
    model.given("lake_executions", invocation("0", 9, 1, suite_key="b"))
    assert rate(model, "final_method", "decided_count") == ("insufficient", 60)
    assert rate(model, "final_method", scope="a") == ("wilson_clustered",)


def test_every_outcome_is_counted_and_only_decided_ones_rated(model: Workbench) -> None:
    words = ["passed", "failed", "error", "timed_out", "skipped", "cancelled", "aborted", "unknown", None]
    decided = ("passed", "failed", "error", "timed_out")
    for word in words:
        row: Row = {
            "execution_key": str(word),
            "outcome": word,
            "first_outcome": word,
            "is_decided": word in decided,
        }
        model.given("lake_executions", [row | ({"status": "running"} if word is None else {})])
    unverified: Row = {"execution_key": "u", "is_unverified": True, "is_decided": False}
    suite_run: Row = {"execution_key": "s", "execution_type": "test_suite", "test_key": None}
    model.given("lake_executions", [unverified, suite_run])
    counts = [f"{word}_count" for word in (*words[:8], "in_flight", "unverified", "execution", "decided")]
    assert rate(model, *counts) == (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10, 4)
    assert rate(model, "final_pass_rate") == (0.25,)
    assert model.breaches("chk_counts_add_up") == 0


def test_nothing_decided_has_no_rate(model: Workbench) -> None:
    skipped: Row = {"outcome": "skipped", "first_outcome": None, "is_decided": False}
    model.given("lake_executions", [{"execution_key": "a", **skipped}])
    assert rate(model, "final_pass_rate", "first_attempt_pass_rate", "evidence_grade", "decided_count") == (
        None,
        None,
        "no_data",
        0,
    )


def test_a_skipped_first_attempt_is_in_no_rate_of_first_attempts(model: Workbench) -> None:
    """Pitfall 6: 1 of 1, not 1 of 2; in the end both passed."""
    model.given("lake_executions", [{"execution_key": "a", "first_outcome": "skipped", "attempt_count": 2}])
    model.given("lake_executions", [{"execution_key": "b"}])
    columns = ("first_attempt_decided_count", "first_attempt_pass_rate", "decided_count", "final_pass_rate")
    assert rate(model, *columns) == (1, 1.0, 2, 1.0)


def test_a_flaky_pass_is_a_pass_and_a_failed_first_attempt(model: Workbench) -> None:
    flaky = {"first_outcome": "failed", "is_flaky": True, "attempt_count": 3}
    model.given("lake_executions", [{"execution_key": "a", **flaky}, {"execution_key": "b"}])
    assert rate(model, "final_pass_rate", "first_attempt_pass_rate", "decided_count", "flaky_count") == (
        1.0,
        0.5,
        2,
        1,
    )


def test_rates_are_of_sums_not_means_of_rates(model: Workbench) -> None:
    model.given(
        "lake_executions", invocation("0", 1, 1, suite_key="a") + invocation("0", 98, 0, suite_key="b")
    )
    assert rate(model, "final_pass_rate") == (0.99,)


def test_scopes(model: Workbench) -> None:
    model.given(
        "lake_executions", [{"execution_key": "a", "project": "p", "suite_key": None, "environment": None}]
    )
    assert model.rows("met_pass_rate_daily", "scope_type", "scope_key") == [
        ("all", "all"),
        ("environment", "(none)"),
        ("project", "p"),
        ("suite", "(none)"),
    ]


def test_as_of_and_policy_stand_in_every_row(model: Workbench) -> None:
    model.given("lake_executions", [{"execution_key": "a"}])
    assert rate(model, "as_of", "params_hash") == (model.as_of, model.policy.params_hash)
