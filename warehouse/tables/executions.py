"""Lake tables by day: executions, their attempts, steps and state changes, one row per thing that happened.

What belongs here: declarations. What does not: sums over them (rollups.py) and how rows come to be
(pipelines/transform).
"""

from typing import Final

import polars as pl

from warehouse.schema import TIMESTAMP, Column, Table
from warehouse.tables.columns import EXECUTION_KEY, TRIGGERED_DATE, milliseconds, number, text, time

EXECUTIONS: Final = Table(
    name="executions",
    grain=("execution_key",),
    meaning="One row per execution document, in its latest known state.",
    partition="triggered_date",
    order=("test_key", "triggered_at"),
    columns=(
        EXECUTION_KEY,
        text("execution_id", "The source's own execution_id; not unique there."),
        text("parent_execution_id", "execution_id of the execution that started this one."),
        Column(
            "execution_type",
            pl.String,
            "test_case, test_suite, manual_, batch_, ci_cd_execution, or unknown.",
        ),
        text("test_key", "Key of the test case; null for a suite run."),
        text("suite_key", "Key of the suite, from the configured path or test_suite_id."),
        Column(
            "project", pl.String, "Family of false-discovery control; `default` where none is configured."
        ),
        Column("variant_key", pl.String, "environment × browser × platform, joined by a bar."),
        text("environment", "Where it ran."),
        text("browser", "Browser it ran in."),
        text("platform", "Platform it ran on."),
        text("triggered_by_key", "Surrogate of the person, or a word that is no person (system, ci)."),
        Column("execution_priority", pl.Int64, "Priority of the request, 1 highest.", nullable=True),
        Column("tags", pl.List(pl.String), "Tags of the execution, sorted."),
        Column("triggered_at", TIMESTAMP, "When it was asked for."),
        Column(
            "triggered_at_source", pl.String, "Which field gave it: triggered_at, created_at or document_id."
        ),
        TRIGGERED_DATE,
        Column(
            "bucket_date", pl.Date, "Day in the project's time zone of coalesce(started_at, triggered_at)."
        ),
        time("started_at", "When it began to run."),
        time("completed_at", "When it ended; null while in flight."),
        Column(
            "changed_at", TIMESTAMP, "Newest of the source's change times: the watermark of this document."
        ),
        Column("status", pl.String, "Where the document is in its life, the source's word, case-folded."),
        text("outcome", "How it ended; null while in flight."),
        text("first_outcome", "Outcome of the first attempt that was not skipped; null while in flight."),
        Column(
            "is_decided", pl.Boolean, "Counts in the denominator: a verified pass, failed, error, timed_out."
        ),
        Column("is_flaky", pl.Boolean, "Passed after a failed attempt."),
        Column("is_unverified", pl.Boolean, "Passed, but with warning steps only."),
        Column("attempt_count", pl.Int32, "Attempts, the first included.", unit="attempts"),
        Column(
            "attempt_source",
            pl.String,
            "What gave the attempts: state_history, queue_retries, step_retries or single.",
        ),
        milliseconds("duration_ms", "How long it ran."),
        text("duration_source", "total, statistics, timestamps, steps, or triggered (includes queue time)."),
        milliseconds("queue_ms", "How long it waited before it ran."),
        text("queue_source", "state_history, queue or timestamps."),
        text("build_version", "Version of the product under test."),
        text("commit_id", "Commit of the product under test."),
        text("branch", "Branch of the product under test."),
        text("pipeline_id", "The CI pipeline run that started it."),
        text("execution_agent", "Worker or host it ran on."),
        Column("invocation_key", pl.String, "Executions that were started together."),
        Column(
            "invocation_source",
            pl.String,
            "pipeline, suite_run, parent; derived_build or derived_day are guesses.",
        ),
        text("error_type", "Type of the primary error."),
        text("error_message", "Primary error message, capped and redacted."),
        text("fingerprint", "Key of the message's fingerprint (fp-v1), for failing outcomes."),
        text("failing_step_name", "First step with a failing outcome."),
        Column("step_count", pl.Int32, "Steps that are stored here.", unit="steps"),
        Column("step_source", pl.String, "embedded, step_collection, results, suite_results or none."),
        Column(
            "declared_step_count",
            pl.Int32,
            "Steps that the document says it had.",
            unit="steps",
            nullable=True,
        ),
        number("cpu_usage_percent", "Processor time it used, of 100.", "percent"),
        number("memory_usage_mb", "Memory it used.", "MB"),
        number("disk_io_mb", "What it read from disks and wrote to them.", "MB"),
        number("network_io_mb", "What it sent and received.", "MB"),
        text("resource_source", "What told its use of resources: execution or statistics."),
    ),
)

ATTEMPTS: Final = Table(
    name="attempts",
    grain=("execution_key", "attempt_number"),
    meaning="One row per try within an execution, numbered from 1.",
    partition="triggered_date",
    columns=(
        EXECUTION_KEY,
        Column("attempt_number", pl.Int32, "Position of the try, from 1."),
        text("outcome", "How the try ended; null while in flight."),
        time("started_at", "When the try began to run."),
        milliseconds("duration_ms", "How long the try ran."),
        TRIGGERED_DATE,
    ),
)

STEPS: Final = Table(
    name="steps",
    grain=("execution_key", "attempt_number", "step_number"),
    meaning="One row per recorded step of an execution; the source keeps those of the last attempt.",
    partition="triggered_date",
    columns=(
        EXECUTION_KEY,
        Column("attempt_number", pl.Int32, "The attempt the step belongs to."),
        Column("step_number", pl.Int32, "Position of the step, from 1."),
        text("step_key", "The source's step_id."),
        text("step_name", "Name of the step, redacted."),
        text("step_type", "action, assertion …; test_case for a case inside a suite run."),
        text("outcome", "How the step ended; null while pending or running."),
        Column("is_warning", pl.Boolean, "The step ended with a warning: an unverified pass."),
        time("started_at", "When the step began."),
        milliseconds("duration_ms", "How long the step took."),
        Column("retry_count", pl.Int32, "Retries of the step.", unit="retries"),
        text("error_type", "Type of the step's error."),
        text("error_message", "The step's error message, capped and redacted."),
        text("error_code", "The step's error code, redacted."),
        text("expected", "What the step expected where it failed, capped and redacted."),
        text("actual", "What it found instead, capped and redacted."),
        text("stack_trace", "The step's stack trace, capped and redacted."),
        text("fingerprint", "Key of the message's fingerprint (fp-v1)."),
        text("trace_fingerprint", "Key of the top five frames of the stack trace."),
        TRIGGERED_DATE,
    ),
)

STATE_CHANGES: Final = Table(
    name="state_changes",
    grain=("execution_key", "changed_at", "to_status"),
    meaning="One row per recorded change of an execution's status.",
    partition="triggered_date",
    columns=(
        EXECUTION_KEY,
        Column("changed_at", TIMESTAMP, "When the status changed."),
        text("from_status", "Status before, case-folded."),
        Column("to_status", pl.String, "Status after, case-folded."),
        TRIGGERED_DATE,
    ),
)
