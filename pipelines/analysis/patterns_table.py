"""The table ana_patterns: what the failures of a test go with, of all that was looked at in a project.

What belongs here: which counts are hypotheses, their families, and which are kept. What does not: the tests
(patterns.py), and intervals and words (sql/metrics/met_patterns.sql).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from pipelines.analysis.intervals import benjamini_hochberg
from pipelines.analysis.patterns import Ints, best_chances, chances_of_all, level_chances, levels_tests
from warehouse.policy import Parameters

CALENDAR: Final = ("weekday", "time_of_day")
RETRIES: Final = ("retry_always_passes", "retry_never_passes")
OTHER: Final = "other"
"""The level of a factor that is only compared with."""

_TEST: Final = ("project", "pattern", "factor_name", "test_key", "variant_key")
_KEYS: Final = (*_TEST, "factor_key")
_FAMILY: Final = ("project", "pattern")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(_FAMILY, pl.String()),
        "finding_number": pl.Int64(),
        **dict.fromkeys(("test_key", "variant_key", "factor_name", "factor_key"), pl.String()),
        **dict.fromkeys(
            (
                *("run_count", "failed_count", "failed_invocation_count", "failed_date_count"),
                *("other_run_count", "other_failed_count", "observed_days"),
            ),
            pl.Int64(),
        ),
        **dict.fromkeys(("p", "q"), pl.Float64()),
        "method": pl.String(),
        **dict.fromkeys(("tested_count", "hypothesis_count"), pl.Int64()),
    }
)


def patterns(levels: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Findings and families; levels: runs and failures of each test × variant under each of a factor."""
    tests = pl.col("run_count", "failed_count").sum().over(_TEST).name.prefix("all_")
    counted = levels.sort(_KEYS).with_columns(tests)
    families = [
        _judged(family, parameters)
        for hypotheses in _hypotheses(counted, parameters)
        for family in hypotheses.partition_by(_FAMILY, maintain_order=True)
    ]
    return pl.concat([_SCHEMA.to_frame(), *families]).sort(*_FAMILY, "finding_number")


def _hypotheses(levels: pl.DataFrame, parameters: Parameters) -> Iterator[pl.DataFrame]:
    """One row per p-value, with p and method."""
    minimum = parameters.pattern_failure_minimum
    failing = levels.filter(pl.col("all_failed_count") >= minimum)
    is_calendar, is_retry = pl.col("pattern").is_in(CALENDAR), pl.col("pattern").is_in(RETRIES)
    yield _by_level(failing.filter(~is_calendar & ~is_retry), parameters)
    for name in CALENDAR:
        yield _by_calendar(failing.filter(pattern=name))
    yield _by_retry(levels.filter(is_retry & (pl.col("run_count") >= minimum)))


def _by_level(levels: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Each level against the others, where it could be found at all."""
    named = levels.filter(pl.col("factor_key") != OTHER, pl.col("run_count") < pl.col("all_run_count"))
    runs, all_failed, all_runs = (
        _whole(named, name) for name in ("run_count", "all_failed_count", "all_run_count")
    )
    can_be_found = best_chances(runs, all_failed, all_runs) <= parameters.pattern_false_discovery_level
    is_large = np.minimum(runs, all_failed) >= parameters.pattern_failure_minimum
    tested = named.filter(can_be_found & is_large)
    p = level_chances(
        *(_whole(tested, name) for name in ("failed_count", "run_count")),
        *(_whole(tested, name) for name in ("all_failed_count", "all_run_count")),
    )
    return tested.with_columns(pl.Series("p", p, pl.Float64), method=pl.lit("fisher"))


def _by_calendar(levels: pl.DataFrame) -> pl.DataFrame:
    """One row per test: its worst level, and whether levels differ."""
    if not levels.height:
        return levels.with_columns(p=pl.lit(None, pl.Float64), method=pl.lit(""))
    keys = sorted(levels["factor_key"].unique())
    tests = levels.select(_TEST).unique(maintain_order=True)
    tables = (
        tests.join(
            levels.pivot("factor_key", index=_TEST, values=name), on=_TEST, how="left", maintain_order="left"
        )
        for name in ("failed_count", "run_count")
    )
    failed, runs = (table.select(keys).fill_null(0).to_numpy().astype(np.int64) for table in tables)
    found = levels_tests(failed, runs)
    method = np.where(found.is_chi_square, "chi_square", "worst_level_fisher")
    told = tests.with_columns(
        pl.Series("factor_key", [keys[place] for place in found.worst]),
        pl.Series("p", found.p, pl.Float64),
        pl.Series("method", method.tolist(), pl.String),
    ).filter(pl.col("p").is_not_nan())
    return told.join(levels, on=_KEYS, maintain_order="left").select(*levels.columns, "p", "method")


def _by_retry(levels: pl.DataFrame) -> pl.DataFrame:
    """How often a retry passes has no other runs to be compared with."""
    p = chances_of_all(_whole(levels, "failed_count"), _whole(levels, "run_count"))
    return levels.with_columns(
        pl.Series("p", p, pl.Float64),
        method=pl.lit("binomial"),
        all_run_count=pl.lit(None, pl.Int64),
        all_failed_count=pl.lit(None, pl.Int64),
    )


def _judged(family: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """The row of the family itself, and its findings."""
    counted = family.with_columns(
        pl.Series("q", benjamini_hochberg(family["p"].to_numpy()), pl.Float64),
        tested_count=pl.lit(family.select(_TEST[-2:]).n_unique(), pl.Int64),
        hypothesis_count=pl.lit(family.height, pl.Int64),
        other_run_count=pl.col("all_run_count") - pl.col("run_count"),
        other_failed_count=pl.col("all_failed_count") - pl.col("failed_count"),
    )
    found = counted.filter(_is_found(parameters)).sort("q", "p", "test_key", "variant_key", *_KEYS[2:])
    numbered = found.with_columns(pl.int_range(1, pl.len() + 1).alias("finding_number"))
    itself = counted.head(1).select(
        *_FAMILY, pl.lit(0, pl.Int64).alias("finding_number"), "tested_count", "hypothesis_count"
    )
    return pl.concat([itself, numbered], how="diagonal").select(
        pl.col(name).cast(dtype) if name in numbered.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in _SCHEMA.items()
    )


def _is_found(parameters: Parameters) -> pl.Expr:
    """Not by chance, and not because of one bad invocation or one bad day."""
    failed, minimum = pl.col("failed_count"), parameters.pattern_failure_minimum
    often = pl.when(pl.col("pattern").is_in(CALENDAR)).then("failed_date_count")
    is_timeout, is_retry = pl.col("pattern") == "timeout", pl.col("pattern").is_in(RETRIES)
    share = parameters.pattern_timeout_failed_share
    return (
        (pl.col("q") <= parameters.pattern_false_discovery_level)
        & (failed >= minimum)
        & (often.otherwise("failed_invocation_count") >= minimum)
        & (~is_timeout | (failed >= share * pl.col("all_failed_count")))
        & (~is_retry | (failed == pl.col("run_count")))
    )


def _whole(rows: pl.DataFrame, name: str) -> Ints:
    return rows[name].to_numpy().astype(np.int64)
