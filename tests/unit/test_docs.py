"""Pages and pictures that are made from the code say what it says.

What belongs here: docs/generate.py, docs/metric_pictures/. What does not: commands in pages (integration/).
"""

import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.metric_pictures import PICTURES
from pipelines.reports.palette import LIGHT

DOCS = Path(__file__).parents[2] / "docs"
PAGES = runpy.run_path(str(DOCS / "generate.py"))["PAGES"]
SVG = "{http://www.w3.org/2000/svg}"
SHOWN = {
    "met_flakiness": ["flaky", "rarely_flaky", "suspected", "insufficient", "no_evidence_of_flakiness"],
    "met_segments": ["good: 1 of 29 failed", "broken: 13 of 14 failed", "good: 0 of 14 failed"],
    "met_regressions": ["regressed", "not_regressed", "insufficient"],
    "met_label_history": ["insufficient", "suspected", "flaky", "broken", "no_evidence_of_flakiness"],
    "met_suite_flakiness": ["without a retry", "with one retry"],
    "met_infra_storms": ["22 of 25 failed", "was broken before"],
    "met_pass_rate_trend": ["declining"],
    "met_pass_rate_control": ["baseline: 28 days", "judged: 7 days"],
    "met_pass_rate_segments": ["25 Oct to 27 Oct", "12 Nov to 14 Nov"],
    "met_mix_effect": ["crude difference +8.4 pp", "standardised difference −4.2 pp"],
    "met_duration_quantiles": ["p50 2.0 s", "p95 6.2 s", "p99 8.4 s"],
    "met_duration_shift": ["slower", "unchanged", "insufficient", "too few passes"],
    "met_duration_cuts": ["28 Oct: slower", "21 Nov: faster"],
    "met_time_use": ["exports report", "56.4%", "81.8%"],
    "met_step_time": ["slower", "insufficient"],
    "met_resource_use": ["18%: weighed with time", "50%: each execution as one"],
    "met_capacity": ["2 or fewer in 95% of", "utilisation 45%", "headroom 33%"],
    "met_coverage": ["9 of 28: 32%", "stale"],
    "met_coverage_gaps": ["1. export", "2. checkout", "1.5 (95%: 0.7 to 2.6)"],
    "met_repair_times": ["median 44 h", "the mean is 34 h"],
    "met_flake_cost": ["9: flakes alone, proved", "6: may be flakes", "252 to 418 EUR"],
    "met_failure_clusters": ["→ Connection to <IP> refused"],
    "met_co_failures": ["yes", "no row", "6 of 6"],
    "met_patterns": ["yes", "not proved: no row"],
    "met_forecast_next_run": ["pays by card", "70.4%"],
    "met_forecast_pass_rate": ["beaten by 13%", "beaten by 23%"],
    "met_release_confidence": ["58.3%", "not run for 40 changes", "2 tests failed with it"],
    "met_quality_score": ["94.8%", "66.5%", "87.1%"],
    "renamed_tests": ["suspected", "flaky"],
}
"""What page and captions say of a picture, as its numbers give it."""


def texts(name: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(PICTURES[name]()).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


def test_every_metric_of_the_page_has_its_picture_below_the_heading() -> None:
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)\n\n(.*)\n\n(.*)\n", page, re.MULTILINE)
    assert len(sections) == page.count("\n## ")
    for heading, embedded, caption in sections:
        name = heading.lower().replace(" ", "_")
        assert re.fullmatch(rf"!\[.{{20,}}]\(pictures/metrics/{name}\.svg\)", embedded), heading
        assert re.fullmatch(r"\*[^*]+\.\*", caption), heading
        assert name in PICTURES


def test_no_picture_lies_about_that_nothing_draws() -> None:
    assert {file.stem for file in (DOCS / "pictures" / "metrics").iterdir()} == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_is_said_of_it(name: str) -> None:
    assert set(SHOWN[name]) <= set(texts(name))


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_can_be_read_and_heard(name: str) -> None:
    svg = PICTURES[name]()
    root = ElementTree.fromstring(svg)
    assert all(len(root.findtext(f"{SVG}{part}") or "") > 20 for part in ("title", "desc"))
    page = root.find(f"{SVG}rect")
    assert page is not None
    assert (page.get("width"), page.get("fill")) == ("640", LIGHT["card"])
    assert min(map(int, re.findall(r'font-size="(\d+)"', svg))) >= 10
    assert len(svg.encode()) < 40_000


def test_a_test_that_failed_in_its_only_run_does_not_lead_the_ranking() -> None:
    shown = texts("met_flakiness")
    assert shown.index("shares link") > shown.index("pays by card")
