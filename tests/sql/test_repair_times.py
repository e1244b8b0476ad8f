"""How long breaks last: open ones count as long as they have lasted (statistics.md 7.1)."""

from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.workbench import Workbench

MET = "met_repair_times"
ALL = "scope_type = 'all'"


def given_breaks(model: Workbench, *days: int, is_open: bool = False, project: str = "default") -> None:
    """Tests of suites of their own that were broken for so many days, up to as_of where open."""
    for number, length in enumerate(days):
        letters = "P" * 30 + "F" * length + ("" if is_open else "P" * 20)
        name = f"{'open' if is_open else 'mended'}-{number}"
        given_runs(model, *daily(letters, test=name, suite_key=name, project=project))


def test_the_median_of_mended_breaks(model: Workbench) -> None:
    given_breaks(model, 10, 11, 12, 13, 14)
    columns = (
        "break_count",
        "mended_count",
        "open_count",
        "test_count",
        "repair_p50_hours",
        "verdict",
        "method",
    )
    assert model.rows(MET, *columns, where=ALL) == [(5, 5, 0, 5, 12 * 24, "estimated", "kaplan_meier")]


def test_open_breaks_are_not_left_out(model: Workbench) -> None:
    """Five mended within 14 days, three open for 30: the median of the mended ones were 12 days."""
    given_breaks(model, 10, 11, 12, 13, 14)
    given_breaks(model, 30, 31, 32, is_open=True)
    assert model.rows(MET, "break_count", "open_count", "repair_p50_hours", where=ALL) == [(8, 3, 14 * 24)]


def test_half_are_not_mended(model: Workbench) -> None:
    given_breaks(model, 10, 11, 12, 13, 14)
    given_breaks(model, *range(30, 36), is_open=True)
    found = model.rows(MET, "repair_p50_hours", "verdict", "reason", where=ALL)
    assert found == [(None, "insufficient", "fewer than half of the breaks are mended")]


def test_four_mended_breaks_are_too_few(model: Workbench) -> None:
    given_breaks(model, 10, 11, 12, 13)
    found = model.rows(MET, "mended_count", "repair_p50_hours", "verdict", "reason", where=ALL)
    assert found == [(4, None, "insufficient", "too few breaks were mended")]


def test_nothing_broke(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30), *daily("PPFPP" * 6, test="flaky"))
    columns = ("scope_type", "break_count", "verdict", "reason", "lacks")
    assert model.rows(MET, *columns) == [
        ("all", 0, "insufficient", "nothing broke that had passed before", "times of commits")
    ]


def test_broken_from_the_first_run_on_is_no_break_that_was_watched(model: Workbench) -> None:
    given_runs(model, *daily("F" * 20 + "P" * 20))
    assert model.rows("ana_breaks", "test_key") == []


def test_a_break_lasts_from_its_first_failure_to_the_first_pass_after_it(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30 + "F" * 10 + "P" * 20))
    found = model.rows(
        "ana_breaks", "repair_hours", "is_open", "broke_at::date::text", "mended_at::date::text"
    )
    assert found == [(240, False, "2026-03-02", "2026-03-12")]


def test_an_open_break_lasts_to_as_of(model: Workbench) -> None:
    """The first failing run was asked for 9 days and 11 hours before."""
    given_runs(model, *daily("P" * 30 + "F" * 10))
    assert model.rows("ana_breaks", "repair_hours", "is_open") == [(9 * 24 + 11, True)]


def test_tests_broken_and_mended_by_the_same_changes_are_one_break(model: Workbench) -> None:
    for number in range(50):
        given_runs(model, *daily("P" * 30 + "F" * 10 + "P" * 20, test=f"t{number}"))
    assert model.rows(MET, "break_count", "test_count", where=ALL) == [(1, 50)]


def test_scopes(model: Workbench) -> None:
    given_breaks(model, 10, project="p1")
    found = model.rows(MET, "scope_type", "scope_key", "break_count")
    assert found == [("all", "all", 1), ("project", "p1", 1), ("suite", "mended-0", 1)]


def test_order_and_later_runs_change_nothing(model: Workbench) -> None:
    rows = [
        row
        for n in range(6)
        for row in daily("P" * 30 + "F" * (10 + n) + "P" * 20, test=f"t{n}", suite_key=f"s{n}")
    ]
    expected = told(model, rows, (MET, "ana_breaks"))
    assert told_in_another_order(model, rows, (MET, "ana_breaks")) == expected
    assert told_before(model, rows, "F", (MET, "ana_breaks")) == expected
