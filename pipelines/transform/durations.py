"""How long an execution ran and how long it waited, each with the field that told it.

What belongs here: the order in which the source's many durations are believed (source-schema.md 3, 7).
What does not: durations of single attempts and steps (their own modules).
"""

import polars as pl

from pipelines.transform.words import first_known, milliseconds_between, not_negative


def duration_columns(is_in_flight: pl.Expr) -> list[pl.Expr]:
    """duration_ms and duration_source; null in flight, since a completed_at then is an earlier attempt's.

    A zero in `statistics` means `not computed` unless completed_steps is above zero.
    """
    statistics = not_negative(pl.col("statistics_duration_ms"))
    is_computed = (statistics > 0) | (pl.col("statistics_completed_steps") > 0)
    completed_at = pl.col("completed_at")
    duration, source = first_known(
        {
            "total": not_negative(pl.col("total_duration_ms")),
            "statistics": pl.when(is_computed).then(statistics),
            "timestamps": milliseconds_between(pl.col("started_at"), completed_at),
            "steps": pl.col("steps_duration_ms"),
            "triggered": milliseconds_between(pl.col("triggered_at"), completed_at),
        }
    )
    ended = is_in_flight.not_()
    return [
        pl.when(ended).then(duration).alias("duration_ms"),
        pl.when(ended).then(source).alias("duration_source"),
    ]


def queue_columns() -> list[pl.Expr]:
    """queue_ms and queue_source; needs the columns of `waits`."""
    waited, source = first_known(
        {
            "state_history": pl.col("recorded_wait_ms"),
            "queue": pl.col("queue_wait_ms"),
            "timestamps": milliseconds_between(pl.col("triggered_at"), pl.col("started_at")),
        }
    )
    return [waited.alias("queue_ms"), source.alias("queue_source")]


def waits(history: pl.DataFrame, queue_entries: pl.DataFrame) -> pl.DataFrame:
    """One row per execution with recorded_wait_ms (first queued to first running) and queue_wait_ms."""
    at, word = pl.col("changed_at"), pl.col("to_status")
    queued_at, running_at = at.filter(word == "queued").min(), at.filter(word == "running").min()
    recorded = history.group_by("execution_number").agg(
        milliseconds_between(queued_at, running_at).alias("recorded_wait_ms")
    )
    wait = milliseconds_between(pl.col("queued_at"), pl.col("processing_started_at")).alias("queue_wait_ms")
    entries = queue_entries.with_columns(wait).filter(pl.col("queue_wait_ms").is_not_null())
    first = entries.sort("execution_number", "queued_at", "source_key", "queue_wait_ms").unique(
        "execution_number", keep="first", maintain_order=True
    )
    return recorded.join(
        first.select("execution_number", "queue_wait_ms"), on="execution_number", how="full", coalesce=True
    )
