"""What a gate says: the shape of a verdict, which the judge fills and reports and alerts show.

What belongs here: the words of a verdict and what follows from several of them.
What does not: judging (judge.py) and how a verdict looks (pipelines/reports).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Word: TypeAlias = Literal["pass", "fail", "insufficient", "waived"]
Reason: TypeAlias = Literal["no_data", "straddles", "stale", "incomplete"]
Unit: TypeAlias = Literal["rate", "hours", "count"]
Severity: TypeAlias = Literal["blocking", "warning"]
Comparison: TypeAlias = Literal[">=", "<="]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate's answer; `value`, `low`, `high` and `limit` in `unit`, null where there is none."""

    gate_name: str
    title: str
    verdict: Word
    reason: Reason | None
    value: float | None
    low: float | None
    high: float | None
    numerator: int | None
    denominator: int | None
    limit: float | None
    unit: Unit
    sentence: str
    """What was compared, in words."""
    comparison: Comparison = ">="
    """Which side of the limit is good; the limit itself is."""
    severity: Severity = "blocking"
    owner: str = ""


def overall(verdicts: Sequence[Verdict]) -> Word:
    """Of the blocking gates: fail where one fails, else insufficient where one is or none is, else pass."""
    words = {verdict.verdict for verdict in verdicts if verdict.severity == "blocking"}
    if "fail" in words:
        return "fail"
    return "insufficient" if "insufficient" in words or not words else "pass"
