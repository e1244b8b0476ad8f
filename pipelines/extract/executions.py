"""Execution documents as rows: the raw execution, its embedded steps, and what is refused for its time.

What belongs here: flattening what decode.py read of `execution_traces`. What does not: outcomes, attempts and
other rules over several fields (pipelines/transform).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pipelines.extract.batches import Decoded, Refused
from pipelines.extract.documents import AGENT, EXECUTION, RESOURCES
from pipelines.extract.people import People
from pipelines.extract.raw_tables import RAW_EXECUTIONS, RAW_STEPS
from pipelines.extract.redact import redact_frame
from pipelines.extract.steps import NO_COLLECTION, step_columns, text_caps
from pipelines.settings import IdentityPaths

_COPIES_IN_A_BATCH: Final = 1 << 32
"""More than any batch holds."""


@dataclass(frozen=True, slots=True)
class TextLimits:
    """Characters kept of a message and of a stack trace."""

    message: int
    trace: int


@dataclass(frozen=True, slots=True)
class DayBounds:
    """Days a document may be of; one outside is refused: it would put a partition where nobody looks."""

    earliest: date
    latest: date


def admit(decoded: Decoded, bounds: DayBounds, batch_number: int = 0) -> Decoded:
    """The documents with a `document_date` within bounds; the others are refused with the reason.

    Each gets a `copy`, a number of its own among all batches: a source may hand out a document twice, and
    the header of one copy must not meet the steps of another.
    """
    day = pl.coalesce("triggered_at", "created_at", "_time").dt.date()
    frame = decoded.frame.with_columns(
        document_date=day, copy=pl.int_range(pl.len(), dtype=pl.Int64) + batch_number * _COPIES_IN_A_BATCH
    )
    is_fine = pl.col("document_date").is_between(bounds.earliest, bounds.latest).fill_null(value=False)
    outside = frame.filter(is_fine.not_())
    if outside.is_empty():
        return Decoded(frame, decoded.refused)
    refused = [_refused(row, bounds) for row in outside.iter_rows(named=True)]
    return Decoded(frame.filter(is_fine), [*decoded.refused, *refused])


def _refused(row: dict[str, object], bounds: DayBounds) -> Refused:
    day = row.pop("document_date")
    del row["_time"], row["copy"]
    if day is None:
        reason = "triggered_at: missing, and nothing else tells the time"
    else:
        reason = f"triggered_at: {day} lies outside {bounds.earliest} to {bounds.latest}"
    return Refused(str(row["_id"]), reason, row)


def raw_executions(
    frame: pl.DataFrame, paths: IdentityPaths, people: People, limits: TextLimits
) -> pl.DataFrame:
    """Nested documents with `document_date` → RAW_EXECUTIONS."""
    statistics = pl.col("statistics").struct
    error = pl.col("error_details").struct
    usage = pl.col("resource_usage").struct
    person = people.replace(frame["triggered_by"])
    flat = frame.with_columns(
        execution_key="_id",
        document_time="_time",
        statistics_duration_ms=statistics.field("total_duration_ms"),
        statistics_total_steps=statistics.field("total_steps"),
        statistics_completed_steps=statistics.field("completed_steps"),
        error_type=error.field("error_type"),
        error_message=error.field("error_message"),
        triggered_by_key=person,
        execution_agent=_agent(person),
        **{name: usage.field(name) for name in RESOURCES},
        **{f"statistics_{name}": statistics.field("resource_usage").struct.field(name) for name in RESOURCES},
        **{name: first_value(getattr(paths, name)) for name in IdentityPaths.model_fields},
    )
    return redact_frame(RAW_EXECUTIONS.typed(flat), {"error_message": limits.message})


def _agent(person: pl.Series) -> pl.Expr:
    """Worker or host, without the account in front of it (`runner@host`).

    A manual run can name the one who ran it, who is no worker: null where it is what `triggered_by` says,
    however spelled, and that stands for a person. `person`: the surrogate, or the word that is no person.
    """
    agent = first_value((AGENT,))
    folded = agent.str.to_lowercase()
    is_person = (folded == pl.col("triggered_by").str.strip_chars().str.to_lowercase()) & (folded != person)
    host = agent.str.replace(r"^.*@", "")
    return pl.when(is_person.fill_null(value=False).not_() & (host != "")).then(host)


def first_value(paths: Sequence[str]) -> pl.Expr:
    """The first of the dotted paths that holds text; null where none does."""
    values = [_at(path).str.strip_chars() for path in paths]
    filled = [pl.when(value != "").then(value) for value in values]
    return pl.coalesce(filled) if filled else pl.lit(None, pl.String)


def _at(path: str) -> pl.Expr:
    name, *inner = path.split(".")
    value = pl.col(name)
    for part in inner:
        value = value.struct.field(part)
    return value


def embedded_steps(frame: pl.DataFrame, limits: TextLimits) -> pl.DataFrame:
    """Steps inside the documents: `embedded_steps`, else `embedded_step_traces` → RAW_STEPS."""
    lists = frame.select(
        "document_date",
        "copy",
        execution_ref="_id",
        source_key="_id",
        source_at=pl.coalesce(*EXECUTION.clock, "_time"),
        step=pl.when(pl.col("embedded_steps").list.len() > 0)
        .then("embedded_steps")
        .otherwise("embedded_step_traces"),
    ).filter(pl.col("step").list.len() > 0)
    rows = lists.with_columns(list_position=pl.int_ranges(0, pl.col("step").list.len())).explode(
        "step", "list_position"
    )
    flat = rows.with_columns(
        *step_columns(pl.col("step").struct.field),
        step_source=pl.lit("embedded"),
        collection=NO_COLLECTION,
    )
    return redact_frame(RAW_STEPS.typed(flat), text_caps(limits.message, limits.trace))
