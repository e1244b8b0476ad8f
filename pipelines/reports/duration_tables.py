"""The tables of durations: what became slower, the slowest tests, the suites of the night.

What belongs here: durations and their changes. What does not: rates (rate_tables.py).
"""

from pipelines.reports import formats
from pipelines.reports.cells import all_rows, evidence, name, number
from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.slowed import ChangedStep, ChangedTest
from pipelines.reports.tables import nothing
from pipelines.reports.views import Cell, Column, Table, Tone

_DIRECTIONS: dict[str, tuple[str, Tone]] = {"slower": ("↑ slower", "bad"), "faster": ("↓ faster", "good")}


def changed_tests_table(facts: Nightly) -> Table:
    """Tests whose last passes took longer, or less, than those before."""
    return Table(
        key="changed-tests",
        caption="Tests that became slower or faster: the last 20 passes against up to 60 before",
        columns=(
            Column("Change", "verdict", 1.3),
            Column("Test", "name", 3.6),
            Column("Variant", "name", 2.4),
            Column("Median now", "number", 1.4),
            Column("Ratio", "number", 1.6),
            Column("q", "number", 0.9),
            Column("Since", "date", 1.2),
            Column("Evidence", "evidence", 2.4),
        ),
        rows=tuple(_changed_test_row(test) for test in facts.changed.tests),
        first_rows=10,
        print_rows=20,
        note=all_rows("from met_duration_shift where direction in ('slower', 'faster')"),
        empty=nothing(
            facts,
            f"Of {formats.plural(facts.changed.compared_test_count, 'test × variant', 'tests × variants')} "
            "with enough passes none became slower or faster.",
        ),
    )


def _changed_test_row(test: ChangedTest) -> tuple[Cell, ...]:
    word, tone = _DIRECTIONS[test.direction]
    return (
        Cell(word, tone=tone, detail="many timed out" if test.is_censored else ""),
        name(test.test),
        name(test.variant, 40),
        Cell(
            formats.duration(test.current_p50_ms),
            sort=test.current_p50_ms,
            detail=f"was {formats.duration(test.baseline_p50_ms)} · "
            f"n = {test.current_count}, {test.baseline_count}",
        ),
        _ratio(test.ratio, test.low, test.high),
        Cell(formats.probability(test.q_value), sort=test.q_value),
        Cell(
            f"{test.since}" if test.since else formats.NOTHING,
            sort=test.since.toordinal() if test.since else None,
        ),
        evidence(test.execution_key or ""),
    )


def changed_steps_table(facts: Nightly) -> Table:
    """Steps whose daily medians moved."""
    return Table(
        key="changed-steps",
        caption="Steps that became slower or faster: daily medians of 7 days against the 28 before",
        columns=(
            Column("Change", "verdict", 1.3),
            Column("Step", "name", 3.4),
            Column("Suite", "name", 2.6),
            Column("Median now", "number", 1.4),
            Column("Ratio", "number", 1.6),
            Column("q", "number", 0.9),
            Column("Of all step time", "number", 1.2),
        ),
        rows=tuple(_changed_step_row(step) for step in facts.changed.steps),
        first_rows=10,
        print_rows=20,
        note=all_rows("from met_step_time order by duration_rank"),
        empty=nothing(
            facts,
            f"Of {formats.plural(facts.changed.compared_step_count, 'step')} with enough days none became "
            "slower or faster.",
        ),
    )


def _changed_step_row(step: ChangedStep) -> tuple[Cell, ...]:
    word, tone = _DIRECTIONS[step.direction]
    return (
        Cell(word, tone=tone),
        name(step.step),
        name(step.suite, 40),
        Cell(
            formats.duration(step.sample_p50_ms),
            sort=step.sample_p50_ms,
            detail=f"was {formats.duration(step.basis_p50_ms)} · "
            f"days = {step.day_count}, {step.basis_day_count}",
        ),
        _ratio(step.ratio, step.low, step.high),
        Cell(formats.probability(step.q_value), sort=step.q_value),
        Cell(formats.percent(step.duration_share), sort=step.duration_share),
    )


def _ratio(ratio: float, low: float, high: float) -> Cell:
    return Cell(f"× {ratio:.2f}", sort=ratio, detail=f"{low:.2f}–{high:.2f}")


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
