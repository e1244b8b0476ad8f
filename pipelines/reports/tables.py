"""The tables of the page: which columns they have, how a row is written, what they say when they are empty.

What belongs here: tables of counts and facts. What does not: what was tested (broken_tables.py,
rate_tables.py), the gates' table (gates_view.py) and layout.
"""

from collections.abc import Sequence
from typing import Final

from pipelines.reports import formats
from pipelines.reports.cells import WHOLE_LENGTH, all_rows, evidence, name, number
from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.failing import FailingTest
from pipelines.reports.sections.pass_rates import NightlyRate
from pipelines.reports.summary_view import late_sentence
from pipelines.reports.text import shorten_end, visible
from pipelines.reports.views import Cell, Column, Table, Tone

_OUTCOME_WORDS: Final[dict[str, tuple[str, Tone]]] = {
    "failed": ("✗ failed", "bad"),
    "error": ("! error", "error"),
    "timed_out": ("✗ timed out", "bad"),
}


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
