"""The page 'Nightly quality': the night's facts as cards, tables and figures, ready to be laid out.

What belongs here: which column, caption and picture a section has. What does not: HTML and Typst, and facts.
"""

from typing import Final

from pipelines.reports import formats
from pipelines.reports.broken_tables import broken_table, regressed_table
from pipelines.reports.cause_tables import clusters_table, co_failures_table
from pipelines.reports.cells import NAME_LENGTH
from pipelines.reports.definitions import NIGHTLY
from pipelines.reports.duration_tables import (
    changed_steps_table,
    changed_tests_table,
    slowest_table,
    suite_durations_table,
)
from pipelines.reports.gates_view import gates_table, overall_word
from pipelines.reports.history_parts import stability_part, trend_part
from pipelines.reports.nightly import Nightly
from pipelines.reports.outlook_parts import confidence_part, coverage_part, forecasts_part
from pipelines.reports.rate_tables import flaky_table, storms_table
from pipelines.reports.sections.flaky import Exposure
from pipelines.reports.summary_view import cards, freshness, late_sentence, sentence
from pipelines.reports.tables import checks_table, failing_table
from pipelines.reports.text import shorten_middle, visible
from pipelines.reports.views import Method, Page, Part

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
            confidence_part(facts),
            _new_failures(facts),
            _broken(facts),
            _flaky(facts),
            trend_part(facts),
            forecasts_part(facts),
            stability_part(facts),
            _durations(facts),
            _failing(facts),
            coverage_part(facts),
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
        f"{formats.plural(executions, 'execution')} failed this night, "
        f"of {formats.plural(len(facts.failures), 'cause')}; {formats.count(new)} of the causes "
        f"{'was' if new == 1 else 'were'} never seen before."
    )
    return Part(
        "new_failures",
        NIGHTLY.section("new_failures").title,
        lead=lead if facts.failures else "",
        tables=(clusters_table(facts), co_failures_table(facts)),
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


def _durations(facts: Nightly) -> Part:
    return Part(
        "durations",
        NIGHTLY.section("durations").title,
        lead=_changed_sentence(facts),
        tables=(
            changed_tests_table(facts),
            changed_steps_table(facts),
            slowest_table(facts),
            suite_durations_table(facts),
        ),
    )


def _changed_sentence(facts: Nightly) -> str:
    changed = facts.changed
    if not changed.compared_test_count:
        return ""
    slower = sum(test.direction == "slower" for test in changed.tests)
    tests = formats.plural(changed.compared_test_count, "test × variant", "tests × variants")
    steps = formats.plural(changed.compared_step_count, "step")
    slower_steps = sum(step.direction == "slower" for step in changed.steps)
    return (
        f"Of {tests} that could be compared {formats.count(slower)} became slower, "
        f"{formats.count(len(changed.tests) - slower)} faster; of {steps} {formats.count(slower_steps)} "
        "became slower. Chance explains 5% of these at most."
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
