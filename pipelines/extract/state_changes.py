"""The small companions of an execution: its state history, its place in the queue, the totals of a suite run.

What belongs here: flattening these documents. What does not: attempts and waiting times made of them
(pipelines/transform).
"""

import polars as pl

from pipelines.extract.raw_tables import RAW_QUEUE_ENTRIES, RAW_STATE_CHANGES
from pipelines.extract.redact import redact_frame
from warehouse.tables import DECLARED_TOTALS

_IS_NAMED = pl.col("execution_ref").is_not_null()


def state_changes(frame: pl.DataFrame) -> pl.DataFrame:
    """Documents of the state history → RAW_STATE_CHANGES; those that name no execution are left out."""
    flat = frame.with_columns(
        source_key="_id",
        execution_ref="execution_id",
        from_status="old_status",
        to_status="new_status",
        changed_at=pl.coalesce("timestamp", "_time"),
    )
    return redact_frame(RAW_STATE_CHANGES.typed(flat.filter(_IS_NAMED)))


def queue_entries(frame: pl.DataFrame) -> pl.DataFrame:
    """Documents of the queue and of the dead letters → RAW_QUEUE_ENTRIES."""
    flat = frame.with_columns(source_key="_id", execution_ref="execution_id")
    return redact_frame(RAW_QUEUE_ENTRIES.typed(flat.filter(_IS_NAMED)))


def declared_totals(frame: pl.DataFrame) -> pl.DataFrame:
    """Results of shape B → DECLARED_TOTALS."""
    flat = frame.with_columns(
        result_key="_id",
        total_count="total_test_cases",
        passed_count="passed_cases",
        failed_count="failed_cases",
        cancelled_count="cancelled_cases",
        declared=pl.col("insights").struct.field("declared"),
    )
    return redact_frame(DECLARED_TOTALS.typed(flat.filter(pl.col("suite_execution_id").is_not_null())))
