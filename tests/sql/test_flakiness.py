"""Labels and counts of flakiness: given runs, what is said of the test (statistics.md 1.2 to 1.6, 9)."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.analysis.flakiness import posterior
from tests.sql.runs import again, daily, given_runs, label, told, told_in_another_order
from tests.sql.workbench import AS_OF, Workbench

COUNTS = ("pass_count", "flake_count", "hard_fail_count")


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ("PPPPPFFFFF", "broken"),
        ("FFFFFFFFFF", "broken"),
        ("PFPFPFPFPF", "suspected"),
        ("P" * 30 + "F" * 6 + "P" * 30, "no_evidence_of_flakiness"),
        ("P" * 60 + "F" * 6, "broken"),
        ("P" * 30, "no_evidence_of_flakiness"),
        ("P" * 9, "insufficient"),
        ("P" * 20 + "F" + "P" * 20, "suspected"),
        ("P" * 40 + "F", "no_evidence_of_flakiness"),
        (["P"] * 20 + ["FP"] + ["P"] * 20, "suspected"),
        (["P"] * 20 + ["FP"] * 4 + ["P"] * 10, "flaky"),
        (["FP"] * 12, "flaky"),
        (["P", "FP", "P"] * 15 + ["F", "F"], "flaky"),  # so flaky that two failures prove no break
        ("PPPPPSSSSS", "insufficient"),
    ],
)
def test_label_of_a_history(model: Workbench, runs: str | list[str], expected: str) -> None:
    given_runs(model, *daily(runs))
    assert label(model) == expected


def test_two_flakes_in_many_runs_are_rare(model: Workbench) -> None:
    given_runs(model, *daily(["P"] * 50 + ["FP"] + ["P"] * 10 + ["FP"] + ["P"] * 20))
    given_runs(model, *(again(row, n) for n in range(4) for row in daily("P" * 82)))
    assert model.rows("met_flakiness", "flake_count", "label") == [(2, "rarely_flaky")]


def test_stable_takes_250_runs(model: Workbench) -> None:
    given_runs(model, *daily("P" * 85), *(again(row, n) for n in range(2) for row in daily("P" * 85)))
    assert label(model) == "stable"


def test_same_commit_disagreement_is_a_flake_and_two_commits_are_not(model: Workbench) -> None:
    given_runs(model, *daily("PPPPPPPPPPFP"), *(again(row, 1) for row in daily("PP", until_days_ago=0)))
    given_runs(model, *daily("PPPPPPPPPPFP", test="t2"))
    rows = model.rows("met_flakiness", "test_key", *COUNTS, "evidence_grade", "mixed_commit_count")
    assert rows == [("t1", 13, 1, 0, "A", 1), ("t2", 11, 0, 1, "B", 0)]


def test_a_run_counts_once_however_often_it_was_tried(model: Workbench) -> None:
    """Pitfall 4: FFP is one flake and no failure, PF and PP are one pass each."""
    given_runs(model, *daily(["P"] * 10 + ["FFP", "PF", "PP", "FFF"]))
    assert model.rows("met_flakiness", "run_count", *COUNTS) == [(14, 12, 1, 1)]


def test_flakes_of_one_invocation_prove_nothing(model: Workbench) -> None:
    given_runs(model, *daily(["P"] * 30))
    given_runs(model, *(again(row, n) for n in range(5) for row in daily(["FP"])))
    assert model.rows("met_flakiness", "flake_count", "label") == [(5, "suspected")]


def test_an_invocation_without_commit_is_no_commit(model: Workbench) -> None:
    """Two runs of one invocation disagree: which code each had is not known."""
    rows = list(daily("P" * 20 + "F", commit_id=None))
    given_runs(model, *rows, again(rows[-1], 1) | {"letters": "P"})
    assert model.rows("met_flakiness", *COUNTS) == [(21, 0, 1)]


def test_without_commits_nothing_is_called_flaky(model: Workbench) -> None:
    given_runs(model, *daily(["P", "FP"] * 10, commit_id=None))
    assert model.rows("met_flakiness", "label", "evidence_grade", "reason", *COUNTS) == [
        ("insufficient", "C", "commit id missing: code changes cannot be excluded", 10, 10, 0)
    ]


def test_a_policy_may_trust_retries_without_commits(model: Workbench) -> None:
    parameters = replace(model.policy.parameters, flakiness_retry_needs_commit=False)
    model.policy = replace(model.policy, parameters=parameters)
    given_runs(model, *daily(["P", "FP"] * 10, commit_id=None))
    assert model.rows("met_flakiness", "label", "evidence_grade") == [("flaky", "A")]


def test_fewer_than_five_invocations_are_insufficient(model: Workbench) -> None:
    given_runs(model, *(again(row, n) for n in range(5) for row in daily("PPPP")))
    assert model.rows("met_flakiness", "run_count", "label", "reason") == [
        (20, "insufficient", "too few invocations")
    ]


def test_variants_are_not_pooled(model: Workbench) -> None:
    """A test that fails on Windows alone is no flake, though at each commit it passed elsewhere."""
    given_runs(model, *daily("P" * 20, variant_key="linux||"))
    given_runs(model, *daily("P" * 10 + "F" * 10, variant_key="windows||", invocation_key="w{day}"))
    rows = model.rows("met_flakiness", "variant_key", "flake_count", "label")
    assert rows == [("linux||", 0, "no_evidence_of_flakiness"), ("windows||", 0, "broken")]


def test_pull_requests_give_flakes_but_no_breaks(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30))
    runs = ["F"] * 10 + ["FP"]
    given_runs(model, *daily(runs, branch="pr-1", invocation_key="pr{day}", commit_id="pr{day}"))
    assert model.rows("met_flakiness", *COUNTS, "label") == [(30, 1, 0, "suspected")]
    assert model.rows("met_segments", "segment_number") == []


def test_a_storm_makes_no_flakes(model: Workbench) -> None:
    """Pitfall 8: an invocation in which 25 tests fail that had passed; the next one at its commit passes."""
    for number in range(25):
        rows = list(daily("PPPPPPPPPP" + "F" + "P", test=f"t{number:02}"))
        mended = again(rows[-2], 1) | {"letters": "P", "invocation_key": "mended"}
        given_runs(model, *rows, mended | {"triggered_at": AS_OF - timedelta(days=1, hours=10)})
    found = model.rows("met_flakiness", "label", *COUNTS, where="test_key < 't02'")
    assert found == [("no_evidence_of_flakiness", 12, 0, 0)] * 2
    assert model.rows("int_infra_storms", "invocation_key", where="is_infra_suspect") == [("i001",)]


def test_an_old_commit_run_again_changes_no_order(model: Workbench) -> None:
    """Pitfall 17: after a break, runs of an older commit pass; the test is broken all the same."""
    rows = list(daily("P" * 20 + "F" * 6))
    old = [row | {"triggered_at": AS_OF - timedelta(minutes=9 - n)} for n, row in enumerate(rows[5:8])]
    given_runs(model, *rows, *(again(row, 1) for row in old))
    assert label(model) == "broken"
    found = model.rows("met_segments", "segment_number", "first_commit_id", "run_count")
    assert found == [(1, "c025", 23), (2, "c005", 6)]


def test_broken_windows_are_left_out_of_the_rate(model: Workbench) -> None:
    """Pitfall 9: thirty passes, six failures, thirty passes: broken, then mended, never flaky."""
    given_runs(model, *daily("P" * 30 + "F" * 6 + "P" * 30))
    assert model.rows("met_flakiness", *COUNTS, "broken_run_count", "flip_count") == [(60, 0, 0, 6, 2)]
    assert model.rows("met_segments", "segment_number", "state", "cut_kind", "run_count") == [
        (1, "good", None, 30),
        (2, "broken", "broke", 6),
        (3, "good", "mended", 30),
    ]


def test_flakes_of_a_broken_window_prove_nothing(model: Workbench) -> None:
    """Pitfall 9: while it was broken two runs passed when they were tried again."""
    given_runs(model, *daily(["P"] * 30 + ["F"] * 6 + ["FP"] * 2 + ["F"] * 6 + ["P"] * 30))
    found = model.rows("met_flakiness", "flake_count", "label", "evidence_execution_keys")
    assert found == [(0, "no_evidence_of_flakiness", [])]


def test_a_test_that_was_always_broken_has_no_rate(model: Workbench) -> None:
    """Pitfall 14: no run counts, and of none there is no share."""
    given_runs(model, *daily("F" * 10))
    columns = ("run_count", "index", "index_upper", "index_low", "index_high")
    assert model.rows("met_flakiness", *columns) == [(0, None, None, 0.0, 1.0)]


def test_the_interval_of_none_and_of_all_ends_there(model: Workbench) -> None:
    """Pitfall 14."""
    given_runs(model, *daily("P" * 30), *daily(["FP"] * 30, "t2"))
    ends = "index_low = 0 and index = 0", "index_high = 1 and index = 1"
    assert model.rows("met_flakiness", "test_key", *ends) == [("t1", True, False), ("t2", False, True)]


def test_old_runs_prove_as_much_as_new_ones(model: Workbench) -> None:
    """Pitfall 15: decayed weights rank, and are in no p-value."""
    runs = ["P"] * 5 + ["FP"] * 3 + ["P"] * 7
    given_runs(model, *daily(runs, "new"), *daily(runs, "old", until_days_ago=60))
    p = pytest.approx(0.0004158027019)
    p_above = pytest.approx(posterior(3, 12, 0.5, 0.5).p_above)
    columns = ("test_key", "binomial_p", "p_above_floor")
    assert model.rows("met_flakiness", *columns) == [("new", p, p_above), ("old", p, p_above)]


def test_a_cut_names_its_suspects(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30 + "F" * 6))
    ((low, high, commits, builds, probability),) = model.rows(
        "met_segments",
        *("cut_low_at", "cut_high_at", "suspect_commit_ids", "suspect_build_versions", "cut_probability"),
        where="segment_number = 2",
    )
    assert commits == ["c008", "c007", "c006", "c005"]
    assert builds == ["1.992", "1.993", "1.994", "1.995"]
    assert (low, high) == (AS_OF - timedelta(days=8, hours=11), AS_OF - timedelta(days=5, hours=11))
    assert 0.9 < float(str(probability)) < 1


def test_decayed_weights_and_window(model: Workbench) -> None:
    given_runs(model, *daily("P" * 3, until_days_ago=88))
    given_runs(model, *daily(["FP"], until_days_ago=14))
    ((run_count, passes, flakes),) = model.rows(
        "ana_flake_counts", "run_count", "pass_weight::double", "flake_weight::double"
    )
    assert run_count == 3
    assert flakes == pytest.approx(0.5)
    assert passes == pytest.approx(2 ** (-89 / 14) + 2 ** (-88 / 14))


def test_the_window_is_of_days_of_the_project_s_zone(model: Workbench) -> None:
    """Pitfall 5: by UTC the run is a day too old."""
    (row,) = daily("P", until_days_ago=90)
    given_runs(model, row | {"bucket_date": AS_OF.date() - timedelta(days=89)})
    assert model.rows("ana_flake_counts", "run_count") == [(1,)]


def test_evidence_is_the_newest_flakes(model: Workbench) -> None:
    given_runs(model, *daily(["FP"] * 12 + ["P", "F"]))
    ((keys,),) = model.rows("met_flakiness", "evidence_execution_keys")
    assert keys == [f"t1-{day:03}-" for day in range(2, 12)]


def test_a_flake_long_ago_is_recovered(model: Workbench) -> None:
    given_runs(model, *daily(["FP"] * 5 + ["P"] * 55))
    assert model.rows("met_flakiness", "label", "reason") == [
        ("no_evidence_of_flakiness", "recovered: no flake for long enough")
    ]


@pytest.mark.parametrize(
    "runs",
    [["FP", "P", "P", "P", "P"] * 8 + ["F"] * 25 + ["P"], ["P", "FP", "P", "P"] * 8 + ["F", "F", "P"] * 6],
)
def test_a_cut_to_the_worse_is_no_recovery(model: Workbench, runs: list[str]) -> None:
    given_runs(model, *daily(runs))
    ((reason,),) = model.rows("met_flakiness", "reason")
    assert not str(reason).startswith("recovered")


def test_flakes_of_pull_requests_keep_a_test_from_recovery(model: Workbench) -> None:
    given_runs(model, *daily(["FP", "P"] * 8 + ["P"] * 60))
    given_runs(model, *daily(["FP"] * 10, branch="pr-1", invocation_key="pr{day}", commit_id="pr{day}"))
    assert model.rows("met_flakiness", "flake_count", "label") == [(18, "flaky")]


def test_another_project_takes_no_history_away(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30, project="a", until_days_ago=1))
    given_runs(model, *daily("F", project="b"))
    assert label(model) != "broken"
    assert model.rows("ana_test_states", "position_count") == [(31,)]


def test_another_project_changes_nothing_that_is_said_of_this_one(model: Workbench) -> None:
    """Pitfall 20: neither 30 tests that always pass nor 10 that are surely flaky."""
    rows = [
        *daily(["P"] * 40 + ["FP"] + ["P"] * 25 + ["FP"] + ["P"] * 22, "rare", project="b"),
        *daily("P" * 29 + "F" + "PPPPFFF", "worse", project="b"),
    ]
    tables = ("met_flakiness", "met_segments", "met_regressions", "met_pass_rate_trend")
    given_runs(model, *rows)
    expected = [model.rows(name, "*", where="project = 'b'") for name in tables]
    labels = model.rows("met_flakiness", "test_key", "label")
    assert labels == [("rare", "rarely_flaky"), ("worse", "broken")]
    other = model.another()
    given_runs(other, *rows)
    for number in range(40):
        runs = ["P"] * 37 if number < 30 else ["P"] * number + ["FP"] * 12
        given_runs(other, *daily(runs, f"a{number}", project="a", suite_key="of a"))
    assert [other.rows(name, "*", where="project = 'b'") for name in tables] == expected


def test_a_gate_asks_for_more_than_the_label(model: Workbench) -> None:
    """Pitfall 11: p = 0.04 is enough where the family is one test, and nothing among 21."""
    flaky = list(daily(["P"] * 26 + ["FP", "P", "P", "FP"]))
    given_runs(model, *flaky)
    columns = ("label", "is_gated", "round(binomial_p, 2)")
    assert model.rows("met_flakiness", *columns, where="test_key = 't1'") == [("flaky", True, 0.04)]
    other = model.another()
    given_runs(other, *flaky, *(row for number in range(20) for row in daily("P" * 30, f"s{number}")))
    assert other.rows("met_flakiness", *columns, where="test_key = 't1'") == [("flaky", False, 0.04)]


def test_a_storm_hides_no_first_sight_of_a_commit(model: Workbench) -> None:
    for number in range(25):
        last = "FFFFFF" if number == 0 else "PPPPPP"
        rows = list(daily("P" * 30 + "F" + last, test=f"t{number:02}"))
        rerun = again(rows[30], 1) | {"letters": "P", "invocation_key": "late"}
        given_runs(model, *rows, rerun | {"triggered_at": AS_OF - timedelta(hours=1)})
    assert model.rows("int_infra_storms", "invocation_key", where="is_infra_suspect") == [("i006",)]
    assert label(model, "t00") == "broken"


def test_what_ended_after_as_of_makes_no_storm(model: Workbench) -> None:
    for number in range(25):
        ended_at = AS_OF + timedelta(hours=1) if number >= 5 else AS_OF
        rows = list(daily("P" * 10 + "F", test=f"t{number:02}"))
        rows[-1] |= {"completed_at": ended_at, "triggered_at": AS_OF - timedelta(minutes=30)}
        given_runs(model, *rows)
    assert model.rows("met_infra_storms", "invocation_key") == []
    assert model.rows("met_flakiness", "hard_fail_count", where="test_key = 't00'") == [(1,)]


def test_one_run_with_a_commit_lends_none_to_the_others(model: Workbench) -> None:
    given_runs(model, *daily(["P", "FP"] * 10, commit_id=None, until_days_ago=1))
    given_runs(model, *daily("P"))
    assert model.rows("met_flakiness", "flake_count", "label") == [(10, "insufficient")]


def test_a_commit_that_failed_twice_is_no_suspicion(model: Workbench) -> None:
    rows = list(daily("P" * 20 + "F" + "P" * 20))
    given_runs(model, *rows, again(rows[20], 1) | {"invocation_key": "second"})
    assert label(model) == "no_evidence_of_flakiness"


def test_skips_are_in_no_count(model: Workbench) -> None:
    given_runs(model, *daily("PSPSPSPSPS"))
    assert model.rows("met_flakiness", "run_count", *COUNTS) == [(5, 5, 0, 0)]


def test_a_run_whose_first_attempt_was_skipped_is_no_run(model: Workbench) -> None:
    """Pitfall 6: it passed in the end, and whether it would have failed first is not known."""
    given_runs(model, *daily("P" * 10))
    model.given("lake_executions", [{"execution_key": "a", "first_outcome": "skipped", "attempt_count": 2}])
    assert model.rows("met_flakiness", "run_count", *COUNTS) == [(10, 10, 0, 0)]


def test_any_order_of_rows_and_more_threads_give_the_same(model: Workbench) -> None:
    tables = ("met_flakiness", "met_segments", "ana_flaky_runs")
    rows = [
        row
        for number in range(12)
        for row in daily(random.Random(number).choices(["P", "F", "FP"], [8, 1, 1], k=60), f"t{number}")
    ]
    assert told(model, rows, tables) == told_in_another_order(model, rows, tables)


def test_skips_are_no_result_that_a_storm_is_judged_by(model: Workbench) -> None:
    """Pitfall 6: what failed before it was skipped had not passed when it fails again."""
    for number in range(25):
        given_runs(model, *daily("PPPFSF", test=f"t{number:02}"))
    assert model.rows("met_infra_storms", "invocation_key") == [("i002",)]


def test_what_passed_on_another_variant_makes_no_storm(model: Workbench) -> None:
    """Pitfall 19: the first runs on Windows, where all 25 tests fail."""
    for number in range(25):
        given_runs(model, *daily("P" * 5, f"t{number:02}"))
        given_runs(model, *daily("F", f"t{number:02}", variant_key="windows||", invocation_key="w{day}"))
    assert model.rows("met_infra_storms", "invocation_key") == []


def test_a_past_as_of_does_not_see_what_came_later(model: Workbench) -> None:
    """Pitfall 15: whatever happens after as_of, what is said of as_of stays as it was."""
    rows = list(daily(["P"] * 20 + ["FP"] * 3 + ["P"] * 10))
    given_runs(model, *rows)
    tables = ("met_flakiness", "met_segments")
    expected = [model.rows(name, "*") for name in tables]
    other = model.another()
    later = [
        row | {"execution_key": f"later-{n}", "triggered_at": AS_OF + timedelta(minutes=n + 1)}
        for n, row in enumerate(daily("F" * 20))
    ]
    ended_later = again(rows[-1], 7) | {"letters": "F", "completed_at": AS_OF + timedelta(hours=1)}
    given_runs(other, *rows, *later, ended_later)
    assert [other.rows(name, "*") for name in tables] == expected


def test_every_run_of_the_window_is_counted_once(model: Workbench) -> None:
    rows = [
        row
        for number in range(12)
        for row in daily(random.Random(number).choices(["P", "F", "FP"], [6, 3, 1], k=80), f"t{number}")
    ]
    given_runs(model, *rows)
    sums = "pass_count + flake_count + hard_fail_count = run_count", "run_count + broken_run_count = 80"
    assert model.rows("met_flakiness", "count(*)", f"bool_and({sums[0]})", f"bool_and({sums[1]})") == [
        (12, True, True)
    ]


def test_derived_invocations_say_so(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30, invocation_source="pipeline"))
    given_runs(model, *daily("P" * 30, test="t2", invocation_source="derived_day"))
    found = model.rows("met_flakiness", "test_key", "derived_run_count", "reason")
    enough = "no flake, but too few runs to exclude a rate of the floor"
    assert found == [("t1", 0, enough), ("t2", 30, f"{enough}; invocations are derived")]


def test_projects_that_share_a_derived_invocation_are_judged_apart(model: Workbench) -> None:
    """Half of all tests of the day fail, but all of one project."""
    for number in range(25):
        given_runs(model, *daily("PPPPPF", test=f"a{number:02}", project="a"))
        given_runs(model, *daily("PPPPPP", test=f"b{number:02}", project="b"))
    found = model.rows("met_infra_storms", "project", "baseline_count", "failing_count", "excluded_count")
    assert found == [("a", 25, 25, 25)]


@pytest.mark.parametrize(
    ("steady", "storms"),
    [("PPPPPP", []), ("     P", ["i000"]), ("PPPPP ", ["i000"])],
)
def test_tests_that_never_failed_are_in_the_baseline_of_a_storm(
    model: Workbench, steady: str, storms: list[str]
) -> None:
    """25 fail that had passed; ten others pass there, are there for the first time, or are not there."""
    for number in range(25):
        given_runs(model, *daily("PPPPPF", test=f"a{number:02}"))
    for number in range(10):
        rows = daily(steady.replace(" ", "S"), test=f"b{number:02}")
        given_runs(model, *(row for row in rows if row["letters"] != "S"))
    assert model.rows("met_infra_storms", "invocation_key") == [(key,) for key in storms]


def test_a_test_of_two_projects_is_judged_in_each(model: Workbench) -> None:
    """In the one it fails an hour after it passed in the other, and a day before it fails there."""
    for number in range(25):
        given_runs(model, *daily("PPPF", test=f"t{number:02}", project="a"))
        for row in daily("PPF", test=f"t{number:02}", project="b", branch="b-main", until_days_ago=1):
            later = {"triggered_at": row["triggered_at"] + timedelta(hours=1), "branch": "main"}  # type: ignore[operator]
            given_runs(model, row | later)
    found = model.rows("met_infra_storms", "project", "baseline_count", "failing_count")
    assert found == [("a", 25, 25), ("b", 25, 25)]


def test_a_position_is_where_a_protected_branch_saw_it_first(model: Workbench) -> None:
    """Pitfall 17: c000 ran on a pull request ten days before it came to the branch, at its end."""
    given_runs(model, *daily("PPPPF"))
    (early,) = daily("P", branch="pr-1", invocation_key="pr", until_days_ago=10, commit_id="c000")
    given_runs(model, early)
    found = model.rows("int_test_positions", "position_number", "commit_id")
    assert found == [(5 - day, f"c{day:03}") for day in reversed(range(5))]


def test_positions_are_numbered_on_each_variant(model: Workbench) -> None:
    """Pitfall 19."""
    for variant in ("linux||", "windows||"):
        given_runs(model, *daily("PPF", variant_key=variant, invocation_key=variant + "{day}"))
    found = model.rows("int_test_positions", "variant_key", "position_number")
    assert found == [(variant, number) for variant in ("linux||", "windows||") for number in (1, 2, 3)]


def test_of_two_results_at_one_time_the_later_key_is_the_last(model: Workbench) -> None:
    """Pitfall 20: whatever the order of the rows."""
    (row,) = daily("F")
    runs = [again(row, 1), again(row, 2) | {"letters": "P"}]
    for ordered in (runs, runs[::-1]):
        other = model.another()
        given_runs(other, *ordered)
        assert other.rows("int_invocation_results", "is_failing") == [(False,)]


def test_a_test_is_of_the_project_of_its_latest_run(model: Workbench) -> None:
    late, early = daily("P", project="now"), daily("P", project="before", until_days_ago=5)
    given_runs(model, *early, *late)
    assert model.rows("int_tests", "project") == [("now",)]
