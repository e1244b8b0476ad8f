"""What the report claims of single tests and of trends, against a history of known truth."""

from dataclasses import replace

import pytest

from pipelines.home import Home
from pipelines.night import build
from pipelines.reports.bars import interval_bar, scale_of
from pipelines.reports.broken_tables import regressed_table
from pipelines.reports.nightly import Nightly, read_nightly
from pipelines.reports.page import nightly_page
from pipelines.reports.rate_tables import flaky_table, trends_table
from pipelines.reports.render_html import render_html
from pipelines.reports.render_pdf import render_pdf
from pipelines.reports.views import Part
from pipelines.settings import Settings
from synthetic import lake_files
from synthetic.behaviours import Broken, Flaky, Regression, Stable
from synthetic.events import Storms
from synthetic.histories import History, generate
from synthetic.world import World

DAYS = 50
BREAK_DAY, CHANGE_DAY = 40, 44


@pytest.fixture(scope="module")
def made() -> History:
    mix = {
        Stable(): 40,
        Flaky(phi=0.3): 3,
        Broken(break_from=BREAK_DAY, break_to=DAYS + 1): 2,
        Regression(change_day=CHANGE_DAY, failing_rate=0.45): 3,
    }
    return generate(
        World(seed=5, days=DAYS, mix=mix, suites=2, invocations_per_day=3, storms=Storms(rate=0.03))
    )


@pytest.fixture(scope="module")
def known(made: History, tmp_path_factory: pytest.TempPathFactory) -> Nightly:
    """The facts of its last night."""
    home = Home(tmp_path_factory.mktemp("known"))
    lake_files.write_home(home.root, made)
    with home.locked():
        settings = Settings(processes=1, threads=1)
        release = build(home, settings, as_of=made.as_of, code_version="1.2.3")
    return read_nightly(release.folder, ())


def part(facts: Nightly, key: str) -> Part:
    return next(part for part in nightly_page(facts).parts if part.key == key)


def kinds(made: History, tests: list[str]) -> set[str]:
    """What the tests of these names really are."""
    truth = dict(made.truth.select("test_name", "kind").iter_rows())
    return {truth[test] for test in tests}


def test_broken_tests_come_with_the_window_of_their_break(known: Nightly, made: History) -> None:
    """A test that fails nearly half of the time since it changed may be told to be broken too."""
    assert known.broken.broken_total == len(known.broken.broken) == known.flaky.labels["broken"]
    assert kinds(made, [row.test for row in known.broken.broken]) <= {"broken", "regression"}
    rows = [row for row in known.broken.broken if kinds(made, [row.test]) == {"broken"}]
    assert len(rows) == 2
    for row in rows:
        assert row.cut.from_at is not None
        assert row.cut.until_at is not None
        first, last = (
            (moment.date() - made.world.start).days for moment in (row.cut.from_at, row.cut.until_at)
        )
        assert first <= BREAK_DAY <= last <= BREAK_DAY + 1
        assert row.execution_key
        assert row.cut.commits


def test_regressed_tests_are_those_that_changed(known: Nightly, made: History) -> None:
    rows = known.broken.regressed
    assert kinds(made, [row.test for row in rows]) == {"broken", "regression"}
    assert len(rows) == known.broken.regressed_total == known.broken.opened_count == 5
    assert all(row.is_new and row.is_extreme and row.q_value is not None for row in rows)


def test_flaky_tests_are_ranked_by_what_they_surely_do(known: Nightly, made: History) -> None:
    lows = [row.low for row in known.flaky.rows]
    assert lows == sorted(lows, reverse=True)
    rows = [row for row in known.flaky.rows if row.label == "flaky"]
    assert len(rows) == 3
    assert kinds(made, [row.test for row in rows]) == {"flaky"}
    assert all(row.has_entered and row.execution_key and row.evidence_grade == "A" for row in rows)


def test_storms_are_those_that_were_made(known: Nightly, made: History) -> None:
    """An invocation is of one suite here, and each storm hits both."""
    stormy = made.invocations.filter("is_storm").height
    assert len(known.storms) == 2 * stormy > 0
    for storm in known.storms:
        assert storm.failing_count <= storm.baseline_count
        assert storm.failing_share_low <= storm.failing_share <= storm.failing_share_high


def test_what_is_said_beside_the_lists(known: Nightly) -> None:
    assert part(known, "broken").lead == (
        f"{known.broken.broken_total} tests × variants are broken. Of 48 tests × variants held against the "
        "days before, 5 regressed "
        "(5 new this night), 0 closed, 0 accepted in the register; 0 ran too little to say."
    )
    assert part(known, "flaky").lead.startswith("3 flaky, 0 rarely flaky, ")


def test_missing_commits_are_said_first(known: Nightly, facts: Nightly) -> None:
    """Each run of the known history has its commit, no run of the small one has."""
    assert part(facts, "flaky").lead.startswith("Commit ids are missing: code changes cannot be excluded")
    assert "0 do not (C)" in part(known, "flaky").lead
    assert facts.flaky.exposure.grade_c_run_count == facts.flaky.exposure.run_count > 0


def test_a_row_of_a_regression_shows_counts_interval_and_window(known: Nightly) -> None:
    table = regressed_table(known)
    assert table.total == 5
    row = dict(zip((column.title for column in table.columns), table.rows[0], strict=True))
    assert row["State"].text == "● NEW"
    assert row["Failed"].text == "20 of 20"  # one of 21 invocations was a storm
    assert row["Drop of the pass rate"].text.endswith(" pp")
    assert " to " in row["Drop of the pass rate"].detail
    assert row["q"].text == "<0.001"
    assert row["Evidence"].command


def test_a_regression_whose_test_did_not_run_shows_no_drop(known: Nightly) -> None:
    waiting = replace(known.broken.regressed[0], drop=None, drop_low=None, drop_high=None, sample_run_count=0)
    row = regressed_table(replace(known, broken=replace(known.broken, regressed=[waiting]))).rows[0]
    assert [row[place].text for place in (3, 5)] == ["–", "–"]


def test_a_flaky_row_draws_its_interval(known: Nightly) -> None:
    cell = flaky_table(known).rows[0][5]
    assert cell.picture is not None
    assert cell.picture.svg.startswith("<svg")


def test_trends_of_everything_projects_and_suites(known: Nightly) -> None:
    assert sorted(row.scope_type for row in known.trends) == ["all", "project", "suite", "suite"]
    assert {"everything", "project default"} < {cells[1].text for cells in trends_table(known).rows}


def test_both_layouts_take_it(known: Nightly) -> None:
    page = nightly_page(known)
    assert b"Broken and regressed tests" in render_html(page, "nightly.html.j2")
    assert render_pdf(page, known.night.as_of, known.night.release_id).startswith(b"%PDF")


@pytest.mark.parametrize(("values", "scale"), [([], 1.0), ([0.004], 0.01), ([0.011, 0.3], 0.5), ([1.0], 1.0)])
def test_bars_of_one_table_have_one_round_scale(values: list[float], scale: float) -> None:
    assert scale_of(values) == scale


def test_a_bar_stays_inside_its_drawing() -> None:
    assert 'd="M4 6H116"' in interval_bar(0.5, 0.0, 1.0, 1.0)
