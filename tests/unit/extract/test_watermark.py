"""From when on a night reads, and which days it compares: rules over dates, as tables.

What belongs here: watermark.py. What does not: reading by these rules (tests of extraction).
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.watermark import begin_after, changed_days, days_to_compare, next_watermark
from warehouse.tables import SOURCE_DAYS

READ_AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
EARLIER = READ_AT - timedelta(days=1)
LATER = datetime(2099, 1, 1, tzinfo=UTC)
EARLIEST = date(2026, 1, 1)


def source_days(*rows: tuple[date, int, int]) -> pl.DataFrame:
    named = [("testexecutions", "executions", *row) for row in rows]
    return pl.DataFrame(named, schema=SOURCE_DAYS.schema, orient="row")


def test_reading_begins_again_before_the_watermark() -> None:
    assert begin_after(READ_AT, 15) == READ_AT - timedelta(minutes=15)


@pytest.mark.parametrize(
    ("former", "newest", "expected"),
    [
        (None, None, None),
        (None, EARLIER, EARLIER),
        (EARLIER, None, EARLIER),
        (EARLIER, EARLIER - timedelta(days=9), EARLIER),
        (EARLIER, READ_AT, READ_AT),
        (None, LATER, READ_AT),
        (EARLIER, LATER, READ_AT),
    ],
)
def test_the_watermark_is_the_newest_change_but_never_in_the_future(
    former: datetime | None, newest: datetime | None, expected: datetime | None
) -> None:
    assert next_watermark(former, newest, READ_AT) == expected


@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)), max_size=6))  # noqa: DTZ001
def test_a_watermark_never_goes_back_and_order_does_not_matter(changes: list[datetime]) -> None:
    found = []
    for order in (changes, changes[::-1]):
        mark: datetime | None = None
        for newest in order:
            following = next_watermark(mark, newest, READ_AT)
            assert following is not None
            assert mark is None or following >= mark
            mark = following
        found.append(mark)
    assert found[0] == found[1]
    assert found[0] is None or found[0] <= READ_AT


@pytest.mark.parametrize("nights", [1, 7, 30])
def test_every_older_day_is_compared_exactly_once_in_so_many_nights(nights: int) -> None:
    first, last = date(2025, 10, 1), date(2026, 3, 1)
    known = source_days((first, 5, 1), (date(2025, 12, 24), 5, 2), (last, 5, 3))
    seen: Counter[date] = Counter()
    for night in range(nights):
        as_of = last + timedelta(days=night)
        seen.update(day for day in days_to_compare(known, as_of, 0, nights, first) if day < last)
    assert seen == {first + timedelta(days=count): 1 for count in range((last - first).days)}


def test_the_last_days_are_compared_every_night_and_days_without_documents_too() -> None:
    known = source_days((date(2026, 2, 1), 5, 1))
    for night in range(40):
        as_of = date(2026, 3, 1) + timedelta(days=night)
        days = days_to_compare(known, as_of, 7, 30, EARLIEST)
        assert {as_of - timedelta(days=back) for back in range(7)} <= set(days)
        assert list(days) == sorted(set(days))


def test_a_day_of_2099_has_its_turn_too() -> None:
    known = source_days((date(2026, 2, 1), 5, 1), (LATER.date(), 1, 1))
    turns = [
        night
        for night in range(30)
        if LATER.date() in days_to_compare(known, date(2026, 3, 1) + timedelta(days=night), 7, 30, EARLIEST)
    ]
    assert len(turns) == 1


def test_days_before_the_first_known_one_are_looked_at_every_night() -> None:
    days = days_to_compare(source_days((date(2026, 1, 5), 5, 1)), date(2026, 3, 1), 0, 30, EARLIEST)
    assert [date(2026, 1, day) for day in (1, 2, 3, 4)] == [day for day in days if day < date(2026, 1, 5)]


def test_with_nothing_known_all_days_are_compared() -> None:
    days = days_to_compare(source_days(), date(2026, 1, 4), 1, 30, EARLIEST)
    assert days == tuple(date(2026, 1, day) for day in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("known", "found", "expected"),
    [
        ((5, 1), (5, 1), False),
        ((5, 1), (6, 1), True),
        ((5, 1), (5, 2), True),
        (None, (1, 1), True),
        (None, None, False),
    ],
)
def test_a_day_differs_by_count_or_by_checksum(
    known: tuple[int, int] | None, found: tuple[int, int] | None, expected: bool
) -> None:
    day, other = date(2026, 2, 1), date(2026, 2, 2)
    before = source_days((other, 5, 1), *([(day, *known)] if known else []))
    after = source_days((other, 9, 9), *([(day, *found)] if found else []))
    assert changed_days(before, after, (day,)) == ((day,) if expected else ())


def test_sums_of_another_day_do_not_stand_in() -> None:
    day, other = date(2026, 2, 1), date(2026, 2, 2)
    assert changed_days(source_days((other, 5, 1)), source_days((day, 5, 1)), (day, other)) == (day,)
