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

KPI_HISTORY: Final = Table(
    name="kpi_history",
    grain=("as_of", "scope_type", "scope_key", "kpi", "lake_generation"),
    meaning="One row per night, scope and figure, as first published; kept when its executions are gone.",
    columns=(
        Column("as_of", TIMESTAMP, "The instant for which the figure was true."),
        Column("bucket_date", pl.Date, "The night: the day of as_of in the project's time zone."),
        Column("scope_type", pl.String, "all, project, suite or environment."),
        Column("scope_key", pl.String, "The project, suite or environment, all for everything."),
        Column("kpi", pl.String, "Name of the figure, as in met_kpis_nightly."),
        Column("lake_generation", pl.Int64, "Generation of the lake that it was computed from."),
        Column("value", pl.Float64, "The figure; null where nothing gave it.", nullable=True),
        Column("low", pl.Float64, "Lower end of what it may be; null where it is exact or unknown.", nullable=True),
        Column("high", pl.Float64, "Upper end of what it may be; null where it is exact or unknown.", nullable=True),
        Column("numerator", pl.Int64, "What was counted.", nullable=True),
        Column("denominator", pl.Int64, "Of how many; null for a plain count.", nullable=True),
        Column("unit", pl.String, "rate, executions, tests or ms."),
    ),
)

# --- rollups: each triggered_date holds the partial sums of its own executions, so touched days alone can be
# made anew; readers add up over triggered_date. An empty key means that the execution names none.


def _key(name: str, meaning: str) -> Column:
    return Column(name, pl.String, f"{meaning}; empty where there is none.")


def _count(name: str, meaning: str, unit: str = "executions") -> Column:
    return Column(name, pl.Int32, meaning, unit=unit)


def _sum(name: str, meaning: str) -> Column:
    return Column(name, pl.Int64, meaning, unit="ms")


def _outcome_counts(what: str, unverified: Column) -> tuple[Column, ...]:
    """One count per outcome, unverified passes and what is in flight apart; they add up to all."""
    return (
        _count("passed_count", f"{what} that passed, verified.", what.lower()),
        unverified,
        _count("failed_count", f"{what} that failed.", what.lower()),
        _count("error_count", f"{what} whose set-up or tool broke.", what.lower()),
        _count("timed_out_count", f"{what} that ran out of time.", what.lower()),
        _count("skipped_count", f"{what} that were not run.", what.lower()),
        _count("cancelled_count", f"{what} that were called off.", what.lower()),
        _count("aborted_count", f"{what} that were broken off.", what.lower()),
        _count("unknown_count", f"{what} that ended with an unknown word.", what.lower()),
        _count("in_flight_count", f"{what} that have not ended.", what.lower()),
    )


def _histogram(kind: str, unit: str) -> tuple[Column, ...]:
    """Sum and log-bucket histogram (statistics.md 3.2); unnest the two lists together."""
    return (
        _sum(f"{kind}_duration_sum_ms", f"Duration of the {kind} {unit} in all, where known."),
        Column(
            f"{kind}_buckets",
            pl.List(pl.Int32),
            "Buckets ceil(ln ms / ln (1.01/0.99)), rising; 0 is 1 ms or less.",
        ),
        Column(
            f"{kind}_bucket_counts",
            pl.List(pl.Int32),
            f"{kind.capitalize()} {unit} in each bucket.",
            unit=unit,
        ),
    )


def _extremes(kind: str, unit: str) -> tuple[Column, ...]:
    return (
        _milliseconds(f"{kind}_duration_min_ms", f"The shortest of the {kind} {unit}."),
        _milliseconds(f"{kind}_duration_max_ms", f"The longest of the {kind} {unit}."),
    )


_BUCKET_DATE = Column(
    "bucket_date", pl.Date, "Day in the project's time zone of coalesce(started_at, triggered_at)."
)
_PROJECT = Column("project", pl.String, "Family of false-discovery control.")
_VARIANT = Column("variant_key", pl.String, "environment × browser × platform, joined by a bar.")
_TYPE = Column("execution_type", pl.String, "As in executions: suite runs never mix with case runs.")

TEST_DAYS: Final = Table(
    name="test_days",
    grain=(
        "triggered_date",
        "test_key",
        "variant_key",
        "bucket_date",
        "suite_key",
        "branch",
        "project",
        "execution_type",
    ),
    meaning="Partial sums per test, variant, branch and day: executions by outcome, attempts' durations.",
    partition="triggered_date",
    columns=(
        _key("test_key", "Key of the test case"),
        _VARIANT,
        _BUCKET_DATE,
        _key("suite_key", "Key of the suite"),
        _key("branch", "Branch of the product under test"),
        _PROJECT,
        _TYPE,
        _count("execution_count", "Executions, whatever became of them."),
        *_outcome_counts(
            "Executions", _count("unverified_count", "Executions that passed with warning steps only.")
        ),
        _count("first_passed_count", "Decided executions whose first attempt passed."),
        _count("first_failed_count", "Decided executions whose first attempt failed."),
        _count("flaky_count", "Executions that passed after a failed attempt."),
        _count("attempt_count", "Attempts of all executions.", "attempts"),
        _count("timed_out_attempt_count", "Attempts that ran out of time: durations cut off.", "attempts"),
        _count("timed_count", "Executions with a known duration."),
        _sum("duration_sum_ms", "Duration of these executions in all, whatever became of them."),
        _count("queued_count", "Executions with a known queue time."),
        _sum("queue_sum_ms", "Queue time of these executions in all."),
        *_histogram("passed", "attempts"),
        *_extremes("passed", "attempts"),
        *_histogram("failing", "attempts"),
        _TRIGGERED_DATE,
    ),
)

TEST_POSITIONS: Final = Table(
    name="test_positions",
    grain=(
        "triggered_date",
        "test_key",
        "variant_key",
        "invocation_key",
        "commit_id",
        "bucket_date",
        "branch",
        "build_version",
        "suite_key",
        "project",
    ),
    meaning="Partial sums per test, variant, invocation, commit: first attempts, retries; no suite runs.",
    partition="triggered_date",
    columns=(
        Column("test_key", pl.String, "Key of the test case."),
        _VARIANT,
        Column("invocation_key", pl.String, "Executions that were started together."),
        _key("commit_id", "Commit of the product under test"),
        _BUCKET_DATE,
        _key("branch", "Branch of the product under test"),
        _key("build_version", "Version of the product under test"),
        _key("suite_key", "Key of the suite"),
        _PROJECT,
        Column(
            "first_triggered_at", TIMESTAMP, "The first triggered_at: the least of an invocation orders it."
        ),
        _count("execution_count", "Executions, whatever became of them."),
        _count("decided_count", "Denominator of the final pass rate."),
        _count("passed_count", "Verified passes among them."),
        _count("run_count", "Decided executions whose first attempt was decided: the runs below."),
        _count("first_failed_count", "Runs whose first attempt failed."),
        _count("retry_passed_count", "Runs whose first attempt failed and a later one passed."),
        _count(
            "passing_run_count", "Runs with a passed attempt: with failing ones at one commit, it disagrees."
        ),
        _count("failing_run_count", "Runs with a failed attempt."),
        Column(
            "run_letters",
            pl.String,
            "Each run's attempts as P and F, runs in their order, parted by a blank.",
        ),
        _TRIGGERED_DATE,
    ),
)

STEP_DAYS: Final = Table(
    name="step_days",
    grain=(
        "triggered_date",
        "suite_key",
        "step_name",
        "step_type",
        "variant_key",
        "bucket_date",
        "branch",
        "project",
        "execution_type",
    ),
    meaning="Partial sums per step of a suite, variant, branch and day: steps by outcome, durations.",
    partition="triggered_date",
    columns=(
        _key("suite_key", "Key of the suite"),
        _key("step_name", "Name of the step"),
        _key("step_type", "Type of the step"),
        _VARIANT,
        _BUCKET_DATE,
        _key("branch", "Branch of the product under test"),
        _PROJECT,
        _TYPE,
        _count("step_count", "Steps, whatever became of them.", "steps"),
        *_outcome_counts("Steps", _count("warning_count", "Steps that passed with a warning.", "steps")),
        _count("timed_count", "Steps with a known duration.", "steps"),
        _sum("duration_sum_ms", "Duration of these steps in all, whatever became of them."),
        *_histogram("passed", "steps"),
        *_extremes("passed", "steps"),
        _TRIGGERED_DATE,
    ),
)

APPLIED_SETTINGS: Final = Table(
    name="applied_settings",
    grain=("setting_name",),
    meaning="One row per setting that the standing rows were made with; see transform/standing.py.",
    columns=(
        Column("setting_name", pl.String, "timezone, or rollups: the version of their rules."),
        Column("setting_value", pl.String, "Its value in all rows of the lake."),
    ),
)

ROLLUPS: Final = (TEST_DAYS, TEST_POSITIONS, STEP_DAYS)
"""Day tables that are computed from the other day tables of the same days."""

DAY_TABLES: Final = (EXECUTIONS, ATTEMPTS, STEPS, STATE_CHANGES, *ROLLUPS)
"""Tables partitioned by triggered_date, rewritten by touched days."""

WHOLE_TABLES: Final = (
    DECLARED_TOTALS,
    TESTS,
    SUITES,
    ITEMS,
    USERS,
    QUARANTINE,
    SOURCE_DAYS,
    APPLIED_SETTINGS,
)
"""Tables without partition, replaced whole."""

LAKE_TABLES: Final = (*DAY_TABLES, *WHOLE_TABLES)
"""Tables whose versions make up a generation of the lake."""

BUILD_TABLES: Final = (*LAKE_TABLES, KPI_HISTORY)
"""What a build can read: the lake's tables and the history that releases leave behind (history.py)."""
