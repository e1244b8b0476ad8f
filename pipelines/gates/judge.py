"""Judges one figure by one rule: pass, fail or insufficient, with a sentence that says why.

What belongs here: the three-valued rule of statistics.md 6.3, as pure functions. What does not: reading a
release (measure.py), rules (rules.py), and how numbers are worded (sentences.py).

Pass: the interval lies wholly on the good side of the limit, which is itself good. Fail: wholly on the bad
side. Insufficient: it straddles. A night that is stale, empty or incomplete makes every gate insufficient;
the two metrics that say so never fail: that data is old or missing says nothing about the product.
"""

import math
from dataclasses import dataclass
from typing import Final

from pipelines.gates import sentences
from pipelines.gates.measure import Measurement, Night
from pipelines.gates.rules import FRESHNESS, RECONCILIATION, Rule, Rules
from pipelines.gates.verdicts import Reason, Verdict, Word

_Z: Final = 1.959963984540054
"""Two-sided 95 %, as in sql/macros.sql."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a night proves nothing."""

    reason: Reason
    sentence: str


def problem_of(night: Night, rules: Rules) -> Problem | None:
    """The first of: nothing ran up to the as-of, stale, nothing ran on the night, incomplete."""
    if night.freshness_hours is None:
        return Problem("no_data", "There is no execution up to the as-of.")
    limit = rules.night_limit(FRESHNESS)
    if night.freshness_hours > limit:
        return Problem("stale", sentences.stale(night.freshness_hours, limit))
    if night.execution_count == 0:
        return Problem("no_data", sentences.empty(night))
    if night.unreconciled_count > rules.night_limit(RECONCILIATION):
        return Problem("incomplete", sentences.incomplete(night))
    return None


def judge(rule: Rule, measurement: Measurement, problem: Problem | None = None) -> Verdict:
    """What the gate says of this figure; a problem of the night leaves no other answer than insufficient."""
    word, reason = _judged(rule, measurement) if problem is None else ("insufficient", problem.reason)
    why = problem.sentence if problem else _why(rule, measurement, word, reason)
    said = (sentences.measured(rule, measurement), why)
    return Verdict(
        gate_name=rule.name,
        title=rule.title,
        verdict=word,
        reason=reason,
        value=measurement.value,
        low=measurement.low,
        high=measurement.high,
        numerator=measurement.numerator,
        denominator=measurement.denominator,
        limit=rule.limit,
        unit=rule.unit,
        sentence=" ".join(part for part in said if part),
        comparison=rule.comparison,
        severity=rule.severity,
        owner=rule.owner,
    )


def side(rule: Rule, low: float, high: float) -> Word:
    """On which side of the limit an interval lies; insufficient where it straddles."""
    if rule.comparison == "<=":
        low, high, limit = -high, -low, -rule.limit
    else:
        limit = rule.limit
    if low >= limit:
        return "pass"
    return "fail" if high < limit else "insufficient"


def executions_to_settle(limit: float, rate: float, decided: int, n_eff: float) -> int | None:
    """How many more decided executions at this rate would take the Wilson interval off the limit.

    Wilson's interval leaves a limit T where n_eff ≥ z² T (1 − T) / (rate − T)²; executions stay worth what
    they are worth now. Null where the rate is the limit: nothing would.
    """
    distance = abs(rate - limit)
    if distance < 1e-9 or n_eff <= 0:
        return None
    needed = _Z**2 * limit * (1 - limit) / distance**2
    whole = math.ceil(needed * decided / n_eff)
    return max(whole - decided, 1)


def _judged(rule: Rule, measurement: Measurement) -> tuple[Word, Reason | None]:
    if measurement.value is None:
        return "insufficient", "no_data"
    if measurement.denominator is not None and measurement.denominator < rule.minimum_sample:
        return "insufficient", "straddles"
    if measurement.low is None or measurement.high is None:
        return "insufficient", "straddles"
    word = side(rule, measurement.low, measurement.high)
    if word == "pass":
        return word, None
    if rule.is_about_the_night:
        return "insufficient", "stale" if rule.metric == FRESHNESS else "incomplete"
    return word, "straddles" if word == "insufficient" else None


def _why(rule: Rule, found: Measurement, word: Word, reason: Reason | None) -> str | None:
    """What the numbers mean for the limit; null where the numbers say it all."""
    if reason == "no_data":
        return None
    if reason != "straddles":
        return sentences.decided(rule, found, "pass" if word == "pass" else "fail")
    count = found.denominator or 0
    if count < rule.minimum_sample:
        return sentences.too_few(rule, count)
    if found.value is None or found.low is None:
        return sentences.NO_INTERVAL
    if found.n_eff is None:
        return sentences.in_flight(rule)
    more = executions_to_settle(rule.limit, found.value, count, found.n_eff)
    return sentences.straddles(rule, found, more)
