"""Attempts of an execution: read from its state history, else from retry counts, else one.

What belongs here: state changes, how many attempts there were and how each ended. What does not: the outcome
of the execution (executions.py), which is that of its last attempt.
"""

from typing import Final

import polars as pl

from pipelines.transform.references import resolve
from pipelines.transform.words import first_known, folded, is_repeated, milliseconds_between
from warehouse.vocabulary import FAILING, OUTCOME_BY_STATUS, outcome_of

SKIP: Final = ("skipped", "cancelled", "aborted")
"""Outcomes that say nothing about the product: they are no first outcome (statistics.md, Words)."""

MAX_RETRIES: Final = 100
# The source allows 10 retries (max_retries); a larger count is a broken number and would make as many rows.

_TERMINAL: Final = tuple(OUTCOME_BY_STATUS)


def state_changes(raw_state_changes: pl.DataFrame, executions: pl.DataFrame) -> pl.DataFrame:
    """One row per execution, time and status reached, sorted by them."""
    words = resolve(raw_state_changes, executions).with_columns(folded("from_status"), folded("to_status"))
    known = words.filter(pl.col("to_status").is_not_null() & pl.col("changed_at").is_not_null())
    grain = ["execution_number", "changed_at", "to_status"]
    ordered = known.sort(grain)
    repeated = ordered.select(is_repeated(*grain)).to_series()
    if not repeated.any():
        return ordered
    by_origin = known.sort(*grain, "source_key", "from_status", nulls_last=True)
    return by_origin.unique(grain, keep="first", maintain_order=True)


def tries_of(
    executions: pl.DataFrame, history: pl.DataFrame, step_facts: pl.DataFrame, queue_entries: pl.DataFrame
) -> pl.DataFrame:
    """One row per execution and attempt with attempt_count and attempt_source.

    `outcome` is that of earlier attempts (null for the last, which ends as the execution does);
    started_at and duration_ms are what the state history knows.
    """
    counted = _counted(executions, history, step_facts, queue_entries)
    numbers = pl.int_ranges(1, pl.col("attempt_count") + 1, dtype=pl.Int32).alias("attempt_number")
    grid = counted.with_columns(numbers).explode("attempt_number")
    recorded = grid.join(_recorded(history), on=["execution_number", "attempt_number"], how="left")
    is_earlier = pl.col("attempt_number") < pl.col("attempt_count")
    outcome = pl.when(is_earlier).then(pl.col("outcome").fill_null("failed")).alias("outcome")
    return recorded.with_columns(outcome).sort("execution_number", "attempt_number")


def earlier_outcomes(tries: pl.DataFrame) -> pl.DataFrame:
    """One row per execution: whether an earlier attempt failed, and how the first ended that was no skip."""
    earlier = pl.col("outcome")
    return tries.group_by("execution_number", maintain_order=True).agg(
        pl.col("attempt_count", "attempt_source").first(),
        earlier.is_in(FAILING).any().alias("has_failed_attempt"),
        earlier.filter(earlier.is_in(SKIP).not_()).first().alias("earlier_outcome"),
    )


def attempts_of(tries: pl.DataFrame, history: pl.DataFrame, executions: pl.DataFrame) -> pl.DataFrame:
    """The attempts with the last one closed from its execution (lake rows, without conforming).

    A sole or last attempt takes times from the execution; where the history splits the attempts,
    only its own times count, since the execution's started_at may be that of the first try.
    """
    ended = executions.select(
        "execution_number",
        pl.col("outcome").alias("final_outcome"),
        pl.col("started_at").alias("execution_started_at"),
        pl.col("duration_ms").alias("execution_duration_ms"),
    )
    running = history.filter(pl.col("to_status") == "running")
    last_running = running.group_by("execution_number").agg(
        pl.col("changed_at").max().alias("last_running_at")
    )
    joined = tries.join(ended, on="execution_number").join(last_running, on="execution_number", how="left")
    return joined.with_columns(_closed())


def _closed() -> list[pl.Expr]:
    is_last = pl.col("attempt_number") == pl.col("attempt_count")
    is_recorded = pl.col("attempt_source") == "state_history"
    is_in_flight = is_last & pl.col("final_outcome").is_null()
    started_at = pl.coalesce("last_running_at", "execution_started_at")
    duration = pl.when(is_recorded).then("duration_ms").when(is_last).then("execution_duration_ms")
    return [
        pl.when(is_last).then("final_outcome").otherwise("outcome").alias("outcome"),
        pl.when(is_recorded).then("started_at").when(is_last).then(started_at).alias("started_at"),
        pl.when(is_in_flight.not_()).then(duration).alias("duration_ms"),
    ]


def _counted(
    executions: pl.DataFrame, history: pl.DataFrame, step_facts: pl.DataFrame, queue_entries: pl.DataFrame
) -> pl.DataFrame:
    recorded = (
        history.filter(pl.col("to_status") == "retrying")
        .group_by("execution_number")
        .agg(pl.len().cast(pl.Int64).alias("recorded_retries"))
    )
    queued = queue_entries.group_by("execution_number").agg(
        pl.col("retry_count").max().alias("queue_retries")
    )
    joined = executions.select("execution_number")
    for facts in (recorded, queued, step_facts.select("execution_number", "step_retry_count")):
        joined = joined.join(facts, on="execution_number", how="left")
    in_steps, in_queue = (
        pl.col(name).clip(upper_bound=MAX_RETRIES) for name in ("step_retry_count", "queue_retries")
    )
    retries, source = first_known(
        {
            "state_history": pl.col("recorded_retries"),
            "queue_retries": pl.when((in_queue > 0) & (in_queue > in_steps.fill_null(0))).then(in_queue),
            "step_retries": pl.when(in_steps > 0).then(in_steps),
            "single": pl.lit(0, pl.Int64),
        }
    )
    return joined.select(
        "execution_number",
        (retries + 1).cast(pl.Int32).alias("attempt_count"),
        source.alias("attempt_source"),
    )


def _recorded(history: pl.DataFrame) -> pl.DataFrame:
    """What the state history says of each attempt of the executions it shows a retry of."""
    is_retry = pl.col("to_status") == "retrying"
    retried = history.join(history.filter(is_retry), on="execution_number", how="semi")
    ordered = retried.sort("execution_number", "changed_at", "source_key", "to_status")
    number = (1 + is_retry.cast(pl.Int32).cum_sum().over("execution_number")).alias("attempt_number")
    numbered = ordered.with_columns(number)
    at, word = pl.col("changed_at"), pl.col("to_status")
    ends = word.is_in(_TERMINAL)
    seen = numbered.group_by("execution_number", "attempt_number", maintain_order=True).agg(
        at.filter(word == "running").first().alias("started_at"),
        at.filter(ends).last().alias("ended_at"),
        word.filter(ends).last().alias("ended_as"),
    )
    # The row that reaches "retrying" also says which status it left: that of the attempt before it.
    left = numbered.filter(is_retry & pl.col("from_status").is_in(_TERMINAL)).select(
        "execution_number", pl.col("attempt_number") - 1, pl.col("from_status").alias("left_as")
    )
    both = seen.join(left, on=["execution_number", "attempt_number"], how="full", coalesce=True)
    ended_as = pl.coalesce("ended_as", "left_as")
    return both.select(
        "execution_number",
        "attempt_number",
        pl.when(ended_as.is_not_null()).then(outcome_of(ended_as)).alias("outcome"),
        "started_at",
        milliseconds_between(pl.col("started_at"), pl.col("ended_at")).alias("duration_ms"),
    )
