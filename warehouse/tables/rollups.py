"""Lake tables of sums by day: tests, positions of tests in the order of invocations, steps.

What belongs here: declarations. What does not: how they are summed (pipelines/transform/rollups.py).
Each triggered_date holds the partial sums of its own executions, so touched days alone can be made anew;
readers add up over triggered_date. An empty key means that the execution names none.
"""

from typing import Final

import polars as pl

from warehouse.schema import TIMESTAMP, Column, Table
from warehouse.tables.columns import TRIGGERED_DATE, milliseconds


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
        milliseconds(f"{kind}_duration_min_ms", f"The shortest of the {kind} {unit}."),
        milliseconds(f"{kind}_duration_max_ms", f"The longest of the {kind} {unit}."),
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
    meaning="Partial sums per test, variant, branch and day: executions by outcome, attempts' durations "
    "(passed ones without those of unverified executions).",
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
        TRIGGERED_DATE,
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
        TRIGGERED_DATE,
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
        TRIGGERED_DATE,
    ),
)
