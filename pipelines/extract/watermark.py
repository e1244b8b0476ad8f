"""Which part of a collection a night reads: since when, which days again, where the next night starts.

What belongs here: pure rules over dates and sums. What does not: reading (extraction.py). Every older day is
compared once in `nights` nights, so nothing that changed without a change time stays unseen for longer.
"""

from datetime import date, datetime, timedelta

import polars as pl


def begin_after(watermark: datetime, overlap_minutes: int) -> datetime:
    """From when on changes are read again: clocks differ, and transactions end late."""
    return watermark - timedelta(minutes=overlap_minutes)


def next_watermark(former: datetime | None, newest: datetime | None, read_at: datetime) -> datetime | None:
    """The newest change seen, never beyond the start of this reading: one from 2099 must not blind it."""
    seen = [time for time in (former, newest and min(newest, read_at)) if time]
    return max(seen) if seen else None


def days_to_compare(
    known: pl.DataFrame, as_of: date, recent_days: int, nights: int, earliest: date
) -> tuple[date, ...]:
    """The last `recent_days` up to as_of, the days since the first known one whose turn it is, and all days
    before that one: nothing is known of them, so what is there arrived late."""
    recent = {as_of - timedelta(days=back) for back in range(recent_days)}
    days_known = set(known["document_date"])
    first = min((day for day in days_known if day >= earliest), default=as_of)
    between = {first + timedelta(days=count) for count in range((as_of - first).days)}
    before = {earliest + timedelta(days=count) for count in range((first - earliest).days)}
    turn = as_of.toordinal() % nights
    older = {day for day in days_known | between if day.toordinal() % nights == turn}
    return tuple(sorted(recent | older | before))


def changed_days(known: pl.DataFrame, found: pl.DataFrame, days: tuple[date, ...]) -> tuple[date, ...]:
    """Days whose count or checksum at the source differs from what is known; both frames as SOURCE_DAYS."""
    columns = ["document_date", "document_count", "checksum"]
    compared = pl.col("document_date").is_in(list(days))
    new = found.filter(compared).select(columns)
    return tuple(sorted(new.join(known.select(columns), on=columns, how="anti")["document_date"]))
