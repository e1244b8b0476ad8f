"""The label of a test × variant, with the reason: the order of statistics.md 1.6.

What belongs here: which evidence earns which label. What does not: the numbers (flakiness_table.py).
"""

from typing import Final

import polars as pl

from warehouse.policy import Parameters

LABELS: Final = (
    "broken",
    "insufficient",
    "flaky",
    "rarely_flaky",
    "suspected",
    "stable",
    "no_evidence_of_flakiness",
)
"""In the order in which they are tried."""

_X, _H, _N = pl.col("proved_flake_count"), pl.col("hard_fail_count"), pl.col("run_count")


def label(rows: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """The rows with evidence_grade, label and reason."""
    graded = rows.with_columns(_grade(parameters).alias("evidence_grade"))
    tried = _tried(parameters)
    labels, reasons = pl.lit(LABELS[-1]), pl.lit("no flake, but too few runs to exclude a rate of the floor")
    for name, condition, reason in reversed(tried):
        labels = pl.when(condition).then(pl.lit(name)).otherwise(labels)
        reasons = pl.when(condition).then(pl.lit(reason)).otherwise(reasons)
    return graded.with_columns(labels.alias("label"), reasons.alias("reason"))


def _grade(parameters: Parameters) -> pl.Expr:
    """The best grade with an opportunity; without any commit it is C, unless the policy trusts retries."""
    is_known = (pl.col("commit_run_count") > 0) | (not parameters.flakiness_retry_needs_commit)
    return (
        pl.when(is_known & (pl.col("grade_a_count") > 0))
        .then(pl.lit("A"))
        .when(pl.col("commit_run_count") > 0)
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )


def _tried(parameters: Parameters) -> list[tuple[str, pl.Expr, str]]:
    """Label, what it takes, and why, in order; the first that holds counts."""
    is_repeated = (_X >= 2) & (pl.col("flake_invocation_count") >= 2)
    is_unknown = pl.col("evidence_grade") == "C"
    has_few = _N.lt(parameters.flakiness_run_minimum) & (_X < 2)
    has_few_invocations = (pl.col("invocation_count") < parameters.flakiness_invocation_minimum) & (_X < 2)
    is_unproved = (_X == 0) & (pl.col("flake_count") > 0)
    is_quiet = (pl.col("last_flake_age_days") >= parameters.flakiness_recovery_days) & (
        pl.col("run_since_flake_count") >= parameters.flakiness_recovery_run_count
    )
    is_stable = (
        (pl.col("flake_count") == 0) & (_H == 0) & (pl.col("index_high") < parameters.flakiness_stable_rate)
    )
    return [
        (
            "broken",
            pl.col("broken_probability") >= parameters.segment_broken_probability,
            "fails since it was last good, and flakes do not explain it",
        ),
        ("insufficient", has_few, "too few runs"),
        ("insufficient", has_few_invocations, "too few invocations"),
        ("insufficient", is_unknown, "commit id missing: code changes cannot be excluded"),
        ("insufficient", is_unproved, "passed on retry, but no commit says that the code was the same"),
        (LABELS[-1], is_repeated & is_quiet, "recovered: no flake for long enough"),
        (LABELS[-1], is_repeated & pl.col("is_cut_since_flake"), "recovered: the failure rate fell for good"),
        (
            "flaky",
            is_repeated & (pl.col("evidence_grade") == "A") & pl.col("is_discovered"),
            "passed and failed at the same commit, more often than the floor",
        ),
        (
            "rarely_flaky",
            is_repeated,
            "passed and failed at the same commit, rate above the floor not proved",
        ),
        ("suspected", _X >= 1, "passed and failed at the same commit in one invocation"),
        ("suspected", pl.col("isolated_count") > 0, "failed alone between two commits that passed"),
        ("stable", is_stable, "never failed, in enough runs"),
        (LABELS[-1], _H > 0, "failures with no pass at the same commit"),
    ]
