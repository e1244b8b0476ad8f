"""The page 'Nightly quality': the night's facts as cards, tables and figures, ready to be laid out.

What belongs here: which column, caption and picture a section has. What does not: HTML and Typst, and facts.
"""

from collections.abc import Sequence
from typing import Final

from pipelines.reports import formats
from pipelines.reports.broken_tables import broken_table, regressed_table
from pipelines.reports.cells import NAME_LENGTH, WHOLE_LENGTH
from pipelines.reports.charts import NARROW, PRINTED, WIDE, floor_of, nightly_chart
from pipelines.reports.definitions import NIGHTLY
from pipelines.reports.gates_view import gates_table, overall_word
from pipelines.reports.grid import (
    LEGEND,
    STORM_LEGEND,
    grid_head,
    grid_label,
    grid_row,
    printed_label,
    printed_pitch,
    printed_width,
    row_words,
)
from pipelines.reports.nightly import Nightly
from pipelines.reports.panels import PanelScale, suite_panel
from pipelines.reports.rate_tables import flaky_table, storms_table, trends_table
from pipelines.reports.sections.flaky import Exposure
from pipelines.reports.sections.pass_rates import NightlyRate
from pipelines.reports.summary_view import cards, freshness, late_sentence, sentence
from pipelines.reports.tables import (
    causes_table,
    checks_table,
    failing_table,
    nights_table,
    nothing,
    slowest_table,
    suite_durations_table,
)
from pipelines.reports.text import shorten_end, shorten_middle, visible
from pipelines.reports.views import Cell, Figure, Grid, GridLine, Method, Page, Part, Picture

PANEL_LIMIT: Final = 24
GRID_LABEL_LENGTH: Final = 84
NEXT_TO_ALL: Final = 0.95


def nightly_page(facts: Nightly) -> Page:
    """The whole page."""
    night = facts.night
    word, tone = overall_word(facts.verdicts)
    fresh, fresh_tone = freshness(night)
    day = f"{night.date.day} {night.date:%B %Y}"
    return Page(
        title=NIGHTLY.title,
        subtitle=f"Night to {day}: {formats.moment(night.began_at)} to {formats.moment(night.as_of)} · "
        f"{shorten_middle(visible(night.source), NAME_LENGTH)}",
        word=word,
        tone=tone,
        sentence=sentence(facts),
        freshness=fresh,
        freshness_tone=fresh_tone,
        cards=cards(facts),
        cards_empty="" if night.state == "current" else late_sentence(night),
        parts=(
            _gates(facts),
            _new_failures(facts),
            _broken(facts),
            _flaky(facts),
            _trend(facts),
            _stability(facts),
            _durations(facts),
            _failing(facts),
            _storms(facts),
            _checks(facts),
        ),
        methods=tuple(
            Method(section.title, section.definition, ", ".join(section.tables), section.method)
            for section in NIGHTLY.sections
        ),
        footer=(
            ("Release", night.release_id),
            ("As of", formats.moment(night.as_of)),
            ("Lake generation", str(night.lake_generation)),
            ("Policy", night.params_hash),
            ("Code", night.code_version),
        ),
    )


def _gates(facts: Nightly) -> Part:
    return Part("gates", NIGHTLY.section("gates").title, tables=(gates_table(facts.verdicts),))


def _new_failures(facts: Nightly) -> Part:
    new = sum(group.is_new for group in facts.failures)
    executions = sum(group.execution_count for group in facts.failures)
    lead = (
        f"{formats.plural(executions, 'execution')} with a message failed this night, "
        f"of {formats.plural(len(facts.failures), 'cause')}; {formats.count(new)} of the causes "
        f"{'was' if new == 1 else 'were'} never seen before."
    )
    return Part(
        "new_failures",
        NIGHTLY.section("new_failures").title,
        lead=lead if facts.failures else "",
        tables=(causes_table(facts),),
    )


def _broken(facts: Nightly) -> Part:
    broken, total = facts.broken, facts.broken.broken_total
    compared = formats.plural(broken.compared_count, "test × variant", "tests × variants")
    lead = (
        f"{formats.plural(total, 'test × variant is', 'tests × variants are')} broken. "
        f"Of {compared} held against the days before, {formats.count(broken.regressed_total)} regressed "
        f"({formats.count(broken.opened_count)} new this night), {formats.count(broken.closed_count)} "
        f"closed, {formats.count(broken.accepted_count)} accepted in the register; "
        f"{formats.count(broken.insufficient_count)} ran too little to say."
    )
    return Part(
        "broken",
        NIGHTLY.section("broken").title,
        lead=lead if broken.compared_count else "",
        tables=(regressed_table(facts), broken_table(facts)),
    )


def _flaky(facts: Nightly) -> Part:
    flaky, chance = facts.flaky, facts.flaky.exposure
    lead = _commits_sentence(chance) + (
        f"{formats.count(flaky.labels.get('flaky', 0))} flaky, "
        f"{formats.count(flaky.labels.get('rarely_flaky', 0))} rarely flaky, "
        f"{formats.count(flaky.labels.get('suspected', 0))} suspected, of "
        f"{formats.plural(sum(flaky.labels.values()), 'test × variant', 'tests × variants')}; "
        f"{formats.count(chance.grade_a_run_count)} of {formats.plural(chance.run_count, 'run')} could have "
        f"shown a flake (grade A), {formats.count(chance.grade_b_run_count)} know their commit alone (B), "
        f"{formats.count(chance.grade_c_run_count)} do not (C). {_pipeline_sentence(facts)}"
    )
    return Part(
        "flaky",
        NIGHTLY.section("flaky").title,
        lead=lead if flaky.labels else "",
        tables=(flaky_table(facts),),
    )


def _commits_sentence(chance: Exposure) -> str:
    """What the page leads with where next to no run names its commit (statistics.md 1.2)."""
    if chance.grade_c_run_count < NEXT_TO_ALL * chance.run_count:
        return ""
    return "Commit ids are missing: code changes cannot be excluded, so no test is called flaky. "


def _pipeline_sentence(facts: Nightly) -> str:
    chance = facts.flaky.exposure
    if chance.rate is None:
        return "How often a run of all of them meets a flake is not known: too few tests ever flaked."
    return (
        f"A run of all of them meets a flake in {formats.percent(chance.rate)} of cases "
        f"({formats.interval(chance.low, chance.high)}), with one retry in "
        f"{formats.percent(chance.rate_with_retry)}."
    )


def _storms(facts: Nightly) -> Part:
    return Part("storms", NIGHTLY.section("storms").title, tables=(storms_table(facts),))


def _trend(facts: Nightly) -> Part:
    title = NIGHTLY.section("trend").title
    nights = facts.rates.nights
    if not any(rate.rate is not None for rate in nights):
        return Part("trend", title, empty=nothing(facts, "No night of the window was decided."))
    last = facts.night.date
    panels = _panels(facts)
    caption = (
        "Each dot is the final pass rate of one night, with its 95% Wilson interval; below, executions by "
        "outcome. Different suites run on different nights, so dots are joined only between neighbouring "
        "nights with the same suites; a grey dash is what those suites usually have (7-night median)."
    )
    pictures = [
        Picture(
            nightly_chart(facts.rates, last, width), "Final pass rate and executions by night; see the table."
        )
        for width in (WIDE, NARROW, PRINTED)
    ]
    return Part(
        "trend",
        title,
        figures=(Figure(caption, *pictures),),
        panels=panels,
        panels_caption=f"Final pass rate of {len(panels)} of "
        f"{formats.plural(len(facts.rates.suites), 'suite')}, worst first (by the lower end of the newest "
        "interval), same scale; band: 95% Wilson interval; lines break at nights without executions.",
        tables=(trends_table(facts), nights_table(nights)),
    )


def _panels(facts: Nightly) -> tuple[Picture, ...]:
    last = facts.night.date
    first = facts.rates.nights[0].date
    decided = [rate for rates in facts.rates.suites.values() for rate in rates if rate.rate is not None]
    lows = [rate.rate or 0.0 if rate.low is None else rate.low for rate in decided]
    scale = PanelScale(first, last, floor_of(lows))
    return tuple(
        Picture(
            suite_panel(name, rates, scale),
            f"Pass rate of {visible(name)} by night",
            title=shorten_middle(visible(name), 40),
            note=_panel_note(rates, facts),
        )
        for name, rates in list(facts.rates.suites.items())[:PANEL_LIMIT]
    )


def _panel_note(rates: Sequence[NightlyRate], facts: Nightly) -> str:
    newest = next((rate for rate in reversed(rates) if rate.rate is not None), None)
    if newest is None:
        return "never decided"
    when = "this night" if newest.date == facts.night.date else formats.day(newest.date)
    return f"{when} · {formats.interval(newest.low, newest.high)} · n = {formats.count(newest.decided_count)}"


def _stability(facts: Nightly) -> Part:
    title = NIGHTLY.section("stability").title
    grid = facts.grid
    if not grid.rows:
        return Part("stability", title, empty=nothing(facts, "No test changed its outcome in the window."))
    lead = (
        f"{formats.plural(grid.unstable_count, 'test')} (by variant) changed between passing and failing "
        f"since {formats.day(grid.nights[0])}; the {len(grid.rows)} with the most changes are shown."
    )
    count = len(grid.nights)
    days = f"{formats.plural(count, 'night')} up to {grid.nights[-1]}"
    lines = tuple(
        GridLine(
            Cell(
                grid_label(row, GRID_LABEL_LENGTH),
                detail=grid_label(row, GRID_LABEL_LENGTH // 3),
                title=f"{shorten_end(visible(row.test), WHOLE_LENGTH)} · {visible(row.variant)}: "
                f"{formats.plural(row.change_count, 'change')}, failed in {row.failing_nights} of "
                f"{formats.plural(row.decided_nights, 'decided night')}",
            ),
            printed_label(row, count),
            Picture(grid_row(row, grid.nights), row_words(row, grid.nights)),
        )
        for row in grid.rows
    )
    return Part(
        "stability",
        title,
        lead=lead,
        grid=Grid(
            caption="Outcome by test and night, most changes first",
            head=Picture(grid_head(grid), days),
            printed_head=Picture(grid_head(grid, printed_pitch(count)), days),
            printed_width=printed_width(count),
            lines=lines,
            legend=(*LEGEND, STORM_LEGEND) if grid.storms else LEGEND,
        ),
    )


def _durations(facts: Nightly) -> Part:
    return Part(
        "durations",
        NIGHTLY.section("durations").title,
        tables=(slowest_table(facts), suite_durations_table(facts)),
    )


def _failing(facts: Nightly) -> Part:
    return Part("failing", NIGHTLY.section("failing").title, tables=(failing_table(facts),))


def _checks(facts: Nightly) -> Part:
    checks = facts.checks.checks
    holding = sum(check.breach_count == 0 for check in checks)
    quarantined = facts.checks.quarantined_count
    lead = f"{holding} of {formats.plural(len(checks), 'check')} hold; " + (
        f"{formats.plural(quarantined, 'document')} could not be read: see exr quarantine list."
        if quarantined
        else "no document is in quarantine."
    )
    return Part("checks", NIGHTLY.section("checks").title, lead=lead, tables=(checks_table(facts),))
