"""Drawings by hand: their texts, ids, axes and gaps."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from pipelines.reports.grid import (
    PITCH,
    grid_head,
    grid_row,
    printed_label,
    printed_pitch,
    row_words,
)
from pipelines.reports.nightly import Nightly
from pipelines.reports.palette import DARK, LIGHT, themed
from pipelines.reports.panels import PanelScale, suite_panel
from pipelines.reports.sections.stability import GridRow, StatusGrid
from pipelines.reports.svg import Ticks, named_identifiers, safe, sparkline
from pipelines.reports.text import TEMPLATES

FIRST = date(2026, 3, 2)  # a Monday


def grid(*outcomes: str, test: str = "t") -> StatusGrid:
    nights = [FIRST + timedelta(days=number) for number in range(len(outcomes))]
    cells = {day: outcome for day, outcome in zip(nights, outcomes, strict=True) if outcome}
    return StatusGrid(nights, frozenset(), [GridRow(test, "linux", 1, 1, 2, cells)], 1)


def test_texts_cannot_leave_their_place() -> None:
    assert safe('</text><script>"') == "&lt;/text&gt;&lt;script&gt;&quot;"
    given = grid("pass", test="</title><script>alert(1)</script>")
    drawing = grid_row(given.rows[0], given.nights)
    assert [element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawing).iter()] == [
        "svg",
        "title",
        "desc",
        "path",
    ]


def test_ids_are_named_in_order_of_appearance() -> None:
    svg = '<clipPath id="clip97"/><g clip-path="url(#clip97)"/><path id="x"/>'
    assert named_identifiers(svg, "trend") == (
        '<clipPath id="trend-1"/><g clip-path="url(#trend-1)"/><path id="trend-2"/>'
    )


def test_a_missing_night_has_no_cell_and_every_cell_but_a_pass_has_a_glyph() -> None:
    given = grid("pass", "", "fail", "error", "flaky", "skip")
    drawing = grid_row(given.rows[0], given.nights)
    boxes = re.findall(r'<path d="((?:M[\d. ]+h9v12h-9z)+)" fill="(#\w+)"', drawing)
    assert {colour: path.count("M") for path, colour in boxes} == {
        LIGHT[f"cell-{outcome}"]: 1 for outcome in ("pass", "fail", "error", "flaky", "skip")
    }
    assert len(re.findall(r'stroke-width="1.4"', drawing)) == 4


def test_a_row_says_in_words_what_it_shows() -> None:
    given = grid("pass", "pass", "", "fail", "flaky")
    assert row_words(given.rows[0], given.nights) == (
        "4 nights: 2 passed; 1 failed or timed out; 1 passed and failed in one night, or passed on retry."
    )
    assert "<title>t · linux</title><desc>4 nights: 2 passed" in grid_row(given.rows[0], given.nights)


def test_the_head_names_days_and_storms_at_any_pitch() -> None:
    given = replace(grid("pass", "error", "pass"), storms=frozenset({FIRST + timedelta(days=1)}))
    for pitch in (PITCH, printed_pitch(3)):
        head = grid_head(given, pitch)
        assert "<desc>3 nights from 2026-03-02 to 2026-03-04; infra storm on 2026-03-03.</desc>" in head
        assert ">2 Mar</text>" in head
        assert f'd="M{pitch:g} 19' in head


def test_names_of_days_do_not_touch() -> None:
    for count in (1, 2, 8, 9, 13, 60):
        for pitch in (PITCH, printed_pitch(count)):
            given = grid(*["pass"] * count)
            places = sorted(float(x) for x in re.findall(r'<text x="([-\d.]+)"', grid_head(given, pitch)))
            assert places[0] >= 0
            assert all(after - before >= 34 for before, after in pairwise(places))


def test_names_on_paper_fit_beside_the_nights() -> None:
    row = grid("pass", test="測" + "x" * 200).rows[0]
    for night_count, most in ((60, 55), (13, 99)):
        label = printed_label(row, night_count)
        assert len(label) <= most
        assert label.startswith("⟨U+6E2C⟩x")
        assert label.endswith("x · linux")
    assert printed_pitch(1) == 8
    assert 60 * printed_pitch(60) <= 350


def test_days_are_named_on_mondays_then_on_first_days_of_months() -> None:
    month = Ticks.of(FIRST, FIRST + timedelta(days=29), 10).days
    assert [day.weekday() for day in month] == [0] * 5
    assert len(Ticks.of(FIRST, FIRST + timedelta(days=60), 4).days) <= 4
    assert {day.day for day in Ticks.of(FIRST, FIRST + timedelta(days=200), 10).days} == {1}


def test_a_sparkline_breaks_at_a_gap_and_needs_two_values() -> None:
    assert sparkline([1.0, None, 2.0, 3.0], "x").count("M") == 2
    assert sparkline([None, 1.0], "x") == ""
    assert "NaN" not in sparkline([1.0, 1.0], "x")


def test_a_panel_breaks_its_line_and_hollows_few_executions(facts: Nightly) -> None:
    rates = facts.rates.suites["web"]
    scale = PanelScale(rates[0].date, rates[-1].date, 0.5)
    drawing = suite_panel("web", rates, scale)
    line = re.search(r'd="([^"]*)" fill="none"', drawing)
    assert line is not None
    assert line[1].count("M") == 2, "one break, at the missing night"
    assert drawing.count(f'fill="{LIGHT["card"]}"') == len(rates), "8 or 9 decided executions are few"


def test_no_drawing_has_text_under_ten_pixels(facts: Nightly) -> None:
    scale = PanelScale(facts.rates.nights[0].date, facts.night.date, 0.5)
    drawings = [grid_head(facts.grid), grid_head(facts.grid, printed_pitch(60))]
    drawings += [suite_panel(name, rates, scale) for name, rates in facts.rates.suites.items()]
    assert min(float(size) for text in drawings for size in re.findall(r'font-size="([\d.]+)"', text)) >= 10


def test_the_stylesheet_and_the_document_have_the_palette() -> None:
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    light, dark = style.split("prefers-color-scheme: dark")[0], style.split("prefers-color-scheme: dark")[1]
    for scheme, palette in ((light, LIGHT), (dark, DARK)):
        found = dict(re.findall(r"--([\w-]+): (#\w+);", scheme.split("* {")[0]))
        assert {name: found.get(name) for name in palette} == palette
    document = (TEMPLATES / "sections.typ").read_text(encoding="utf-8")
    for name in ("ink", "muted", "pass", "flaky", "fail", "error"):
        assert f'#let {name} = rgb("{LIGHT[name]}")' in document
    for name in ("pass", "flaky", "fail", "error", "skip"):
        assert f'{name}: rgb("{LIGHT[f"cell-{name}"]}")' in document


def test_a_colour_says_which_name_it_means() -> None:
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert themed(f'<path fill="{LIGHT["cell-fail"]}" stroke="#123456"/>') == (
        '<path fill="var(--cell-fail)" stroke="#123456"/>'
    )
