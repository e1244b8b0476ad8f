"""Synthetic histories: the same seed gives the same rows, kinds draw apart, and runs are as the truth says.

What belongs here: runs and truth. What does not: how they get into a lake (tests/integration).
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from synthetic.behaviours import (
    Added,
    Alternating,
    AlwaysFailing,
    AlwaysRetried,
    Behaviour,
    Between,
    Broken,
    Drift,
    Flaky,
    HostDependent,
    OftenSkipped,
    OrderDependent,
    Regression,
    Removed,
    Renamed,
    Seasonal,
    Slowed,
    Stable,
)
from synthetic.events import OldReruns, PullRequests, Storms
from synthetic.examples import small_world
from synthetic.histories import History, generate
from synthetic.world import World

FAILED_FIRST = pl.col("attempts").str.starts_with("F")
IS_FLAKY = pl.col("attempts").str.contains("FP", literal=True)
FAILED = pl.col("attempts").str.ends_with("F")


def history(behaviour: Behaviour, count: int = 40, days: int = 100, **more: Any) -> History:
    return generate(World(seed=7, days=days, mix={behaviour: count}, **more))


def runs_by_name(world: World) -> pl.DataFrame:
    """Runs under the names of their tests, and of their predecessors, whatever their numbers."""
    made = generate(world)
    names = made.truth.unique("test").select("test", "test_name")
    before = names.select(predecessor="test", predecessor_name="test_name")
    starts = made.invocations.select("invocation", "category", invocation_at="started_at")
    joined = made.runs.join(names, on="test").join(before, on="predecessor", how="left")
    found = joined.join(starts, on="invocation").drop("test", "predecessor", "invocation", "commit")
    return found.sort("test_name", "variant", "invocation_at", "category")


def share(rows: pl.DataFrame, condition: pl.Expr) -> float:
    found = rows.select(condition.mean()).item()
    assert isinstance(found, float)
    return found


def failing_days(made: History) -> set[int]:
    start = made.world.start
    return {(day - start).days for day in made.runs.filter(FAILED)["day"]}


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    one, same, other = (generate(small_world(seed)) for seed in (1, 1, 2))
    for name in ("runs", "truth", "invocations"):
        assert getattr(one, name).equals(getattr(same, name))
    assert not one.runs["attempts"].equals(other.runs["attempts"])


def test_a_row_is_a_test_variant_and_invocation_and_stands_in_their_order() -> None:
    runs = generate(small_world()).runs
    grain = runs.select("invocation", "test", "variant")
    assert grain.is_unique().all()
    assert grain.equals(grain.sort("invocation", "test", "variant"))


def test_more_tests_of_one_kind_change_no_run_of_another() -> None:
    world = small_world()
    more = replace(world, mix={Stable(phi=0.5): 9, **world.mix, Flaky(phi=0.3): 7})
    known, found = (runs_by_name(one).drop("started_at") for one in (world, more))  # hosts have more to do
    assert found.filter(pl.col("test_name").is_in(known["test_name"].unique())).equals(known)


def test_the_first_tests_of_a_kind_stay_when_there_are_more_of_it() -> None:
    few, many = (history(Flaky(phi=Between(0.1, 0.5)), count) for count in (8, 80))
    assert many.truth.head(8).equals(few.truth)
    assert many.runs.filter(pl.col("test") < 8)["attempts"].equals(few.runs["attempts"])


def test_what_befalls_invocations_changes_no_run_elsewhere() -> None:
    calm = replace(small_world(), storms=None, pull_requests=None, old_reruns=None)
    rough = replace(calm, storms=Storms(), pull_requests=PullRequests(), old_reruns=OldReruns())
    is_own = pl.col("category").is_in(["own", "rerun"])
    made = generate(rough)
    stormy = made.invocations.filter("is_storm")["started_at"]
    elsewhere = pl.col("invocation_at").is_in(stormy.implode()).not_()
    assert runs_by_name(rough).filter(is_own & elsewhere).equals(runs_by_name(calm).filter(elsewhere))


def test_a_flaky_test_is_flaky_in_about_phi_of_its_runs() -> None:
    made = history(Flaky(phi=Between(0.02, 0.3), retries=2))
    known = made.runs.join(made.truth, on=["test", "variant"])
    expected = known.select((pl.col("phi") * (1 - pl.col("phi") ** 2)).mean()).item()
    assert share(known, IS_FLAKY) == pytest.approx(expected, abs=0.015)
    assert share(known, FAILED) == pytest.approx(known.select((pl.col("phi") ** 3).mean()).item(), abs=0.01)
    assert set(known["attempts"]) == {"P", "FP", "FFP", "FFF"}


def test_each_test_has_a_parameter_of_its_own_where_it_is_drawn() -> None:
    truth = history(Flaky(phi=Between(0.02, 0.3), retries=Between(1, 3))).truth
    assert truth["phi"].n_unique() == 40
    assert truth["phi"].is_between(0.02, 0.3).all()
    assert set(truth["retries"]) == {1, 2}


def test_stable_tests_pass() -> None:
    assert set(history(Stable()).runs["attempts"]) == {"P"}


def test_a_broken_window_fails_from_its_first_day_up_to_its_last() -> None:
    made = history(Broken(break_from=30, break_to=50, retries=1))
    assert failing_days(made) == set(range(30, 50))
    assert set(made.runs.filter(FAILED)["attempts"]) == {"FF"}
    assert made.runs.filter("is_broken").equals(made.runs.filter(FAILED))
    row = made.truth.row(0, named=True)
    start = made.world.start
    assert (row["break_from"] - start, row["break_to"] - start) == (timedelta(30), timedelta(50))


def test_a_regression_fails_more_often_from_its_day_on() -> None:
    made = history(Regression(change_day=50, phi=0.02, failing_rate=0.4))
    is_later = pl.col("day") >= pl.lit(made.truth["change_day"][0])
    assert share(made.runs.filter(~is_later), FAILED) == pytest.approx(0.02, abs=0.01)
    assert share(made.runs.filter(is_later), FAILED) == pytest.approx(0.4, abs=0.04)


def test_a_drift_grows_evenly() -> None:
    made = history(Drift(phi=0.0, failing_rate=0.4), count=200)
    of_day = made.runs.group_by("day").agg(FAILED.mean().alias("rate")).sort("day")["rate"]
    assert of_day[0] == 0
    assert of_day[45:55].mean() == pytest.approx(0.2, abs=0.03)
    assert of_day[-5:].mean() == pytest.approx(0.4, abs=0.05)


def test_a_seasonal_test_fails_on_its_weekday_alone() -> None:
    made = history(Seasonal(weekday=2, failing_rate=0.5))
    assert set(made.runs.filter(FAILED)["day"].dt.weekday()) == {3}
    assert share(made.runs.filter(pl.col("day").dt.weekday() == 3), FAILED) == pytest.approx(0.5, abs=0.08)


def test_an_order_dependent_test_fails_behind_its_polluter_alone() -> None:
    made = history(OrderDependent(), count=11)
    known = made.runs.join(made.truth.select("test", "polluter"), on="test")
    is_behind = pl.col("predecessor").eq_missing(pl.col("polluter"))
    assert known.filter(is_behind).equals(known.filter(FAILED))
    assert share(known, FAILED) == pytest.approx(0.19, abs=0.05)


def test_a_predecessor_ran_just_before_on_the_same_host() -> None:
    runs = generate(small_world()).runs
    on = ["invocation", "variant", "host"]
    before = runs.select(*on, predecessor="test", before_at="triggered_at")
    behind = runs.filter(pl.col("predecessor").is_not_null())
    known = behind.join(before, on=[*on, "predecessor"])
    assert known.height == behind.height > 0
    assert set(known["triggered_at"] - known["before_at"]) == {timedelta(minutes=1)}
    assert behind.select("invocation", "variant", "predecessor").is_unique().all()


def test_a_host_runs_one_test_after_the_other_in_an_invocation() -> None:
    runs = generate(small_world()).runs
    end = pl.col("started_at") + pl.duration(milliseconds="duration_ms")
    ordered = runs.with_columns(end.alias("ended_at")).sort("invocation", "host", "started_at")
    behind = ordered.filter(pl.col("ended_at").shift().over("invocation", "host").is_not_null())
    before = ordered.select(pl.col("ended_at").shift().over("invocation", "host"))
    assert (before["ended_at"].drop_nulls() < behind["started_at"]).all()
    assert ((runs["started_at"] - runs["triggered_at"]).dt.total_milliseconds() >= 500).all()
    first = ordered.unique(["invocation", "host"], keep="first", maintain_order=True)
    assert ((first["started_at"] - first["triggered_at"]).dt.total_milliseconds() < 4_500).all()


def test_a_predecessor_is_the_one_before_in_the_order_of_starts_on_a_host() -> None:
    runs = generate(small_world()).runs.sort("invocation", "host", "started_at")
    assert not runs.select("invocation", "host", "started_at").is_duplicated().any()
    found = runs.with_columns(before=pl.col("test").shift().over("invocation", "host"))
    behind = found.filter(pl.col("predecessor").is_not_null())
    assert behind.height > 0
    assert (behind["before"] == behind["predecessor"]).all()


def test_a_host_dependent_test_fails_on_its_host_alone() -> None:
    made = history(HostDependent(host=2, failing_rate=0.5, retries=1))
    assert set(made.runs.filter(FAILED_FIRST)["host"]) == {2}
    assert share(made.runs.filter(host=2), FAILED_FIRST) == pytest.approx(0.5, abs=0.06)
    assert set(made.runs["host"]) == {0, 1, 2, 3}


def test_a_slowed_test_runs_its_factor_longer_from_its_day_on_with_log_normal_noise() -> None:
    slowed = Slowed(change_day=50, factor=Between(1.2, 2.0), noise_sd=0.15)
    made = history(slowed, count=60)
    known = made.runs.join(made.truth.select("test", "change_day", "factor"), on="test")
    is_later, logarithm = pl.col("day") >= pl.col("change_day"), pl.col("duration_ms").log()
    of_test = known.group_by("test", "factor").agg(
        (logarithm.filter(is_later).mean() - logarithm.filter(~is_later).mean()).alias("step"),
        logarithm.filter(~is_later).std().alias("sd"),
        logarithm.filter(~is_later).skew().alias("skew"),
    )
    assert ((of_test["step"] - of_test["factor"].log()).abs() < 0.12).all()
    assert of_test["sd"].mean() == pytest.approx(0.15, abs=0.005)
    assert of_test["skew"].mean() == pytest.approx(0, abs=0.1)
    assert set(made.runs["attempts"]) == {"P"}


def test_the_other_kinds() -> None:
    retried, failing = history(AlwaysRetried()).runs, history(AlwaysFailing()).runs
    assert (set(retried["attempts"]), set(failing["attempts"])) == ({"FP"}, {"FF"})
    skipped = history(OftenSkipped(skip_rate=0.4)).runs
    assert share(skipped, pl.col("is_skipped")) == pytest.approx(0.4, abs=0.03)
    assert skipped.filter("is_skipped").select((pl.col("attempts") == "").all()).item()
    alternating = history(Alternating(period=2), count=1, days=6).runs
    assert alternating["attempts"].to_list() == ["P", "P", "F", "F", "P", "P"]


@pytest.mark.parametrize(
    ("behaviour", "is_later"), [(Added(change_day=60), True), (Removed(change_day=60), False)]
)
def test_a_test_comes_and_goes(behaviour: Behaviour, is_later: bool) -> None:
    made = history(behaviour)
    of_code = made.truth["change_day"][0]
    assert ((made.runs["day"] >= of_code) == is_later).all()
    assert made.runs.height == 40 * (40 if is_later else 60)


def test_a_renamed_test_has_its_later_key_from_its_day_on() -> None:
    made = history(Renamed(change_day=60))
    assert (made.runs["is_renamed"] == (made.runs["day"] >= made.truth["change_day"][0])).all()


def test_storms_fail_nearly_all_of_their_runs_in_their_share_of_invocations() -> None:
    made = history(Stable(), days=400, storms=Storms(rate=0.1, failing_share=0.95))
    storms = made.invocations.filter("is_storm")
    assert storms.height == pytest.approx(40, abs=15)
    is_hit = pl.col("invocation").is_in(storms["invocation"].implode())
    assert share(made.runs.filter(is_hit), FAILED) == pytest.approx(0.95, abs=0.02)
    assert share(made.runs.filter(~is_hit), FAILED) == 0


def test_a_pull_request_breaks_the_same_tests_each_time_it_is_run() -> None:
    made = history(Stable(), days=50, pull_requests=PullRequests(invocations=2, failing_share=0.1))
    on_branch = made.runs.filter(pl.col("branch") != "main")
    assert on_branch["branch"].n_unique() == on_branch["commit"].n_unique() == 50
    assert share(on_branch, FAILED) == pytest.approx(0.1, abs=0.02)
    outcomes = on_branch.group_by("branch", "test").agg(pl.len(), pl.col("attempts").n_unique())
    assert set(outcomes.select("len", "attempts").rows()) == {(2, 1)}


def test_reruns_are_of_the_same_commit_and_draw_anew() -> None:
    made = history(Flaky(phi=0.5, retries=0), days=50, reruns_per_commit=2)
    assert made.invocations["commit"].n_unique() == 50
    per_commit = made.runs.group_by("commit", "test").agg(pl.len(), FAILED.mean().alias("rate"))
    assert set(per_commit["len"]) == {3}
    assert share(per_commit, pl.col("rate").is_between(0.1, 0.9)) == pytest.approx(0.75, abs=0.05)


def test_an_old_commit_behaves_as_its_code_did() -> None:
    broken = Broken(break_from=0, break_to=50)
    made = history(broken, days=60, old_reruns=OldReruns(rate=1.0, back_days=7))
    old = made.invocations.filter(category="old rerun")
    assert (old["run_day"] - old["code_day"]).unique().to_list() == [7]
    assert max(failing_days(made)) == 49 + 7


def test_variants_share_the_parameters_and_draw_apart() -> None:
    made = history(Flaky(phi=Between(0.1, 0.5)), variants=2)
    one, other = (made.truth.filter(variant=number).drop("variant") for number in (0, 1))
    assert one.equals(other)
    first, second = (made.runs.filter(variant=number)["attempts"] for number in (0, 1))
    assert not first.equals(second)


def test_each_branch_has_invocations_of_its_own() -> None:
    made = history(Stable(), days=5, branches=("main", "release"), invocations_per_day=3)
    assert made.invocations.group_by("branch").len().sort("branch").rows() == [("main", 15), ("release", 15)]
    assert made.invocations["commit"].n_unique() == 30


def test_a_world_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        World(seed=1, days=0, mix={})
    with pytest.raises(ValueError, match="without a suite"):
        World(seed=1, days=1, mix={}, projects=2)
    with pytest.raises(ValueError, match="next day"):
        World(seed=1, days=1, mix={}, reruns_per_commit=13)
