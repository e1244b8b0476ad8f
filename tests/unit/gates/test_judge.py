"""The three-valued rule as a table of figures and verdicts; sick nights never pass, passes never harm."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.gates.judge import Problem, executions_to_settle, judge, problem_of
from pipelines.gates.measure import Measurement, Night
from pipelines.gates.rules import Rule, Rules, read_rules
from pipelines.gates.sentences import number
from pipelines.gates.verdicts import Reason, Severity, Verdict, Word, overall

RULE = Rule(
    name="final_pass_rate",
    title="Final pass rate",
    metric="final_pass_rate",
    comparison=">=",
    limit=0.95,
    minimum_sample=20,
    severity="blocking",
    owner="us",
)
FRESH = RULE.model_copy(
    update={"metric": "freshness_hours", "comparison": "<=", "limit": 24.0, "name": "age"}
)
SHARE = RULE.model_copy(update={"metric": "executed_share", "limit": 0.9})
NIGHT = Night(
    as_of=datetime(2026, 3, 31, 12, tzinfo=UTC),
    night_from_at=datetime(2026, 3, 30, 12, tzinfo=UTC),
    execution_count=100,
    newest_execution_at=datetime(2026, 3, 31, 11, tzinfo=UTC),
    freshness_hours=1.0,
)


def wilson(passed: int, decided: int, n_eff: float | None = None) -> Measurement:
    """Wilson's interval, written out once more so that it is not the code under test."""
    z, n, rate = 1.959963984540054, n_eff or decided, passed / decided
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Measurement(rate, centre - half, min(1.0, centre + half), passed, decided, n)


@pytest.mark.parametrize(
    ("passed", "decided", "low", "high", "word"),
    [
        (930, 1000, 0.912485, 0.944224, "fail"),
        (950, 1000, 0.934686, 0.961870, "insufficient"),
        (965, 1000, 0.951713, 0.974728, "pass"),
        (60, 60, 0.939828, 1.0, "insufficient"),
        (73, 73, 0.950008, 1.0, "pass"),
        (72, 72, 0.949347, 1.0, "insufficient"),
    ],
)
def test_the_numbers_of_the_specification(
    passed: int, decided: int, low: float, high: float, word: Word
) -> None:
    found = wilson(passed, decided)
    assert [found.low, found.high] == pytest.approx([low, high], abs=2e-6)
    verdict = judge(RULE, found)
    assert (verdict.verdict, verdict.reason) == (word, "straddles" if word == "insufficient" else None)
    assert f"{passed:,} of {decided:,} decided executions passed" in verdict.sentence


@pytest.mark.parametrize(
    ("rule", "found", "word", "reason", "said"),
    [
        (RULE, Measurement(), "insufficient", "no_data", "Nothing counts"),
        (RULE, Measurement(numerator=0, denominator=0), "insufficient", "no_data", "Nothing counts"),
        (RULE, wilson(19, 19, 1000), "insufficient", "straddles", "at least 20 executions; there are 19"),
        (RULE, Measurement(1.0, None, None, 90, 90), "insufficient", "straddles", "No interval"),
        (RULE, Measurement(0.97, 0.95, 0.99, 97, 100, 100), "pass", None, "wholly at or above 95%"),
        (RULE, Measurement(0.93, 0.91, 0.95, 93, 100, 100), "insufficient", "straddles", "straddles 95%"),
        (FRESH, Measurement(24, 24, 24), "pass", None, "within 24 h"),
        (FRESH, Measurement(24.1, 24.1, 24.1), "insufficient", "stale", "beyond 24 h"),
        (SHARE, Measurement(0.9, 0.9, 0.9, 90, 100), "pass", None, "at or above 90%"),
        (SHARE, Measurement(0.8, 0.8, 0.95, 80, 100), "insufficient", "straddles", "in flight"),
        (SHARE, Measurement(0.8, 0.8, 0.85, 80, 100), "fail", None, "below 90%"),
    ],
)
def test_each_way_to_a_verdict(
    rule: Rule, found: Measurement, word: Word, reason: Reason | None, said: str
) -> None:
    verdict = judge(rule, found)
    assert (verdict.verdict, verdict.reason) == (word, reason)
    assert said in verdict.sentence


@pytest.mark.parametrize(
    ("changed", "reason", "said"),
    [
        (
            {"freshness_hours": None, "newest_execution_at": None, "execution_count": 0},
            "no_data",
            "There is no execution",
        ),
        ({"freshness_hours": 24.01}, "stale", "24 h are allowed"),
        ({"freshness_hours": 90.0, "execution_count": 0}, "stale", "90.0 h"),
        ({"execution_count": 0}, "no_data", "since 2026-03-30 12:00 UTC"),
        ({"quarantined_count": 1}, "incomplete", "1 documents that could not be read"),
        ({"incomplete_day_count": 1}, "incomplete", "chk_source_days_are_complete"),
        ({"differing_total_count": 2}, "incomplete", "2 declared totals"),
        ({"breach_count": 3}, "incomplete", "3 rows"),
        ({"freshness_hours": 30.0, "quarantined_count": 1}, "stale", "stale"),
    ],
)
def test_a_stale_empty_or_incomplete_night_passes_no_gate(
    changed: dict[str, Any], reason: Reason, said: str
) -> None:
    night = Night(**{name: getattr(NIGHT, name) for name in Night.__slots__} | changed)
    rules = read_rules()
    problem = problem_of(night, rules)
    assert problem is not None
    assert (problem.reason, said in problem.sentence) == (reason, True)
    for rule in (*rules.gates, RULE, FRESH, SHARE):
        verdict = judge(rule, Measurement(1.0, 1.0, 1.0, 9_999, 9_999, 9_999), problem)
        assert (verdict.verdict, verdict.reason) == ("insufficient", reason)


def test_a_night_in_order_has_no_problem_even_without_rules_for_it() -> None:
    assert problem_of(NIGHT, read_rules()) is None
    assert problem_of(NIGHT, Rules((RULE,))) is None
    old = Night(**{name: getattr(NIGHT, name) for name in Night.__slots__} | {"freshness_hours": 24.5})
    assert problem_of(old, Rules((RULE,))) is not None


def test_a_blocking_rule_says_what_is_stale_before_a_warning_does() -> None:
    early = FRESH.model_copy(update={"severity": "warning", "limit": 1.0})
    assert Rules((early, FRESH)).night_limit("freshness_hours") == 24
    assert Rules((early,)).night_limit("freshness_hours") == 1


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ([("pass", "blocking"), ("pass", "blocking")], "pass"),
        ([("pass", "blocking"), ("insufficient", "blocking")], "insufficient"),
        ([("insufficient", "blocking"), ("fail", "blocking")], "fail"),
        ([("pass", "blocking"), ("fail", "warning")], "pass"),
        ([("pass", "warning")], "insufficient"),
        ([("waived", "blocking"), ("pass", "blocking")], "pass"),
        ([], "insufficient"),
    ],
)
def test_blocking_gates_decide_together(words: list[tuple[Word, Severity]], word: Word) -> None:
    one = judge(RULE, wilson(97, 100))
    fields = {name: getattr(one, name) for name in Verdict.__slots__}
    assert overall([Verdict(**fields | {"verdict": said, "severity": how}) for said, how in words]) == word


@given(
    decided=st.integers(1, 3_000),
    passes=st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)),
    deff=st.floats(1, 50),
    limit=st.floats(0.01, 0.99),
)
def test_more_passes_never_turn_a_pass_into_a_fail(
    decided: int, passes: tuple[int, int], deff: float, limit: float
) -> None:
    fewer, more = sorted(min(count, decided) for count in passes)
    rule = RULE.model_copy(update={"limit": limit})
    order = {"fail": 0, "insufficient": 1, "pass": 2}
    before, after = (judge(rule, wilson(count, decided, decided / deff)).verdict for count in (fewer, more))
    assert order[after] >= order[before]


def least_that_settles(passed: int, decided: int, limit: float, n_eff: float) -> int:
    """Counts up until the interval leaves the limit."""
    rate, more = passed / decided, 1
    while True:
        found = wilson(passed, decided, (decided + more) * n_eff / decided)
        assert found.low is not None
        assert found.high is not None
        if found.low >= limit or (found.high < limit and rate < limit):
            return more
        more += 1


@pytest.mark.parametrize(
    ("passed", "decided", "n_eff"),
    [
        (60, 60, 60.0),
        (955, 1000, 1000.0),
        (940, 1000, 1000.0),
        (70, 72, 72.0),
        (960, 1000, 125.0),
        (19, 20, 20.0),
    ],
)
def test_so_many_more_executions_settle_it_and_one_fewer_does_not(
    passed: int, decided: int, n_eff: float
) -> None:
    more = executions_to_settle(0.95, passed / decided, decided, n_eff)
    if passed / decided == 0.95:
        assert more is None
        return
    assert more == least_that_settles(passed, decided, 0.95, n_eff)
    assert f"about {more:,} more executions" in judge(RULE, wilson(passed, decided, n_eff)).sentence


def test_thirteen_more_passes_settle_sixty_of_sixty() -> None:
    assert executions_to_settle(0.95, 1.0, 60, 60.0) == 13


def test_what_nobody_waits_for_is_not_promised() -> None:
    found = Measurement(
        value=0.950_01, low=0.94, high=0.96, numerator=950_010, denominator=1_000_000, n_eff=9e3
    )
    assert "even 100 such nights would not settle it" in judge(RULE, found).sentence


def test_at_the_limit_itself_nothing_settles_it() -> None:
    assert "no number of executions settles" in judge(RULE, wilson(950, 1000)).sentence


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (0.9496, 0.95, "94.96%"),
        (0.95, 0.95, "95.0%"),
        (0.949_999_6, 0.95, "94.99996%"),
        (0.80, 0.95, "80.0%"),
        (0.999_6, 1.0, "99.96%"),
        (0.999_96, None, ">99.9%"),
    ],
)
def test_a_share_never_reads_like_a_limit_that_it_is_not(
    value: float, limit: float | None, text: str
) -> None:
    assert number(value, "rate", limit) == text


def test_a_problem_keeps_the_figure_in_sight() -> None:
    verdict = judge(RULE, wilson(60, 100), Problem("incomplete", "The night is incomplete."))
    assert (verdict.value, verdict.numerator) == (0.6, 60)
    assert verdict.sentence == "60 of 100 decided executions passed (60.0%). The night is incomplete."
