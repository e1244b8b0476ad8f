"""The frames that extract hands to transform: one per kind of document, typed, redacted, without people.

What belongs here: declarations of the spool's columns. What does not: rules that combine documents
(pipelines/transform) and lake tables (warehouse/tables/). Words are as the source wrote them.
"""

from typing import Final

import polars as pl

from warehouse.schema import TIMESTAMP, Column, Table


def _text(name: str, meaning: str) -> Column:
    return Column(name, pl.String, meaning, nullable=True)


def _time(name: str, meaning: str) -> Column:
    return Column(name, TIMESTAMP, meaning, nullable=True)


def _whole(name: str, meaning: str, unit: str | None = None) -> Column:
    return Column(name, pl.Int64, meaning, unit=unit, nullable=True)


def _number(name: str, meaning: str, unit: str) -> Column:
    return Column(name, pl.Float64, meaning, unit=unit, nullable=True)


_DOCUMENT_DATE = Column(
    "document_date", pl.Date, "UTC day of coalesce(triggered_at, created_at, time of _id)."
)
_COPY = _whole("copy", "Tells apart the copies of execution documents that one night read.")

RAW_EXECUTIONS: Final = Table(
    name="raw_executions",
    grain=("execution_key",),
    meaning="One row per execution document read; a key may recur before transform keeps the newest.",
    columns=(
        Column("execution_key", pl.String, "_id as text."),
        _text("execution_id", "execution_id."),
        _text("parent_execution_id", "parent_execution_id."),
        _text("test_case_id", "test_case_id."),
        _text("test_suite_id", "test_suite_id."),
        _text("execution_type", "execution_type."),
        _text("status", "status."),
        _text("triggered_by_key", "Surrogate made of triggered_by."),
        _time("document_time", "Time inside _id, where it is an ObjectId."),
        _time("triggered_at", "triggered_at."),
        _time("created_at", "created_at."),
        _time("updated_at", "updated_at."),
        _time("started_at", "started_at."),
        _time("completed_at", "completed_at."),
        _whole("total_duration_ms", "total_duration_ms.", "ms"),
        _whole("statistics_duration_ms", "statistics.total_duration_ms.", "ms"),
        _whole("statistics_total_steps", "statistics.total_steps.", "steps"),
        _whole("statistics_completed_steps", "statistics.completed_steps.", "steps"),
        _whole("estimated_step_count", "estimated_step_count.", "steps"),
        _text("step_results_collection", "step_results_collection."),
        _whole("priority", "priority of the request."),
        _text("error_type", "error_details.error_type."),
        _text("error_message", "error_details.error_message, redacted."),
        Column("tags", pl.List(pl.String), "tags.", nullable=True),
        _text("environment", "First value of the configured paths."),
        _text("browser", "First value of the configured paths."),
        _text("platform", "First value of the configured paths."),
        _text("build_version", "First value of the configured paths."),
        _text("project", "First value of the configured paths."),
        _text("suite", "First value of the configured paths."),
        _text("commit_id", "First value of the configured paths."),
        _text("branch", "First value of the configured paths."),
        _text("pipeline_id", "First value of the configured paths."),
        _text("suite_run_id", "First value of the configured paths."),
        _text("execution_agent", "execution_context.execution_agent; null where it is a person."),
        _number("cpu_usage_percent", "resource_usage.cpu_usage_percent.", "percent"),
        _number("memory_usage_mb", "resource_usage.memory_usage_mb.", "MB"),
        _number("disk_io_mb", "resource_usage.disk_io_mb.", "MB"),
        _number("network_io_mb", "resource_usage.network_io_mb.", "MB"),
        _number("statistics_cpu_usage_percent", "The same in statistics.resource_usage.", "percent"),
        _number("statistics_memory_usage_mb", "The same in statistics.resource_usage.", "MB"),
        _number("statistics_disk_io_mb", "The same in statistics.resource_usage.", "MB"),
        _number("statistics_network_io_mb", "The same in statistics.resource_usage.", "MB"),
        _DOCUMENT_DATE,
        _COPY,
    ),
)

RAW_STEPS: Final = Table(
    name="raw_steps",
    grain=("execution_ref", "step_source", "source_key", "list_position"),
    meaning="One row per step found in any of the places a step can stand.",
    columns=(
        Column("execution_ref", pl.String, "_id or execution_id of the execution, as the place names it."),
        Column("step_source", pl.String, "embedded, step_collection, results or suite_results."),
        _text("collection", "The step collection it was found in; null for the other places."),
        Column("source_key", pl.String, "_id of the document the step was found in."),
        _time("source_at", "When that document was made or changed; the newest copy counts."),
        Column("list_position", pl.Int32, "Position in the list it was found in, from 0."),
        _whole("step_order", "step_order or step_sequence."),
        _text("step_id", "step_id."),
        _text("step_name", "step_name, redacted."),
        _text("step_type", "step_type; test_case for a case inside a suite's results."),
        _text("status", "status."),
        _time("started_at", "started_at."),
        _time("completed_at", "completed_at."),
        _whole("duration_ms", "duration_ms.", "ms"),
        _whole("retry_count", "retry_count.", "retries"),
        _text("error_type", "error_details.error_type."),
        _text("error_message", "error_details.error_message, capped and redacted."),
        _text("error_code", "error_details.error_code, redacted."),
        _text("expected", "error_details.expected, a scalar as text, capped and redacted."),
        _text("actual", "error_details.actual, a scalar as text, capped and redacted."),
        _text("stack_trace", "error_details.stack_trace, capped and redacted."),
        Column("document_date", pl.Date, "Day of the execution, for embedded steps only.", nullable=True),
        _whole("copy", "The copy of the execution document it was found in, for embedded steps only."),
    ),
)

RAW_STATE_CHANGES: Final = Table(
    name="raw_state_changes",
    grain=("source_key",),
    meaning="One row per document of the state history.",
    columns=(
        Column("source_key", pl.String, "_id as text; breaks ties of changed_at."),
        Column("execution_ref", pl.String, "execution_id: the execution's _id or its execution_id."),
        _text("from_status", "old_status."),
        _text("to_status", "new_status."),
        _time("changed_at", "timestamp."),
    ),
)

RAW_QUEUE_ENTRIES: Final = Table(
    name="raw_queue_entries",
    grain=("source_key",),
    meaning="One row per document of the queue or the dead-letter queue: a snapshot, gone on success.",
    columns=(
        Column("source_key", pl.String, "_id as text."),
        Column("execution_ref", pl.String, "execution_id."),
        _time("queued_at", "queued_at."),
        _time("processing_started_at", "processing_started_at."),
        _whole("retry_count", "retry_count.", "retries"),
    ),
)
