"""What an execution used of processor, memory, disk and network, and which part of its document told it.

What belongs here: which numbers are believed. What does not: means and totals (sql/metrics). A number that
cannot be, below 0, a processor share above 100 or a petabyte and more, is no measurement and becomes null: it
says nothing of how the execution went, so it does not cost the document. Limits are no use: never read.
"""

from typing import Final

import polars as pl

from pipelines.extract.documents import RESOURCES

_MOST: Final = {"percent": 100.0, "mb": 1e9}
"""The largest number that is believed, by the unit at the end of the name."""


def resource_columns() -> list[pl.Expr]:
    """The four numbers and `resource_source`: all from the execution if it tells one of them, else all from
    its statistics, since a mixture would be of two measurements."""
    own, others = ({name: _believed(prefix + name) for name in RESOURCES} for prefix in ("", "statistics_"))
    is_own, is_other = (
        pl.any_horizontal(value.is_not_null() for value in values.values()) for values in (own, others)
    )
    source = pl.when(is_own).then(pl.lit("execution")).when(is_other).then(pl.lit("statistics"))
    return [
        *(pl.when(is_own).then(own[name]).otherwise(others[name]).alias(name) for name in RESOURCES),
        source.alias("resource_source"),
    ]


def _believed(column: str) -> pl.Expr:
    number = pl.col(column)
    return pl.when(number.is_between(0, _MOST[column.rpartition("_")[2]])).then(number)
