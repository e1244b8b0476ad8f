"""Runs as letters: a test's history as a line of text, in the rows that a workbench is given.

What belongs here: rows out of letters. What does not: expectations.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

from tests.sql.workbench import AS_OF, Row, Workbench


def given_runs(model: Workbench, *runs: Row) -> None:
    """Executions with their attempts; `letters` of each: its attempts as P and F, S where it was skipped."""
    for run in runs:
        row = dict(run)
        letters = str(row.pop("letters"))
        outcomes = [{"P": "passed", "F": "failed", "S": "skipped"}[letter] for letter in letters]
        final = "passed" if "P" in letters else outcomes[-1]
        row |= {
            "status": final,
            "outcome": final,
            "first_outcome": outcomes[0],
            "is_decided": outcomes[0] != "skipped",
            "is_flaky": letters.startswith("F") and "P" in letters,
            "attempt_count": len(letters),
        }
        model.given("lake_executions", [row])
        model.given(
            "lake_attempts",
            [
                {"execution_key": row["execution_key"], "attempt_number": number, "outcome": outcome}
                for number, outcome in enumerate(outcomes, start=1)
            ],
        )


def daily(
    runs: str | Sequence[str], test: str = "t1", until_days_ago: int = 0, **more: object
) -> Iterator[Row]:
    """One run a day, each at a commit and in an invocation of its own, the last one some days before as_of.

    `runs`: letters, one run each, or a list of runs with several attempts. `more` changes every row; a text
    with {day} in it says another thing each day.
    """
    for place, letters in enumerate(runs):
        day = len(runs) - 1 - place + until_days_ago
        row: Row = {
            "execution_key": f"{test}-{day:03}-{more.get('variant_key', '')}{more.get('branch', '')}",
            "test_key": test,
            "triggered_at": AS_OF - timedelta(days=day, hours=11),
            "commit_id": f"c{day:03}",
            "invocation_key": f"i{day:03}",
            "build_version": f"1.{1000 - day}",
            "letters": letters,
        }
        yield row | {
            key: value.format(day=f"{day:03}") if isinstance(value, str) else value
            for key, value in more.items()
        }


def again(row: Row, number: int) -> Row:
    """The same run once more, in the same invocation and at the same commit."""
    return row | {"execution_key": f"{row['execution_key']}-{number}"}


def told(model: Workbench, rows: Sequence[Row], tables: Sequence[str]) -> list[list[tuple[object, ...]]]:
    """All that these tables say of the runs."""
    given_runs(model, *rows)
    return [model.rows(name, "*") for name in tables]


def told_in_another_order(
    model: Workbench, rows: Sequence[Row], tables: Sequence[str]
) -> list[list[tuple[object, ...]]]:
    """The same of the runs shuffled, by a workbench with four threads."""
    shuffled = random.Random(1).sample(rows, len(rows))
    return told(model.another(threads=4), shuffled, tables)


def told_before(
    model: Workbench, rows: Sequence[Row], later: str, tables: Sequence[str]
) -> list[list[tuple[object, ...]]]:
    """The same where twenty runs of these letters follow after as_of."""
    after = (
        row | {"execution_key": f"later-{n}", "triggered_at": AS_OF + timedelta(minutes=n + 1)}
        for n, row in enumerate(daily(later * 20))
    )
    return told(model.another(), [*rows, *after], tables)


def label(model: Workbench, test: str = "t1") -> str:
    """The label of a test that ran in one variant."""
    ((found,),) = model.rows("met_flakiness", "label", where=f"test_key = '{test}'")
    return str(found)
