"""The last week against the month before it: given runs, what another mix made (statistics.md 2.2)."""

import random
from math import sqrt

import pytest

from pipelines.analysis.intervals import newcombe
from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.suite_days import suite
from tests.sql.workbench import Workbench

NOISE = [2, 3, 1, 2, 3, 2, 1] * 6
TABLES = ("int_compared_tests", "ana_mix_dispersions", "ana_mix_effects", "met_mix_effect")
SUITE = "scope_type = 'suite' and rate_name = 'final'"
COUNTS = tuple(
    f"{side}_{name}_count" for side in ("basis", "sample") for name in ("run", "passed", "test", "invocation")
)
DIFFERENCES = ("crude_difference", "standardised_difference", "mix_effect")


def test_easy_tests_improve_the_crude_rate_alone(model: Workbench) -> None:
    """Pitfall 1: ten tests fail a little more often, twenty that always pass join them."""
    given_runs(model, *suite([2] * 30 + [3] * 7, tests=10))
    given_runs(model, *daily("P" * 7, test="easy"), *suite([0] * 7, tests=19, name="easy"))
    ((crude, standardised, mix),) = model.rows("met_mix_effect", *DIFFERENCES, where=SUITE)
    assert crude == pytest.approx(0.9 - 0.8)
    assert standardised == pytest.approx(0.7 - 0.8, abs=0.01)
    assert mix == pytest.approx(float(str(crude)) - float(str(standardised)))
    ((ratio,),) = model.rows("met_mix_effect", "odds_ratio", where=SUITE)
    assert float(str(ratio)) > 1


def test_simpson(model: Workbench) -> None:
    """Both tests get worse and the crude rate rises, since the easy one runs more often now."""
    runs = [("hard", "PF" * 14 + "P", "FFP" * 2), ("easy", "P" * 5 + "F", ("P" * 9 + "F") * 5)]
    for test, basis, sample in runs:
        for side, letters, days in (("b", basis, 20), ("s", sample, 1)):
            for number, letter in enumerate(letters):
                row = next(
                    daily(letter, test=test, until_days_ago=days, invocation_key=f"{side}{number % 5}")
                )
                given_runs(model, row | {"execution_key": f"{test}{side}{number}"})
    ((crude, standardised, mix),) = model.rows("met_mix_effect", *DIFFERENCES, where=SUITE)
    assert crude == pytest.approx((2 + 45) / 56 - 20 / 35)
    assert standardised == pytest.approx((35 * (2 / 6 - 15 / 29) + 56 * (45 / 50 - 5 / 6)) / 91)
    assert mix == pytest.approx(float(str(crude)) - float(str(standardised)))


def test_a_test_is_a_stratum_on_each_variant(model: Workbench) -> None:
    """Pitfall 19: it always fails on Windows, where it runs more often now."""
    given_runs(model, *daily("P" * 37), *daily("F", until_days_ago=20, variant_key="windows||"))
    given_runs(model, *daily("F" * 7, variant_key="windows||"))
    assert model.rows("met_mix_effect", "common_test_count", "standardised_difference", where=SUITE) == [
        (2, 0.0)
    ]


def test_counts_of_both_sides(model: Workbench) -> None:
    """Up to 7 days before as_of exclusive, and 30 days before these; one test is of one side alone."""
    given_runs(model, *daily("P" * 50), *daily("F" * 3, test="t2"))
    assert model.rows("met_mix_effect", *COUNTS, "common_test_count", where=SUITE) == [
        (30, 30, 1, 30, 10, 7, 2, 7, 1)
    ]


def test_both_rates_in_every_scope(model: Workbench) -> None:
    given_runs(model, *daily(["FP"] * 20))
    columns = ("scope_type", "scope_key", "rate_name", "sample_pass_rate")
    assert model.rows("met_mix_effect", *columns) == [
        (kind, key, rate_name, value)
        for kind, key in (("all", "all"), ("environment", "linux"), ("project", "default"), ("suite", "s1"))
        for rate_name, value in (("final", 1.0), ("first_attempt", 0.0))
    ]


def test_the_interval_by_hand(model: Workbench) -> None:
    """One test, one run an invocation: nothing to vary between invocations, a dispersion of one."""
    given_runs(model, *daily("P" * 27 + "FFF" + "PPPPPFF"))
    columns = ("dispersion", "basis_n_eff", "sample_n_eff", "standardised_difference", "z")
    shared = min((27 * 3 / 30 + 5 * 2 / 7 + 0.5) / (29 + 6 + 1), 32.5 / 38 * 5.5 / 38)
    basis_n_eff, sample_n_eff = 30 * 0.09 / (0.09 + shared / 30), 7 * (10 / 49) / (10 / 49 + shared / 7)
    error = sqrt((32 * 5 / 37 + shared) / 37 * (1 / 30 + 1 / 7))
    assert model.rows("met_mix_effect", *columns, where=SUITE) == [
        pytest.approx((1, basis_n_eff, sample_n_eff, 5 / 7 - 0.9, (5 / 7 - 0.9) / error))
    ]
    interval = newcombe(5 / 7 * sample_n_eff, sample_n_eff, 0.9 * basis_n_eff, basis_n_eff)
    ends = ("standardised_difference_low", "standardised_difference_high")
    assert model.rows("met_mix_effect", *ends, where=SUITE) == [pytest.approx((interval.low, interval.high))]


def test_where_nothing_fails_there_is_an_interval_all_the_same(model: Workbench) -> None:
    given_runs(model, *suite([0] * 37))
    columns = ("basis_n_eff", "sample_n_eff", "z", "p", "standardised_difference_low")
    low = newcombe(140, 140, 600, 600).low
    assert model.rows("met_mix_effect", *columns, where=SUITE) == [pytest.approx((600, 140, 0, 1, low))]


def test_tests_that_always_fail_are_no_uncertainty(model: Workbench) -> None:
    """Half of the tests fail in every run: n_eff is above the runs there are."""
    for number in range(20):
        given_runs(model, *daily("PF"[number % 2] * 37, test=f"t{number:02}"))
    columns = ("sample_n_eff > 10 * sample_run_count", "standardised_difference_low > -0.01")
    assert model.rows("met_mix_effect", *columns, where=SUITE) == [(True, True)]


def test_tests_that_fail_together_widen_the_interval(model: Workbench) -> None:
    """Ten tests that all fail in the same invocations: each invocation is worth one run."""
    letters = "PPPPFPPPP" * 4 + "F"
    for number in range(10):
        given_runs(model, *daily(letters, test=f"t{number}"))
    columns = ("dispersion", "sample_n_eff")
    ((together, n_eff),) = model.rows("met_mix_effect", *columns, where=SUITE)
    other = model.another()
    given_runs(other, *daily(letters))
    ((alone, n_eff_alone),) = other.rows("met_mix_effect", *columns, where=SUITE)
    assert (together, alone) == (pytest.approx(10), pytest.approx(1))
    assert n_eff == pytest.approx(n_eff_alone, rel=0.02)


def test_first_attempts_that_fail_together_widen_their_own_interval_alone(model: Workbench) -> None:
    runs = ["FP" if letter == "F" else "P" for letter in "PPPPFPPPP" * 4 + "F"]
    for number in range(10):
        given_runs(model, *daily(runs, test=f"t{number}"))
    assert model.rows("met_mix_effect", "rate_name", "dispersion", where="scope_type = 'suite'") == [
        ("final", 1.0),
        ("first_attempt", pytest.approx(10)),
    ]


@pytest.mark.parametrize(("days", "expected"), [(4, "insufficient"), (5, "sufficient")])
def test_fewer_than_five_invocations_are_insufficient(model: Workbench, days: int, expected: str) -> None:
    given_runs(model, *suite(NOISE[:20], until_days_ago=7), *suite(NOISE[:days]))
    is_short = expected == "insufficient"
    columns = ("evidence_grade", "standardised_difference is null")
    nulls = ("standardised_difference_low is null", "p is null", "sample_n_eff is null")
    assert model.rows("met_mix_effect", *columns, *nulls, where=SUITE) == [(expected, False, *[is_short] * 3)]


def test_a_suite_that_is_new_is_compared_with_nothing(model: Workbench) -> None:
    given_runs(model, *suite([1] * 7))
    columns = ("basis_pass_rate", *DIFFERENCES, "p", "odds_ratio", "evidence_grade")
    assert model.rows("met_mix_effect", *columns, where=SUITE) == [(*[None] * 6, "insufficient")]


def test_all_skipped_is_no_row(model: Workbench) -> None:
    given_runs(model, *daily("S" * 20))
    assert model.rows("met_mix_effect", "scope_key") == []


def test_other_branches_are_left_out(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30), *daily("F" * 20, branch="pr-1", invocation_key="pr{day}"))
    assert model.rows("met_mix_effect", "sample_pass_rate", where=SUITE) == [(1.0,)]


def test_a_past_as_of_does_not_see_what_came_later(model: Workbench) -> None:
    rows = list(suite(NOISE))
    assert told(model, rows, TABLES) == told_before(model, rows, "F", TABLES)


def test_any_order_of_rows_and_more_threads_give_the_same(model: Workbench) -> None:
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
    assert [model.rows(name, "scope_key") for name in TABLES] == [[]] * 4
