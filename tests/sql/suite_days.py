"""Days of a suite as numbers: how many of its tests fail on each day, in the rows that a workbench is given.

What belongs here: rows out of such numbers. What does not: expectations.
"""

from collections.abc import Iterator, Sequence

from tests.sql.runs import daily
from tests.sql.workbench import Row

TESTS = 20


def suite(
    failing: Sequence[int], tests: int = TESTS, name: str = "t", until_days_ago: int = 0, **more: object
) -> Iterator[Row]:
    """One run a day of each test; on each day so many of them fail, others on the next day.

    `more`: as `daily` has it.
    """
    for test in range(tests):
        letters = "".join(
            "F" if (test - 7 * day) % tests < count else "P" for day, count in enumerate(failing)
        )
        yield from daily(letters, f"{name}{test:02}", until_days_ago, **more)
