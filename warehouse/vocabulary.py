"""The words of the warehouse: status, outcome, attempt words, and how the source's words map to them.

What belongs here: closed word lists and the pure mapping between them (design: one vocabulary).
What does not: rules that look at more than one word (retries, all steps skipped): pipelines/transform.
"""

from typing import Final

import polars as pl

IN_FLIGHT: Final = ("pending", "queued", "running", "retrying")
"""Statuses of an execution that has not ended: its outcome is null."""

OUTCOMES: Final = (
    "passed",
    "failed",
    "error",
    "timed_out",
    "skipped",
    "cancelled",
    "aborted",
    "unknown",
)
"""How an execution, attempt or step ended."""

DECIDED: Final = ("passed", "failed", "error", "timed_out")
"""Outcomes that say something about the product; an unverified pass is not among them."""

FAILING: Final = ("failed", "error", "timed_out")
"""Decided outcomes that are no pass."""

OUTCOME_BY_STATUS: Final = {
    "passed": "passed",
    "completed": "passed",
    "failed": "failed",
    "timeout": "timed_out",
    "timed_out": "timed_out",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "aborted": "aborted",
}
"""Terminal status words of an execution (case-folded) and their outcome."""

OUTCOME_BY_STEP_STATUS: Final = {
    **OUTCOME_BY_STATUS,
    "warning": "passed",
    "skipped": "skipped",
    "blocked": "skipped",
    "error": "error",
}
"""Terminal status words of a step (case-folded) and their outcome; warning is an unverified pass."""

EXECUTION_TYPES: Final = (
    "test_case",
    "test_suite",
    "manual_execution",
    "batch_execution",
    "ci_cd_execution",
)


def outcome_of(status: pl.Expr, words: dict[str, str] = OUTCOME_BY_STATUS) -> pl.Expr:
    """Outcome of a case-folded status: null while in flight, `unknown` for a word nobody declared."""
    return (
        pl.when(status.is_in(IN_FLIGHT))
        .then(pl.lit(None, pl.String))
        .otherwise(status.replace_strict(words, default="unknown", return_dtype=pl.String))
    )


def is_decided(outcome: pl.Expr, is_unverified: pl.Expr) -> pl.Expr:
    """Whether an outcome belongs into the denominator of a pass rate; never null."""
    return (outcome.is_in(DECIDED) & is_unverified.not_()).fill_null(value=False)
