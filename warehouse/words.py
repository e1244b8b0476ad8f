"""The vocabulary as DuckDB sees it: macros over the word lists, and the table ref_outcomes.

What belongs here: vocabulary.py put into SQL, so that no model spells out a list of words.
What does not: the words themselves (vocabulary.py) and formulas (sql/macros.sql).
"""

from pathlib import Path
from typing import Final

import duckdb

from warehouse.comments import write_comments
from warehouse.duckdb_text import sql_text
from warehouse.vocabulary import DECIDED, EXECUTION_TYPES, FAILING, IN_FLIGHT, OUTCOMES

REF_OUTCOMES: Final = "ref_outcomes"

_MEANINGS: Final = {
    "passed": "Every check held; with warning steps only it is unverified and not decided.",
    "failed": "A check did not hold.",
    "error": "The set-up or the tool broke, by its error type.",
    "timed_out": "It did not end in its time.",
    "skipped": "It was not run, or all of its steps were skipped or blocked.",
    "cancelled": "Somebody or something called it off.",
    "aborted": "It was broken off without a failed attempt.",
    "unknown": "The source's word is not in the vocabulary.",
}
_COMMENTS: Final = {
    "outcome": "How an execution, attempt or step ended.",
    "is_deciding": "Whether it says something about the product; an unverified pass does not.",
    "is_failing": "Whether it is a decided outcome that is no pass.",
    "worst_rank": "1 is worst; failures first, then a pass, then what decided nothing.",
    "meaning": "What the word says.",
}


def create_macros(connection: duckdb.DuckDBPyConnection, sql_root: Path) -> None:
    """The word macros, then those of sql/macros.sql; all temporary, none of them is in a release."""
    words = {
        "is_failing_outcome": FAILING,
        "is_deciding_outcome": DECIDED,
        "is_in_flight_status": IN_FLIGHT,
        "is_execution_type": EXECUTION_TYPES,
    }
    for name, members in words.items():
        listed = ", ".join(sql_text(member) for member in members)
        connection.execute(
            f"create or replace temp macro {name}(word) as coalesce(word in ({listed}), false)"
        )
    connection.execute((sql_root / "macros.sql").read_text(encoding="utf-8"))


def create_ref_outcomes(connection: duckdb.DuckDBPyConnection) -> None:
    """The table of outcomes, worst first, with a comment on every column."""
    rows = ", ".join(
        f"({sql_text(word)}, {word in DECIDED}, {word in FAILING}, {rank}, {sql_text(_MEANINGS[word])})"
        for rank, word in enumerate(worst_first(), start=1)
    )
    connection.execute(
        f"create or replace table {REF_OUTCOMES} as "
        f"select * from (values {rows}) as listed ({', '.join(_COMMENTS)})"
    )
    write_comments(connection, REF_OUTCOMES, "One row per outcome: the vocabulary.", _COMMENTS)


def worst_first() -> tuple[str, ...]:
    """Outcomes ranked: failing ones, other decided ones, then the undecided, least known first."""
    decided = (*FAILING, *(word for word in DECIDED if word not in FAILING))
    return (*decided, *(word for word in reversed(OUTCOMES) if word not in decided))
