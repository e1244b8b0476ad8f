"""Pairs of tests that fail or break together: all pairs against one pair at a time (statistics.md 5.3)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from pipelines.analysis import co_failures
from pipelines.analysis.break_overlaps import Breaks, count_tested_pairs, latest_overlap, overlapping_pairs
from pipelines.analysis.clusters import CoFailure, co_failure
from pipelines.analysis.co_failures import (
    Pairs,
    Runs,
    chances,
    flake_pairs,
    groups,
    q_values,
    strongest_first,
)
from pipelines.analysis.co_failures_table import co_failures as table
from warehouse.policy import default_parameters

Flags = co_failures.Flags
Counts = tuple[int, int, int, int]


def drawn(seed: int, tests: int, units: int, rate: float, missing: float = 0.1) -> Runs:
    """Tests that fail by chance, some of which did not run everywhere; two of each name."""
    numbers = np.random.default_rng(seed)
    ran = numbers.random((tests, units)) >= missing
    failed = (numbers.random((tests, units)) < rate) & ran
    return Runs(np.arange(tests), np.arange(tests) // 2, ran, failed)


def one_by_one(runs: Runs, minimum: int) -> Iterator[tuple[tuple[int, int], Counts]]:
    """The family by its definition, pair after pair."""
    for i in range(len(runs.ran)):
        for j in range(i + 1, len(runs.ran)):
            both = runs.ran[i] & runs.ran[j]
            a, b = int((runs.failed[i] & both).sum()), int((runs.failed[j] & both).sum())
            if runs.name[i] != runs.name[j] and min(a, b) >= minimum:
                yield (i, j), (int(both.sum()), a, b, int((runs.failed[i] & runs.failed[j]).sum()))


def one(n: int, a: int, b: int, ab: int) -> Pairs:
    return Pairs(*(np.array([value]) for value in (0, 1, n, a, b, ab)))


@given(st.integers(0, 10**6), st.integers(2, 24), st.integers(5, 60), st.sampled_from([0.05, 0.2, 0.5]))
@settings(max_examples=40, deadline=None)
def test_products_of_matrices_count_and_judge_as_one_pair_at_a_time(
    seed: int, tests: int, units: int, rate: float
) -> None:
    runs = drawn(seed, tests, units, rate)
    expected = {place: co_failure(*counts).p for place, counts in one_by_one(runs, 3)}
    found = flake_pairs([runs], minimum=3, level=0.2)
    ps = dict(
        zip(zip(found.pairs.first.tolist(), found.pairs.second.tolist(), strict=True), found.p, strict=True)
    )
    assert found.pair_count == len(expected)
    assert ps == pytest.approx({place: p for place, p in expected.items() if p is not None and p <= 0.2})


def test_blocks_meet_each_pair_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = drawn(3, 30, 40, 0.3)
    whole = flake_pairs([runs], 3, 0.5)
    monkeypatch.setattr(co_failures, "BLOCK", 7)
    split = flake_pairs([runs], 3, 0.5)
    assert split.pair_count == whole.pair_count
    places = [
        sorted(zip(f.pairs.first.tolist(), f.pairs.second.tolist(), strict=True)) for f in (whole, split)
    ]
    assert places[0] == places[1]


def test_q_is_that_of_the_whole_family() -> None:
    """Pairs that never failed together are of the family as well: their p is 1."""
    runs = drawn(5, 24, 50, 0.2)
    expected = {place: co_failure(*counts).p or 0.0 for place, counts in one_by_one(runs, 3)}
    q = dict(zip(expected, false_discovery_control(list(expected.values())), strict=True))
    found = flake_pairs([runs], 3, 1.0)
    places = zip(found.pairs.first.tolist(), found.pairs.second.tolist(), strict=True)
    assert 0 < len(found.q) < len(expected)
    for place, value in zip(places, found.q, strict=True):
        if value < 1:
            assert value == pytest.approx(q[place])


def test_measures_are_those_of_one_pair() -> None:
    for counts in ((90, 10, 12, 8), (50, 3, 3, 3), (40, 40, 10, 10)):
        pair, expected = one(*counts), co_failure(*counts)
        got = CoFailure(pair.jaccard[0], pair.lift[0], pair.phi[0], chances(pair)[0])
        assert got.jaccard == pytest.approx(expected.jaccard)
        assert got.lift == pytest.approx(expected.lift)
        assert got.p == pytest.approx(expected.p, rel=1e-9)
        assert got.phi == pytest.approx(float("nan") if expected.phi is None else expected.phi, nan_ok=True)


def test_q_values_of_a_family_of_which_the_rest_is_larger() -> None:
    p = np.array([0.004, 0.001, 0.002])
    assert q_values(p, 10) == pytest.approx(false_discovery_control([*p, *[0.9] * 7])[:3])
    assert len(q_values(np.zeros(0), 10)) == 0


def test_chance_alone_finds_next_to_nothing() -> None:
    """Pitfall 11, 19,900 pairs."""
    runs = drawn(7, 200, 365, 0.08)
    found = flake_pairs([runs], 3, 0.01)
    assert found.pair_count > 19_000
    assert (found.q <= 0.01).sum() <= 2


def test_too_many_units_are_refused() -> None:
    flags = np.ones((1, co_failures.MOST_UNITS), np.bool_)
    with pytest.raises(ValueError, match="units are more than"):
        flake_pairs([Runs(np.arange(1), np.arange(1), flags, flags)], 3, 0.01)


def test_groups_are_named_by_their_smallest_place() -> None:
    first, second = np.array([1, 2, 5]), np.array([2, 4, 6])
    assert groups(first, second, 8).tolist() == [0, 1, 1, 3, 1, 5, 5, 7]
    assert groups(np.zeros(0, np.int64), np.zeros(0, np.int64), 2).tolist() == [0, 1]


def test_the_strongest_pair_of_each_test_comes_first() -> None:
    """0-1, 0-2 and 0-3 are the strongest of a test each, 1-2 of none, 4-5 is not found."""
    pairs = Pairs(
        np.array([0, 0, 0, 1, 4]),
        np.array([1, 2, 3, 2, 5]),
        np.full(5, 90),
        np.full(5, 10),
        np.full(5, 10),
        np.array([10, 9, 5, 8, 10]),
    )
    is_found = np.array([True, True, True, True, False])
    assert strongest_first(pairs, np.full(5, 0.001), is_found).tolist() == [0, 1, 2, 3, 4]


def broke(*tests: list[tuple[int, int]], width: int = 1, positions: int = 100) -> Breaks:
    """Breaks of each test, as windows."""
    flat = [(test, *window) for test, windows in enumerate(tests) for window in windows]
    test, low, high = np.array(flat, np.int64).reshape(-1, 3).T
    count = len(tests)
    return Breaks(test, low, high, np.arange(count), np.full(count, width), np.full(count, positions))


def overlaps(breaks: Breaks, minimum: int = 3, most: int = 100) -> list[tuple[int, ...]]:
    pairs = overlapping_pairs(breaks, minimum, most).pairs
    columns = (pairs.first, pairs.second, pairs.n, pairs.a, pairs.b, pairs.ab)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_windows_that_touch_overlap() -> None:
    assert overlaps(broke([(1, 3)], [(3, 5)], [(4, 9)])) == [(0, 1, 100, 1, 1, 1), (1, 2, 100, 1, 1, 1)]


def test_a_break_that_overlaps_two_is_one_common_break() -> None:
    assert overlaps(broke([(1, 9)], [(2, 3), (7, 8)])) == [(0, 1, 100, 1, 2, 1)]


def test_wide_windows_leave_fewer_slots() -> None:
    assert overlaps(broke([(1, 1)], [(1, 1)], width=5))[0][2] == 100 // 9
    assert overlaps(broke([(1, 1), (5, 5)], [(1, 1)], width=50))[0][2] == 2


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), min_size=1, max_size=4),
        min_size=2,
        max_size=9,
    )
)
@settings(max_examples=60, deadline=None)
def test_overlaps_are_those_of_each_pair(drawn_windows: list[list[tuple[int, int]]]) -> None:
    tests = [sorted({(low, low + length) for low, length in windows}) for windows in drawn_windows]
    expected = []
    for i, own in enumerate(tests):
        for j in range(i + 1, len(tests)):
            meet = [[a <= d and c <= b for c, d in tests[j]] for a, b in own]
            ab = min(sum(map(any, meet)), sum(any(column) for column in zip(*meet, strict=True)))
            if ab:
                expected.append((i, j, ab))
    assert [(row[0], row[1], row[-1]) for row in overlaps(broke(*tests))] == expected


def test_pairs_beyond_the_most_are_counted_and_judged_ones_all_kept() -> None:
    three = [(1, 1), (5, 5), (9, 9)]
    breaks = broke(three, three, [(1, 1)], [(1, 1), (5, 5)])
    found = overlapping_pairs(breaks, 3, 1)
    kept = list(zip(found.pairs.first.tolist(), found.pairs.second.tolist(), strict=True))
    assert (kept, found.pair_count) == ([(0, 1), (0, 3)], 6)
    assert count_tested_pairs(breaks, 3) == 1


def test_the_latest_common_break_is_told() -> None:
    breaks = broke([(1, 3), (20, 25)], [(2, 4), (22, 30)], [(90, 91)])
    assert latest_overlap(breaks, 0, 1) == (22, 25)
    assert latest_overlap(breaks, 0, 2) is None


TEST_ROWS: dict[str, Any] = {
    "project": pl.String,
    "test_key": pl.String,
    "variant_key": pl.String,
    "ran_units": pl.List(pl.Int64),
    "failed_units": pl.List(pl.Int64),
    "low_us": pl.List(pl.Int64),
    "high_us": pl.List(pl.Int64),
    "width": pl.Int64,
    "position_count": pl.Int64,
}


def flaky(
    test: str, failed: list[int], project: str = "p", variant: str = "v", units: int = 60
) -> tuple[object, ...]:
    return (project, test, variant, list(range(units)), failed, None, None, None, None)


def made(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return table(pl.DataFrame(rows, schema=TEST_ROWS, orient="row"), default_parameters())


def test_no_rows_give_none() -> None:
    assert made([]).is_empty()


def test_pairs_of_one_project_and_of_different_tests() -> None:
    """The same test in two variants is no pair, nor are tests of two projects, nor such as never meet."""
    together = [3, 9, 15, 21, 27]
    rows = [
        flaky("a", together),
        flaky("b", together),
        flaky("b", together, variant="w"),
        flaky("c", together, project="q"),
    ]
    elsewhere = (
        "p",
        "d",
        "v",
        [100 + unit for unit in range(60)],
        [100 + unit for unit in together],
        *(None,) * 4,
    )
    found = made([*rows, elsewhere]).filter(cause_kind="shared_flake")
    pairs = found.filter(pl.col("pair_number") > 0)
    assert pairs.select("test_key", "other_test_key", "other_variant_key").rows() == [
        ("a", "b", "v"),
        ("a", "b", "w"),
    ]
    assert found.filter(pair_number=0).select("project", "tested_pair_count", "found_pair_count").rows() == [
        ("p", 2, 2),
        ("q", 0, 0),
    ]
    assert pairs["group_key"].unique().to_list() == ["shared_flake:a|v"]


def test_the_order_of_rows_changes_nothing() -> None:
    numbers = np.random.default_rng(2)
    rows = [flaky(f"t{n:02}", sorted(numbers.choice(60, 8, replace=False).tolist())) for n in range(20)]
    rows += [flaky(f"u{n}", [1, 5, 9, 13, 30]) for n in range(4)]
    assert made(rows).equals(made(rows[::-1]))
    assert made(rows)["is_found"].sum() == 6


@pytest.mark.parametrize(
    ("first", "second", "is_found"),
    [
        ([1, 5, 9], [1, 5, 9], True),
        ([1, 5], [1, 5], False),  # two failures each
        ([1, 5, 9, 13], [1, 5, 21, 33], False),  # two in common
    ],
)
def test_what_is_found(first: list[int], second: list[int], is_found: bool) -> None:
    found = made([flaky("a", first), flaky("b", second)]).filter(pl.col("pair_number") > 0)
    assert found["is_found"].to_list() == [True] * is_found


def test_a_small_lift_is_not_told() -> None:
    """Both fail in 60 of 100 units and 48 of them together: not by chance, but no more than 1.3 times so."""
    rows = [flaky("a", list(range(60)), units=100), flaky("b", list(range(12, 72)), units=100)]
    assert (co_failure(100, 60, 60, 48).p or 1) < 1e-4
    assert made(rows).filter(cause_kind="shared_flake")["found_pair_count"].to_list() == [0]
