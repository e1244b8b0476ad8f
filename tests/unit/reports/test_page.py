"""What the page says: verdict, cards, tables, empty states."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.reports.cells import evidence_command
from pipelines.reports.gates_view import gates_table, overall_word, word_of
from pipelines.reports.nightly import Nightly, read_nightly
from pipelines.reports.page import nightly_page
from pipelines.reports.summary_view import cards, freshness, sentence
from pipelines.reports.tables import nights_table
from tests.unit.reports.report_rows import AS_OF, TONIGHT, execution, release_of, verdict


def test_the_sentence_holds_the_figures(facts: Nightly) -> None:
    assert sentence(facts) == (
        "1 of 2 gates cannot be decided on this evidence, none fails: 89.5% of 38 decided executions passed "
        "(95% CI 75.9–95.8%), −2.7 pp on the same 37 tests × variants; 3 tests newly fail (1 "
        "decided for the first time), 1 was "
        "mended, 1 cause of failure is new."
    )


def test_a_failed_gate_is_named(facts: Nightly) -> None:
    failed = replace(facts, verdicts=(verdict("fail", limit=0.95), verdict("pass")))
    assert sentence(failed).startswith("1 of 2 gates fails (Final pass rate ≥ 95%): ")
    assert nightly_page(failed).word == "✗ FAIL"


def test_warnings_do_not_decide(facts: Nightly) -> None:
    assert overall_word([verdict("pass"), verdict("fail", severity="warning")]) == ("✓ PASS", "good")
    assert overall_word([]) == ("○ NO GATES", "muted")


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (verdict("pass"), "✓ PASS"),
        (verdict("fail"), "✗ FAIL"),
        (verdict("insufficient", reason="straddles"), "≈ INSUFFICIENT"),
        (verdict("insufficient", reason="stale"), "○ NO DATA"),
        (verdict("insufficient", reason="no_data"), "○ NO DATA"),
        (verdict("waived"), "– WAIVED"),
    ],
)
def test_each_verdict_has_a_word_and_a_glyph(given: object, word: str) -> None:
    assert word_of(given)[0] == word  # type: ignore[arg-type]


def test_a_gate_shows_value_interval_count_and_limit() -> None:
    row = gates_table([verdict("insufficient", reason="straddles", limit=0.9)]).rows[0]
    assert [cell.text for cell in row] == [
        "≈ INSUFFICIENT",
        "Final pass rate",
        "91.0%",
        "86.0%–95.0%",
        "910 of 1,000",
        "≥ 90%",
        "Compared.",
    ]
    hours = gates_table([verdict(unit="hours", value=3.25, limit=24.0, comparison="<=", low=None)]).rows[0]
    assert [cell.text for cell in hours[2:6]] == ["3.2 h", "–", "910 of 1,000", "≤ 24 h"]
    assert gates_table([verdict(low=0.91, high=0.91)]).rows[0][3].text == "exact"


def test_cards_say_change_and_are_grey_where_it_may_be_none(facts: Nightly) -> None:
    rate, newly, executed, time = cards(facts)
    assert (rate.value, rate.change, rate.tone) == ("89.5%", "−2.7 pp on the same 37 tests × variants", "")
    assert rate.note == "95% CI 75.9–95.8% · n = 38"
    assert rate.target == "target ≥ 85%"
    assert (newly.value, newly.change, newly.tone) == ("3", "+3 vs 7-night median (0–1)", "bad")
    assert (executed.value, executed.note) == (
        "97.4%",
        "38 of 39 executions were run · 1 skipped or called off",
    )
    assert time.tone == "", "no interval, no judgement"


def test_what_a_storm_took_stands_beside_the_tests_that_count(facts: Nightly) -> None:
    *before, tonight = facts.changes
    stormy = replace(facts, changes=[*before, replace(tonight, storm_count=2_589)])
    assert (
        cards(stormy)[1].target
        == "1 failing still · 1 mended · of 38 tests × variants · 2,589 in infra storms"
    )


def test_the_numbers_of_a_night_add_up(facts: Nightly) -> None:
    rows = nights_table(
        [replace(rate, unverified_count=3, unknown_count=2) for rate in facts.rates.nights]
    ).rows
    named = [column.title for column in nights_table([]).columns]
    parts = ("Passed", "Failed", "Error, timed out", "Unverified", "Not run", "No outcome")
    for row, rate in zip(rows, reversed(facts.rates.nights), strict=True):
        assert sum(int(row[named.index(part)].text) for part in parts) == rate.execution_count + 5


def test_the_way_to_the_evidence_is_a_command(facts: Nightly) -> None:
    failing = next(part for part in nightly_page(facts).parts if part.key == "failing").tables[0]
    assert failing.rows[0][-1].command == (
        "exr sql \"from fct_executions where execution_key = '0331-01-api-breaks'\""
    )


def test_an_incomplete_night_says_so_before_its_figures(facts: Nightly) -> None:
    incomplete = replace(facts, verdicts=[verdict("insufficient", reason="incomplete")])
    assert sentence(incomplete).startswith(
        "The night is incomplete, so its figures may be wrong; 1 of 1 gate cannot be decided on this evidence"
    )


@pytest.mark.parametrize("key", ["a'b", "$(rm -rf ~)", "`id`", 'a"b', "a\\b", "a b", "", "x" * 200])
def test_a_key_that_a_shell_would_act_on_gives_no_command(key: str) -> None:
    assert evidence_command(key) == ""


def test_freshness_is_painted_by_age(facts: Nightly) -> None:
    tones = [
        freshness(replace(facts.night, last_execution_at=AS_OF - timedelta(hours=hours)))[1]
        for hours in (25, 27, 51)
    ]
    assert tones == ["good", "warn", "bad"]
    assert freshness(facts.night)[0] == "Data as of 2026-03-31 12:00 UTC · 2 of 2 suites ran this night"


def test_a_release_without_executions_says_no_runs_yet(tmp_path: Path) -> None:
    facts = read_nightly(release_of(tmp_path, []), ())
    page = nightly_page(facts)
    assert page.sentence == "No gate was judged. No runs yet: the release holds no execution."
    assert page.cards == ()
    said = {part.key: part.empty or part.tables[0].empty for part in page.parts}
    assert (
        said["trend"]
        == said["stability"]
        == said["failing"]
        == "No runs yet: the release holds no execution."
    )
    assert said["gates"] == "No gate was judged with this report."


def test_a_late_source_says_when_it_was_last_seen(tmp_path: Path) -> None:
    rows = [execution("t", TONIGHT - timedelta(days=days), "failed") for days in (3, 4)]
    page = nightly_page(read_nightly(release_of(tmp_path, rows), ()))
    late = "Source late: no execution this night; the last one was seen 2026-03-28 01:00 UTC."
    assert page.cards_empty == late
    assert (page.freshness_tone, page.freshness) == (
        "bad",
        "Data as of 2026-03-31 12:00 UTC · last execution seen 2026-03-28 01:00 UTC",
    )
    said = {part.key: part.empty or [table.empty for table in part.tables] for part in page.parts}
    assert said["failing"] == [late]
