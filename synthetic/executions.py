"""Runs as the product's executions, attempts, steps and state changes: what a lake of this history holds.

What belongs here: rows by day groups, with every column of the lake's day tables. What does not: writing them
(lake_files.py). Documents are made of the same rows, so that both ways tell of the same executions.
"""

from typing import Final

import polars as pl

from pipelines.transform.fingerprints import with_fingerprints
from synthetic.names import ENVIRONMENT, PLATFORM, Names
from warehouse.schema import TIMESTAMP

STEP_NAMES: Final = ("Set up", "Check")
STEP_TYPES: Final = ("action", "assertion")
_RECORD_MS: Final = 1
"""Between two status changes: the lake tells changes of one execution apart by their time."""


def executions_of(names: Names, runs: pl.DataFrame, *, has_steps: bool) -> pl.DataFrame:
    """Rows of EXECUTIONS, with `attempts` as letters and `host` beside them."""
    rows = runs.hstack(names.tests_of(runs).drop("test", "is_former", "is_used")).drop("branch")
    rows = rows.hstack(names.invocations[runs["invocation"]])
    keyed = rows.with_columns(names.execution_keys(runs).alias("execution_key"))
    timed = keyed.with_columns(*_identity(names), *_times(), *_outcomes(), *_resources(names))
    return _with_errors(timed, has_steps=has_steps)


def attempts_of(executions: pl.DataFrame) -> pl.DataFrame:
    """Rows of ATTEMPTS; of several attempts each takes an equal part of the time."""
    known = ("execution_key", "triggered_date", "started_at", "duration_ms")
    sole = executions.filter(pl.col("attempt_count") == 1).select(
        *known, "outcome", attempt_number=pl.lit(1, pl.Int32)
    )
    lasted = pl.when(_IS_LAST).then(pl.col("duration_ms") - _BEFORE_MS).otherwise(_PART_MS - 2 * _RECORD_MS)
    tried = _tried(executions).select(
        *("execution_key", "triggered_date"),
        started_at=_later(_BEFORE_MS),
        duration_ms=lasted,
        outcome=_LETTER.replace_strict({"P": "passed", "F": "failed"}, return_dtype=pl.String),
        attempt_number="attempt_number",
    )
    return pl.concat([sole.select(tried.columns), tried])


def state_changes_of(executions: pl.DataFrame) -> pl.DataFrame:
    """Rows of STATE_CHANGES, of executions with retries alone."""
    tried = _tried(executions)
    is_first = pl.col("attempt_number") == 1
    before = pl.when(is_first).then(pl.lit("queued")).otherwise(pl.lit("retrying"))
    word = pl.when(_LETTER == "P").then(pl.lit("passed")).otherwise(pl.lit("failed"))
    end = pl.when(_IS_LAST).then(pl.col("duration_ms")).otherwise(_BEFORE_MS + _PART_MS - 2 * _RECORD_MS)
    known = ("execution_key", "triggered_date")
    retried = tried.filter(_IS_LAST.not_())
    parts = (
        (tried, _BEFORE_MS, before, pl.lit("running")),
        (tried, end, pl.lit("running"), word),
        (retried, _BEFORE_MS + _PART_MS - _RECORD_MS, pl.lit("failed"), pl.lit("retrying")),
    )
    return pl.concat(
        rows.select(*known, changed_at=_later(place), from_status=old, to_status=new)
        for rows, place, old, new in parts
    ).sort("execution_key", "changed_at")


def steps_of(executions: pl.DataFrame) -> pl.DataFrame:
    """Rows of STEPS: two of each execution, in its last attempt; the second is the one that fails."""
    last_ms = pl.col("duration_ms") - (pl.col("attempt_count") - 1) * _PART_MS
    set_up_ms = last_ms // 10
    is_skipped = pl.col("outcome") == "skipped"
    set_up_outcome = pl.when(is_skipped).then("outcome").otherwise(pl.lit("passed"))
    error = ("error_type", "error_message", "fingerprint")
    none = {name: pl.lit(None, pl.String) for name in error}
    parts = (
        {"duration_ms": set_up_ms, "outcome": set_up_outcome, **none},
        {
            "duration_ms": last_ms - set_up_ms,
            "outcome": pl.col("outcome"),
            **{name: pl.col(name) for name in error},
        },
    )
    absent = ("error_code", "expected", "actual", "stack_trace", "trace_fingerprint")
    return pl.concat(
        executions.select(
            *("execution_key", "triggered_date"),
            pl.col("attempt_count").alias("attempt_number"),
            pl.lit(number + 1, pl.Int32).alias("step_number"),
            pl.lit(f"step_{number}").alias("step_key"),
            pl.lit(STEP_NAMES[number]).alias("step_name"),
            pl.lit(STEP_TYPES[number]).alias("step_type"),
            pl.lit(value=False).alias("is_warning"),
            pl.lit(0, pl.Int32).alias("retry_count"),
            pl.lit(None, TIMESTAMP).alias("started_at"),
            *(pl.lit(None, pl.String).alias(name) for name in absent),
            **part,
        )
        for number, part in enumerate(parts)
    )


_PART_MS: Final = pl.col("duration_ms") // pl.col("attempt_count")
_BEFORE_MS: Final = (pl.col("attempt_number") - 1) * _PART_MS
_IS_LAST: Final = pl.col("attempt_number") == pl.col("attempt_count")
_LETTER: Final = pl.col("letter")


def _later(milliseconds: pl.Expr) -> pl.Expr:
    return pl.col("started_at") + pl.duration(milliseconds=milliseconds)


def _tried(executions: pl.DataFrame) -> pl.DataFrame:
    """One row per attempt of the executions that have several."""
    retried = executions.filter(pl.col("attempt_count") > 1)
    numbers = pl.int_ranges(1, pl.col("attempt_count") + 1, dtype=pl.Int32).alias("attempt_number")
    letters = pl.col("attempts").str.extract_all(".").alias("letter")
    return retried.with_columns(numbers, letters).explode("attempt_number", "letter")


def _identity(names: Names) -> list[pl.Expr]:
    browsers = dict(enumerate(names.history.world.variant_names))
    browser = pl.col("variant").replace_strict(browsers, return_dtype=pl.String)
    return [
        pl.format("exec_{}", "execution_key").alias("execution_id"),
        pl.lit(None, pl.String).alias("parent_execution_id"),
        pl.lit("test_case").alias("execution_type"),
        browser.alias("browser"),
        pl.lit(ENVIRONMENT).alias("environment"),
        pl.lit(PLATFORM).alias("platform"),
        pl.format(f"{ENVIRONMENT}|{{}}|{PLATFORM}", browser).alias("variant_key"),
        pl.lit("ci").alias("triggered_by_key"),
        pl.format("host-{}", "host").alias("execution_agent"),
        pl.lit(None, pl.Int64).alias("execution_priority"),
        pl.lit([], pl.List(pl.String)).alias("tags"),
        pl.lit("triggered_at").alias("triggered_at_source"),
        pl.format("pipeline:{}|{}", "pipeline_id", "suite_key").alias("invocation_key"),
        pl.lit("pipeline").alias("invocation_source"),
    ]


def _times() -> list[pl.Expr]:
    started_at = pl.col("started_at")
    queue_ms = (started_at - pl.col("triggered_at")).dt.total_milliseconds()
    completed_at = started_at + pl.duration(milliseconds="duration_ms")
    return [
        pl.col("triggered_at").dt.date().alias("triggered_date"),
        started_at.dt.date().alias("bucket_date"),
        completed_at.alias("completed_at"),
        completed_at.alias("changed_at"),
        queue_ms.alias("queue_ms"),
        pl.lit("timestamps").alias("queue_source"),
        pl.lit("total").alias("duration_source"),
    ]


def _resources(names: Names) -> list[pl.Expr]:
    """Around what is usual for the test, moved by what the moment decides; an hour of reading is 360 MB."""
    has_resources = names.history.world.has_resources
    moment, usual = pl.col("started_at").dt.timestamp("ms") * 41 % 1_000, pl.col("test").cast(pl.Int64) * 73
    used = {
        "cpu_usage_percent": (200 + usual % 500 + moment * 3 // 10) / 10.0,
        "memory_usage_mb": 128.0 + usual % 512 + moment / 8.0,
        "disk_io_mb": pl.col("duration_ms") / 10_000.0,
        "network_io_mb": pl.col("duration_ms") / 40_000.0,
    }
    source = pl.lit("execution" if has_resources else None, pl.String)
    return [
        *((value if has_resources else pl.lit(None, pl.Float64)).alias(name) for name, value in used.items()),
        source.alias("resource_source"),
    ]


def _outcomes() -> list[pl.Expr]:
    letters, is_skipped = pl.col("attempts"), pl.col("is_skipped")
    count = letters.str.len_bytes().cast(pl.Int32).clip(1)
    is_passed = letters.str.ends_with("P")
    ended = _word(is_skipped, is_passed, "skipped")
    return [
        _word(is_skipped, is_passed, "cancelled").alias("status"),
        ended.alias("outcome"),
        _word(is_skipped, letters.str.starts_with("P"), "skipped").alias("first_outcome"),
        is_skipped.not_().alias("is_decided"),
        (is_passed & (count > 1)).alias("is_flaky"),
        pl.lit(value=False).alias("is_unverified"),
        count.alias("attempt_count"),
        pl.when(count > 1).then(pl.lit("state_history")).otherwise(pl.lit("single")).alias("attempt_source"),
    ]


def _word(is_skipped: pl.Expr, is_passed: pl.Expr, skip_word: str) -> pl.Expr:
    return (
        pl.when(is_skipped)
        .then(pl.lit(skip_word))
        .when(is_passed)
        .then(pl.lit("passed"))
        .otherwise(pl.lit("failed"))
    )


def _with_errors(rows: pl.DataFrame, *, has_steps: bool) -> pl.DataFrame:
    is_failed, is_storm = pl.col("outcome") == "failed", pl.col("is_storm") & pl.col("is_broken")
    kind = pl.when(is_storm).then(pl.lit("ConnectionError")).otherwise(pl.lit("AssertionError"))
    own = pl.format("{}: expected 200 but was 500", "test_name")
    message = pl.when(is_storm).then(pl.lit("The gateway refused the connection")).otherwise(own)
    failing_step = pl.when(is_failed).then(pl.lit(STEP_NAMES[1])) if has_steps else pl.lit(None, pl.String)
    count = len(STEP_NAMES) if has_steps else 0
    told = rows.with_columns(
        pl.when(is_failed).then(kind).alias("error_type"),
        pl.when(is_failed).then(message).alias("error_message"),
        failing_step.alias("failing_step_name"),
        pl.lit(count, pl.Int32).alias("step_count"),
        pl.lit("embedded" if has_steps else "none").alias("step_source"),
        pl.lit(count or None, pl.Int32).alias("declared_step_count"),
    )
    return with_fingerprints(told)
