"""Every lake table with its grain, and every column with type, unit and meaning: the one place to declare one.

What belongs here: declarations. What does not: how rows come to be (pipelines/transform) and where they are
stored (lake.py). The columns' meanings become the comments of the warehouse catalog.
"""

from typing import Final

import polars as pl

from warehouse.schema import TIMESTAMP, Column, Table

_EXECUTION_KEY = Column("execution_key", pl.String, "The source document's _id as text.")
_TRIGGERED_DATE = Column(
    "triggered_date", pl.Date, "UTC day of the execution's triggered_at; the partition."
)
_FIRST_SEEN = Column("first_seen_at", TIMESTAMP, "As-of of the first night that read it.")
_LAST_SEEN = Column("last_seen_at", TIMESTAMP, "As-of of the last night at which the source held it.")


def _text(name: str, meaning: str) -> Column:
    return Column(name, pl.String, meaning, nullable=True)


def _time(name: str, meaning: str) -> Column:
    return Column(name, TIMESTAMP, meaning, nullable=True)


def _milliseconds(name: str, meaning: str) -> Column:
    return Column(name, pl.Int64, meaning, unit="ms", nullable=True)


EXECUTIONS: Final = Table(
    name="executions",
    grain=("execution_key",),
    meaning="One row per execution document, in its latest known state.",
    partition="triggered_date",
    order=("test_key", "triggered_at"),
    columns=(
        _EXECUTION_KEY,
        _text("execution_id", "The source's own execution_id; not unique there."),
        _text("parent_execution_id", "execution_id of the execution that started this one."),
        Column("execution_type", pl.String, "test_case, test_suite, manual_, batch_, ci_cd_execution, or unknown."),
        _text("test_key", "Key of the test case; null for a suite run."),
        _text("suite_key", "Key of the suite, from the configured path or test_suite_id."),
        Column("project", pl.String, "Family of false-discovery control; `default` where none is configured."),
        Column("variant_key", pl.String, "environment × browser × platform, joined by a bar."),
        _text("environment", "Where it ran."),
        _text("browser", "Browser it ran in."),
        _text("platform", "Platform it ran on."),
        _text("triggered_by_key", "Surrogate of the person, or a word that is no person (system, ci)."),
        Column("execution_priority", pl.Int64, "Priority of the request, 1 highest.", nullable=True),
        Column("tags", pl.List(pl.String), "Tags of the execution, sorted."),
        Column("triggered_at", TIMESTAMP, "When it was asked for."),
        Column("triggered_at_source", pl.String, "Which field gave it: triggered_at, created_at or document_id."),
        _TRIGGERED_DATE,
        Column("bucket_date", pl.Date, "Day in the project's time zone of coalesce(started_at, triggered_at)."),
        _time("started_at", "When it began to run."),
        _time("completed_at", "When it ended; null while in flight."),
        Column("changed_at", TIMESTAMP, "Newest of the source's change times: the watermark of this document."),
        Column("status", pl.String, "Where the document is in its life, the source's word, case-folded."),
        _text("outcome", "How it ended; null while in flight."),
        _text("first_outcome", "Outcome of the first attempt that was not skipped; null while in flight."),
        Column("is_decided", pl.Boolean, "Counts in the denominator: a verified pass, failed, error, timed_out."),
        Column("is_flaky", pl.Boolean, "Passed after a failed attempt."),
        Column("is_unverified", pl.Boolean, "Passed, but with warning steps only."),
        Column("attempt_count", pl.Int32, "Attempts, the first included.", unit="attempts"),
        Column("attempt_source", pl.String, "What gave the attempts: state_history, retry_count or single."),
        _milliseconds("duration_ms", "How long it ran."),
        _text("duration_source", "total, statistics, timestamps, steps, or triggered (includes queue time)."),
        _milliseconds("queue_ms", "How long it waited before it ran."),
        _text("queue_source", "state_history, queue or timestamps."),
        _text("build_version", "Version of the product under test."),
        _text("commit_id", "Commit of the product under test."),
        _text("branch", "Branch of the product under test."),
        _text("pipeline_id", "The CI pipeline run that started it."),
        Column("invocation_key", pl.String, "Executions that were started together."),
        Column("invocation_source", pl.String, "pipeline, suite_run, parent; derived_build or derived_day are guesses."),
        _text("error_type", "Type of the primary error."),
        _text("error_message", "Primary error message, capped and redacted."),
        _text("fingerprint", "Key of the message's fingerprint (fp-v1), for failing outcomes."),
        _text("failing_step_name", "First step with a failing outcome."),
        Column("step_count", pl.Int32, "Steps that are stored here.", unit="steps"),
        Column("step_source", pl.String, "embedded, step_collection, results, suite_results or none."),
        Column("declared_step_count", pl.Int32, "Steps that the document says it had.", unit="steps", nullable=True),
    ),
)

ATTEMPTS: Final = Table(
    name="attempts",
    grain=("execution_key", "attempt_number"),
    meaning="One row per try within an execution, numbered from 1.",
    partition="triggered_date",
    columns=(
        _EXECUTION_KEY,
        Column("attempt_number", pl.Int32, "Position of the try, from 1."),
        _text("outcome", "How the try ended; null while in flight."),
        _time("started_at", "When the try began to run."),
        _milliseconds("duration_ms", "How long the try ran."),
        _TRIGGERED_DATE,
    ),
)

STEPS: Final = Table(
    name="steps",
    grain=("execution_key", "attempt_number", "step_number"),
    meaning="One row per recorded step of an execution; the source keeps those of the last attempt.",
    partition="triggered_date",
    columns=(
        _EXECUTION_KEY,
        Column("attempt_number", pl.Int32, "The attempt the step belongs to."),
        Column("step_number", pl.Int32, "Position of the step, from 1."),
        _text("step_key", "The source's step_id."),
        _text("step_name", "Name of the step, redacted."),
        _text("step_type", "action, assertion …; test_case for a case inside a suite run."),
        _text("outcome", "How the step ended; null while pending or running."),
        Column("is_warning", pl.Boolean, "The step ended with a warning: an unverified pass."),
        _time("started_at", "When the step began."),
        _milliseconds("duration_ms", "How long the step took."),
        Column("retry_count", pl.Int32, "Retries of the step.", unit="retries"),
        _text("error_type", "Type of the step's error."),
        _text("error_message", "The step's error message, capped and redacted."),
        _text("error_code", "The step's error code, redacted."),
        _text("stack_trace", "The step's stack trace, capped and redacted."),
        _text("fingerprint", "Key of the message's fingerprint (fp-v1)."),
        _text("trace_fingerprint", "Key of the top five frames of the stack trace."),
        _TRIGGERED_DATE,
    ),
)

STATE_CHANGES: Final = Table(
    name="state_changes",
    grain=("execution_key", "changed_at", "to_status"),
    meaning="One row per recorded change of an execution's status.",
    partition="triggered_date",
    columns=(
        _EXECUTION_KEY,
        Column("changed_at", TIMESTAMP, "When the status changed."),
        _text("from_status", "Status before, case-folded."),
        Column("to_status", pl.String, "Status after, case-folded."),
        _TRIGGERED_DATE,
    ),
)

DECLARED_TOTALS: Final = Table(
    name="declared_totals",
    grain=("result_key",),
    meaning="One row per suite total the source declared (execution_results, shape B); read by reconciliation only.",
    columns=(
        Column("result_key", pl.String, "The source document's _id as text."),
        Column("suite_execution_id", pl.String, "The suite run or pipeline the totals are of."),
        Column("total_count", pl.Int64, "Cases in all.", unit="cases", nullable=True),
        Column("passed_count", pl.Int64, "Cases that passed, unverified ones included.", unit="cases", nullable=True),
        Column("failed_count", pl.Int64, "Cases that failed, errors included.", unit="cases", nullable=True),
        Column("cancelled_count", pl.Int64, "Cases cancelled or skipped.", unit="cases", nullable=True),
        _text("declared", "The totals as the runner declared them, JSON, where it did (insights.declared)."),
        _time("aggregated_at", "When the source computed the totals."),
    ),
)

TESTS: Final = Table(
    name="tests",
    grain=("test_key",),
    meaning="One row per test case ever seen; kept after it vanished at the source.",
    columns=(
        Column("test_key", pl.String, "The test case's _id as text."),
        _text("test_name", "Title of the case, redacted."),
        _text("status", "draft, active, deprecated or archived."),
        Column("is_archived", pl.Boolean, "Deleted softly at the source."),
        _text("test_type", "generic, bdd or manual."),
        _text("priority", "high, medium or low."),
        Column("tags", pl.List(pl.String), "Tags of the case, sorted."),
        _text("owner_key", "Surrogate of the owner."),
        Column("item_keys", pl.List(pl.String), "Items the case is related to, sorted."),
        _time("created_at", "When the case was created."),
        _time("updated_at", "When the case was last edited."),
        _FIRST_SEEN,
        _LAST_SEEN,
    ),
)

SUITES: Final = Table(
    name="suites",
    grain=("suite_key",),
    meaning="One row per suite ever seen; kept after it vanished at the source.",
    columns=(
        Column("suite_key", pl.String, "The suite's _id as text."),
        _text("suite_name", "Title of the suite, redacted."),
        _text("status", "draft, active or archived."),
        Column("is_archived", pl.Boolean, "Deleted softly at the source."),
        _text("priority", "high, medium or low."),
        Column("tags", pl.List(pl.String), "Tags of the suite, sorted."),
        _text("owner_key", "Surrogate of the owner."),
        Column("item_keys", pl.List(pl.String), "Items of the suite that are not skipped, in its order."),
        _time("created_at", "When the suite was created."),
        _time("updated_at", "When the suite was last edited."),
        _FIRST_SEEN,
        _LAST_SEEN,
    ),
)

ITEMS: Final = Table(
    name="items",
    grain=("item_key",),
    meaning="One row per test item ever seen; kept after it vanished at the source.",
    columns=(
        Column("item_key", pl.String, "The item's _id as text."),
        _text("item_name", "Title of the item, redacted."),
        _text("feature_key", "The feature the item belongs to."),
        _text("scenario_key", "The scenario the item belongs to."),
        _text("status", "draft, active or archived."),
        _text("test_type", "generic, bdd or manual."),
        Column("tags", pl.List(pl.String), "Tags of the item, sorted."),
        _text("owner_key", "Surrogate of the person who created it."),
        _time("created_at", "When the item was created."),
        _time("updated_at", "When the item was last edited."),
        _FIRST_SEEN,
        _LAST_SEEN,
    ),
)

USERS: Final = Table(
    name="users",
    grain=("person_key",),
    meaning="One row per user account ever seen, by surrogate; names and addresses are not kept here.",
    columns=(
        Column("person_key", pl.String, "Random surrogate of the person."),
        Column("is_active", pl.Boolean, "Whether the account is active.", nullable=True),
        _time("created_at", "When the account was created."),
        _FIRST_SEEN,
        _LAST_SEEN,
    ),
)

QUARANTINE: Final = Table(
    name="quarantine",
    grain=("collection", "document_id"),
    meaning="One row per source document that could not be read; it is in no other table.",
    columns=(
        Column("collection", pl.String, "The declared collection it is in."),
        Column("document_id", pl.String, "The document's _id as text, or its place in the file."),
        Column("reason", pl.String, "What is wrong, and in which field; never the value."),
        Column("document_hash", pl.String, "BLAKE2b-128 of the raw document, to see whether it changed."),
        Column("readable_fields", pl.String, "The allow-listed fields that could be read, JSON, redacted."),
        _FIRST_SEEN,
    ),
)

SOURCE_DAYS: Final = Table(
    name="source_days",
    grain=("collection", "document_date"),
    meaning="One row per collection and day as last read whole: how many documents, and their checksum.",
    columns=(
        Column("collection", pl.String, "The declared collection."),
        Column("document_date", pl.Date, "UTC day of the documents."),
        Column("document_count", pl.Int64, "Documents the source held on that day.", unit="documents"),
        Column("checksum", pl.Int64, "Wrapping sum of the documents' 64-bit hashes, in any order."),
    ),
)

DAY_TABLES: Final = (EXECUTIONS, ATTEMPTS, STEPS, STATE_CHANGES)
"""Tables partitioned by triggered_date, rewritten by touched days."""

WHOLE_TABLES: Final = (DECLARED_TOTALS, TESTS, SUITES, ITEMS, USERS, QUARANTINE, SOURCE_DAYS)
"""Tables without partition, replaced whole."""

LAKE_TABLES: Final = (*DAY_TABLES, *WHOLE_TABLES)
