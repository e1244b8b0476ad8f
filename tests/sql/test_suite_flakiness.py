"""What is said of suites, and of invocations that look like a failure of the infrastructure."""

from datetime import timedelta

from tests.sql.runs import daily, given_runs
from tests.sql.workbench import AS_OF, Workbench


def test_labels_are_counted_in_every_scope(model: Workbench) -> None:
    given_runs(model, *daily(["P"] * 20 + ["FP"] * 4 + ["P"] * 10, test="t1", suite_key="s1"))
    given_runs(model, *daily("P" * 30, test="t2", suite_key="s1"))
    given_runs(model, *daily("F" * 30, test="t3", suite_key="s2", project="other"))
    columns = ("scope_type", "scope_key", "test_count", "flaky_test_count", "broken_test_count")
    assert model.rows("met_suite_flakiness", *columns) == [
        ("all", "all", 3, 1, 1),
        ("project", "default", 2, 1, 0),
        ("project", "other", 1, 0, 1),
        ("suite", "s1", 2, 1, 0),
        ("suite", "s2", 1, 0, 1),
        ("variant", "linux||", 3, 1, 1),
    ]


def test_rates_stand_beside_their_counts(model: Workbench) -> None:
    given_runs(model, *daily(["P"] * 20 + ["FP"] * 4 + ["P"] * 10))
    given_runs(model, *daily("P" * 30, test="t2"))
    columns = ("flake_count", "run_count", "flaky_run_rate", "flaky_test_rate", "flaky_test_rate_low < 0.5")
    assert model.rows("met_suite_flakiness", *columns, where="scope_type = 'all'") == [
        (4, 64, 4 / 64, 0.5, True)
    ]


def test_without_a_prior_from_many_tests_no_chance_is_given(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30))
    columns = ("flaky_pipeline_rate", "flaky_pipeline_rate_low", "flaky_pipeline_rate_with_retry")
    assert model.rows("met_suite_flakiness", *columns, where="scope_type = 'all'") == [(None, None, None)]


def test_the_chance_is_of_all_tests_of_the_scope(model: Workbench) -> None:
    for number in range(40):
        runs = ["P"] * 30 if number % 4 else ["P", "FP"] * 15
        given_runs(model, *daily(runs, test=f"t{number:02}"))
    ((rate, low, high, retried),) = model.rows(
        "met_suite_flakiness",
        *("flaky_pipeline_rate", "flaky_pipeline_rate_low", "flaky_pipeline_rate_high"),
        "flaky_pipeline_rate_with_retry",
        where="scope_type = 'all'",
    )
    assert 0.99 < float(str(low)) < float(str(rate)) < float(str(high)) < 1
    assert 0.9 < float(str(retried)) < float(str(rate))


def test_nothing_ran(model: Workbench) -> None:
    assert model.rows("met_suite_flakiness", "scope_key") == []
    assert model.rows("met_infra_storms", "invocation_key") == []
    assert model.rows("met_segments", "test_key") == []


def test_a_storm_tells_its_size(model: Workbench) -> None:
    for number in range(30):
        last = "F" if number < 27 else "P"
        given_runs(model, *daily("PPP" + last, test=f"t{number:02}"))
    columns = ("baseline_count", "failing_count", "failing_share", "execution_count", "excluded_count")
    found = model.rows("met_infra_storms", "invocation_key", *columns, "first_triggered_at")
    assert found == [("i000", 30, 27, 0.9, 30, 30, AS_OF - timedelta(hours=11))]


def test_19_of_19_are_no_storm(model: Workbench) -> None:
    for number in range(19):
        given_runs(model, *daily("PPPF", test=f"t{number:02}"))
    assert model.rows("met_infra_storms", "invocation_key") == []
