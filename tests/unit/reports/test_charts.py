"""The Vega-Lite charts: valid, the same each time, with gaps where nights are missing."""

import re

import altair
import pytest

from pipelines.reports.charts import NARROW, WIDE, floor_of, nightly_chart, nightly_specification, render
from pipelines.reports.nightly import Nightly


def test_the_specification_is_valid_vega_lite(facts: Nightly) -> None:
    altair.Chart.from_dict(nightly_specification(facts.rates, facts.night.date, WIDE), validate=True)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_chart_is_the_same_whatever_was_drawn_before(facts: Nightly, width: int) -> None:
    first = nightly_chart(facts.rates, facts.night.date, width)
    render({"mark": "bar", "data": {"values": []}}, "other", "Other", "Another chart.")
    assert nightly_chart(facts.rates, facts.night.date, width) == first


def test_the_chart_is_named_and_holds_nothing_that_the_page_forbids(facts: Nightly) -> None:
    svg = nightly_chart(facts.rates, facts.night.date, WIDE)
    assert "<title>Final pass rate by night</title><desc>13 nights" in svg
    assert not re.search(r"\s(style|class|href|on\w+)=", svg)
    assert {name for name in re.findall(r'\bid="([^"]+)"', svg) if not name.startswith("nightly-")} == set()
    assert set(re.findall(r'font-family="([^"]+)"', svg)) == {"Inter"}
    assert min(int(size) for size in re.findall(r'font-size="(\d+)', svg)) >= 10


def test_lines_join_only_neighbouring_nights_of_the_same_suites(facts: Nightly) -> None:
    specification = nightly_specification(facts.rates, facts.night.date, WIDE)
    rows = specification["vconcat"][0]["data"]["values"]
    runs = [row["run"] for row in rows]
    assert sorted(set(runs)) == [1, 2], "one break, at the missing night"
    assert runs.count(1) == 7


@pytest.mark.parametrize(("lows", "floor"), [([], 0.9), ([0.999], 0.9), ([0.71], 0.7), ([0.0], 0.0)])
def test_axes_begin_at_a_round_tenth(lows: list[float], floor: float) -> None:
    assert floor_of(lows) == floor
