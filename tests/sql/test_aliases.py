"""Renamed tests: what is one test by the register, and which renames are proposed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.sql.runs import daily, given_runs, label
from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.registers import AcceptedRegression, Alias, read_aliases

FLAKY: tuple[Sequence[str], Sequence[str]] = (["P"] * 20 + ["FP"] * 2, ["FP"] * 2 + ["P"] * 10)
BROKEN: tuple[Sequence[str], Sequence[str]] = ("P" * 30 + "FF", "FFF")
PAIR = ("former_key", "test_key")


def deciding(model: Workbench, **parameters: Any) -> None:
    model.policy = replace(model.policy, parameters=replace(model.policy.parameters, **parameters))


def renamed(model: Workbench, *pairs: tuple[str, str]) -> None:
    aliases = [Alias(former, now, "Anna", AS_OF.date(), "moved") for former, now in pairs]
    model.policy = replace(model.policy, aliases=aliases)


def one_after_the_other(
    runs: tuple[Sequence[str], Sequence[str]], former: str = "old", now: str = "new", **more: object
) -> list[Row]:
    """A history whose second part has another key."""
    days = len(runs[1])
    return [*daily(runs[0], former, until_days_ago=days, **more), *daily(runs[1], now, 0, **more)]


def handed_over(former: str, now: str, gap: int = 0, since: int = 5, **more: object) -> list[Row]:
    """Ten runs under one key, a gap, and runs under another up to as_of."""
    until = since + gap
    return [*daily("P" * 10, former, until_days_ago=until, **more), *daily("P" * since, now, 0, **more)]


@pytest.mark.parametrize(("runs", "expected"), [(FLAKY, "flaky"), (BROKEN, "broken")])
def test_a_history_goes_on_under_the_new_key(
    model: Workbench, runs: tuple[Sequence[str], Sequence[str]], expected: str
) -> None:
    rows = one_after_the_other(runs)
    given_runs(model, *rows)
    renamed(model, ("old", "new"))
    assert label(model, "new") == expected
    counted = model.rows("met_flakiness", "test_key", "run_count + broken_run_count")
    assert counted == [("new", len(rows))]
    assert {key for (key,) in model.rows("met_test_history", "test_key")} == {"new"}
    assert model.rows("dim_tests", "test_key", "execution_count") == [("new", len(rows))]


def test_without_the_register_they_are_two_tests(model: Workbench) -> None:
    given_runs(model, *one_after_the_other(FLAKY))
    assert model.rows("dim_tests", "test_key", "execution_count") == [("new", 12), ("old", 22)]
    assert model.rows("met_flakiness", "test_key", "flake_count") == [("new", 2), ("old", 2)]


def test_a_break_is_dated_across_the_rename(model: Workbench) -> None:
    given_runs(model, *one_after_the_other(BROKEN))
    renamed(model, ("old", "new"))
    segments = model.rows("met_segments", "test_key", "segment_number", "state", "run_count", "failed_count")
    assert segments == [("new", 1, "good", 30, 0), ("new", 2, "broken", 5, 5)]


def test_executions_say_what_the_source_says(model: Workbench) -> None:
    given_runs(model, *daily("P", "old", until_days_ago=1), *daily("P", "new"))
    suite_run: Row = {"execution_key": "suite", "execution_type": "test_suite", "test_key": None}
    model.given("lake_executions", [suite_run])
    renamed(model, ("old", "new"))
    rows = model.rows("fct_executions", "execution_type", "test_key", "recorded_test_key")
    assert rows == [
        ("ci_cd_execution", "new", "new"),
        ("ci_cd_execution", "new", "old"),
        ("test_suite", None, None),
    ]


def test_chains_end_at_the_last_key(model: Workbench) -> None:
    for place, key in enumerate("abc"):
        given_runs(model, *daily("P", key, until_days_ago=2 - place))
    renamed(model, ("a", "b"), ("b", "c"), ("never seen", "c"))
    assert model.rows("fct_executions", "test_key", "recorded_test_key") == [
        ("c", "a"),
        ("c", "b"),
        ("c", "c"),
    ]
    stated = model.rows("ref_test_aliases", "former_key", "test_key", "stated_key", "stated_by", "origin")
    assert stated == [
        ("a", "c", "b", "Anna", "hand"),
        ("b", "c", "c", "Anna", "hand"),
        ("never seen", "c", "c", "Anna", "hand"),
    ]


def test_the_catalog_has_one_case_since_the_first_was_seen(model: Workbench) -> None:
    seen = {key: AS_OF - timedelta(days=days) for key, days in (("old", 9), ("new", 2), ("other", 5))}
    cases = [
        {"test_key": key, "test_name": key.upper(), "first_seen_at": moment} for key, moment in seen.items()
    ]
    model.given("lake_tests", cases)
    renamed(model, ("old", "new"))
    assert model.rows("dim_tests", "test_key", "name", "first_seen_at") == [
        ("new", "NEW", seen["old"]),
        ("other", "OTHER", seen["other"]),
    ]


def test_a_case_that_is_known_by_former_keys_only_goes_on_as_the_one_seen_last(model: Workbench) -> None:
    for days, key in ((9, "a"), (2, "b"), (2, "c")):
        seen = {
            "first_seen_at": AS_OF - timedelta(days=days + 1),
            "last_seen_at": AS_OF - timedelta(days=days),
        }
        case = {"test_name": key.upper(), "owner_key": f"of {key}", "item_keys": [f"i{key}"], "tags": [key]}
        model.given("lake_tests", [{"test_key": key, "is_archived": True} | case | seen])
        model.given("lake_items", [{"item_key": f"i{key}", "feature_key": f"f{key}"}])
    given_runs(model, *daily("P", "d"))
    renamed(model, ("a", "b"), ("c", "d"), ("b", "d"))
    columns = ("test_key", "name", "owner_key", "feature_key", "tags", "is_archived", "is_catalogued")
    assert model.rows("dim_tests", *columns) == [("d", "B", "of b", "fb", ["b"], False, True)]
    assert model.rows("stg_tests", "first_seen_at") == [(AS_OF - timedelta(days=10),)]


@pytest.mark.parametrize("is_archived", [True, False])
def test_the_case_of_now_goes_before_a_former_one_that_was_seen_later(
    model: Workbench, is_archived: bool
) -> None:
    now = {"test_key": "new", "last_seen_at": AS_OF - timedelta(days=2), "is_archived": is_archived}
    model.given("lake_tests", [now, {"test_key": "old", "last_seen_at": AS_OF}])
    renamed(model, ("old", "new"))
    expected = [("new", AS_OF - timedelta(days=2), is_archived)]
    assert model.rows("stg_tests", "test_key", "last_seen_at", "is_archived") == expected


def test_a_night_without_the_register_shows_the_former_keys_again(model: Workbench) -> None:
    for night, pairs in ((model, [("old", "new")]), (model.another(), [])):
        given_runs(night, *one_after_the_other(FLAKY))
        renamed(night, *pairs)
        keys = [key for (key,) in night.rows("met_flakiness", "test_key")]
        assert keys == (["new"] if pairs else ["new", "old"])


def test_accepted_regressions_are_in_the_release(model: Workbench) -> None:
    day = date(2026, 3, 1)
    model.policy = replace(
        model.policy,
        aliases=[Alias("old", "new", "Anna", day, "moved")],
        accepted_regressions=[AcceptedRegression("old", "Ben", day, "known", "linux||", day, "T-1")],
    )
    columns = ("test_key", "variant_key", "accepted_by", "accepted_on", "until_date", "reason", "ticket")
    accepted = model.rows("ref_accepted_regressions", *columns)
    assert accepted == [("new", "linux||", "Ben", day, day, "known", "T-1")]


def test_a_rename_is_proposed_with_an_entry_for_the_register(model: Workbench, tmp_path: Path) -> None:
    former, now = 'login\\works, "fast"', 'Login::works, "fast" é'
    given_runs(model, *handed_over(former, now))
    (row,) = model.rows("met_alias_proposals", *PAIR, "former_run_count", "run_count", "place_count", "entry")
    assert row[:5] == (former, now, 10, 5, 1)
    file = tmp_path / "aliases.toml"
    file.write_text(str(row[5]), encoding="utf-8")
    (alias,) = read_aliases(file)
    assert (alias.former, alias.now, alias.on, alias.origin) == (former, now, AS_OF.date(), "proposed")
    later = model.another()
    given_runs(later, *handed_over(former, now))
    later.policy = replace(later.policy, aliases=[alias])
    assert later.rows("met_alias_proposals", *PAIR) == []
    assert later.rows("dim_tests", "test_key") == [(now,)]


def test_an_entry_can_be_read_whatever_letters_are_in_the_names(model: Workbench, tmp_path: Path) -> None:
    letters = "".join(chr(place) for place in (*range(1, 32), *range(127, 160)))
    former, now = f"log{letters}in works", f"log{letters}in works now"
    given_runs(model, *handed_over(former, now))
    ((entry,),) = model.rows("met_alias_proposals", "entry")
    file = tmp_path / "aliases.toml"
    file.write_text(str(entry), encoding="utf-8", newline="")
    (alias,) = read_aliases(file)
    assert (alias.former, alias.now, alias.reason) == (former, now, f"{former} → {now}")


def test_each_test_is_proposed_once_with_its_nearest(model: Workbench) -> None:
    for number in (1, 2):
        given_runs(model, *handed_over(f"checkout case {number}", f"checkout case {number}b"))
    assert model.rows("met_alias_proposals", *PAIR) == [
        ("checkout case 1", "checkout case 1b"),
        ("checkout case 2", "checkout case 2b"),
    ]


def test_a_part_that_changed_in_many_names_changed_in_each(model: Workbench) -> None:
    pairs = [
        tuple(f"acme.login.{part}.Case_{number:03}" for part in ("web", "ui")) for number in range(8, 14)
    ]
    for former, now in pairs:
        given_runs(model, *handed_over(former, now))
    expected = [(former, now, 3) for former, now in pairs]
    assert model.rows("met_alias_proposals", *PAIR, "edit_count") == expected


@pytest.mark.parametrize(
    ("ended", "began"),
    [(["checkout 1"], ["checkout 2", "checkout 3"]), (["checkout 1", "checkout 2"], ["checkout 3"])],
)
def test_of_two_that_are_as_near_none_is_proposed(
    model: Workbench, ended: list[str], began: list[str]
) -> None:
    for test in ended:
        given_runs(model, *daily("P" * 10, test, until_days_ago=5))
    for test in began:
        given_runs(model, *daily("P" * 5, test))
    assert model.rows("met_alias_proposals", *PAIR) == []


@pytest.mark.parametrize(
    ("pairs", "expected"), [(1, ["payment"]), (4, ["payment"]), (5, ["checkout 1", "checkout 2", "payment"])]
)
def test_places_with_few_pairs_come_first_up_to_the_pairs_that_are_compared(
    model: Workbench, pairs: int, expected: list[str]
) -> None:
    deciding(model, alias_pair_maximum=pairs, alias_proposal_days=6)
    for test, variant in (("checkout 1", "a||"), ("checkout 2", "a||"), ("payment", "b||")):
        given_runs(model, *handed_over(test, f"{test} now", variant_key=variant))
    assert model.rows("met_alias_proposals", "former_key") == [(test,) for test in expected]


def test_what_neither_ended_nor_began_of_late_is_no_pair_to_compare(model: Workbench) -> None:
    deciding(model, alias_pair_maximum=1, alias_proposal_days=6, alias_gap_days=1)
    given_runs(model, *handed_over("checkout", "checkout now"))
    given_runs(model, *daily("P" * 30, "always there"), *daily("P" * 10, "long gone", until_days_ago=13))
    assert model.rows("met_alias_proposals", *PAIR) == [("checkout", "checkout now")]


def test_a_test_takes_the_place_of_one_other_only(model: Workbench) -> None:
    given_runs(model, *handed_over("checkout 1", "checkout 1b"))
    given_runs(model, *daily("P" * 10, "checkout one", until_days_ago=5))
    assert model.rows("met_alias_proposals", *PAIR) == [("checkout 1", "checkout 1b")]


def test_a_sibling_that_ran_side_by_side_is_no_successor(model: Workbench) -> None:
    given_runs(
        model, *daily("P" * 10, "checkout case 1", until_days_ago=5), *daily("P" * 15, "checkout case 2")
    )
    given_runs(model, *daily("P" * 6, "checkout case 3"))
    assert model.rows("met_alias_proposals", *PAIR) == []


@pytest.mark.parametrize(
    "other",
    [{"project": "other"}, {"suite_key": "other"}, {"variant_key": "other||"}, {"suite_key": None}],
)
def test_what_began_elsewhere_is_no_successor(model: Workbench, other: Row) -> None:
    given_runs(model, *daily("P" * 10, "checkout", until_days_ago=5), *daily("P" * 5, "the rest"))
    given_runs(model, *daily("P" * 5, "checkout 2", 0, **other))
    assert model.rows("met_alias_proposals", *PAIR) == []


def test_variants_and_suites_must_be_the_same_set(model: Workbench) -> None:
    for variant in ("linux||", "mac||"):
        given_runs(model, *handed_over("checkout", "checkout 2", variant_key=variant, suite_key=None))
    given_runs(model, *daily("P" * 10, "payment", until_days_ago=5, variant_key="linux||", suite_key=None))
    given_runs(model, *daily("P" * 10, "payment", until_days_ago=5, variant_key="mac||", suite_key=None))
    given_runs(model, *daily("P" * 5, "payment 2", variant_key="linux||", suite_key=None))
    assert model.rows("met_alias_proposals", *PAIR, "place_count") == [("checkout", "checkout 2", 2)]


def test_a_test_that_still_runs_in_one_variant_has_not_ended(model: Workbench) -> None:
    for variant, days in (("linux||", 5), ("mac||", 1)):
        given_runs(model, *daily("P" * 10, "checkout", until_days_ago=days, variant_key=variant))
        given_runs(model, *daily("P", "checkout 2", 0, variant_key=variant))
        given_runs(model, *daily("P" * 15, "rest", 0, variant_key=variant))
    assert model.rows("met_alias_proposals", *PAIR) == []


def test_a_test_that_still_runs_in_another_project_has_not_ended(model: Workbench) -> None:
    given_runs(model, *handed_over("checkout", "checkout 2"))
    elsewhere: Row = {"project": "other", "suite_key": "s2"}
    given_runs(model, *(run | elsewhere for run in daily("P" * 15, "checkout", execution_key="other-{day}")))
    assert model.rows("met_alias_proposals", *PAIR) == []
    assert model.rows("ana_test_spans", "project", "has_ended", where="test_key = 'checkout'") == [
        ("default", False),
        ("other", False),
    ]


def test_a_rename_in_two_projects_is_one_proposal(model: Workbench) -> None:
    for project in ("one", "two"):
        key = f"{project}-{{day}}"
        given_runs(model, *handed_over("checkout", "checkout 2", project=project, execution_key=key))
    assert model.rows("met_alias_proposals", *PAIR) == [("checkout", "checkout 2")]


@pytest.mark.parametrize(("gap", "expected"), [(0, 1), (13, 1), (14, 0)])
def test_the_new_one_begins_within_the_days_of_the_policy(model: Workbench, gap: int, expected: int) -> None:
    given_runs(model, *handed_over("checkout", "checkout 2", gap))
    given_runs(model, *daily("P" * 30, "always there"))
    assert len(model.rows("met_alias_proposals", *PAIR)) == expected


@pytest.mark.parametrize(("days", "expected"), [(4, 0), (5, 1)])
def test_what_began_long_ago_is_not_proposed(model: Workbench, days: int, expected: int) -> None:
    deciding(model, alias_proposal_days=days)
    given_runs(model, *handed_over("checkout", "checkout 2"))
    assert len(model.rows("met_alias_proposals", *PAIR)) == expected


@pytest.mark.parametrize(("since", "expected"), [(2, 0), (3, 1)])
def test_ended_is_what_is_missing_in_the_last_invocations(
    model: Workbench, since: int, expected: int
) -> None:
    given_runs(model, *handed_over("checkout", "checkout 2", since=since))
    assert len(model.rows("met_alias_proposals", *PAIR)) == expected


def test_other_branches_prove_no_rename_and_hinder_none(model: Workbench) -> None:
    given_runs(model, *handed_over("checkout", "checkout 2"))
    given_runs(model, *daily("P" * 2, "checkout", branch="feature", invocation_key="f{day}"))
    given_runs(model, *daily("P" * 20, "rest"))
    given_runs(model, *handed_over("payment", "payment 2", branch="feature", invocation_key="f{day}"))
    assert model.rows("met_alias_proposals", *PAIR) == [("checkout", "checkout 2")]


def test_a_later_run_of_an_old_commit_hinders_no_rename(model: Workbench) -> None:
    rows = handed_over("checkout", "checkout 2")
    late = {"execution_key": "late", "invocation_key": "late", "triggered_at": AS_OF - timedelta(hours=1)}
    given_runs(model, *rows, rows[8] | late)
    assert model.rows("met_alias_proposals", *PAIR, "former_run_count") == [("checkout", "checkout 2", 11)]


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("6a48ac1b212c2bf468f85dc0", "6a48ac1b212c2bf468f85dc1"),
        ("0b1c2d3e-0000-4000-8000-123456789abc", "0b1c2d3e-0000-4000-8000-123456789abd"),
        ("checkout", "payment"),
    ],
)
def test_ids_and_other_names_are_not_alike(model: Workbench, former: str, now: str) -> None:
    given_runs(model, *handed_over(former, now))
    assert model.rows("met_alias_proposals", *PAIR) == []


def test_without_executions_nothing_is_proposed(model: Workbench) -> None:
    assert model.rows("met_alias_proposals", *PAIR) == []
