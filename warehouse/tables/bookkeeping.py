"""Lake tables about the data itself: what the source declared, what could not be read, what was compared.

What belongs here: declarations. What does not: what happened (executions.py), to what (catalog.py), and what
was published of it (histories.py).
"""

from typing import Final

import polars as pl

from warehouse.schema import Column, Table
from warehouse.tables.columns import FIRST_SEEN, text, time

DECLARED_TOTALS: Final = Table(
    name="declared_totals",
    grain=("result_key",),
    meaning="One row per suite total the source declared (execution_results, shape B), for reconciliation.",
    columns=(
        Column("result_key", pl.String, "The source document's _id as text."),
        Column("suite_execution_id", pl.String, "The suite run or pipeline the totals are of."),
        Column("total_count", pl.Int64, "Cases in all.", unit="cases", nullable=True),
        Column(
            "passed_count",
            pl.Int64,
            "Cases that passed, unverified ones included.",
            unit="cases",
            nullable=True,
        ),
        Column("failed_count", pl.Int64, "Cases that failed, errors included.", unit="cases", nullable=True),
        Column("cancelled_count", pl.Int64, "Cases cancelled or skipped.", unit="cases", nullable=True),
        text("declared", "The totals as the runner declared them, JSON, where it did (insights.declared)."),
        time("aggregated_at", "When the source computed the totals."),
    ),
)

QUARANTINE: Final = Table(
    name="quarantine",
    grain=("collection", "document_id"),
    meaning="One row per source document that cannot be read as it stands; no table holds this state.",
    columns=(
        Column("collection", pl.String, "The declared collection it is in."),
        Column("document_id", pl.String, "The document's _id as text, or its place in the file."),
        Column("reason", pl.String, "What is wrong, and in which field; never the value."),
        Column("document_hash", pl.String, "BLAKE2b-128 of the raw document, to see whether it changed."),
        Column("readable_fields", pl.String, "The allow-listed fields that could be read, JSON, redacted."),
        FIRST_SEEN,
    ),
)

SOURCE_DAYS: Final = Table(
    name="source_days",
    grain=("collection", "document_date"),
    meaning="One row per collection and day as last read whole: how many documents, and their checksum.",
    columns=(
        Column("collection", pl.String, "The collection, as the source names it."),
        Column("document_kind", pl.String, "executions, results, state_history or steps."),
        Column("document_date", pl.Date, "UTC day of the documents."),
        Column("document_count", pl.Int64, "Documents the source held on that day.", unit="documents"),
        Column("checksum", pl.Int64, "Wrapping sum of the documents' 64-bit hashes, in any order."),
    ),
)

SOURCE_FILES: Final = Table(
    name="source_files",
    grain=("collection",),
    meaning="One row per collection that is a file, as last read; the same bytes are not read again.",
    columns=(
        Column("collection", pl.String, "The declared collection."),
        Column("content_hash", pl.String, "BLAKE2b-128 of the file."),
    ),
)

APPLIED_SETTINGS: Final = Table(
    name="applied_settings",
    grain=("setting_name",),
    meaning="One row per setting that the standing rows were made with; see transform/standing.py.",
    columns=(
        Column(
            "setting_name",
            pl.String,
            "timezone, rollups (the version of their rules), reading (settings of extract).",
        ),
        Column("setting_value", pl.String, "Its value in all rows of the lake."),
    ),
)
