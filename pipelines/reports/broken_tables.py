"""The tables of broken and regressed tests: what fails more than it did, since when, by which evidence.

What belongs here: claims about single tests with the window in which a change came in. What does not: rates
with their intervals (rate_tables.py) and this night's failures whatever their cause (tables.py).
"""

from datetime import datetime
from typing import Final

from pipelines.reports import formats
from pipelines.reports.cells import all_rows, evidence, name, part
from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.broken import BrokenTest, Cut, RegressedTest
from pipelines.reports.tables import nothing
from pipelines.reports.text import shorten_end, shorten_middle, visible
from pipelines.reports.views import Cell, Column, Table

_NAMED_SUSPECTS: Final = 3


def regressed_table(facts: Nightly) -> Table:
    """Open regressions, new ones first."""
    return Table(
        key="regressed",
        caption="Regressed tests: the last days against those before, or against the basis of the opening",
        columns=(
            Column("State", "verdict", 1.1),
            Column("Test", "name", 3.6),
            Column("Variant", "name", 2.2),
            Column("Failed", "number", 1.4),
            Column("Failed before", "number", 1.6),
            Column("Drop of the pass rate", "number", 2.0),
            Column("q", "number", 0.9),
            Column("Came in", "text", 2.6),
            Column("Evidence", "evidence", 2.4),
        ),
        rows=tuple(_regressed_row(test) for test in facts.broken.regressed),
        first_rows=15,
        print_rows=40,
        note=all_rows("from met_regressions where state = 'regressed'"),
        total=facts.broken.regressed_total,
        empty=nothing(facts, _none_regressed(facts)),
    )


def _none_regressed(facts: Nightly) -> str:
    compared = facts.broken.compared_count - facts.broken.insufficient_count
    return (
        f"No test regressed: {formats.plural(compared, 'test × variant', 'tests × variants')} compared, "
        f"{formats.count(facts.broken.insufficient_count)} with too few runs to say."
    )


def _regressed_row(test: RegressedTest) -> tuple[Cell, ...]:
    against = {"window": "", "opening": "basis of its opening", "target": "no basis: target"}[test.basis_kind]
    return (
        Cell(
            "● NEW" if test.is_new else "open",
            sort=float(not test.is_new),
            tone="bad",
            detail="this night" if test.is_new else f"since {formats.day(test.opened_at)}",
        ),
        name(test.test),
        name(test.variant, 40),
        part(test.sample_failed_count, test.sample_run_count),
        part(test.basis_failed_count, test.basis_run_count, against),
        Cell(
            formats.NOTHING if test.drop is None else formats.points(-test.drop),
            sort=test.drop_low if test.drop_low is not None else test.drop,
            detail=_drop_interval(test),
            tone="strong" if test.is_extreme else "",
        ),
        Cell(formats.probability(test.q_value), sort=test.q_value),
        _cut(test.cut),
        evidence(test.execution_key or ""),
    )


def _drop_interval(test: RegressedTest) -> str:
    if test.drop_low is None or test.drop_high is None:
        return ""
    return f"{formats.points(-test.drop_high)} to {formats.points(-test.drop_low)}"


def broken_table(facts: Nightly) -> Table:
    """Tests that are broken, the latest break first."""
    return Table(
        key="broken",
        caption="Broken tests: failing since they were last good, and not by flakes; latest break first",
        columns=(
            Column("Test", "name", 4.0),
            Column("Variant", "name", 2.6),
            Column("Failed since", "number", 1.6),
            Column("Probability", "number", 1.3),
            Column("Came in", "text", 3.2),
            Column("Evidence", "evidence", 2.6),
        ),
        rows=tuple(_broken_row(test) for test in facts.broken.broken),
        first_rows=15,
        print_rows=20,
        note=all_rows("from met_flakiness where label = 'broken'"),
        total=facts.broken.broken_total,
        empty=nothing(facts, "No test is broken."),
    )


def _broken_row(test: BrokenTest) -> tuple[Cell, ...]:
    return (
        name(test.test),
        name(test.variant, 40),
        part(test.failed_count, test.run_count),
        Cell(formats.percent(test.probability), sort=test.probability),
        _cut(test.cut, "before its first run here"),
        evidence(test.execution_key or ""),
    )


def _cut(cut: Cut, otherwise: str = "no cut found") -> Cell:
    """Between which times, and by which builds or commits, with 99 %."""
    if cut.from_at is None or cut.until_at is None:
        return Cell(otherwise, tone="muted")
    suspects = [visible(build) for build in cut.builds or cut.commits]
    named = ", ".join(shorten_middle(suspect, 24) for suspect in suspects[:_NAMED_SUSPECTS])
    rest = len(suspects) - _NAMED_SUSPECTS
    return Cell(
        _span(cut.from_at, cut.until_at),
        sort=cut.until_at.timestamp(),
        detail=f"{named} and {rest} more" if rest > 0 else named,
        title=shorten_end(", ".join(suspects), 400),
    )


def _span(first: datetime, last: datetime) -> str:
    if first.date() == last.date():
        return formats.day(first)
    return f"{formats.day(first)} – {formats.day(last)}"
