"""The tables of what is to be expected: the newest build, gaps of coverage, pass rates of the next days.

What belongs here: probabilities with what they rest on. What does not: what happened (the other *tables.py).
"""

from typing import Final

from pipelines.reports import formats
from pipelines.reports.cells import all_rows, evidence, name, number, part
from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.confidence import Confidence, Driver
from pipelines.reports.sections.coverage import CoverageGap
from pipelines.reports.sections.forecasts import Forecast
from pipelines.reports.tables import nothing
from pipelines.reports.text import visible
from pipelines.reports.views import Cell, Column, Table

_TIERS: Final = {"p0": "P0: high priority", "p0_p1": "P0 and P1: high, medium", "all": "all required tests"}
_KINDS: Final = {"failing": "✗ failing", "unexecuted": "- not executed", "stale": "- not executed lately"}


def confidence_table(facts: Nightly) -> Table:
    """The newest build of each project, by tier."""
    return Table(
        key="confidence",
        caption="Release confidence of the newest build: chance that no required test has a genuine failure",
        columns=(
            Column("Project and build", "name", 2.8),
            Column("Tier", "text", 2.4),
            Column("Confidence", "number", 1.4),
            Column("Low to high", "number", 1.6),
            Column("Genuine failures expected", "number", 1.6),
            Column("Executed", "number", 1.8),
            Column("Failing", "number", 1.0),
            Column("Quality score", "number", 1.8),
        ),
        rows=tuple(_confidence_row(row) for row in facts.confidences.rows),
        note=all_rows("from met_release_confidence where is_newest"),
        empty=nothing(facts, "No execution names its build: nothing can be said of a build."),
    )


def _confidence_row(row: Confidence) -> tuple[Cell, ...]:
    is_known = row.confidence is not None and row.expected_failures is not None
    return (
        name(row.build, 40),
        Cell(_TIERS[row.tier], detail=f"project {visible(row.project)}"),
        Cell(
            formats.percent(row.confidence),
            sort=row.confidence,
            detail="uncalibrated" if is_known else visible(f"lacks {row.lacks}"),
        ),
        Cell(formats.interval(row.low, row.high), sort=row.low),
        Cell(f"{row.expected_failures:,.2f}" if is_known else formats.NOTHING, sort=row.expected_failures),
        part(row.executed_count, row.required_count),
        number(row.failing_count),
        Cell(
            formats.percent(row.score), sort=row.score, detail=formats.interval(row.score_low, row.score_high)
        ),
    )


def drivers_table(facts: Nightly) -> Table:
    """What takes confidence, the largest first."""
    return Table(
        key="drivers",
        caption="What takes confidence of the newest build, each root cause once, and what would settle it",
        columns=(
            Column("Kind", "verdict", 1.5),
            Column("Worst test of the cause", "name", 3.8),
            Column("Attempts F / P", "number", 1.2),
            Column("Changes", "number", 1.0),
            Column("Chance of a genuine failure", "number", 1.5),
            Column("Of what is lost", "number", 1.1),
            Column("What would settle it", "text", 3.2),
            Column("Evidence", "evidence", 2.4),
        ),
        rows=tuple(_driver_row(driver) for driver in facts.confidences.drivers),
        first_rows=10,
        print_rows=15,
        note=all_rows("from met_release_confidence_drivers order by contribution"),
        empty=nothing(
            facts, "Nothing takes confidence: every required test is settled, or none is required."
        ),
    )


def _driver_row(driver: Driver) -> tuple[Cell, ...]:
    others = driver.test_count - 1
    return (
        Cell(_KINDS.get(driver.kind, driver.kind), tone="bad" if driver.kind == "failing" else "muted"),
        name(driver.test)
        if others < 1
        else Cell(
            name(driver.test).text,
            title=name(driver.test).title,
            detail=f"and {formats.plural(others, 'other')}",
        ),
        Cell(
            f"{driver.failing_count} / {driver.passing_count}",
            sort=driver.failing_count,
            detail=f"flakes {formats.interval(driver.flake_rate_low, driver.flake_rate_high)}",
        ),
        Cell(
            formats.count(round(driver.change_count)) if driver.change_count is not None else formats.NOTHING,
            sort=driver.change_count,
        ),
        Cell(formats.percent(driver.probability), sort=driver.probability),
        Cell(formats.percent(driver.share), sort=driver.share),
        Cell(visible(driver.remedy or formats.NOTHING)),
        evidence(driver.execution_key or ""),
    )


def gaps_table(facts: Nightly) -> Table:
    """Suites and features with tests that did not run lately."""
    coverage = facts.coverage
    return Table(
        key="gaps",
        caption="Gaps: tests that did not run lately, ranked by the breaks that they may have let through",
        columns=(
            Column("Suite or feature", "name", 3.6),
            Column("Not run lately", "number", 1.8),
            Column("Never run", "number", 1.0),
            Column("Changes missed", "number", 1.3),
            Column("Undetected breaks expected", "number", 1.9),
            Column("Priority", "text", 1.0),
            Column("Longest not run", "name", 3.2),
        ),
        rows=tuple(_gap_row(gap) for gap in coverage.gaps) if coverage else (),
        first_rows=10,
        print_rows=15,
        note=all_rows("from met_coverage_gaps"),
        empty=nothing(facts, "Every test that should run ran lately."),
    )


def _gap_row(gap: CoverageGap) -> tuple[Cell, ...]:
    return (
        Cell(name(gap.component).text, title=name(gap.component).title, detail=gap.component_type),
        part(gap.unexecuted_count, gap.test_count),
        number(gap.never_executed_count),
        Cell(f"{gap.mean_change_count:,.0f}", sort=gap.mean_change_count),
        Cell(f"{gap.expected_breaks:.2f}", sort=gap.expected_breaks, detail=f"{gap.low:.2f}–{gap.high:.2f}"),
        Cell(gap.top_priority or formats.NOTHING),
        name(gap.first_test),
    )


def forecasts_table(facts: Nightly) -> Table:
    """Pass rates of the next day, of scopes whose forecast beats its references."""
    return Table(
        key="forecasts",
        caption="Forecasts that beat the naive ones: final pass rate of the next day with runs",
        columns=(
            Column("Scope", "name", 3.4),
            Column("Day", "date", 1.3),
            Column("Pass rate", "number", 1.3),
            Column("80% interval", "number", 1.6),
            Column("Better than naive by", "number", 1.5),
            Column("Days within the interval", "number", 1.6),
        ),
        rows=tuple(_forecast_row(forecast) for forecast in facts.outlook.forecasts),
        first_rows=10,
        print_rows=15,
        note=all_rows("from met_forecast_backtest"),
        empty=nothing(facts, _no_forecast(facts)),
    )


def _forecast_row(forecast: Forecast) -> tuple[Cell, ...]:
    scope = "everything" if forecast.scope_type == "all" else f"{forecast.scope_type} {forecast.scope}"
    return (
        name(scope),
        Cell(f"{forecast.first_date}", sort=forecast.first_date.toordinal()),
        Cell(formats.percent(forecast.rate), sort=forecast.rate),
        Cell(formats.interval(forecast.low, forecast.high), sort=forecast.low),
        Cell(formats.percent(forecast.skill), sort=forecast.skill),
        Cell(formats.percent(forecast.coverage), sort=forecast.coverage),
    )


def _no_forecast(facts: Nightly) -> str:
    """Why none is shown, by the most frequent reason."""
    tested = [backtest for backtest in facts.outlook.backtests if backtest.kind == "pass_rate"]
    if not tested:
        return "No forecast: no runs on protected branches."
    scopes = formats.plural(max(backtest.scope_count for backtest in tested), "scope")
    return (
        f"No forecast of a pass rate: none of {scopes} has one that beats the naive ones "
        f"(mostly: {tested[0].reason})."
    )
