"""Numbers, dates and spans of time as reports write them, in one place.

What belongs here: pure functions from a value to its text; no value gives an en dash, never a zero.
What does not: what is shown where.
"""

from datetime import UTC, date, datetime
from typing import Final

NOTHING: Final = "–"
MINUS: Final = "−"
FEW: Final = 20
"""Below so many decided executions a rate is written without decimals (and drawn hollow)."""

_SECOND_MS: Final = 1_000
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000


def count(value: int | None) -> str:
    """Thousands with a comma."""
    return NOTHING if value is None else f"{value:,}"


def plural(value: int, word: str, words: str | None = None) -> str:
    """`1 test`, `2 tests`."""
    return f"{count(value)} {word if value == 1 else words or word + 's'}"


def percent(rate: float | None, n: int | None = None) -> str:
    """A rate as a percentage, without decimals where it rests on few executions."""
    if rate is None:
        return NOTHING
    if n is not None and n < FEW:
        return f"{100 * rate:.0f}%"
    text = f"{100 * rate:.1f}%"
    # a rate that is not all must not read as all, nor one that is not none as none
    if rate < 1 and text == "100.0%":
        return ">99.9%"
    return "<0.1%" if rate > 0 and text == "0.0%" else text


def limit(rate: float) -> str:
    """A limit as it was set: without decimals that nobody wrote."""
    return f"{100 * rate:.4f}".rstrip("0").rstrip(".") + "%"


def probability(p: float | None) -> str:
    """A p- or q-value: three decimals, never a plain 0."""
    if p is None:
        return NOTHING
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def interval(low: float | None, high: float | None) -> str:
    """The ends of an interval of a rate."""
    if low is None or high is None:
        return NOTHING
    return f"{100 * low:.1f}–{100 * high:.1f}%"


def points(difference: float) -> str:
    """A difference of two rates in percentage points, with its sign."""
    return f"{signed(100 * difference, 1)} pp"


def signed(value: float, digits: int = 0) -> str:
    """A number with its sign; ±0 where nothing is left after rounding."""
    rounded = round(value, digits)
    if rounded == 0:
        return "±0"
    return f"{'+' if rounded > 0 else MINUS}{abs(rounded):,.{digits}f}"


def duration(milliseconds: float | None) -> str:
    """A span of time with the two units that matter."""
    if milliseconds is None:
        return NOTHING
    if round(milliseconds) < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    if round(milliseconds / _SECOND_MS, 1) < _MINUTE_MS / _SECOND_MS:
        return f"{milliseconds / _SECOND_MS:.1f} s"
    if round(milliseconds / _SECOND_MS) < _HOUR_MS / _SECOND_MS:
        minutes, rest = divmod(round(milliseconds / _SECOND_MS), 60)
        return f"{minutes} min {rest:02d} s"
    hours, rest = divmod(round(milliseconds / _MINUTE_MS), 60)
    return f"{hours} h {rest:02d} min"


def moment(value: datetime | None) -> str:
    """Day and minute in UTC."""
    return NOTHING if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(value: date | None) -> str:
    """The day as 22 Aug."""
    return NOTHING if value is None else f"{value.day} {value:%b}"
