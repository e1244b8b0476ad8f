"""How gates look: their words, tones, limits and their table.

What belongs here: showing verdicts. What does not: judging (pipelines/gates).
"""

from collections.abc import Sequence
from typing import Final

from pipelines.gates.sentences import number
from pipelines.gates.verdicts import Verdict, overall
from pipelines.reports import formats
from pipelines.reports.text import shorten_end, visible
from pipelines.reports.views import Cell, Column, Table, Tone

WORDS: Final[dict[str, tuple[str, Tone]]] = {
    "pass": ("✓ PASS", "good"),
    "fail": ("✗ FAIL", "bad"),
    "insufficient": ("≈ INSUFFICIENT", "warn"),
    "no_data": ("○ NO DATA", "muted"),
    "waived": ("– WAIVED", "muted"),
}
_COMPARISONS: Final = {">=": "≥", "<=": "≤"}
_REASONS: Final = {
    "no_data": "nothing was decided",
    "straddles": "too little evidence to decide",
    "stale": "the data is too old",
    "incomplete": "the night is incomplete",
}


def word_of(verdict: Verdict) -> tuple[str, Tone]:
    """The verdict's word with its glyph, and its tone: a gate that could not look says NO DATA."""
    is_blind = verdict.verdict == "insufficient" and verdict.reason != "straddles"
    return WORDS["no_data" if is_blind else verdict.verdict]


def overall_word(verdicts: Sequence[Verdict]) -> tuple[str, Tone]:
    """The word of all gates together."""
    return WORDS[overall(verdicts)] if verdicts else ("○ NO GATES", "muted")


def gates_table(verdicts: Sequence[Verdict]) -> Table:
    """Every gate with its value, interval and rule."""
    return Table(
        key="gates",
        caption="Gates and their verdicts",
        columns=(
            Column("Verdict", "verdict", 1.7),
            Column("Gate", "text", 2.7),
            Column("Value", "number", 0.9),
            Column("95% interval", "number", 1.5),
            Column("Count", "number", 1.5),
            Column("Limit", "number", 1.0),
            Column("Compared", "text", 4.2),
        ),
        rows=tuple(_gate_row(verdict) for verdict in verdicts),
        empty="No gate was judged with this report.",
    )


def _gate_row(verdict: Verdict) -> tuple[Cell, ...]:
    word, tone = word_of(verdict)
    reason = _REASONS[verdict.reason] if verdict.reason else ""
    counts = formats.count(verdict.numerator)
    if verdict.denominator is not None:
        counts = f"{counts} of {formats.count(verdict.denominator)}"
    band = formats.NOTHING
    if verdict.low is not None and verdict.low == verdict.high:
        band = "exact" if verdict.unit == "rate" else formats.NOTHING
    elif verdict.low is not None and verdict.high is not None:
        band = f"{_in_unit(verdict.low, verdict)}–{_in_unit(verdict.high, verdict)}"
    title = visible(verdict.title)
    return (
        Cell(word, tone=tone, detail="warning only" if verdict.severity == "warning" else ""),
        Cell(shorten_end(title, 80), title=shorten_end(title, 300)),
        Cell(_in_unit(verdict.value, verdict), sort=verdict.value),
        Cell(band, sort=verdict.low),
        Cell(counts, sort=verdict.numerator),
        Cell(limit_text(verdict), sort=verdict.limit),
        Cell(shorten_end(visible(verdict.sentence), 400), detail=reason),
    )


def limit_text(verdict: Verdict) -> str:
    """The good side: `≥ 95%`."""
    if verdict.limit is None:
        return formats.NOTHING
    text = formats.limit(verdict.limit) if verdict.unit == "rate" else _in_unit(verdict.limit, verdict)
    return f"{_COMPARISONS[verdict.comparison]} {text}"


def _in_unit(value: float | None, verdict: Verdict) -> str:
    if value is None:
        return formats.NOTHING
    if verdict.unit == "rate":
        return number(value, verdict.unit, verdict.limit)
    if verdict.unit == "hours":
        return f"{value:,.1f}".removesuffix(".0") + " h"
    return f"{value:,.0f}"
