"""The table ana_failure_clusters: every exact cluster of failures with the merged one that it belongs to.

What belongs here: exact clusters out of rows, project by project, and rows out of what is merged. What does
not: the merging (cluster_merges.py) and which executions count (sql/analysis/ana_failure_clusters.sql).
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from pipelines.analysis.cluster_merges import VERSION, Exact, Membership, merged
from pipelines.transform import fingerprints
from warehouse.policy import Parameters

_EXACT: Final = ("project", "fingerprint", "failing_step_name")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys((*_EXACT, "fingerprint_version", "merge_version", "cluster_key"), pl.String()),
        "first_known_at": pl.Datetime("us", "UTC"),
        "week_start_date": pl.Date(),
        "is_week_over": pl.Boolean(),
        "has_message": pl.Boolean(),
        "masked_text": pl.String(),
        "similarity": pl.Float64(),
    }
)


def failure_clusters(exact: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per exact cluster; those of a week that is not over, or without a message, stand alone."""
    keyed = exact.sort(_EXACT).with_columns(_exact_key().alias("exact_key"))
    is_merged = pl.col("is_week_over") & pl.col("has_message")
    parts = [
        _with_clusters(project.filter(is_merged), parameters.cluster_similarity_floor)
        for project in keyed.partition_by("project", maintain_order=True)
    ]
    alone = keyed.filter(~is_merged).with_columns(
        pl.col("exact_key").alias("cluster_key"), pl.lit(None, pl.Float64).alias("similarity")
    )
    rows = pl.concat([*parts, alone]).with_columns(
        pl.lit(fingerprints.VERSION).alias("fingerprint_version"), pl.lit(VERSION).alias("merge_version")
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items()).sort(_EXACT)


def _exact_key() -> pl.Expr:
    """The fingerprint, and behind it the failing step where there is one."""
    step = pl.col("failing_step_name")
    return (
        pl.when(step == "").then("fingerprint").otherwise(pl.concat_str("fingerprint", step, separator=" "))
    )


def _with_clusters(project: pl.DataFrame, floor: float) -> pl.DataFrame:
    found: list[Membership] = merged([*_exact(project)], floor)
    return project.with_columns(
        pl.Series("cluster_key", [one.cluster_key for one in found], pl.String),
        pl.Series("similarity", [one.similarity for one in found], pl.Float64),
    )


def _exact(project: pl.DataFrame) -> Iterator[Exact]:
    columns = project.select(
        "exact_key",
        "masked_text",
        "failing_step_name",
        pl.col("week_start_date").to_physical(),
        pl.col("first_known_at").dt.epoch("us"),
    )
    return (Exact(*row) for row in columns.iter_rows())
