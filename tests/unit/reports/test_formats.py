"""Numbers as reports write them."""

from datetime import UTC, date, datetime

import pytest

from pipelines.reports import formats


@pytest.mark.parametrize(
    ("rate", "n", "shown"),
    [
        (None, 10, "–"),
        (0.6462, 7100, "64.6%"),
        (0.6462, 19, "65%"),
        (1.0, 100, "100.0%"),
        (0.99999, 100_000, ">99.9%"),
        (0.00001, 100_000, "<0.1%"),
        (0.0, 100, "0.0%"),
    ],
)
def test_rates(rate: float | None, n: int, shown: str) -> None:
    assert formats.percent(rate, n) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (None, "–"),
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1.0 s"),
        (999.6, "1.0 s"),
        (59_960, "1 min 00 s"),
        (62_533, "1 min 03 s"),
        (3_599_600, "1 h 00 min"),
        (66_572_231, "18 h 30 min"),
    ],
)
def test_durations(milliseconds: float | None, shown: str) -> None:
    assert formats.duration(milliseconds) == shown


def test_differences_carry_their_sign() -> None:
    assert formats.points(0.034) == "+3.4 pp"
    assert formats.points(-0.0004) == "±0 pp"
    assert formats.signed(-12) == "−12"
    assert formats.signed(1_234.0) == "+1,234"


def test_limits_are_written_as_they_were_set() -> None:
    assert [formats.limit(rate) for rate in (0.95, 0.995, 1.0)] == ["95%", "99.5%", "100%"]


def test_counts_days_and_moments() -> None:
    assert formats.plural(1, "suite") == "1 suite"
    assert formats.plural(1_000, "suite") == "1,000 suites"
    assert formats.day(date(2026, 8, 2)) == "2 Aug"
    assert formats.moment(datetime(2026, 8, 22, 19, 50, 58, tzinfo=UTC)) == "2026-08-22 19:50 UTC"
