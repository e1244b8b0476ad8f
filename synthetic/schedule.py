"""When which commit is run on which branch: one row per invocation of a world, in the order of their times.

What belongs here: commits, branches, reruns, pull requests, storms. What does not: what the tests do then
(draws.py). An invocation here is one pipeline run; the product makes one of each of its suites. What one
category of invocations draws, and when they start, does not depend on the others.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final, NamedTuple

import polars as pl

from synthetic.streams import stream
from synthetic.world import World
from warehouse.schema import TIMESTAMP

_FIRST_HOUR: Final = timedelta(hours=2)
_SPAN: Final = timedelta(hours=18)
_RERUN: Final = timedelta(minutes=11)
_PULL_REQUESTS: Final = timedelta(hours=9, minutes=5)
_OLD_RERUNS: Final = timedelta(hours=23)

OWN: Final = "own"
"""Category of the invocations that a branch has of itself: those a storm may hit."""


class Invocation(NamedTuple):
    """One pipeline run; days count from 0."""

    started_at: datetime
    category: str
    branch: str
    commit_name: str
    run_day: int
    code_day: int
    position: int
    pull_request: int | None = None
    is_storm: bool = False


def invocations(world: World) -> pl.DataFrame:
    """The columns of Invocation, with `invocation` and `commit` as numbers from 0 in the order of times."""
    own = [*_own(world)]
    rows = [*_with_storms(world, own), *_reruns(world, own), *_old_reruns(world, own), *_pull_requests(world)]
    frame = pl.DataFrame(rows, schema=_TYPES, orient="row").sort("started_at", "category", "commit_name")
    commits = frame.select(pl.col("commit_name").unique(maintain_order=True)).with_row_index("commit")
    numbered = frame.join(commits, on="commit_name", maintain_order="left").with_row_index("invocation")
    return numbered.with_columns(pl.col("invocation", "commit").cast(pl.Int32))


_TYPES: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "started_at": TIMESTAMP,
    "category": pl.String,
    "branch": pl.String,
    "commit_name": pl.String,
    "run_day": pl.Int64,
    "code_day": pl.Int64,
    "position": pl.Int64,
    "pull_request": pl.Int64,
    "is_storm": pl.Boolean,
}


def _midnight(world: World, day: int) -> datetime:
    return datetime.combine(world.start, time(), UTC) + timedelta(days=day)


def _own(world: World) -> Iterator[Invocation]:
    count = world.invocations_per_day
    slot = _SPAN / (count * len(world.branches))
    for day in range(world.days):
        for number, branch in enumerate(world.branches):
            for turn in range(count):
                place = turn * len(world.branches) + number
                started_at = _midnight(world, day) + _FIRST_HOUR + slot * place
                position = day * count + turn
                yield Invocation(started_at, OWN, branch, f"{branch}:{position}", day, day, position)


def _with_storms(world: World, own: list[Invocation]) -> Iterator[Invocation]:
    rate = world.storms.rate if world.storms else 0.0
    hits = stream(world.seed, "storms").random(len(own)) < rate
    for one, is_hit in zip(own, hits, strict=True):
        yield one._replace(is_storm=bool(is_hit))


def _reruns(world: World, own: list[Invocation]) -> Iterator[Invocation]:
    for one in own:
        for turn in range(1, world.reruns_per_commit + 1):
            yield one._replace(started_at=one.started_at + _RERUN * turn, category="rerun")


def _old_reruns(world: World, own: list[Invocation]) -> Iterator[Invocation]:
    if world.old_reruns is None:
        return
    of_day = {one.run_day: one for one in reversed(own) if one.branch == world.branches[0]}
    hits = stream(world.seed, "old reruns").random(world.days) < world.old_reruns.rate
    for day in range(world.old_reruns.back_days, world.days):
        if hits[day]:
            old = of_day[day - world.old_reruns.back_days]
            started_at = _midnight(world, day) + _OLD_RERUNS
            yield old._replace(started_at=started_at, category="old rerun", run_day=day)


def _pull_requests(world: World) -> Iterator[Invocation]:
    if world.pull_requests is None:
        return
    slot = timedelta(hours=12) / max(1, world.pull_requests.per_day)
    number = 0
    for day in range(world.days):
        for turn in range(world.pull_requests.per_day):
            number += 1
            opened_at = _midnight(world, day) + _PULL_REQUESTS + slot * turn
            name = f"pr-{number}"
            base = day * world.invocations_per_day
            one = Invocation(opened_at, "pull request", name, name, day, day, base, number - 1)
            for repeat in range(world.pull_requests.invocations):
                yield one._replace(started_at=opened_at + _RERUN * repeat)
