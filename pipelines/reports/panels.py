"""Small multiples: one suite's pass rate by night as SVG, on a scale that all panels share.

What belongs here: drawing a panel. What does not: which suites have one (page.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.reports import formats
from pipelines.reports.palette import LIGHT
from pipelines.reports.sections.pass_rates import NightlyRate
from pipelines.reports.svg import FONT, Ticks, broken_line, document, px


@dataclass(frozen=True, slots=True)
class PanelScale:
    """What panels of one row of small multiples share: the days and the lowest rate shown."""

    first: date
    last: date
    floor: float

    width: float = 236.0
    height: float = 104.0
    left: float = 34.0
    right: float = 58.0
    top: float = 8.0
    bottom: float = 20.0

    def x(self, day: date) -> float:
        days = max((self.last - self.first).days, 1)
        return self.left + (day - self.first).days / days * (self.width - self.left - self.right)

    def y(self, rate: float) -> float:
        share = (1 - max(rate, self.floor)) / (1 - self.floor)
        return self.top + share * (self.height - self.top - self.bottom)


def suite_panel(name: str, rates: Sequence[NightlyRate], scale: PanelScale) -> str:
    """One suite's pass rate with its band; hollow dots rest on fewer than 20 executions."""
    body = [*_panel_axes(scale), *_panel_band(rates, scale)]
    points = [
        (scale.x(rate.date), scale.y(rate.rate)) if rate.rate is not None else None
        for rate in _every_night(rates, scale)
    ]
    body.append(
        f'<path d="{broken_line(points)}" fill="none" stroke="{LIGHT["pass"]}" stroke-width="1.5" '
        'stroke-linejoin="round"/>'
    )
    body += [_panel_dot(rate, scale) for rate in rates if rate.rate is not None]
    newest = next((rate for rate in reversed(rates) if rate.rate is not None), None)
    description = "No night was decided."
    if newest is not None and newest.rate is not None:
        text = formats.percent(newest.rate, newest.decided_count)
        body.append(
            f'<text x="{px(scale.width - scale.right + 8)}" y="{px(scale.y(newest.rate) + 4)}" {FONT} '
            f'font-size="12" font-weight="600" fill="{LIGHT["ink"]}">{text}</text>'
        )
        description = f"{len(rates)} nights, the last on {newest.date}: {text} passed."
    return document(scale.width, scale.height, f"Pass rate of {name}", description, body)


def _panel_axes(scale: PanelScale) -> Iterator[str]:
    right = scale.width - scale.right
    for rate in (1.0, (1 + scale.floor) / 2, scale.floor):
        y = scale.y(rate)
        yield f'<path d="M{px(scale.left)} {px(y)}H{px(right)}" stroke="{LIGHT["line"]}" stroke-width="1"/>'
        yield (
            f'<text x="{px(scale.left - 4)}" y="{px(y + 3.5)}" {FONT} font-size="10" text-anchor="end" '
            f'fill="{LIGHT["muted"]}">{100 * rate:.0f}%</text>'
        )
    for day in Ticks.of(scale.first, scale.last, 3).days:
        yield (
            f'<text x="{px(scale.x(day))}" y="{px(scale.height - 5)}" {FONT} font-size="10" '
            f'text-anchor="middle" fill="{LIGHT["muted"]}">{formats.day(day)}</text>'
        )


def _panel_band(rates: Sequence[NightlyRate], scale: PanelScale) -> Iterator[str]:
    """One area per unbroken run of nights; a night between two gaps gets a bar."""
    for run in _runs(rates):
        upper = [(scale.x(rate.date), scale.y(rate.high)) for rate in run if rate.high is not None]
        lower = [(scale.x(rate.date), scale.y(rate.low)) for rate in run if rate.low is not None]
        if len(run) == 1:
            (x, top), (_, bottom) = upper[0], lower[0]
            upper, lower = [(x - 1, top), (x + 1, top)], [(x - 1, bottom), (x + 1, bottom)]
        outline = "L".join(f"{px(x)} {px(y)}" for x, y in [*upper, *reversed(lower)])
        yield f'<path d="M{outline}z" fill="{LIGHT["pass"]}" fill-opacity="0.22"/>'


def _panel_dot(rate: NightlyRate, scale: PanelScale) -> str:
    assert rate.rate is not None
    x, y = px(scale.x(rate.date)), px(scale.y(rate.rate))
    if rate.decided_count < formats.FEW:
        return f'<circle cx="{x}" cy="{y}" r="2.2" fill="{LIGHT["card"]}" stroke="{LIGHT["pass"]}"/>'
    return f'<circle cx="{x}" cy="{y}" r="1.7" fill="{LIGHT["pass"]}"/>'


@dataclass(frozen=True, slots=True)
class _Gap:
    rate: None = None
    date: date = date.min


def _every_night(rates: Sequence[NightlyRate], scale: PanelScale) -> Iterator[NightlyRate | _Gap]:
    by_day = {rate.date: rate for rate in rates}
    for number in range((scale.last - scale.first).days + 1):
        yield by_day.get(scale.first + timedelta(days=number), _Gap())


def _runs(rates: Sequence[NightlyRate]) -> list[list[NightlyRate]]:
    """Nights with an interval, in runs of consecutive days."""
    runs: list[list[NightlyRate]] = []
    for rate in (rate for rate in rates if rate.low is not None):
        if runs and rate.date - runs[-1][-1].date == timedelta(days=1):
            runs[-1].append(rate)
        else:
            runs.append([rate])
    return runs
