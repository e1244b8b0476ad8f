"""The tables of the page: which columns they have, how a row is written, what they say when they are empty.

What belongs here: tables of counts and facts. What does not: what was tested (broken_tables.py,
rate_tables.py), the gates' table (gates_view.py) and layout.
"""

from collections.abc import Sequence
from typing import Final

from pipelines.reports import formats
from pipelines.reports.cells import NAME_LENGTH, WHOLE_LENGTH, all_rows, evidence, name, number
from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.failing import FailingTest
from pipelines.reports.sections.failures import FailureGroup
from pipelines.reports.sections.pass_rates import NightlyRate
from pipelines.reports.summary_view import late_sentence
from pipelines.reports.text import shorten_end, shorten_middle, visible
from pipelines.reports.views import Cell, Column, Table, Tone

MESSAGE_LENGTH: Final = 180
_OUTCOME_WORDS: Final[dict[str, tuple[str, Tone]]] = {
    "failed": ("✗ failed", "bad"),
    "error": ("! error", "error"),
    "timed_out": ("✗ timed out", "bad"),
}


def causes_table(facts: Nightly) -> Table:
    """Failures of the night by fingerprint."""
    return Table(
        key="causes",
        caption="Causes: executions whose messages have the same fingerprint; new ones first",
        columns=(
            Column("State", "verdict", 1.0),
            Column("Message and example", "message", 4.8),
            Column("Tests", "number", 0.9),
            Column("Executions", "number", 1.5),
            Column("Suites", "text", 2.4),
            Column("First seen", "date", 1.5),
            Column("Evidence", "evidence", 3.0),
        ),
        rows=tuple(_cause_row(group) for group in facts.failures),
        first_rows=10,
        print_rows=12,
        note=all_rows("from met_failures_by_fingerprint where recent_execution_count > 0"),
        empty=nothing(facts, "Nothing with a message failed this night."),
    )


def _cause_row(group: FailureGroup) -> tuple[Cell, ...]:
    suites = [visible(suite) for suite in group.suites]
    message = visible(group.message)
    example = f"{shorten_middle(visible(group.example_test), NAME_LENGTH)} in {visible(group.example_suite)}"
    return (
        Cell(
            "● NEW" if group.is_new else "known",
            sort=float(not group.is_new),
            tone="bad" if group.is_new else "muted",
        ),
        Cell(
            shorten_end(message, MESSAGE_LENGTH),
            title=shorten_end(message, WHOLE_LENGTH),
            detail=f"e.g. {shorten_end(example, NAME_LENGTH * 2)}",
        ),
        number(group.test_count),
        Cell(
            formats.count(group.execution_count),
            sort=group.execution_count,
            detail=f"{formats.count(group.all_execution_count)} ever",
        ),
        Cell(
            formats.plural(len(suites), "suite"),
            sort=len(suites),
            detail=shorten_end(", ".join(shorten_middle(suite, 40) for suite in suites), 130),
        ),
        Cell(f"{group.first_seen_at:%Y-%m-%d}", sort=group.first_seen_at.timestamp()),
        evidence(group.example_execution_key),
    )


def nights_table(nights: Sequence[NightlyRate]) -> Table:
    """The numbers behind the chart of nights."""
    return Table(
        key="nights",
        caption="The numbers of the chart, newest night first",
        columns=(
            Column("Night", "date", 1.3),
            Column("Suites", "number"),
            Column("Executions", "number", 1.2),
            Column("Decided", "number", 1.2),
            Column("Passed", "number", 1.2),
            Column("Failed", "number"),
            Column("Error, timed out", "number", 1.3),
            Column("Unverified", "number", 1.2),
            Column("Not run", "number"),
            Column("No outcome", "number", 1.1),
            Column("Pass rate", "number", 1.1),
            Column("95% interval", "number", 1.5),
        ),
        rows=tuple(_night_row(rate) for rate in reversed(nights)),
        print_rows=14,
        is_folded=True,
    )


def _night_row(rate: NightlyRate) -> tuple[Cell, ...]:
    storm = f"infra storm: {formats.count(rate.storm_count)} executions" if rate.storm_count else ""
    return (
        Cell(f"{rate.date}", detail=storm),
        number(rate.suite_count),
        number(rate.execution_count),
        number(rate.decided_count),
        number(rate.passed_count),
        number(rate.failed_count),
        number(rate.broken_count),
        number(rate.unverified_count),
        number(rate.not_run_count),
        number(rate.unknown_count + rate.in_flight_count),
        Cell(formats.percent(rate.rate, rate.decided_count), sort=rate.rate),
        Cell(formats.interval(rate.low, rate.high), sort=rate.low),
    )


def slowest_table(facts: Nightly) -> Table:
    """The slowest tests of a week."""
    return Table(
        key="slowest",
        caption="Slowest tests: verified passes of the last 7 nights",
        columns=(
            Column("Test", "name", 4.3),
            Column("Variant", "name", 3.0),
            Column("Passed", "number", 0.9),
            Column("Median", "number", 1.3),
            Column("Range", "number", 2.5),
            Column("Time in all", "number", 1.5),
        ),
        rows=tuple(
            (
                name(test.test),
                name(test.variant, 40),
                number(test.passed_count),
                Cell(formats.duration(test.median_ms), sort=test.median_ms),
                Cell(f"{formats.duration(test.min_ms)} – {formats.duration(test.max_ms)}", sort=test.max_ms),
                Cell(formats.duration(test.total_ms), sort=test.total_ms),
            )
            for test in facts.slowest
        ),
        first_rows=10,
        print_rows=15,
        empty=nothing(facts, "No passed execution of the last 7 nights has a duration."),
    )


def suite_durations_table(facts: Nightly) -> Table:
    """Durations of this night by suite."""
    return Table(
        key="suite-durations",
        caption="Durations of verified passes this night, by suite; p95 needs 72 values",
        columns=(
            Column("Suite", "name", 4.0),
            Column("Passed", "number", 1.0),
            Column("p50", "number", 1.2),
            Column("p95", "number", 1.2),
            Column("Longest", "number", 1.4),
            Column("Time in all", "number", 1.5),
        ),
        rows=tuple(
            (
                name(suite.suite),
                number(suite.passed_count),
                *(
                    Cell(formats.duration(value), sort=value)
                    for value in (suite.p50_ms, suite.p95_ms, suite.max_ms, suite.total_ms)
                ),
            )
            for suite in facts.suite_durations
        ),
        empty=nothing(facts, "No passed attempt of this night has a duration."),
    )


def failing_table(facts: Nightly) -> Table:
    """The tests that failed this night."""
    failing = facts.failing
    return Table(
        key="failing",
        caption="Tests that failed this night, newly failing first",
        columns=(
            Column("Test", "name", 4.0),
            Column("Variant", "name", 2.9),
            Column("Outcome", "verdict", 2.0),
            Column("Failing since", "text", 1.8),
            Column("Message", "message", 3.7),
            Column("Evidence", "evidence", 3.3),
        ),
        rows=tuple(_failing_row(test) for test in failing.rows),
        first_rows=15,
        print_rows=40,
        note=all_rows("from met_failing_tests_nightly"),
        total=failing.total,
        empty=nothing(facts, "No test failed this night."),
    )


def _failing_row(test: FailingTest) -> tuple[Cell, ...]:
    word, tone = _OUTCOME_WORDS.get(test.outcome, (test.outcome, "bad"))
    since, streak = _streak(test)
    message = visible(test.message or "")
    return (
        name(test.test),
        name(test.variant, 40),
        Cell(word, tone=tone, detail=f"{test.failing_count} of {test.decided_count} decided"),
        Cell(since, sort=test.streak_nights, detail=streak, tone="strong" if test.is_newly_failing else ""),
        Cell(shorten_end(message, 120) or formats.NOTHING, title=shorten_end(message, WHOLE_LENGTH)),
        evidence(test.execution_key),
    )


def _streak(test: FailingTest) -> tuple[str, str]:
    if test.is_in_storm:
        return "this night", "infra storm"
    if test.is_first_run:
        return "this night", "first decided run"
    if test.is_newly_failing:
        return "this night", "passed before"
    return f"{formats.day(test.since)}", f"{test.streak_nights} nights"


def checks_table(facts: Nightly) -> Table:
    """The checks of our own data."""
    return Table(
        key="checks",
        caption="Checks of our own data, breached ones first",
        columns=(
            Column("Result", "verdict", 1.2),
            Column("Statement", "text", 4.0),
            Column("Kind", "text", 1.2),
            Column("Breaches", "number", 1.0),
            Column("Example", "message", 4.0),
        ),
        rows=tuple(
            (
                Cell("✓ holds", tone="good") if not check.breach_count else Cell("✗ breached", tone="bad"),
                Cell(visible(check.statement)),
                Cell(check.severity),
                number(check.breach_count),
                Cell(shorten_end(visible(check.sample or ""), 160) or formats.NOTHING),
            )
            for check in facts.checks.checks
        ),
        empty="The release holds no result of a check.",
    )


def nothing(facts: Nightly, otherwise: str) -> str:
    """Why a section is empty: no runs yet, source late, or simply nothing of the kind."""
    return otherwise if facts.night.state == "current" else late_sentence(facts.night)
