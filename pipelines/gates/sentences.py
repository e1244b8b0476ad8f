"""How verdicts are put into words: numbers with their counts, limits with their side, and what to do next.

What belongs here: text for people, from values. What does not: deciding anything (judge.py).
"""

from typing import Final

from pipelines.gates.measure import Measurement, Night
from pipelines.gates.rules import FRESHNESS, RECONCILIATION, Rule
from pipelines.gates.verdicts import Comparison, Unit, Verdict, Word

NO_INTERVAL: Final = (
    "No interval can be given: a suite with fewer than five invocations in 28 days says too little of itself."
)
_OUT_OF_REACH: Final = 100
"""So many times the executions there are: more than anyone waits for."""
_SIGNS: Final[dict[Comparison, str]] = {">=": "≥", "<=": "≤"}
_COUNTED: Final = {
    "final_pass_rate": "decided executions passed",
    "first_attempt_pass_rate": "decided first attempts passed",
    "executed_share": "executions were executed",
}


def number(value: float | None, unit: Unit, beside: float | None = None) -> str:
    """A value in its unit; a share that is not all never reads as all.

    `beside`: a limit that a share must not read like where it is not: it has as many decimals as that takes.
    """
    if value is None:
        return "–"
    if unit == "hours":
        return f"{value:,.1f} h"
    if unit == "count":
        return f"{value:,.0f}"
    text = f"{100 * value:.{_digits(value, beside)}f}%"
    if value < 1 and text == "100.0%":
        return ">99.9%"
    return "<0.1%" if value > 0 and text == "0.0%" else text


def _digits(value: float, beside: float | None) -> int:
    if beside is None or value == beside:
        return 1
    tried = range(1, 6)
    return next((n for n in tried if f"{100 * value:.{n}f}" != f"{100 * beside:.{n}f}"), tried.stop)


def threshold(limit: float, unit: Unit) -> str:
    """A limit as it was written: `95%`, `24 h`, `0`."""
    return f"{100 * limit:g}%" if unit == "rate" else f"{limit:g}{' h' if unit == 'hours' else ''}"


def good_side(verdict: Verdict) -> str:
    """The rule in short: `≥ 95%`."""
    if verdict.limit is None:
        return "–"
    return f"{_SIGNS[verdict.comparison]} {threshold(verdict.limit, verdict.unit)}"


def interval(low: float | None, high: float | None, unit: Unit, beside: float | None) -> str | None:
    """Both ends, where there are two; `beside` as in `number`."""
    if low is None or high is None or low == high:
        return None
    return f"{number(low, unit, beside)} to {number(high, unit, beside)}"


def measured(rule: Rule, found: Measurement) -> str:
    """What was found, with its counts: `4,588 of 7,100 decided executions passed (64.6%).`"""
    if found.value is None:
        return f"Nothing counts for {rule.metric} in {rule.scope}."
    if rule.metric == FRESHNESS:
        return f"The newest execution was asked for {number(found.value, 'hours')} before the as-of."
    if rule.metric == RECONCILIATION:
        return (
            "Everything of the night reconciles."
            if not found.value
            else f"{found.value:,.0f} do not reconcile."
        )
    counts = f"{found.numerator or 0:,} of {found.denominator or 0:,} {_COUNTED[rule.metric]}"
    return f"{counts} ({number(found.value, rule.unit, rule.limit)})."


def decided(rule: Rule, found: Measurement, word: Word) -> str | None:
    """On which side of the limit it lies, wholly; null where nothing is left to say."""
    if rule.metric == RECONCILIATION and not found.value:
        return None
    side = "at or above" if word == "pass" else "below"
    if rule.comparison == "<=":
        side = "within" if word == "pass" else "beyond"
    ends = interval(found.low, found.high, rule.unit, rule.limit)
    what = f"Its 95% interval, {ends}, lies wholly" if ends and found.n_eff else "That is"
    return f"{what} {side} {threshold(rule.limit, rule.unit)}."


def straddles(rule: Rule, found: Measurement, more: int | None) -> str:
    """What would settle it."""
    if more is None:
        settled = "the value is the limit itself, which no number of executions settles"
    elif more > _OUT_OF_REACH * (found.denominator or 0):
        settled = f"it is so near that even {_OUT_OF_REACH} such nights would not settle it"
    else:
        settled = f"about {more:,} more executions at this rate would settle it"
    ends = interval(found.low, found.high, rule.unit, rule.limit)
    return f"Its 95% interval, {ends}, straddles {threshold(rule.limit, rule.unit)}; {settled}."


def in_flight(rule: Rule) -> str:
    """A share that executions in flight will decide."""
    return f"Executions in flight decide on which side of {threshold(rule.limit, rule.unit)} it will end."


def too_few(rule: Rule, found: int) -> str:
    """Fewer than the rule asks for."""
    return f"The gate asks for at least {rule.minimum_sample:,} executions; there are {found:,}."


def stale(hours: float, allowed: float) -> str:
    """The newest execution is too old."""
    return (
        f"The night is stale: nothing has run for {number(hours, 'hours')}, {allowed:g} h are allowed; "
        "see whether the tests ran and the source was read."
    )


def empty(night: Night) -> str:
    """Nothing ran on the night."""
    return f"Nothing ended or was in flight since {night.night_from_at:%Y-%m-%d %H:%M} UTC, up to the as-of."


def incomplete(night: Night) -> str:
    """What does not reconcile, by kind, and where to look."""
    kinds = (
        (night.quarantined_count, "documents that could not be read (exr quarantine list)"),
        (night.incomplete_day_count, "days that lack documents of the source (chk_source_days_are_complete)"),
        (night.differing_total_count, "declared totals that differ (chk_declared_totals_match)"),
        (night.breach_count, "rows that breach a blocking check (data_quality_results)"),
    )
    found = "; ".join(f"{count:,} {text}" for count, text in kinds if count)
    return f"The night is incomplete: {found}."
