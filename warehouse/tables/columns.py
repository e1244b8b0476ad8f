"""Columns and kinds of columns that several lake tables share, so that the same thing is declared once.

What belongs here: what two tables declare alike. What does not: the tables.
"""

import polars as pl

from warehouse.schema import TIMESTAMP, Column

EXECUTION_KEY = Column("execution_key", pl.String, "The source document's _id as text.")
TRIGGERED_DATE = Column("triggered_date", pl.Date, "UTC day of the execution's triggered_at; the partition.")
FIRST_SEEN = Column("first_seen_at", TIMESTAMP, "As-of of the first night that read it.")
LAST_SEEN = Column("last_seen_at", TIMESTAMP, "As-of of the last night at which the source held it.")


def text(name: str, meaning: str) -> Column:
    """A text that may be missing."""
    return Column(name, pl.String, meaning, nullable=True)


def time(name: str, meaning: str) -> Column:
    """An instant that may be missing."""
    return Column(name, TIMESTAMP, meaning, nullable=True)


def number(name: str, meaning: str, unit: str) -> Column:
    """A measurement, fractions included, that may be missing."""
    return Column(name, pl.Float64, meaning, unit=unit, nullable=True)


def milliseconds(name: str, meaning: str) -> Column:
    """A whole number of milliseconds that may be missing."""
    return Column(name, pl.Int64, meaning, unit="ms", nullable=True)
