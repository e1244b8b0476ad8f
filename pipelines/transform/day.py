"""Raw rows of a group of days in, lake rows out: strings the transform modules together.

What belongs here: the order of the steps and the shapes that cross the seam. What does not: any rule.
Satellite rows count where they name an execution of the same group of days, or of none.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.transform import attempts, durations, executions, identity, steps
from pipelines.transform.references import numbered, resolve, with_execution
from warehouse.tables import ATTEMPTS, EXECUTIONS, STATE_CHANGES, STEPS

_OF_EXECUTION: Final = ("execution_key", "triggered_date")


@dataclass(frozen=True, slots=True)
class RawRows:
    """Frames of the spool, as pipelines/extract/raw_tables.py declares them; keys may recur."""

    executions: pl.DataFrame
    steps: pl.DataFrame
    state_changes: pl.DataFrame
    queue_entries: pl.DataFrame


@dataclass(frozen=True, slots=True)
class LakeRows:
    """Frames of the lake's day tables, conforming to warehouse/tables/."""

    executions: pl.DataFrame
    attempts: pl.DataFrame
    steps: pl.DataFrame
    state_changes: pl.DataFrame


@dataclass(frozen=True, slots=True)
class TransformPolicy:
    """Settings that change what rows say; `error_types`: types of failures that are set-up trouble."""

    timezone: str
    error_types: tuple[str, ...]
    default_project: str = "default"


def transform(raw: RawRows, policy: TransformPolicy) -> LakeRows:
    """The lake rows of all executions given; the same for any order and repetition of the raw rows."""
    copies = executions.with_changed_at(raw.executions)
    dated = executions.with_words_and_times(executions.newest_executions(copies, raw.steps), policy.timezone)
    known = numbered(identity.with_identity(dated, policy.default_project))
    history = attempts.state_changes(raw.state_changes, known)
    queue_entries = resolve(raw.queue_entries, known)
    own_steps = steps.steps_of(raw.steps, known, policy.error_types)
    step_facts = steps.facts_of(own_steps)
    tries = attempts.tries_of(known, history, step_facts, queue_entries)
    evidence = (step_facts, attempts.earlier_outcomes(tries), durations.waits(history, queue_entries))
    judged = executions.with_outcome(_joined(known, *evidence), policy.error_types)
    # The source keeps the steps of the last attempt only: their attempt_number is the attempt_count.
    last_attempt = judged.with_columns(pl.col("attempt_count").alias("attempt_number"))
    closed = attempts.attempts_of(tries, history, judged)
    return LakeRows(
        EXECUTIONS.conform(judged),
        ATTEMPTS.conform(with_execution(closed, judged, *_OF_EXECUTION)),
        STEPS.conform(with_execution(own_steps, last_attempt, *_OF_EXECUTION, "attempt_number")),
        STATE_CHANGES.conform(with_execution(history, judged, *_OF_EXECUTION)),
    )


def _joined(rows: pl.DataFrame, *facts: pl.DataFrame) -> pl.DataFrame:
    """The rows in their order, with the facts there are."""
    for fact in facts:
        rows = rows.join(fact, on="execution_number", how="left", maintain_order="left")
    return rows
