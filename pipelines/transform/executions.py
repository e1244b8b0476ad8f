"""Executions: the newest copy of each document, its times, and the outcome that all evidence together gives.

What belongs here: rules that make one execution row. What does not: steps, attempts, durations, resources and
identity (their own modules). Unknown words of status and type become `unknown` and are reported by a check;
they do not stop the night.
"""

from typing import Final

import polars as pl

from pipelines.transform.durations import duration_columns, queue_columns
from pipelines.transform.fingerprints import with_fingerprints
from pipelines.transform.resources import resource_columns
from pipelines.transform.words import LARGEST_COUNT, canonical_text, first_known, folded, present
from warehouse.vocabulary import EXECUTION_TYPES, FAILING, OUTCOME_BY_STATUS, is_decided, outcome_of

CHANGE_TIMES: Final = ("updated_at", "created_at", "triggered_at", "document_time")


def with_changed_at(raw_executions: pl.DataFrame) -> pl.DataFrame:
    """Adds the time a copy was last changed, the one its age is judged by."""
    return raw_executions.with_columns(pl.coalesce(CHANGE_TIMES).alias("changed_at"))


def newest_executions(copies: pl.DataFrame, raw_steps: pl.DataFrame) -> pl.DataFrame:
    """One copy per execution: the newest, of equally new ones the larger canonical text, steps behind it.

    Copies of equal texts are equal; which of them is kept says only whose embedded steps count.
    """
    is_repeated = copies.select("execution_key").is_duplicated()
    if not is_repeated.any():
        return copies
    texts = _texts_of_steps(raw_steps, copies.filter(is_repeated).select("copy"))
    own_text = canonical_text(_without_copy(copies.schema))
    ordered = (
        copies.filter(is_repeated)
        .join(texts, on="copy", how="left")
        .sort(pl.col("changed_at"), own_text, "steps_text", "copy", nulls_last=False)
    )
    newest = ordered.unique("execution_key", keep="last", maintain_order=True)
    return pl.concat([copies.filter(~is_repeated), newest.select(copies.columns)])


def _texts_of_steps(raw_steps: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """Of each of these copies the canonical text of its embedded steps."""
    steps = raw_steps.filter(pl.col("step_source") == "embedded").join(copies, on="copy", how="semi")
    text = canonical_text(_without_copy(steps.schema)).alias("steps_text")
    ordered = steps.select("copy", "list_position", text).sort("copy", "list_position")
    return ordered.group_by("copy").agg(pl.col("steps_text").str.join("\n"))


def _without_copy(schema: pl.Schema) -> dict[str, pl.DataType]:
    return {name: dtype for name, dtype in schema.items() if name != "copy"}


def with_words_and_times(executions: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Status and type as words of the vocabulary; triggered_at with its source; the two dates."""
    at, source = first_known(
        {
            "triggered_at": pl.col("triggered_at"),
            "created_at": pl.col("created_at"),
            "document_id": pl.col("document_time"),
        }
    )
    kind = folded("execution_type")
    ran_at = pl.coalesce("started_at", "triggered_at")
    return executions.with_columns(
        at.alias("triggered_at"),
        source.alias("triggered_at_source"),
        folded("status").fill_null("unknown"),
        pl.when(kind.is_in(EXECUTION_TYPES)).then(kind).otherwise(pl.lit("unknown")).alias("execution_type"),
        present("error_type"),
        present("error_message"),
        pl.col("tags").list.drop_nulls().list.unique().list.sort().fill_null([]),
        pl.col("priority").alias("execution_priority"),
    ).with_columns(
        pl.col("triggered_at").dt.date().alias("triggered_date"),
        ran_at.dt.convert_time_zone(timezone).dt.date().alias("bucket_date"),
    )


def with_outcome(executions: pl.DataFrame, error_types: tuple[str, ...]) -> pl.DataFrame:
    """Adds outcome, its flags, durations and the error; needs the columns of step facts, attempts and waits.

    A failed first try counts for `first_outcome` and `is_flaky` only once the execution has ended.
    """
    is_in_flight = outcome_of(pl.col("status")).is_null()
    error_type = pl.coalesce("error_type", "failing_error_type")
    judged = executions.with_columns(
        _outcome(error_type, error_types).alias("outcome"),
        pl.col("step_count").fill_null(0),
        pl.col("step_source").fill_null("none"),
        _declared_step_count().alias("declared_step_count"),
        *duration_columns(is_in_flight),
        *queue_columns(),
        *resource_columns(),
    )
    ended = judged.with_columns(
        pl.when(is_in_flight.not_()).then("completed_at").alias("completed_at"), *_flags()
    )
    told = ended.with_columns(
        is_decided(pl.col("outcome"), pl.col("is_unverified")).alias("is_decided"), *_error()
    )
    return _with_failing_fingerprint(told)


def _outcome(error_type: pl.Expr, error_types: tuple[str, ...]) -> pl.Expr:
    """How the execution ended; the order of the rules is their precedence.

    A retry that gave up is a failure whatever its steps say: evidence of a failure is never lost to a skip.
    """
    status = pl.col("status")
    gave_up = (status == "aborted") & pl.col("has_failed_attempt")
    all_skipped = pl.col("skipped_step_count") == pl.col("step_count")  # null, so false, without steps
    is_error = (gave_up | (status == "failed")) & error_type.is_in(error_types)
    return (
        pl.when(all_skipped & status.is_in(tuple(OUTCOME_BY_STATUS)) & gave_up.not_())
        .then(pl.lit("skipped"))
        .when(is_error)
        .then(pl.lit("error"))
        .when(gave_up)
        .then(pl.lit("failed"))
        .otherwise(outcome_of(status))
    )


def _flags() -> list[pl.Expr]:
    outcome, warnings = pl.col("outcome"), pl.col("warning_step_count")
    is_passed = outcome == "passed"
    only_warnings = (warnings > 0) & (warnings + pl.col("skipped_step_count") == pl.col("step_count"))
    first_outcome = pl.when(outcome.is_not_null()).then(pl.coalesce("earlier_outcome", outcome))
    return [
        (is_passed & only_warnings).fill_null(value=False).alias("is_unverified"),
        (is_passed & pl.col("has_failed_attempt")).fill_null(value=False).alias("is_flaky"),
        first_outcome.alias("first_outcome"),
    ]


def _error() -> list[pl.Expr]:
    """Error of the document, else of the first failing step.

    A skipped or unverified execution without one takes that of the first step that has a message,
    so that its reason is not lost on the way.
    """
    told = pl.coalesce("error_message", "failing_error_message")
    is_quiet = (pl.col("outcome") == "skipped") | pl.col("is_unverified")
    takes_telling = told.is_null() & is_quiet
    kind = pl.coalesce("error_type", "failing_error_type")
    return [
        pl.when(takes_telling)
        .then(pl.coalesce(kind, "telling_error_type"))
        .otherwise(kind)
        .alias("error_type"),
        pl.when(takes_telling).then("telling_error_message").otherwise(told).alias("error_message"),
    ]


def _declared_step_count() -> pl.Expr:
    """What the document says it had; zeros mean `not computed`, numbers beyond 32 bits are broken."""
    counts = (pl.col("statistics_total_steps"), pl.col("estimated_step_count"))
    return pl.coalesce(*(pl.when(count.is_between(1, LARGEST_COUNT)).then(count) for count in counts))


def _with_failing_fingerprint(executions: pl.DataFrame) -> pl.DataFrame:
    """Mostly it is that of the failing step, which is known already; only other messages are masked anew."""
    is_failing = pl.col("outcome").is_in(FAILING)
    is_known = (pl.col("error_message") == pl.col("failing_error_message")) & pl.col("error_type").eq_missing(
        pl.col("failing_error_type")
    )
    other = pl.when(is_failing & is_known.fill_null(value=False).not_()).then("error_message")
    masked = with_fingerprints(executions.with_columns(other.alias("other_message")), "other_message")
    known = pl.when(is_failing & is_known).then("failing_fingerprint")
    return masked.with_columns(pl.coalesce("fingerprint", known).alias("fingerprint"))
