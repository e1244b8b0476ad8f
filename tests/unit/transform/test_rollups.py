"""Rollups: given executions, attempts and steps, expected sums; and that they are sums, whatever the order.

What belongs here: pipelines/transform/rollups.py over a real lake.
What does not: when they are made anew (test_standing.py), the transform of documents (test_day.py).
"""

import math
import random
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import hypothesis
import polars as pl
import pytest
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.transform import rollups
from tests.unit.transform.raw_rows import values
from warehouse.lake import Lake
from warehouse.schema import TIMESTAMP, Table
from warehouse.tables import (
    ATTEMPTS,
    EXECUTIONS,
    ROLLUPS,
    STEP_DAYS,
    STEPS,
    TEST_DAYS,
    TEST_POSITIONS,
)
from warehouse.vocabulary import DECIDED, FAILING, OUTCOMES

Row = dict[str, Any]
DAY: Final = date(2026, 3, 1)
NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
GAMMA: Final = 1.01 / 0.99

# Durations of case P6 in statistics-cases.json, read as milliseconds.
P6_DAY1: Final = (
    *(
        10.424,
        7.48,
        5.399,
        2.659,
        10.759,
        7.665,
        5.559,
        3.078,
        11.123,
        7.855,
        5.718,
        3.388,
        11.52,
        8.051,
        5.877,
    ),
    *(
        3.646,
        11.96,
        8.254,
        6.037,
        3.875,
        12.453,
        8.464,
        6.197,
        4.084,
        13.014,
        8.683,
        6.359,
        4.279,
        13.668,
        8.911,
    ),
    *(
        6.522,
        4.464,
        14.452,
        9.15,
        6.687,
        4.642,
        15.432,
        9.401,
        6.855,
        4.814,
        16.744,
        9.666,
        7.026,
        4.981,
        18.727,
    ),
    *(
        9.947,
        7.2,
        5.146,
        22.851,
        10.246,
        7.378,
        5.308,
        2.287,
        10.567,
        7.56,
        5.469,
        2.863,
        10.914,
        7.747,
        5.628,
    ),
    *(
        3.222,
        11.292,
        7.94,
        5.787,
        3.505,
        11.706,
        8.139,
        5.947,
        3.749,
        12.168,
        8.345,
        6.106,
        3.968,
        12.688,
        8.559,
    ),
    *(
        6.267,
        4.171,
        13.286,
        8.782,
        6.43,
        4.361,
        13.991,
        9.014,
        6.594,
        4.543,
        14.85,
        9.258,
        6.76,
        4.718,
        15.952,
    ),
    *(
        9.515,
        6.929,
        4.887,
        17.49,
        9.787,
        7.101,
        5.054,
        20.05,
        10.075,
        7.277,
        5.217,
        28.494,
        10.384,
        7.457,
        5.378,
    ),
    *(
        2.59,
        10.715,
        7.641,
        5.538,
        3.033,
        11.075,
        7.831,
        5.698,
        3.352,
        11.468,
        8.026,
        5.857,
        3.615,
        11.901,
        8.228,
    ),
)
P6_DAY2: Final = (
    *(
        23.525,
        7.609,
        32.973,
        11.881,
        50.756,
        16.718,
        152.729,
        22.936,
        7.267,
        32.034,
        11.53,
        48.69,
        16.294,
        120.627,
        22.364,
    ),
    *(
        6.92,
        31.137,
        11.182,
        46.792,
        15.879,
        103.45,
        21.808,
        6.568,
        30.278,
        10.838,
        45.04,
        15.472,
        92.041,
        21.267,
        6.208,
    ),
)

_NOTHING: Final[dict[Any, Any]] = {
    pl.String: "",
    pl.Int32: 0,
    pl.Int64: 0,
    pl.Boolean: False,
    pl.Date: DAY,
    TIMESTAMP: NOON,
    pl.List(pl.String): [],
}


def frame(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    defaults = {c.name: None if c.nullable else _NOTHING[c.dtype] for c in table.columns}
    return pl.DataFrame([defaults | row for row in rows], schema=table.schema)


def execution(key: str = "e1", attempts: str = "P", **changes: Any) -> Row:
    """Its attempts ended as the letters say: P, F, T (timed out), C (cancelled), R (in flight)."""
    words = {"P": "passed", "F": "failed", "T": "timed_out", "C": "cancelled", "R": None}
    outcomes = [words[letter] for letter in attempts]
    defaults = {
        "execution_key": key,
        "execution_type": "test_case",
        "test_key": "t1",
        "suite_key": "s1",
        "project": "default",
        "variant_key": "v1",
        "invocation_key": "i1",
        "commit_id": "c1",
        "outcome": outcomes[-1],
        "first_outcome": next((word for word in outcomes if word != "cancelled"), outcomes[-1]),
        "is_decided": outcomes[-1] in DECIDED,
        "is_flaky": outcomes[-1] == "passed" and any(word in FAILING for word in outcomes),
        "attempt_count": len(attempts),
        "outcomes": outcomes,
    }
    return defaults | changes


def attempts_of(row: Row) -> list[Row]:
    """Its attempts; `durations` says how long each took, else 100 ms."""
    durations = row.get("durations", [100] * len(row["outcomes"]))
    return [
        {
            "execution_key": row["execution_key"],
            "attempt_number": number,
            "outcome": outcome,
            "duration_ms": duration,
            "triggered_date": row.get("triggered_date", DAY),
        }
        for number, (outcome, duration) in enumerate(zip(row["outcomes"], durations, strict=True), start=1)
    ]


def step(key: str = "e1", number: int = 1, **changes: Any) -> Row:
    defaults = {
        "execution_key": key,
        "attempt_number": 1,
        "step_number": number,
        "step_name": "log in",
        "step_type": "action",
        "outcome": "passed",
        "duration_ms": 10,
    }
    return defaults | changes


def frames_of(rows: Sequence[Row], steps: Sequence[Row] = ()) -> list[pl.DataFrame]:
    """Executions, attempts and steps as the lake holds them."""
    known = [{name: value for name, value in row.items() if name in EXECUTIONS.names} for row in rows]
    tries = [attempt for row in rows for attempt in attempts_of(row)]
    return [frame(EXECUTIONS, known), frame(ATTEMPTS, tries), frame(STEPS, steps)]


def lake_of(root: Path, rows: Sequence[Row], steps: Sequence[Row] = ()) -> tuple[Lake, list[date]]:
    lake = Lake(root)
    days = sorted({row.get("triggered_date", DAY) for row in rows} or {DAY})
    for table, given in zip((EXECUTIONS, ATTEMPTS, STEPS), frames_of(rows, steps), strict=True):
        lake.replace_days(table, days, given)
    return lake, days


def rolled(tmp_path: Path, table: Table, rows: Sequence[Row], steps: Sequence[Row] = ()) -> pl.DataFrame:
    lake, days = lake_of(tmp_path / "lake", rows, steps)
    rollups.rebuild(lake, days)
    return lake.scan(table).collect()


def histogram(found: pl.DataFrame, kind: str = "passed") -> dict[int, int]:
    """Bucket → count, merged over all rows."""
    lists = found.select(f"{kind}_buckets", f"{kind}_bucket_counts").rows()
    merged: dict[int, int] = {}
    for buckets, counts in lists:
        for bucket, count in zip(buckets, counts, strict=True):
            merged[bucket] = merged.get(bucket, 0) + count
    return merged


def quantile(buckets: dict[int, int], share: float) -> float:
    """The estimate of statistics.md 3.2: the first bucket that holds rank ceil(share × n)."""
    rank, held = math.ceil(share * sum(buckets.values())), 0
    for bucket, count in sorted(buckets.items()):
        held += count
        if held >= rank:
            return 2 * GAMMA**bucket / (GAMMA + 1)
    raise AssertionError("no values")


# --- test_days ----------------------------------------------------------------------------------------------
def test_every_outcome_has_its_count_and_they_add_up(tmp_path: Path) -> None:
    outcomes = [None, *OUTCOMES, "passed"]
    rows = [execution(f"e{number}", outcome=word) for number, word in enumerate(outcomes)]
    rows[-1]["is_unverified"] = True
    found = rolled(tmp_path, TEST_DAYS, rows)
    counts = [f"{word}_count" for word in (*OUTCOMES, "in_flight", "unverified")]
    assert found.select(counts).rows() == [(1,) * 10]
    assert values(found, "execution_count") == [(10,)]


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ("P", (1, 0, 0, 1)),
        ("F", (0, 1, 0, 1)),
        ("FP", (0, 1, 1, 2)),
        ("FFT", (0, 1, 0, 3)),
        ("CP", (1, 0, 0, 2)),
        ("C", (0, 0, 0, 1)),
        ("FC", (0, 0, 0, 2)),  # as it ended, it decided nothing
        ("R", (0, 0, 0, 1)),
    ],
)
def test_first_attempts_flakes_and_attempts(
    tmp_path: Path, attempts: str, expected: tuple[int, int, int, int]
) -> None:
    found = rolled(tmp_path, TEST_DAYS, [execution(attempts=attempts)])
    columns = ("first_passed_count", "first_failed_count", "flaky_count", "attempt_count")
    assert values(found, *columns) == [expected]


@pytest.mark.parametrize(
    "changes",
    [
        {"execution_type": "test_suite", "test_key": None},
        {"execution_type": "manual_execution"},
        {"test_key": "t2"},
        {"suite_key": None},
        {"variant_key": "v2"},
        {"branch": "topic"},
        {"project": "other"},
        {"bucket_date": DAY + timedelta(days=2)},
        {"triggered_date": DAY + timedelta(days=1)},
    ],
)
def test_what_must_stay_apart_has_a_row_of_its_own(tmp_path: Path, changes: Row) -> None:
    found = rolled(tmp_path, TEST_DAYS, [execution("e1"), execution("e2"), execution("e3", **changes)])
    assert sorted(found["execution_count"]) == [1, 2]


def test_a_key_that_is_not_there_is_empty(tmp_path: Path) -> None:
    found = rolled(tmp_path, TEST_DAYS, [execution(test_key=None, suite_key=None, branch=None)])
    assert values(found, "test_key", "suite_key", "branch") == [("", "", "")]


def test_durations_are_those_of_attempts_by_how_they_ended(tmp_path: Path) -> None:
    rows = [
        execution("e1", "FP", durations=[5, 1000], duration_ms=1005, queue_ms=7),
        execution("e2", "T", durations=[3000], duration_ms=3000),
        execution("e3", "P", durations=[None]),
        execution("e4", "P", durations=[0], duration_ms=0),
        execution("cut short", "P", durations=[50], is_unverified=True, is_decided=False),
    ]
    found = rolled(tmp_path, TEST_DAYS, rows)
    assert histogram(found) == {0: 1, 346: 1}
    assert histogram(found, "failing") == {81: 1, 401: 1}
    columns = ("passed_duration_sum_ms", "passed_duration_min_ms", "passed_duration_max_ms")
    assert values(found, *columns) == [(1000, 0, 1000)]
    assert values(found, "failing_duration_sum_ms", "timed_out_attempt_count") == [(3005, 1)]
    assert values(found, "timed_count", "duration_sum_ms", "queued_count", "queue_sum_ms") == [
        (3, 4005, 1, 7)
    ]


def test_without_durations_sums_are_zero_and_extremes_unknown(tmp_path: Path) -> None:
    found = rolled(tmp_path, TEST_DAYS, [execution(attempts="C")])
    columns = ("passed_duration_sum_ms", "passed_duration_min_ms", "passed_buckets", "passed_bucket_counts")
    assert values(found, *columns) == [(0, None, [], [])]


# --- the histogram ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ms", "bucket"), [(0, 0), (1, 0), (2, 35), (45, 191), (1000, 346), (86_400_000, 914)]
)
def test_bucket_of_a_duration(ms: int, bucket: int) -> None:
    assert pl.select(rollups.bucket_of(pl.lit(ms))).item() == bucket


def histogram_rows(durations: Sequence[float]) -> pl.DataFrame:
    cells = pl.DataFrame({"duration_ms": durations}, schema={"duration_ms": pl.Float64})
    cells = cells.with_columns(cell=pl.lit(0, pl.UInt32))
    return rollups.histogram_of(cells, "passed")


def test_quantiles_of_merged_days_are_those_of_case_p6() -> None:
    days = [histogram_rows(day) for day in (P6_DAY1, P6_DAY2)]
    merged = histogram(pl.concat(days))
    assert quantile(merged, 0.95) == pytest.approx(45.15391582, abs=1e-6)  # bucket 191
    assert quantile(merged, 0.5) == pytest.approx(8.085074183, abs=1e-6)


@hypothesis.given(st.lists(st.integers(1, 10**9), min_size=1), st.floats(0.01, 1), st.integers(0, 50))
def test_histograms_merge_and_quantiles_are_one_percent_off_at_most(
    durations: list[int], share: float, cut: int
) -> None:
    whole = histogram(histogram_rows(durations))
    assert histogram(pl.concat([histogram_rows(durations[:cut]), histogram_rows(durations[cut:])])) == whole
    exact = sorted(durations)[math.ceil(share * len(durations)) - 1]
    assert abs(quantile(whole, share) / exact - 1) <= 0.01 + 1e-9


# --- test_positions -----------------------------------------------------------------------------------------
def positions(tmp_path: Path, rows: Sequence[Row], *columns: str) -> list[tuple[Any, ...]]:
    return values(rolled(tmp_path, TEST_POSITIONS, rows), *columns)


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ("P", (1, 1, 1, 0, 0, 1, 0, "P")),
        ("F", (1, 0, 1, 1, 0, 0, 1, "F")),
        ("FFP", (1, 1, 1, 1, 1, 1, 1, "FFP")),
        ("FPT", (1, 0, 1, 1, 1, 1, 1, "FPF")),
        ("CP", (1, 1, 1, 0, 0, 1, 0, "P")),
        ("C", (0, 0, 0, 0, 0, 0, 0, "")),
        ("FR", (0, 0, 0, 0, 0, 0, 0, "")),
    ],
)
def test_a_run_counts_by_its_attempts(tmp_path: Path, attempts: str, expected: tuple[object, ...]) -> None:
    found = rolled(tmp_path, TEST_POSITIONS, [execution(attempts=attempts)])
    columns = ("decided_count", "passed_count", "run_count", "first_failed_count", "retry_passed_count")
    assert values(found, *columns, "passing_run_count", "failing_run_count", "run_letters") == [expected]
    assert values(found, "execution_count") == [(1,)]


def test_an_unverified_pass_and_an_unknown_first_attempt_are_no_run(tmp_path: Path) -> None:
    rows = [
        execution("e1", is_unverified=True, is_decided=False),
        execution("e2", "FP", first_outcome="unknown"),
    ]
    found = positions(tmp_path, rows, "execution_count", "decided_count", "run_count", "run_letters")
    assert found == [(2, 1, 0, "")]


def test_runs_of_one_position_stand_in_their_order(tmp_path: Path) -> None:
    rows = [
        execution("e3", "P", triggered_at=NOON),
        execution("e2", "FP", triggered_at=NOON),
        execution("e1", "F", triggered_at=NOON + timedelta(seconds=1)),
        execution("e0", "C", triggered_at=NOON - timedelta(seconds=1)),
    ]
    found = positions(tmp_path, rows, "run_letters", "run_count", "first_failed_count", "first_triggered_at")
    assert found == [("FP P F", 3, 2, NOON - timedelta(seconds=1))]


def test_reruns_at_one_commit_show_that_it_disagrees(tmp_path: Path) -> None:
    rows = [execution("e1", "F"), execution("e2", "P", invocation_key="i2", branch="topic")]
    found = rolled(tmp_path, TEST_POSITIONS, rows)
    assert found.height == 2
    by_commit = found.group_by("test_key", "variant_key", "commit_id").agg(
        pl.col("passing_run_count", "failing_run_count").sum()
    )
    assert values(by_commit, "passing_run_count", "failing_run_count") == [(1, 1)]


def test_an_invocation_over_midnight_is_the_sum_of_two_days(tmp_path: Path) -> None:
    late = {"triggered_date": DAY + timedelta(days=1), "triggered_at": NOON + timedelta(days=1)}
    found = rolled(tmp_path, TEST_POSITIONS, [execution("e1", "F"), execution("e2", "P", **late)])
    total = found.group_by("invocation_key").agg(
        pl.col("run_count", "first_failed_count").sum(), pl.col("first_triggered_at").min()
    )
    assert total.rows() == [("i1", 2, 1, NOON)]


def test_suite_runs_and_executions_of_no_test_have_no_position(tmp_path: Path) -> None:
    rows = [execution("e1", execution_type="test_suite"), execution("e2", test_key=None)]
    assert positions(tmp_path, rows, "test_key") == []


# --- step_days ----------------------------------------------------------------------------------------------
def test_steps_are_summed_over_the_tests_of_a_suite(tmp_path: Path) -> None:
    rows = [execution("e1"), execution("e2", test_key="t2"), execution("e3", suite_key="s2")]
    steps = [
        step("e1", 1, duration_ms=1000),
        step("e1", 2, outcome="failed", duration_ms=4),
        step("e1", 3, outcome=None, duration_ms=None),
        step("e2", 1, is_warning=True, duration_ms=0),
        step("e2", 2, step_name=None, step_type=None, duration_ms=1),
        step("e3", 1),
    ]
    found = rolled(tmp_path, STEP_DAYS, rows, steps)
    columns = ("suite_key", "step_name", "step_count", "passed_count", "warning_count", "failed_count")
    assert values(found, *columns, "in_flight_count", "timed_count", "duration_sum_ms") == [
        ("s1", "", 1, 1, 0, 0, 0, 1, 1),
        ("s1", "log in", 4, 1, 1, 1, 1, 3, 1004),
        ("s2", "log in", 1, 1, 0, 0, 0, 1, 10),
    ]
    assert histogram(found.filter((pl.col("step_name") == "log in") & (pl.col("suite_key") == "s1"))) == {
        0: 1,
        346: 1,
    }


def test_cases_inside_a_suite_run_are_no_steps_of_a_case(tmp_path: Path) -> None:
    rows = [execution("e1"), execution("e2", execution_type="test_suite", test_key=None)]
    found = rolled(tmp_path, STEP_DAYS, rows, [step("e1"), step("e2")])
    assert values(found, "execution_type", "step_count") == [("test_case", 1), ("test_suite", 1)]


# --- days ---------------------------------------------------------------------------------------------------
def moved(row: Row, days: int) -> Row:
    return row | {"triggered_date": DAY + timedelta(days=days), "triggered_at": NOON + timedelta(days=days)}


def test_a_moved_execution_changes_both_days(tmp_path: Path) -> None:
    stays, moves = execution("e1"), execution("e2")
    lake, days = lake_of(tmp_path / "lake", [stays, moves, moved(execution("e3"), 1)])
    rollups.rebuild(lake, days)
    lake, days = lake_of(tmp_path / "lake", [stays, moved(moves, 1), moved(execution("e3"), 1)])
    rollups.rebuild(lake, days)
    assert values(lake.scan(TEST_DAYS).collect(), "triggered_date", "execution_count") == [
        (DAY, 1),
        (DAY + timedelta(days=1), 2),
    ]


def test_equal_rows_make_no_commit_and_a_day_without_rows_is_empty(tmp_path: Path) -> None:
    lake, days = lake_of(tmp_path / "lake", [execution("e1"), moved(execution("e2"), 1)])
    rollups.rebuild(lake, days)
    before = {table.name: lake.files(table) for table in ROLLUPS}
    rollups.rebuild(lake, days)
    assert {table.name: lake.files(table) for table in ROLLUPS} == before
    lake.replace_days(EXECUTIONS, [DAY], EXECUTIONS.empty())
    rollups.rebuild(lake, [DAY])
    assert lake.scan(TEST_DAYS).collect()["triggered_date"].to_list() == [DAY + timedelta(days=1)]


executions = st.lists(
    st.builds(
        lambda attempts, days, run_days, changes: (
            moved(execution("", attempts, bucket_date=DAY + timedelta(days=days + run_days)), days) | changes
        ),
        st.text("PFTCR", min_size=1, max_size=3),
        st.integers(0, 2),
        st.integers(-1, 2),
        st.fixed_dictionaries(
            {
                "test_key": st.sampled_from(["t1", "t2", None]),
                "suite_key": st.sampled_from(["s1", None]),
                "branch": st.sampled_from(["main", None]),
                "commit_id": st.sampled_from(["c1", "c2", None]),
                "invocation_key": st.sampled_from(["i1", "i2"]),
                "execution_type": st.sampled_from(["test_case", "test_suite"]),
                "duration_ms": st.none() | st.integers(0, 2000),
            }
        ),
    ),
    max_size=12,
).map(lambda rows: [row | {"execution_key": f"e{number}"} for number, row in enumerate(rows)])


def sums(found: pl.DataFrame, keys: Collection[str], columns: Collection[str]) -> pl.DataFrame:
    return found.group_by(keys).agg(pl.col(columns).sum().cast(pl.Int64)).sort(keys, nulls_last=True)


def rollups_of(rows: Sequence[Row]) -> list[pl.DataFrame]:
    """Every rollup of executions with one step each."""
    facts, tries, steps = frames_of(rows, [step(row["execution_key"]) for row in rows])
    known = rollups.with_keys(facts)
    found = (
        rollups.test_days(known, tries),
        rollups.test_positions(known, tries),
        rollups.step_days(known, steps),
    )
    return [table.conform(each) for table, each in zip(ROLLUPS, found, strict=True)]


@hypothesis.settings(max_examples=25)
@hypothesis.given(executions, st.integers(0, 2**16))
def test_order_and_split_into_days_change_nothing(rows: list[Row], seed: int) -> None:
    whole = rollups_of(rows)
    for expected, found in zip(whole, rollups_of(random.Random(seed).sample(rows, len(rows))), strict=True):
        assert_frame_equal(expected, found)
    days = [[row for row in rows if row["triggered_date"] == DAY + timedelta(days=day)] for day in range(3)]
    for table, expected, *parts in zip(ROLLUPS, whole, *map(rollups_of, days), strict=True):
        assert_frame_equal(expected, table.conform(pl.concat(parts)))


@hypothesis.settings(max_examples=25)
@hypothesis.given(executions)
def test_rollups_are_sums_over_the_executions(rows: list[Row]) -> None:
    test_days, test_positions, _ = rollups_of(rows)
    facts, tries, _ = frames_of(rows)
    plain = rollups.with_keys(facts).with_columns(
        execution_count=pl.lit(1),
        failed_count=pl.col("outcome") == "failed",
        flaky_count=pl.col("is_flaky"),
        duration_sum_ms=pl.col("duration_ms"),
        first_failed_count=pl.col("is_decided") & pl.col("first_outcome").is_in(FAILING),
    )
    keys = ["test_key", "variant_key", "branch", "bucket_date"]
    counts = ["execution_count", "first_failed_count"]
    of_days = [*counts, "flaky_count", "failed_count", "duration_sum_ms", "attempt_count"]
    assert_frame_equal(sums(test_days, keys, of_days), sums(plain, keys, of_days))
    assert sum(histogram(test_days).values()) == tries.filter(pl.col("outcome") == "passed").height
    of_tests = plain.filter((pl.col("execution_type") != "test_suite") & (pl.col("test_key") != ""))
    keys += ["commit_id", "invocation_key"]
    assert_frame_equal(sums(test_positions, keys, counts), sums(of_tests, keys, counts))
