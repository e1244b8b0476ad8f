"""What earlier nights learned from companions that the source has deleted since, as raw rows.

What belongs here: turning lake rows of executions that are read again back into raw companions: state changes
(purged after a time), queue entries (deleted on success), steps outside the document (results expire). What
does not: rows of executions that are not read again; they simply stay. A document's own fields and embedded
steps are the document's word alone: what an edit takes out of them is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pipelines.extract.raw_tables import RAW_QUEUE_ENTRIES, RAW_STATE_CHANGES, RAW_STEPS
from pipelines.transform.namesakes import KEY
from warehouse.lake import Lake
from warehouse.tables import EXECUTIONS, STATE_CHANGES, STEPS

SOURCE_KEY: Final = "~kept"
"""Sorts behind every key of the source, so that a row read now comes first."""

_OUTSIDE: Final = ("step_collection", "results", "suite_results")


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Companions of the lake as RAW_* frames; `steps` count only where none was read now."""

    steps: pl.DataFrame
    state_changes: pl.DataFrame
    queue_entries: pl.DataFrame


def kept_rows(before: Lake, keys: pl.DataFrame, days: Sequence[date]) -> KeptRows:
    """Companions that stand in the lake of the generation, for these execution keys on these days."""
    wanted = keys.select(KEY).lazy()

    def standing(table: pl.LazyFrame) -> pl.LazyFrame:
        return table.join(wanted, on=KEY, how="semi")

    executions = standing(before.scan(EXECUTIONS, days))
    from_outside = executions.filter(pl.col("step_source").is_in(_OUTSIDE)).select(KEY, "step_source")
    frames = (
        _raw_steps(before.scan(STEPS, days).join(from_outside, on=KEY)),
        _raw_state_changes(standing(before.scan(STATE_CHANGES, days))),
        _raw_queue_entries(executions),
    )
    steps, state_changes, queue_entries = pl.collect_all(frames)
    return KeptRows(
        RAW_STEPS.typed(steps), RAW_STATE_CHANGES.typed(state_changes), RAW_QUEUE_ENTRIES.typed(queue_entries)
    )


def _raw_steps(steps: pl.LazyFrame) -> pl.LazyFrame:
    """A step without an outcome had not ended; a warning has a word of its own at the source."""
    word = pl.when("is_warning").then(pl.lit("warning")).otherwise(pl.col("outcome").fill_null("running"))
    return steps.with_columns(
        execution_ref=KEY,
        collection=pl.lit(None),  # they were judged when they were read
        source_key=pl.lit(SOURCE_KEY),
        source_at=pl.lit(None),
        list_position=pl.col("step_number") - 1,
        step_order=pl.lit(None),
        step_id="step_key",
        status=word,
        completed_at=pl.lit(None),
        document_date=pl.lit(None),
        copy=pl.lit(None),
    )


def _raw_state_changes(changes: pl.LazyFrame) -> pl.LazyFrame:
    return changes.with_columns(source_key=pl.lit(SOURCE_KEY), execution_ref=KEY)


def _raw_queue_entries(executions: pl.LazyFrame) -> pl.LazyFrame:
    """An entry that says again what the queue said: the wait and the retries, where they came from it."""
    waited = pl.duration(milliseconds=pl.when(pl.col("queue_source") == "queue").then("queue_ms"))
    retried = pl.col("attempt_source") == "queue_retries"
    return executions.filter((pl.col("queue_source") == "queue").fill_null(value=False) | retried).select(
        source_key=pl.lit(SOURCE_KEY),
        execution_ref=KEY,
        queued_at="triggered_at",
        processing_started_at=pl.col("triggered_at") + waited,
        retry_count=pl.when(retried).then(pl.col("attempt_count") - 1),
    )
