"""Steps that stand outside their execution: documents of a step collection, and lists inside results.

What belongs here: flattening them to RAW_STEPS, and the columns every step has. What does not: which of the
places counts for an execution (pipelines/transform/steps.py).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import polars as pl

from pipelines.extract.raw_tables import RAW_STEPS
from pipelines.extract.redact import redact_frame

NO_DATE = pl.lit(None, pl.Date)
NO_COLLECTION = pl.lit(None, pl.String)
NO_COPY = pl.lit(None, pl.Int64)
ERROR_TEXTS: Final = ("error_message", "error_code", "expected", "actual", "stack_trace")
"""What a step says of its error beside the type: free text, capped and redacted."""


def text_caps(message_limit: int, trace_limit: int) -> Mapping[str, int]:
    """Characters kept of the long texts; cut after redaction, since half a secret is not known as one."""
    return dict.fromkeys(ERROR_TEXTS, message_limit) | {"stack_trace": trace_limit}


def step_columns(field: Callable[[str], pl.Expr]) -> Iterator[pl.Expr]:
    """The columns of RAW_STEPS that a step says of itself; `field` gives one of its fields."""
    for name in ("step_id", "step_name", "step_type", "status", "started_at", "completed_at"):
        yield field(name).alias(name)
    for name in ("duration_ms", "retry_count"):
        yield field(name).alias(name)
    yield pl.coalesce(field("step_order"), field("step_sequence")).alias("step_order")
    error = field("error_details").struct.field
    yield error("error_type").alias("error_type")
    for name in ERROR_TEXTS:
        yield error(name).alias(name)


def collection_steps(
    frame: pl.DataFrame, collection: str, message_limit: int, trace_limit: int
) -> pl.DataFrame:
    """Documents of a step collection → RAW_STEPS; those that name no execution are left out."""
    flat = frame.with_columns(
        *step_columns(pl.col),
        execution_ref="execution_id",
        collection=pl.lit(collection),
        source_key="_id",
        source_at=pl.coalesce("updated_at", "completed_at", "started_at", "created_at", "_time"),
        step_source=pl.lit("step_collection"),
        list_position=0,
        document_date=NO_DATE,
        copy=NO_COPY,
    )
    rows = RAW_STEPS.typed(flat.filter(pl.col("execution_ref").is_not_null()))
    return redact_frame(rows, text_caps(message_limit, trace_limit))


def result_steps(frame: pl.DataFrame, message_limit: int, trace_limit: int) -> pl.DataFrame:
    """Lists inside `execution_results` → RAW_STEPS: steps of a run (shape A), cases of a suite (shape B)."""
    steps = _exploded(frame, "step_results", "execution_id").with_columns(
        *step_columns(pl.col("element").struct.field),
        step_source=pl.lit("results"),
    )
    cases = _exploded(frame, "test_case_results", "suite_execution_id").with_columns(*_case_columns())
    both = [RAW_STEPS.typed(part) for part in (steps, cases)]
    return redact_frame(pl.concat(both), text_caps(message_limit, trace_limit))


def _exploded(frame: pl.DataFrame, column: str, reference: str) -> pl.DataFrame:
    lists = frame.select(
        execution_ref=reference,
        source_key="_id",
        source_at=pl.coalesce("processed_at", "aggregated_at", "_time"),
        element=column,
        collection=NO_COLLECTION,
        document_date=NO_DATE,
        copy=NO_COPY,
    ).filter(pl.col("element").list.len() > 0, pl.col("execution_ref").is_not_null())
    return lists.with_columns(list_position=pl.int_ranges(0, pl.col("element").list.len())).explode(
        "element", "list_position"
    )


def _case_columns() -> Iterator[pl.Expr]:
    """A case of a suite run as a step: its outcome and duration; the source keeps no more of it here."""
    case = pl.col("element").struct.field
    yield pl.coalesce(case("test_case_id"), case("execution_id")).alias("step_id")
    yield pl.coalesce(case("test_case_id"), case("execution_id")).alias("step_name")
    yield case("status").alias("status")
    yield case("statistics").struct.field("total_duration_ms").alias("duration_ms")
    yield pl.lit("test_case").alias("step_type")
    yield pl.lit("suite_results").alias("step_source")
    for name in ("error_type", *ERROR_TEXTS):
        yield pl.lit(None, pl.String).alias(name)
    for name in ("started_at", "completed_at"):
        yield pl.lit(None, pl.Datetime("us", "UTC")).alias(name)
    for name in ("step_order", "retry_count"):
        yield pl.lit(None, pl.Int64).alias(name)
