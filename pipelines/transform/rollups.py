"""Rollups of the lake: sums per test and day, per test and invocation, per step and day, for touched days.

What belongs here: what is counted, by which keys, and the log-bucket histogram (statistics.md 1.3, 1.5, 3.2).
What does not: which days are touched (merge.py); protected branches, storms and windows, which need rows of
other days (sql/). Each partition holds the partial sums of its own executions; readers add them up, and take
an infra storm out by subtracting its executions: counts and sums are whole numbers (extremes are not undone).
"""

import math
from collections.abc import Collection
from datetime import date
from typing import Final

import polars as pl

from warehouse.lake import Lake
from warehouse.schema import Table
from warehouse.tables import ATTEMPTS, EXECUTIONS, STEP_DAYS, STEPS, TEST_DAYS, TEST_POSITIONS
from warehouse.vocabulary import FAILING, OUTCOMES

VERSION: Final = "2"
"""Raised when a rule here changes: standing rollups are then made anew (standing.py)."""

KEY: Final = "execution_key"
CELL: Final = "cell"
SUITE_RUN: Final = "test_suite"
LOG_GAMMA: Final = math.log(1.01 / 0.99)
"""Width of a bucket on the scale of ln(ms): estimates are at most 1 % off."""

_KEY_TEXTS: Final = ("test_key", "suite_key", "branch", "commit_id", "build_version")
_FACTS: Final = (
    *("triggered_at", "outcome", "first_outcome", "is_decided", "is_flaky", "is_unverified"),
    *("attempt_count", "duration_ms", "queue_ms"),
)
_STEP_KEYS: Final = ("step_name", "step_type")
_STEP_FACTS: Final = ("outcome", "is_warning", "duration_ms")


def rebuild(lake: Lake, days: Collection[date]) -> None:
    """Makes every rollup of these days from the executions, attempts and steps that stand there."""
    if not days:
        return
    executions = with_keys(lake.scan(EXECUTIONS, days).select(KEY, *_FACTS, *_grain_columns()).collect())
    attempts = lake.scan(ATTEMPTS, days).select(KEY, "attempt_number", "outcome", "duration_ms").collect()
    lake.replace_days(TEST_DAYS, days, test_days(executions, attempts))
    lake.replace_days(TEST_POSITIONS, days, test_positions(executions, attempts))
    steps = lake.scan(STEPS, days).select(KEY, *_STEP_KEYS, *_STEP_FACTS).collect()
    lake.replace_days(STEP_DAYS, days, step_days(executions, steps))


def with_keys(executions: pl.DataFrame) -> pl.DataFrame:
    """Executions with empty texts where they name no test, suite, branch, commit or build."""
    return executions.with_columns(pl.col(_KEY_TEXTS).fill_null(""))


def bucket_of(milliseconds: pl.Expr) -> pl.Expr:
    """The log bucket of a duration; below 1 ms it is that of 1 ms, which is 0."""
    return (pl.max_horizontal(milliseconds, 1).log() / LOG_GAMMA).ceil().cast(pl.Int32)


def test_days(executions: pl.DataFrame, attempts: pl.DataFrame) -> pl.DataFrame:
    """Rows of TEST_DAYS."""
    rows = _in_cells(executions, TEST_DAYS)
    first, is_decided = pl.col("first_outcome"), pl.col("is_decided")
    counts = rows.group_by(CELL).agg(
        pl.len().alias("execution_count"),
        *_outcome_counts(pl.col("is_unverified"), "unverified_count"),
        (is_decided & (first == "passed")).sum().alias("first_passed_count"),
        (is_decided & first.is_in(FAILING)).sum().alias("first_failed_count"),
        pl.col("is_flaky").sum().alias("flaky_count"),
        pl.col("attempt_count").sum(),
        *_timed("duration_ms", "timed_count", "duration_sum_ms"),
        *_timed("queue_ms", "queued_count", "queue_sum_ms"),
    )
    tries = attempts.join(rows.select(KEY, CELL, "is_unverified"), on=KEY)
    outcome = pl.col("outcome")
    is_verified_pass = (outcome == "passed") & ~pl.col("is_unverified")
    timed_out = tries.filter(outcome == "timed_out").group_by(CELL).agg(timed_out_attempt_count=pl.len())
    return _finished(
        TEST_DAYS,
        rows,
        counts,
        timed_out,
        histogram_of(tries.filter(is_verified_pass), "passed"),
        histogram_of(tries.filter(outcome.is_in(FAILING)), "failing"),
    )


def test_positions(executions: pl.DataFrame, attempts: pl.DataFrame) -> pl.DataFrame:
    """Rows of TEST_POSITIONS: executions of a test case, suite runs and executions of no test left out."""
    is_of_test = (pl.col("execution_type") != SUITE_RUN) & (pl.col("test_key") != "")
    rows = _in_cells(_with_letters(executions.filter(is_of_test), attempts), TEST_POSITIONS)
    letters = pl.col("letters")
    is_failed_first, has_pass = letters.str.starts_with("F"), letters.str.contains("P", literal=True)
    is_passed = pl.col("is_decided") & (pl.col("outcome") == "passed")
    counts = rows.group_by(CELL).agg(
        pl.col("triggered_at").min().alias("first_triggered_at"),
        pl.len().alias("execution_count"),
        pl.col("is_decided").sum().alias("decided_count"),
        is_passed.sum().alias("passed_count"),
        letters.count().alias("run_count"),
        is_failed_first.sum().alias("first_failed_count"),
        (is_failed_first & has_pass).sum().alias("retry_passed_count"),
        has_pass.sum().alias("passing_run_count"),
        letters.str.contains("F", literal=True).sum().alias("failing_run_count"),
    )
    in_order = rows.filter(letters.is_not_null()).sort("triggered_at", KEY)
    texts = in_order.group_by(CELL, maintain_order=True).agg(letters).select(CELL, letters.list.join(" "))
    return _finished(TEST_POSITIONS, rows, counts, texts.rename({"letters": "run_letters"}))


def step_days(executions: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Rows of STEP_DAYS: per suite, not per test, so that a shared step is one row and the table stays small.

    Per test they would be a third of all steps (10,000 tests, 7 steps, 365 days: 25M rows); which step of one
    test changed is asked of few tests, and answered from fct_steps.
    """
    named = steps.select(KEY, pl.col(_STEP_KEYS).fill_null(""), *_STEP_FACTS)
    keys = [name for name in STEP_DAYS.grain if name not in _STEP_KEYS]
    rows = _in_cells(named.join(executions.select(KEY, *keys), on=KEY), STEP_DAYS)
    counts = rows.group_by(CELL).agg(
        pl.len().alias("step_count"),
        *_outcome_counts(pl.col("is_warning"), "warning_count"),
        *_timed("duration_ms", "timed_count", "duration_sum_ms"),
    )
    return _finished(
        STEP_DAYS, rows, counts, histogram_of(rows.filter(pl.col("outcome") == "passed"), "passed")
    )


def _grain_columns() -> list[str]:
    """Columns of the executions that a rollup has in its grain."""
    grains = (*TEST_DAYS.grain, *TEST_POSITIONS.grain, *STEP_DAYS.grain)
    return [name for name in EXECUTIONS.names if name in grains]


def _in_cells(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """With the number of the first row of the same grain. Joins and sums over it cost a fifth of those over
    eight texts (measured on 486,132 executions)."""
    numbered = rows.with_row_index("row").with_columns(pl.col("row").first().over(table.grain).alias(CELL))
    return numbered.with_columns((pl.col("row") == pl.col(CELL)).alias("is_first"))


def _with_letters(executions: pl.DataFrame, attempts: pl.DataFrame) -> pl.DataFrame:
    """`letters`: the run's attempts as P and F, those that decided nothing left out; null where it is no run.

    A run is a decided execution whose first attempt was decided. Most executions have one attempt, which
    ended as they did.
    """
    is_run = pl.col("is_decided") & _letter("first_outcome").is_not_null()
    retried = executions.filter(is_run & (pl.col("attempt_count") > 1)).select(KEY)
    tries = attempts.join(retried, on=KEY, how="semi").sort(KEY, "attempt_number")
    joined = tries.group_by(KEY, maintain_order=True).agg(_letter("outcome").str.join("").alias("tried"))
    letters = pl.when(is_run).then(pl.coalesce("tried", _letter("first_outcome")))
    return executions.join(joined, on=KEY, how="left").with_columns(letters.alias("letters"))


def _letter(outcome: str) -> pl.Expr:
    word = pl.col(outcome)
    return pl.when(word == "passed").then(pl.lit("P")).when(word.is_in(FAILING)).then(pl.lit("F"))


def _outcome_counts(is_unverified: pl.Expr, unverified_name: str) -> list[pl.Expr]:
    outcome = pl.col("outcome")
    counted = {f"{word}_count": outcome == word for word in OUTCOMES} | {
        "passed_count": (outcome == "passed") & is_unverified.not_(),
        unverified_name: (outcome == "passed") & is_unverified,
        "in_flight_count": outcome.is_null(),
    }
    return [condition.sum().alias(name) for name, condition in counted.items()]


def _timed(column: str, count_name: str, sum_name: str) -> list[pl.Expr]:
    return [pl.col(column).count().alias(count_name), pl.col(column).sum().alias(sum_name)]


def histogram_of(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Per cell the known durations: sum, extremes, and the buckets with their counts."""
    buckets = (
        rows.filter(pl.col("duration_ms").is_not_null())
        .group_by(CELL, bucket_of(pl.col("duration_ms")).alias("bucket"))
        .agg(
            pl.len().cast(pl.Int32).alias("count"),
            pl.col("duration_ms").sum().alias("sum"),
            pl.col("duration_ms").min().alias("min"),
            pl.col("duration_ms").max().alias("max"),
        )
        .sort(CELL, "bucket")
    )
    return buckets.group_by(CELL, maintain_order=True).agg(
        pl.col("sum").sum().alias(f"{kind}_duration_sum_ms"),
        pl.col("min").min().alias(f"{kind}_duration_min_ms"),
        pl.col("max").max().alias(f"{kind}_duration_max_ms"),
        pl.col("bucket").alias(f"{kind}_buckets"),
        pl.col("count").alias(f"{kind}_bucket_counts"),
    )


def _finished(table: Table, rows: pl.DataFrame, *sums: pl.DataFrame) -> pl.DataFrame:
    """The keys of each cell with its sums; with nothing to add, a sum is 0 and a list empty."""
    result = rows.filter("is_first").select(CELL, *table.grain)
    for part in sums:
        result = result.join(part, on=CELL, how="left")
    return table.typed(result).with_columns(_zero(table))


def _zero(table: Table) -> list[pl.Expr]:
    """What stands for nothing in the columns that are never null."""
    empty = {pl.Int32: 0, pl.Int64: 0, pl.String: "", pl.List(pl.Int32): []}
    return [
        pl.col(column.name).fill_null(pl.lit(empty[column.dtype], column.dtype))
        for column in table.columns
        if not column.nullable and column.dtype in empty and column.name not in table.grain
    ]
