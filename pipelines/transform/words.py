"""Small expressions over columns that several transform modules share: words, blanks, copies, spans of time.

What belongs here: one-line building blocks without knowledge of a table. What does not: rules about
executions, attempts or steps (their own modules) and the word lists (warehouse/vocabulary.py).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

LARGEST_COUNT: Final = 2**31 - 1
"""What a count column of the lake can hold; the source has no bound, so a broken number can be larger."""

_BETWEEN: Final = "\x1f"
_NULL: Final = "\x00"


def present(column: str) -> pl.Expr:
    """The text, or null where it is empty or blank: the source writes both for `not known`."""
    text = pl.col(column)
    return pl.when(text.str.strip_chars() != "").then(text).alias(column)


def folded(column: str) -> pl.Expr:
    """The word trimmed and case-folded; null where nothing is left."""
    word = pl.col(column).str.strip_chars().str.to_lowercase()
    return pl.when(word != "").then(word).alias(column)


def milliseconds_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Whole milliseconds from start to end; null where one is missing or the end comes first."""
    return not_negative((end - start).dt.total_milliseconds())


def not_negative(number: pl.Expr) -> pl.Expr:
    """The number, or null where it is negative, which no count or duration can be."""
    return pl.when(number >= 0).then(number)


def first_known(candidates: Mapping[str, pl.Expr]) -> tuple[pl.Expr, pl.Expr]:
    """The first candidate that is not null, and its name."""
    names = [pl.when(value.is_not_null()).then(pl.lit(name)) for name, value in candidates.items()]
    return pl.coalesce(*candidates.values()), pl.coalesce(*names)


def canonical_text(schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """All columns as one text, equal for equal rows in every version of Polars (its own hash is not)."""
    parts = [_as_text(pl.col(name), dtype).fill_null(_NULL) for name, dtype in sorted(schema.items())]
    return pl.concat_str(parts, separator=_BETWEEN)


def _as_text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List):
        return value.list.sort().list.join(_BETWEEN)
    return (value.to_physical() if dtype.is_temporal() else value).cast(pl.String)


def is_repeated(*columns: str) -> pl.Expr:
    """Whether a row equals the one before it in these columns; finds all repetitions where they sort."""
    same = [pl.col(name).eq_missing(pl.col(name).shift()) for name in columns]
    return pl.all_horizontal(*same) & (pl.int_range(pl.len()) > 0)


def newest_copies(rows: pl.DataFrame, keys: Sequence[str], at: str) -> pl.DataFrame:
    """One row per keys: the newest by `at` (null is oldest), of equals the larger canonical text."""
    repeated = rows.select(keys).is_duplicated()
    if not repeated.any():
        return rows
    ordered = rows.filter(repeated).sort(pl.col(at), canonical_text(rows.schema), nulls_last=False)
    newest = ordered.unique(keys, keep="last", maintain_order=True)
    return pl.concat([rows.filter(~repeated), newest])
