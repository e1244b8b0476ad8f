"""The table ana_segments: the sequences of all tests that ever failed, cut.

What belongs here: sequences out of rows, segments into rows, which segments are broken. What does not: the
formula (segments.py).
"""

from typing import Any, Final

import numpy as np
import polars as pl

from pipelines.analysis.segments import FAILED_PRIOR, PASSED_PRIOR, Integers, Segmentation, segment_all
from warehouse.policy import Parameters

_SCHEMA: Final = pl.Schema(
    {
        "test_key": pl.String,
        "variant_key": pl.String,
        "segment_number": pl.Int32,
        "first_position": pl.Int32,
        "last_position": pl.Int32,
        "run_count": pl.Int64,
        "failed_count": pl.Int64,
        "flake_count": pl.Int64,
        "hard_fail_count": pl.Int64,
        "is_broken": pl.Boolean,
        "cut_log_bayes_factor": pl.Float64,
        "cut_low_position": pl.Int32,
        "cut_high_position": pl.Int32,
        "cut_probability": pl.Float64,
    }
)


def segments(positions: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per segment of each test × variant; positions: every one of them, numbered from 1."""
    ordered = positions.sort("test_key", "variant_key", "position_number")
    sizes = ordered.group_by("test_key", "variant_key", maintain_order=True).len()
    edges = np.cumsum(sizes["len"].to_numpy())[:-1]
    failed, total, flakes = (
        np.split(ordered[name].to_numpy().astype(float), edges)
        for name in ("failed_count", "run_count", "flake_count")
    )
    found = segment_all(failed, total, parameters.segment_cut_prior) if sizes.height else []
    rows = [
        (test, variant, *row)
        for (test, variant, _), result, flaked in zip(sizes.iter_rows(), found, flakes, strict=False)
        for row in _rows(result, flaked.astype(np.int64), parameters.segment_broken_share)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _rows(result: Segmentation, flakes: Integers, broken_share: float) -> list[tuple[Any, ...]]:
    rows = []
    for number, (part, cut) in enumerate(zip(result.segments, (None, *result.cuts), strict=True), start=1):
        flake_count = int(flakes[part.start : part.end].sum())
        hard_count = int(part.failed) - flake_count
        share = (part.failed + FAILED_PRIOR) / (part.total + FAILED_PRIOR + PASSED_PRIOR)
        is_broken = share > broken_share and hard_count > flake_count
        cut_columns = (
            (cut.log_bayes_factor, cut.low + 1, cut.high + 1, cut.probability) if cut else (None,) * 4
        )
        span = (number, part.start + 1, part.end)
        counts = (int(part.total), int(part.failed), flake_count, hard_count, is_broken)
        rows.append((*span, *counts, *cut_columns))
    return rows
