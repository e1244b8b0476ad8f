"""The tables of rates that were tested: flaky tests, infra storms, trends; each rate with its interval.

What belongs here: estimates with what they rest on. What does not: which tests fail and since when
(broken_tables.py), counts (tables.py).
"""

from typing import Final

from pipelines.reports import formats
from pipelines.reports.bars import interval_bar, scale_of
from pipelines.reports.cells import all_rows, evidence, name, number, part
from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.flaky import FlakyTest
from pipelines.reports.sections.trends import TrendVerdict
from pipelines.reports.tables import nothing
from pipelines.reports.text import visible
from pipelines.reports.views import Cell, Column, Picture, Table, Tone

_LABELS: Final[dict[str, tuple[str, Tone]]] = {
    "flaky": ("~ flaky", "warn"),
    "rarely_flaky": ("~ rarely flaky", "warn"),
    "suspected": ("? suspected", "muted"),
}
_DIRECTIONS: Final[dict[str, tuple[str, Tone]]] = {
    "declining": ("↓ declining", "bad"),
    "improving": ("↑ improving", "good"),
    "flat": ("→ flat", ""),
    "insufficient": ("≈ insufficient", "muted"),
}


def flaky_table(facts: Nightly) -> Table:
    """Flaky tests by the lower end of their rate."""
    rows = facts.flaky.rows
    scale = scale_of([row.high for row in rows])
    return Table(
        key="flaky",
        caption="Tests that flake, or may, ranked by the lower end of the rate's 95% interval",
        columns=(
            Column("Label", "verdict", 1.3),
            Column("Test", "name", 3.6),
            Column("Variant", "name", 2.2),
            Column("Flakes", "number", 1.5),
            Column("Flake rate", "number", 1.5),
            Column(f"0 to {formats.limit(scale)}", "picture", 2.2),
            Column("Last flake", "date", 1.3),
            Column("Evidence", "evidence", 2.4),
        ),
        rows=tuple(_flaky_row(row, scale) for row in rows),
        first_rows=15,
        print_rows=40,
        note=all_rows("from met_flakiness order by posterior_low desc"),
        total=facts.flaky.total,
        empty=nothing(facts, _none_flaky(facts)),
    )


def _none_flaky(facts: Nightly) -> str:
    shown = facts.flaky.exposure.grade_a_run_count
    if not shown:
        return (
            "No flake was seen, and none could be: no run was retried, and no test ran twice at one commit. "
            "Retries, or a second run at the same commit, would tell."
        )
    return (
        f"No flake in {formats.plural(shown, 'run')} that could have shown one "
        "(retried, or at a commit with several runs)."
    )


def _flaky_row(row: FlakyTest, scale: float) -> tuple[Cell, ...]:
    word, tone = _LABELS[row.label]
    entered = f"was {(row.former_label or 'new').replace('_', ' ')}" if row.has_entered else ""
    counted = row.flake_count + row.pass_count
    return (
        Cell(word, tone=tone, detail=entered or f"grade {row.evidence_grade}", title=visible(row.reason)),
        name(row.test),
        name(row.variant, 40),
        part(
            row.flake_count,
            counted,
            f"+ {formats.plural(row.hard_fail_count, 'hard failure')}" if row.hard_fail_count else "",
        ),
        Cell(
            formats.percent(row.rate, counted),
            sort=row.low,
            detail=formats.interval(row.low, row.high),
        ),
        Cell(
            "",
            sort=row.low,
            picture=Picture(
                interval_bar(row.rate, row.low, row.high, scale),
                f"{formats.percent(row.rate)}, 95% interval {formats.interval(row.low, row.high)}",
            ),
        ),
        Cell(
            f"{row.last_flake_at:%Y-%m-%d}" if row.last_flake_at else formats.NOTHING,
            sort=row.last_flake_at.timestamp() if row.last_flake_at else None,
        ),
        evidence(row.execution_key or ""),
    )


def storms_table(facts: Nightly) -> Table:
    """Infra storms of the window, newest first."""
    return Table(
        key="storms",
        caption="Infra storms: invocations in which most tests failed that had passed before",
        columns=(
            Column("Began", "date", 2.0),
            Column("Invocation", "name", 3.6),
            Column("Suites", "number", 0.9),
            Column("Build", "name", 2.0),
            Column("Failed of those that had passed", "number", 2.2),
            Column("95% interval", "number", 1.6),
            Column("Executions left out", "number", 1.4),
        ),
        rows=tuple(
            (
                Cell(formats.moment(storm.began_at), sort=storm.began_at.timestamp()),
                name(storm.invocation),
                number(storm.suite_count),
                name(storm.build_version or formats.NOTHING, 30),
                part(storm.failing_count, storm.baseline_count),
                Cell(
                    formats.interval(storm.failing_share_low, storm.failing_share_high),
                    sort=storm.failing_share_low,
                ),
                number(storm.excluded_count),
            )
            for storm in facts.storms
        ),
        first_rows=10,
        print_rows=20,
        empty=nothing(facts, "No infra storm in the window."),
    )


def trends_table(facts: Nightly) -> Table:
    """What the pass rates of everything, the projects and the suites do."""
    return Table(
        key="trends",
        caption="Is it getting better? Final pass rate by day, one mix of tests, protected branches",
        columns=(
            Column("Trend", "verdict", 1.6),
            Column("Scope", "name", 3.0),
            Column("Days", "number", 0.8),
            Column("Runs", "number", 1.2),
            Column("Per week", "number", 2.4),
            Column("q", "number", 0.9),
            Column("Worse days of this week", "text", 2.0),
            Column("Last 7 days, same tests", "number", 2.4),
            Column("By the mix", "number", 1.2),
        ),
        rows=tuple(_trend_row(row) for row in facts.trends),
        first_rows=10,
        print_rows=30,
        note=all_rows("from met_pass_rate_trend"),
        empty=nothing(facts, "No run on a protected branch in the window."),
    )


def _trend_row(row: TrendVerdict) -> tuple[Cell, ...]:
    word, tone = _DIRECTIONS[row.direction]
    scope = "everything" if row.scope_type == "all" else f"{row.scope_type} {row.scope}"
    return (
        Cell(word, tone=tone, title=visible(row.reason)),
        name(scope),
        number(row.day_count),
        number(row.run_count),
        _points_with_interval(row.slope, row.slope_low, row.slope_high, 1),
        Cell(formats.probability(row.q_value), sort=row.q_value),
        Cell(
            ", ".join(formats.day(day) for day in row.signal_days) or formats.NOTHING,
            sort=len(row.signal_days),
            tone="bad" if row.signal_days else "",
        ),
        _points_with_interval(row.standardised_difference, row.difference_low, row.difference_high, 100),
        Cell(formats.points(row.mix_effect), sort=row.mix_effect)
        if row.mix_effect is not None and row.difference_low is not None
        else Cell(formats.NOTHING),
    )


def _points_with_interval(value: float | None, low: float | None, high: float | None, scale: int) -> Cell:
    """Percentage points; nothing where there is no interval to show beside."""
    if value is None or low is None or high is None:
        return Cell(formats.NOTHING)
    shown, least, most = (formats.points(part * scale / 100) for part in (value, low, high))
    return Cell(shown, sort=value, detail=f"{least} to {most}")
