"""All gates of one release: judged anew, kept as rows, read back, and seen from a later moment.

What belongs here: the way from a release to its verdicts. What does not: one verdict (judge.py), its words
(sentences.py), and the table that keeps them (warehouse/gate_verdicts.py).
"""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from pipelines.gates import sentences
from pipelines.gates.judge import judge, problem_of
from pipelines.gates.measure import measure, read_night
from pipelines.gates.rules import FRESHNESS, Rules
from pipelines.gates.verdicts import Verdict
from warehouse.connection import ReleaseConnection
from warehouse.gate_verdicts import GATE_VERDICTS


def evaluate(connection: ReleaseConnection, rules: Rules) -> list[Verdict]:
    """The verdicts of a release or a draft, in the order of the rules."""
    night = read_night(connection)
    problem = problem_of(night, rules)
    return [judge(rule, measure(connection, rule, night), problem) for rule in rules.gates]


def verdict_rows(verdicts: Sequence[Verdict], rules: Rules) -> list[dict[str, object]]:
    """The verdicts as rows of gate_verdicts."""
    return [
        asdict(verdict) | {"limit_value": verdict.limit, "rules_hash": rules.rules_hash}
        for verdict in verdicts
    ]


def stored_verdicts(connection: ReleaseConnection) -> list[Verdict]:
    """What the gates said when the release was built."""
    names = [field.name for field in fields(Verdict)]
    columns = ["limit_value" if name == "limit" else name for name in names]
    result = connection.query(f"select {', '.join(columns)} from {GATE_VERDICTS} order by gate_number")
    rows: list[tuple[Any, ...]] = result.rows
    return [Verdict(**dict(zip(names, row, strict=True))) for row in rows]


def seen_at(
    verdicts: Sequence[Verdict], connection: ReleaseConnection, rules: Rules, moment: datetime
) -> list[Verdict]:
    """The verdicts as they stand at a later moment: all insufficient when the night has become stale since.

    A release stays what it was, but an old pass says nothing of today: a night that failed publishes none.
    """
    newest = read_night(connection).newest_execution_at
    if newest is None:
        return list(verdicts)
    hours = (moment - newest).total_seconds() / 3_600
    allowed = rules.night_limit(FRESHNESS)
    if hours <= allowed:
        return list(verdicts)
    sentence = sentences.stale(hours, allowed)
    return [
        replace(verdict, verdict="insufficient", reason="stale", sentence=sentence) for verdict in verdicts
    ]
