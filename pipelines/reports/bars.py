"""Small drawings that stand in a table's cell: an estimate with its interval on a common scale.

What belongs here: drawings of one row. What does not: lines without axes on cards (svg.py) and the grid
(grid.py).
"""

from collections.abc import Sequence
from typing import Final

from pipelines.reports.palette import LIGHT
from pipelines.reports.svg import document, px

_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_WIDTH: Final = 120.0
_HEIGHT: Final = 12.0
_MARGIN: Final = 4.0


def scale_of(values: Sequence[float]) -> float:
    """The round share up to which all of these values can be drawn."""
    largest = max(values, default=1.0)
    return next((step for step in _STEPS if largest <= step), 1.0)


def interval_bar(value: float, low: float, high: float, scale: float) -> str:
    """A dot at the value on a bar from low to high, on an axis from 0 to `scale`."""
    left, middle, right = (_MARGIN + (_WIDTH - 2 * _MARGIN) * part / scale for part in (low, value, high))
    half = _HEIGHT / 2
    body = (
        f'<path d="M{px(_MARGIN)} {px(half)}H{px(_WIDTH - _MARGIN)}" stroke="{LIGHT["line"]}"/>',
        f'<path d="M{px(left)} {px(half)}H{px(right)}" stroke="{LIGHT["flaky"]}" stroke-width="3"/>',
        f'<circle cx="{px(middle)}" cy="{px(half)}" r="3.2" fill="{LIGHT["ink"]}"/>',
    )
    return document(_WIDTH, _HEIGHT, "Rate with its interval", f"On a scale from 0 to {scale:g}", body)
