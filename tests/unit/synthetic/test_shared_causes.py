"""Tests that depend on one thing: they fail together, where it is out of order (synthetic/behaviours.py)."""

import polars as pl

from synthetic.behaviours import SharedCause, Stable
from synthetic.histories import History, generate
from synthetic.world import World

PLANTED = SharedCause(cause_rate=0.1, failing_rate=1.0, group_size=4)


def made(count: int = 10, seed: int = 1) -> History:
    return generate(World(seed=seed, days=50, mix={Stable(): 3, PLANTED: count}, invocations_per_day=2))


def failures(history: History) -> pl.DataFrame:
    """Per group and invocation how many of its tests failed, where any did."""
    cause = history.truth.select("test", "cause").drop_nulls()
    failed = history.runs.filter(pl.col("attempts").str.starts_with("F"))
    return failed.join(cause, on="test").group_by("cause", "invocation").len().sort("cause", "invocation")


def test_groups_are_of_so_many_tests_and_named_by_their_first() -> None:
    """The last one has what is left."""
    assert made().truth["cause"].to_list() == [None] * 3 + [3] * 4 + [7] * 4 + [11] * 2


def test_a_group_fails_as_a_whole_in_its_share_of_invocations() -> None:
    found = failures(made())
    sizes = {3: 4, 7: 4, 11: 2}
    assert all(count == sizes[cause] for cause, _, count in found.iter_rows())
    of_invocations = found.group_by("cause").len()["len"] / 100
    assert all(0.03 <= share <= 0.2 for share in of_invocations)


def test_groups_know_nothing_of_each_other_and_others_nothing_of_them() -> None:
    history = made()
    struck = [set(part["invocation"]) for part in failures(history).partition_by("cause")]
    assert struck[0] != struck[1]
    assert history.runs.filter(pl.col("test") < 3)["attempts"].unique().to_list() == ["P"]


def test_more_tests_change_no_group_that_is_there() -> None:
    assert failures(made(count=8)).equals(failures(made(count=16)).filter(pl.col("cause") < 11))
