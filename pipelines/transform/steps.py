"""The steps of each execution: from which of four places they are taken, their order, outcome and summary.

What belongs here: rules about steps, and what a step list says about its execution. What does not: the
outcome of the execution itself (executions.py). An unknown status word becomes `unknown`; it does not
stop the night.
"""

from typing import Final

import polars as pl

from pipelines.transform.fingerprints import with_fingerprints, with_trace_fingerprints
from pipelines.transform.references import resolve
from pipelines.transform.words import (
    LARGEST_COUNT,
    folded,
    is_repeated,
    milliseconds_between,
    newest_copies,
    not_negative,
    present,
)
from warehouse.vocabulary import FAILING, OUTCOME_BY_STEP_STATUS, outcome_of

_PLACE_RANK: Final = {"embedded": 0, "step_collection": 1, "results": 2, "suite_results": 3}
"""The places a step can stand, the most trusted first (source-schema.md 1.2 c)."""

_ERROR: Final = ("error_type", "error_message")


def steps_of(raw_steps: pl.DataFrame, executions: pl.DataFrame, error_types: tuple[str, ...]) -> pl.DataFrame:
    """Numbered steps of the executions, from exactly one place each."""
    rows = _that_count(resolve(raw_steps, executions), executions)
    plain, mixed = _divided(rows)
    described = _with_outcomes(_ordered(plain, _chosen(mixed)), error_types).with_columns(
        pl.col("step_id").alias("step_key"),
        pl.col("retry_count").fill_null(0).clip(0, LARGEST_COUNT),
        _duration(),
        *(present(name) for name in _ERROR),
    )
    return with_trace_fingerprints(with_fingerprints(described))


def facts_of(steps: pl.DataFrame) -> pl.DataFrame:
    """One row per execution with steps: counts, duration, retries, first failing and first telling step."""
    skipped, warning = pl.col("outcome") == "skipped", pl.col("is_warning")
    duration = pl.col("duration_ms")
    counts = steps.group_by("execution_number").agg(
        pl.len().alias("step_count"),
        pl.col("step_source").first(),
        skipped.sum().alias("skipped_step_count"),
        warning.sum().alias("warning_step_count"),
        pl.when(duration.count() > 0).then(duration.sum()).alias("steps_duration_ms"),
        pl.col("retry_count").max().alias("step_retry_count"),
    )
    failing = _first(
        steps.filter(pl.col("outcome").is_in(FAILING)), "failing", ("step_name", "fingerprint", *_ERROR)
    )
    telling = _first(steps.filter(pl.col("error_message").is_not_null()), "telling", _ERROR)
    return counts.join(failing, on="execution_number", how="left").join(
        telling, on="execution_number", how="left"
    )


def _first(steps: pl.DataFrame, prefix: str, columns: tuple[str, ...]) -> pl.DataFrame:
    first = steps.sort("execution_number", "step_number").unique("execution_number", keep="first")
    return first.select("execution_number", *(pl.col(name).alias(f"{prefix}_{name}") for name in columns))


def _that_count(rows: pl.DataFrame, executions: pl.DataFrame) -> pl.DataFrame:
    """Embedded steps of the copy that is kept, step documents of the collection that the execution names.

    A row without a copy or a collection is of no other one: the lake kept it from an earlier night.
    """
    kept, named = (
        executions[name].gather(rows["execution_number"]) for name in ("copy", "step_results_collection")
    )
    is_embedded, is_collected = (pl.col("step_source") == word for word in ("embedded", "step_collection"))
    is_of_other_copy = is_embedded & (pl.col("copy") != kept)
    is_of_other_collection = (
        is_collected & pl.col("collection").is_not_null() & pl.col("collection").ne_missing(named)
    )
    return rows.filter((is_of_other_copy | is_of_other_collection).fill_null(value=False).not_())


def _divided(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of executions whose steps are all from one list, and the others, among which to choose.

    Nearly all executions are of the first kind; the choice costs several times the division.
    """
    place = ("step_source", "source_key", "source_at")
    by_execution = rows.select("execution_number", *place).sort("execution_number")
    several = by_execution.filter(is_repeated("execution_number") & is_repeated(*place).not_())
    positions = rows.select("execution_number", "list_position")
    doubled = positions.filter(positions.is_duplicated())
    mixed = pl.concat([several.select("execution_number"), doubled.select("execution_number")]).unique()
    if mixed.is_empty():
        return rows, rows.clear()
    on = "execution_number"
    return rows.join(mixed, on=on, how="anti"), rows.join(mixed, on=on, how="semi")


def _chosen(mixed: pl.DataFrame) -> pl.DataFrame:
    rows = _from_one_place(mixed)
    is_collected = pl.col("step_source") == "step_collection"
    listed, collected = rows.filter(is_collected.not_()), rows.filter(is_collected)
    return pl.concat([_from_newest_document(listed), _without_repeated(collected)])


def _from_one_place(rows: pl.DataFrame) -> pl.DataFrame:
    rank = pl.col("step_source").replace_strict(_PLACE_RANK, return_dtype=pl.Int8)
    ranked = rows.with_columns(rank.alias("place_rank"))
    best = ranked.group_by("execution_number").agg(pl.col("place_rank").min())
    return ranked.join(best, on=["execution_number", "place_rank"], how="semi").drop("place_rank")


def _from_newest_document(rows: pl.DataFrame) -> pl.DataFrame:
    """The list of the newest document per execution: by source_at (null is oldest), then by source_key."""
    document = ["execution_number", "source_at", "source_key"]
    documents = rows.select(document).unique()
    newest = documents.sort(document, nulls_last=False).unique(
        "execution_number", keep="last", maintain_order=True
    )
    if newest.height < documents.height:
        rows = rows.join(newest, on=document, how="semi", nulls_equal=True)
    return newest_copies(rows, ["execution_number", "list_position"], "source_at")


def _without_repeated(rows: pl.DataFrame) -> pl.DataFrame:
    """One document per step: of the same step_id and step_order the newest by source_at, then by source_key.

    A retry that writes its steps anew leaves two documents per step; the last attempt's are the ones
    to keep, as everywhere in the source. Documents without a step_id cannot be told apart: all are kept.
    """
    copies = newest_copies(rows, ["execution_number", "source_key", "list_position"], "source_at")
    named = copies.filter(pl.col("step_id").is_not_null())
    newest = named.sort("source_at", "source_key", "list_position", nulls_last=False).unique(
        ["execution_number", "step_id", "step_order"], keep="last", maintain_order=True
    )
    return pl.concat([copies.filter(pl.col("step_id").is_null()), newest])


def _ordered(plain: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """step_number from 1 whether the source counts from 0, from 1, with gaps or not at all.

    source_key breaks ties only among documents of a step collection; a list has its positions.
    """
    order = pl.coalesce("step_order", "list_position").alias("order")
    by = ["execution_number", "order", "list_position"]
    rows = pl.concat([plain, chosen.sort("source_key")]).with_columns(order).sort(by, maintain_order=True)
    lengths = rows["execution_number"].rle().struct.field("len")
    numbers = pl.select(pl.int_ranges(1, lengths + 1, dtype=pl.Int32)).to_series().explode()
    return rows.with_columns(numbers.alias("step_number"))


def _with_outcomes(rows: pl.DataFrame, error_types: tuple[str, ...]) -> pl.DataFrame:
    """Adds outcome and is_warning; each word of status is folded and looked up once, not once per step."""
    word = folded("status").fill_null("unknown")
    words = rows.select(pl.col("status").unique()).with_columns(
        outcome_of(word, OUTCOME_BY_STEP_STATUS).alias("outcome"), (word == "warning").alias("is_warning")
    )
    told = rows.join(words, on="status", how="left", nulls_equal=True, maintain_order="left")
    is_error = (pl.col("outcome") == "failed") & pl.col("error_type").is_in(error_types)
    return told.with_columns(pl.when(is_error).then(pl.lit("error")).otherwise("outcome").alias("outcome"))


def _duration() -> pl.Expr:
    lasted = milliseconds_between(pl.col("started_at"), pl.col("completed_at"))
    return pl.coalesce(not_negative(pl.col("duration_ms")), lasted).alias("duration_ms")
