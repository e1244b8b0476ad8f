"""The parts of the page about what is to be expected: the newest build, the next days, gaps of coverage.

What belongs here: which tables such a part has, and its leading sentence. What does not: their rows
(outlook_tables.py) and parts about what happened (page.py).
"""

from pipelines.reports import formats
from pipelines.reports.definitions import NIGHTLY
from pipelines.reports.nightly import Nightly
from pipelines.reports.outlook_tables import confidence_table, drivers_table, forecasts_table, gaps_table
from pipelines.reports.sections.forecasts import Threshold
from pipelines.reports.text import visible
from pipelines.reports.views import Part


def confidence_part(facts: Nightly) -> Part:
    """Whether the newest build can be trusted, and what speaks against it."""
    return Part(
        "confidence",
        NIGHTLY.section("confidence").title,
        lead=_confidence_sentence(facts),
        tables=(confidence_table(facts), *((drivers_table(facts),) if facts.confidences.rows else ())),
    )


def _confidence_sentence(facts: Nightly) -> str:
    known = [row for row in facts.confidences.rows if row.confidence is not None and row.tier == "all"]
    if not known:
        return ""
    worst = min(known, key=lambda row: (row.confidence or 0.0, row.project))
    return (
        f"Build {visible(worst.build)}: release confidence {formats.percent(worst.confidence)} over all "
        f"required tests, {formats.interval(worst.low, worst.high)} with other hazards or luck assumed; "
        f"{formats.count(worst.required_count - worst.executed_count)} of "
        f"{formats.count(worst.required_count)} not executed at it, "
        f"{formats.count(worst.failing_count)} failing. Uncalibrated: no past release has an outcome here to "
        "hold it against. Gates decide, this explains."
    )


def forecasts_part(facts: Nightly) -> Part:
    """Pass rates of the next days, and when a decline meets the threshold."""
    return Part(
        "forecasts",
        NIGHTLY.section("forecasts").title,
        lead=" ".join(_threshold_sentence(one) for one in facts.outlook.thresholds[:5]),
        tables=(forecasts_table(facts),),
    )


def _threshold_sentence(found: Threshold) -> str:
    scope = (
        "Everything"
        if found.scope_type == "all"
        else f"{found.scope_type.capitalize()} {visible(found.scope)}"
    )
    earliest = formats.day(found.earliest)
    latest = formats.day(found.latest) if found.latest else "later than 60 days"
    return (
        f"{scope} declines, and its line, now at {formats.percent(found.line_rate)}, falls below "
        f"{formats.limit(found.threshold)} around {formats.day(found.expected)} ({earliest} to {latest})."
    )


def coverage_part(facts: Nightly) -> Part:
    """What of the catalogue ran lately."""
    return Part(
        "coverage",
        NIGHTLY.section("coverage").title,
        lead=_coverage_sentence(facts),
        tables=(gaps_table(facts),),
    )


def _coverage_sentence(facts: Nightly) -> str:
    if facts.coverage is None:
        return ""
    states = facts.coverage.states
    catalogue = " The source lists no test cases: every test that ever ran counts." if states.lacks else ""
    return (
        f"{formats.count(states.executed_count)} of {formats.plural(states.test_count, 'test')} that should "
        f"run did so lately ({formats.percent(states.executed_count / states.test_count)}): "
        f"{formats.count(states.passing_count)} passing, {formats.count(states.failing_count)} failing in a "
        f"variant, {formats.count(states.flaky_count)} flaky; {formats.count(states.stale_count)} ran "
        f"too long ago, {formats.count(states.never_executed_count)} never.{catalogue}"
    )
