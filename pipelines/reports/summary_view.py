"""The top of the page: the verdict in one sentence, the freshness badge, four cards.

What belongs here: choosing words and tones for the night's main figures. What does not: layout.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Final

from pipelines.gates.verdicts import Verdict
from pipelines.reports import formats
from pipelines.reports.gates_view import limit_text
from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.changes import NightlyChange, usual_newly_failing
from pipelines.reports.sections.night import FRESH, Night
from pipelines.reports.sections.pass_rates import usual_executed_share
from pipelines.reports.svg import sparkline
from pipelines.reports.text import shorten_end, visible
from pipelines.reports.views import Card, Picture, Tone

STALE: Final = timedelta(hours=50)
SPARKLINE_NIGHTS: Final = 30
NAMED_GATES: Final = 2
PASS_RATE_GATE: Final = "pass_rate"
EXECUTED_GATE: Final = "executed"


def freshness(night: Night) -> tuple[str, Tone]:
    """How old the data is, and how worried one should be."""
    age = night.age
    if age is None:
        return f"Data as of {formats.moment(night.as_of)} · no execution yet", "bad"
    suites = f"{night.executed_suite_count} of {night.known_suite_count} suites ran this night"
    if age < FRESH:
        return f"Data as of {formats.moment(night.as_of)} · {suites}", "good"
    seen = f"last execution seen {formats.moment(night.last_execution_at)}"
    return f"Data as of {formats.moment(night.as_of)} · {seen}", "warn" if age < STALE else "bad"


def late_sentence(night: Night) -> str:
    """Which of the four empty states a night without executions is in."""
    if night.state == "empty":
        return "No runs yet: the release holds no execution."
    seen = formats.moment(night.last_execution_at)
    return f"Source late: no execution this night; the last one was seen {seen}."


def sentence(facts: Nightly) -> str:
    """The night in one sentence, figures included."""
    gates = _gates_clause(facts.verdicts)
    tonight = facts.rates.tonight
    if facts.night.state != "current" or tonight is None:
        return f"{gates}. {late_sentence(facts.night)}"
    if any(verdict.reason == "incomplete" for verdict in facts.verdicts):
        gates = f"The night is incomplete, so its figures may be wrong; {gates[0].lower()}{gates[1:]}"
    if tonight.rate is None:
        return f"{gates}: {formats.plural(tonight.execution_count, 'execution')}, none of them decided."
    n = tonight.decided_count
    rate = f"{formats.percent(tonight.rate, n)} of {formats.plural(n, 'decided execution')} passed"
    band = f" (95% CI {formats.interval(tonight.low, tonight.high)})" if tonight.low is not None else ""
    return f"{gates}: {rate}{band}{_same_tests_clause(facts)}; {_changes_clause(facts)}."


def _same_tests_clause(facts: Nightly) -> str:
    text = _on_the_same_tests(_change_of(facts))
    return f", {text}" if text else ""


def _on_the_same_tests(change: NightlyChange | None) -> str:
    """How much more of the tests that were decided before pass now; empty where there are none."""
    if change is None or change.rate_difference is None:
        return ""
    tests = formats.plural(change.compared_count, "test × variant", "tests × variants")
    return f"{formats.points(change.rate_difference)} on the same {tests}"


def _change_of(facts: Nightly) -> NightlyChange | None:
    return next((change for change in facts.changes if change.date == facts.night.date), None)


def _gates_clause(verdicts: Sequence[Verdict]) -> str:
    """What the blocking gates say; warnings stand in the table alone."""
    blocking = [verdict for verdict in verdicts if verdict.severity == "blocking"]
    if not blocking:
        return "No gate was judged"
    failed = [
        f"{shorten_end(visible(verdict.title), 60)} {limit_text(verdict)}"
        for verdict in blocking
        if verdict.verdict == "fail"
    ]
    unsure = sum(verdict.verdict == "insufficient" for verdict in blocking)
    total = formats.plural(len(blocking), "gate")
    if failed:
        names = ", ".join([*failed[:NAMED_GATES], *(["…"] if len(failed) > NAMED_GATES else [])])
        return f"{len(failed)} of {total} {'fails' if len(failed) == 1 else 'fail'} ({names})"
    if unsure:
        return f"{unsure} of {total} cannot be decided on this evidence, none fails"
    return f"All {total} pass" if len(blocking) > 1 else "The gate passes"


def _changes_clause(facts: Nightly) -> str:
    change = _change_of(facts)
    new_causes = sum(group.is_new for group in facts.failures)
    causes = f"{formats.plural(new_causes, 'cause')} of failure {'is' if new_causes == 1 else 'are'} new"
    if change is None:
        return causes
    newly, mended = change.newly_failing_count, change.mended_count
    tests = f"{formats.plural(newly, 'test')} newly {'fails' if newly == 1 else 'fail'}"
    if change.first_run_failing_count:
        tests += f" ({formats.count(change.first_run_failing_count)} decided for the first time)"
    return f"{tests}, {count_or_none(mended)} {'was' if mended == 1 else 'were'} mended, {causes}"


def count_or_none(value: int) -> str:
    """`none` reads better than 0 in a sentence."""
    return formats.count(value) if value else "none"


def cards(facts: Nightly) -> tuple[Card, ...]:
    """Pass rate, newly failing, executed share, test time; none where the night has no executions."""
    if facts.night.state != "current" or facts.rates.tonight is None:
        return ()
    return (_pass_rate_card(facts), _newly_failing_card(facts), _executed_card(facts), _time_card(facts))


def _pass_rate_card(facts: Nightly) -> Card:
    tonight = facts.rates.tonight
    assert tonight is not None
    differences = {change.date: change.rate_difference for change in facts.changes}
    band = (
        "no interval: too few invocations" if tonight.low is None else _confidence(tonight.low, tonight.high)
    )
    return Card(
        anchor="trend",
        label="Final pass rate",
        value=formats.percent(tonight.rate, tonight.decided_count),
        change=_on_the_same_tests(_change_of(facts)) or "no earlier night to compare with",
        tone="",
        note=f"{band} · n = {formats.count(tonight.decided_count)}",
        target=_target(facts.verdicts, PASS_RATE_GATE),
        sparkline=_sparkline(facts, differences.get, "Change on the same tests"),
    )


def _newly_failing_card(facts: Nightly) -> Card:
    night = facts.night.date
    by_day = {change.date: change for change in facts.changes}
    tonight = _change_of(facts)
    newly = tonight.newly_failing_count if tonight else 0
    before = usual_newly_failing(facts.changes, night)
    change = "no earlier night to compare with"
    tone: Tone = ""
    if before:
        change = f"{formats.signed(newly - median(before))} vs 7-night median ({min(before)}–{max(before)})"
        tone = _range_tone(newly, before)
    still = tonight.failing_count - newly if tonight else 0
    first = tonight.first_run_failing_count if tonight else 0
    mended = tonight.mended_count if tonight else 0
    tests = tonight.test_count if tonight else 0
    storm = (
        f" · {formats.count(tonight.storm_count)} in infra storms" if tonight and tonight.storm_count else ""
    )
    return Card(
        anchor="failing",
        label="Newly failing tests",
        value=formats.count(newly),
        change=change,
        tone=tone,
        note=f"{formats.count(newly - first)} passed before, "
        f"{formats.count(first)} decided for the first time",
        target=f"{formats.count(still)} failing still · {formats.count(mended)} mended · "
        f"of {formats.count(tests)} tests × variants{storm}",
        sparkline=_sparkline(
            facts,
            lambda day: by_day[day].newly_failing_count if day in by_day else None,
            "Newly failing tests",
        ),
    )


def _executed_card(facts: Nightly) -> Card:
    tonight, usual = facts.rates.tonight, facts.rates.usual_executed_share
    assert tonight is not None
    share = tonight.executed_count / tonight.execution_count
    change = "nothing like it to compare with"
    tone: Tone = ""
    if usual is not None:
        change = f"{formats.points(share - usual)} vs 7-night median, same suites"
        is_same = change.startswith("±")
        tone = "" if is_same else ("good" if share > usual else "bad")
    by_day = {rate.date: rate for rate in facts.rates.nights}

    def difference(day: date) -> float | None:
        rate, expected = by_day.get(day), usual_executed_share(facts.rates.suites.values(), day)
        if rate is None or expected is None:
            return None
        return rate.executed_count / rate.execution_count - expected

    return Card(
        anchor="trend",
        label="Executed share",
        value=formats.percent(share),
        change=change,
        tone=tone,
        note=f"{formats.count(tonight.executed_count)} of "
        f"{formats.plural(tonight.execution_count, 'execution')} were run · "
        f"{formats.count(tonight.not_run_count)} skipped or called off",
        target=_target(facts.verdicts, EXECUTED_GATE) or "exact count, no interval",
        sparkline=_sparkline(facts, difference, "Difference from what the same suites usually have"),
    )


def _time_card(facts: Nightly) -> Card:
    night, times = facts.night.date, facts.test_times
    total, usual = times.total_ms(night), times.usual_ms(night)
    change = "nothing like it to compare with"
    if usual:
        change = f"{formats.signed(100 * (total / usual - 1), 1)}% vs 7-night median, same suites"

    def ratio(day: date) -> float | None:
        expected = times.usual_ms(day)
        return times.total_ms(day) / expected if expected else None

    return Card(
        anchor="durations",
        label="Test time",
        value=formats.duration(total),
        change=change,
        tone="",
        note=f"sum of {formats.plural(times.execution_count(night), 'execution')} with a duration",
        target="p50 and p95 by suite: Slower and slowest tests",
        sparkline=_sparkline(facts, ratio, "Test time over what the same suites usually take"),
    )


def _sparkline(facts: Nightly, value: Callable[[date], float | None], description: str) -> Picture | None:
    days = [facts.night.date - timedelta(days=number) for number in reversed(range(SPARKLINE_NIGHTS))]
    text = f"{description}, last {SPARKLINE_NIGHTS} nights"
    svg = sparkline([value(day) for day in days], text)
    return Picture(svg, text) if svg else None


def _range_tone(value: int, before: Sequence[int]) -> Tone:
    """Grey within the range of the last nights; fewer are better."""
    if min(before) <= value <= max(before):
        return ""
    return "bad" if value > max(before) else "good"


def _confidence(low: float | None, high: float | None) -> str:
    return f"95% CI {formats.interval(low, high)}"


def _target(verdicts: Sequence[Verdict], name_part: str) -> str:
    """The limit of the gate on this rate, where there is one."""
    for verdict in verdicts:
        if verdict.unit == "rate" and verdict.limit is not None and name_part in verdict.gate_name:
            return f"target {limit_text(verdict)}"
    return ""
