"""The parts of the page about nights gone by: pass rates over time, and the tests that changed most.

What belongs here: which figures and tables such a part has. What does not: drawing (charts.py, grid.py,
panels.py), rows of tables, and the other parts (page.py).
"""

from collections.abc import Sequence
from typing import Final

from pipelines.reports import formats
from pipelines.reports.cells import WHOLE_LENGTH
from pipelines.reports.charts import NARROW, PRINTED, WIDE, floor_of, nightly_chart
from pipelines.reports.definitions import NIGHTLY
from pipelines.reports.grid import (
    LEGEND,
    STORM_LEGEND,
    grid_head,
    grid_label,
    grid_row,
    printed_label,
    printed_pitch,
    printed_width,
    row_words,
)
from pipelines.reports.nightly import Nightly
from pipelines.reports.panels import PanelScale, suite_panel
from pipelines.reports.rate_tables import trends_table
from pipelines.reports.sections.pass_rates import NightlyRate
from pipelines.reports.tables import nights_table, nothing
from pipelines.reports.text import shorten_end, shorten_middle, visible
from pipelines.reports.views import Cell, Figure, Grid, GridLine, Part, Picture

PANEL_LIMIT: Final = 24
GRID_LABEL_LENGTH: Final = 84


def trend_part(facts: Nightly) -> Part:
    """Pass rates by night, of everything and of each suite."""
    title = NIGHTLY.section("trend").title
    nights = facts.rates.nights
    if not any(rate.rate is not None for rate in nights):
        return Part("trend", title, empty=nothing(facts, "No night of the window was decided."))
    last = facts.night.date
    panels = _panels(facts)
    caption = (
        "Each dot is the final pass rate of one night, with its 95% Wilson interval; below, executions by "
        "outcome. Different suites run on different nights, so dots are joined only between neighbouring "
        "nights with the same suites; a grey dash is what those suites usually have (7-night median)."
    )
    pictures = [
        Picture(
            nightly_chart(facts.rates, last, width), "Final pass rate and executions by night; see the table."
        )
        for width in (WIDE, NARROW, PRINTED)
    ]
    return Part(
        "trend",
        title,
        figures=(Figure(caption, *pictures),),
        panels=panels,
        panels_caption=f"Final pass rate of {len(panels)} of "
        f"{formats.plural(len(facts.rates.suites), 'suite')}, worst first (by the lower end of the newest "
        "interval), same scale; band: 95% Wilson interval; lines break at nights without executions.",
        tables=(trends_table(facts), nights_table(nights)),
    )


def _panels(facts: Nightly) -> tuple[Picture, ...]:
    last = facts.night.date
    first = facts.rates.nights[0].date
    decided = [rate for rates in facts.rates.suites.values() for rate in rates if rate.rate is not None]
    lows = [rate.rate or 0.0 if rate.low is None else rate.low for rate in decided]
    scale = PanelScale(first, last, floor_of(lows))
    return tuple(
        Picture(
            suite_panel(name, rates, scale),
            f"Pass rate of {visible(name)} by night",
            title=shorten_middle(visible(name), 40),
            note=_panel_note(rates, facts),
        )
        for name, rates in list(facts.rates.suites.items())[:PANEL_LIMIT]
    )


def _panel_note(rates: Sequence[NightlyRate], facts: Nightly) -> str:
    newest = next((rate for rate in reversed(rates) if rate.rate is not None), None)
    if newest is None:
        return "never decided"
    when = "this night" if newest.date == facts.night.date else formats.day(newest.date)
    return f"{when} · {formats.interval(newest.low, newest.high)} · n = {formats.count(newest.decided_count)}"


def stability_part(facts: Nightly) -> Part:
    """The status grid of the tests that changed most."""
    title = NIGHTLY.section("stability").title
    grid = facts.grid
    if not grid.rows:
        return Part("stability", title, empty=nothing(facts, "No test changed its outcome in the window."))
    lead = (
        f"{formats.plural(grid.unstable_count, 'test')} (by variant) changed between passing and failing "
        f"since {formats.day(grid.nights[0])}; the {len(grid.rows)} with the most changes are shown."
    )
    count = len(grid.nights)
    days = f"{formats.plural(count, 'night')} up to {grid.nights[-1]}"
    lines = tuple(
        GridLine(
            Cell(
                grid_label(row, GRID_LABEL_LENGTH),
                detail=grid_label(row, GRID_LABEL_LENGTH // 3),
                title=f"{shorten_end(visible(row.test), WHOLE_LENGTH)} · {visible(row.variant)}: "
                f"{formats.plural(row.change_count, 'change')}, failed in {row.failing_nights} of "
                f"{formats.plural(row.decided_nights, 'decided night')}",
            ),
            printed_label(row, count),
            Picture(grid_row(row, grid.nights), row_words(row, grid.nights)),
        )
        for row in grid.rows
    )
    return Part(
        "stability",
        title,
        lead=lead,
        grid=Grid(
            caption="Outcome by test and night, most changes first",
            head=Picture(grid_head(grid), days),
            printed_head=Picture(grid_head(grid, printed_pitch(count)), days),
            printed_width=printed_width(count),
            lines=lines,
            legend=(*LEGEND, STORM_LEGEND) if grid.storms else LEGEND,
        ),
    )
