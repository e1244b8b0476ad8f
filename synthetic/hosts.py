"""When runs start: on each host of an invocation one process after the other, one test after the other.

What belongs here: the order on hosts and the starts that follow from it. What does not: which host a process
is given and when its tests are asked for (draws.py). Hosts of two invocations know nothing of each other, so
that what befalls one invocation moves no start in another.
"""

from typing import Final

import polars as pl

from warehouse.schema import TIMESTAMP

_LEAST_WAIT_MS: Final = 500
_WAIT_SPREAD_MS: Final = 4_000
_BETWEEN_MS: Final = 5
"""Between two runs of a host, so that a skip, which takes no time, starts before what follows it."""


def with_starts(runs: pl.DataFrame) -> pl.DataFrame:
    """Adds `started_at`; needs `process`, the number of the first test in it.

    A run starts half a second to four and a half after it was asked for, which the moment alone decides, and
    behind all that its host has to do before: the rest of its process, and processes asked for earlier.
    """
    asked_ms = pl.col("triggered_at").dt.timestamp("ms")
    timed = runs.with_row_index("row").with_columns(
        ready_ms=asked_ms + _LEAST_WAIT_MS + asked_ms * 37 % _WAIT_SPREAD_MS,
        process_at=pl.col("triggered_at").min().over("invocation", "variant", "process"),
        taken_ms=pl.col("duration_ms") + _BETWEEN_MS,
    )
    queued = timed.sort("invocation", "host", "process_at", "process", "variant", "triggered_at")
    # The start is the latest of all ready times so far, each with what runs behind it until then.
    before_ms = pl.col("taken_ms").cum_sum() - pl.col("taken_ms")
    start_ms = (pl.col("ready_ms") - before_ms).cum_max() + before_ms
    started = queued.with_columns(
        start_ms.over("invocation", "host").cast(pl.Datetime("ms", "UTC")).cast(TIMESTAMP).alias("started_at")
    )
    return started.sort("row").drop("row", "ready_ms", "process_at", "taken_ms")
