"""The runs of one kind in one variant, drawn as matrices: a row per test, a column per invocation.

What belongs here: what is drawn, and how attempts follow from it. What does not: what the chances are
(behaviours.py) and which tests and invocations there are (kinds.py, schedule.py).
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from synthetic.behaviours import Flags, Floats, Ints, Runs
from synthetic.kinds import Kind
from warehouse.schema import TIMESTAMP


class Draw:
    """The runs of one kind and variant, as matrices: a row per test, a column per invocation."""

    def __init__(self, kind: Kind, calendar: pl.DataFrame, variant: int) -> None:
        self.kind, self.calendar, self.variant = kind, calendar, variant
        self.shape = (kind.count, calendar.height)

    def _column(self, name: str) -> Ints:
        return self.calendar[name].to_numpy()

    @cached_property
    def _columns_by_category(self) -> dict[str, Ints]:
        categories = self.calendar["category"].to_numpy()
        return {str(category): np.flatnonzero(categories == category) for category in np.unique(categories)}

    def _chances(self, name: str, rows: int | None = None) -> Floats:
        """Uniform numbers. Each category of invocations draws for itself, test after test, so that what is
        added, tests behind those that are there or invocations of another category, changes no other draw."""
        result = np.empty((self.shape[0] if rows is None else rows, self.shape[1]))
        for category, columns in self._columns_by_category.items():
            numbers = self.kind.stream(name, str(self.variant), category)
            result[:, columns] = numbers.random((len(result), len(columns)))
        return result

    def runs(self) -> pl.DataFrame:
        """One row per run, without what the invocation alone says."""
        exists = self._exists()
        order = self._order(exists)
        context = self._context(order)
        failed, limit, is_broken = self._failed(context)
        is_skipped = self._is_skipped()
        attempt_count = np.where(is_skipped, 0, np.minimum(failed, limit) + 1)
        columns, rows = np.nonzero(exists.T)

        def at(matrix: npt.NDArray[np.generic]) -> pl.Series:
            return pl.Series(np.broadcast_to(matrix, self.shape)[rows, columns])

        predecessor = at(np.where(order.predecessor < 0, -1, order.predecessor + self.kind.first))
        letters = _letters(at(failed), at(limit), at(is_skipped))
        return pl.DataFrame(
            {
                "test": pl.Series(rows + self.kind.first, dtype=pl.Int32),
                "variant": pl.repeat(self.variant, len(rows), dtype=pl.Int32, eager=True),
                "invocation": pl.Series(columns, dtype=pl.Int32),
                "triggered_at": self._moments(at(order.place), rows, columns),
                "attempts": letters,
                "is_skipped": at(is_skipped),
                "is_broken": at(is_broken),
                "is_renamed": at(self._is_renamed()),
                "host": at(context.host).cast(pl.Int32),
                "predecessor": predecessor.set(predecessor < 0, None).cast(pl.Int32),
                "process": self._first_of_process()[rows],
                "duration_ms": at(self._durations(attempt_count, context)),
            }
        )

    def _exists(self) -> Flags:
        nothing = np.zeros((1, 1), np.int64)
        context = self._runs(nothing, nothing > 0, nothing > 0)
        return np.broadcast_to(self.kind.behaviour.exists(self.kind.given, context), self.shape)

    def _runs(self, host: Ints, follows_polluter: Flags, is_struck: Flags) -> Runs:
        world = self.kind.world
        return Runs(
            code_day=self._column("code_day"),
            weekday=(self._column("run_day") + world.start.weekday()) % 7,
            position=self._column("position"),
            day_count=world.days,
            host=host,
            follows_polluter=follows_polluter,
            is_struck=is_struck,
        )

    def _order(self, exists: Flags) -> "_Order":
        """Tests in the order of their process; those that are not there come last and are behind nobody."""
        process = self.kind.process
        sort_key = np.where(exists, process[:, None] + self._chances("order"), np.inf)
        tests = np.argsort(sort_key, axis=0)
        process_of = process[tests]
        same = process_of[1:] == process_of[:-1]
        predecessor = np.full(self.shape, -1)
        behind = np.where(same, tests[:-1], -1)
        np.put_along_axis(predecessor, tests[1:], behind, axis=0)
        numbers = np.arange(self.shape[0])[:, None]
        first = np.zeros(self.shape, np.int64)
        first[1:] = np.where(same, 0, numbers[1:])
        place = np.empty(self.shape, np.int64)
        np.put_along_axis(place, tests, numbers - np.maximum.accumulate(first, axis=0), axis=0)
        return _Order(predecessor, place)

    def _context(self, order: "_Order") -> Runs:
        process = self.kind.process
        processes = int(process[-1]) + 1 if len(process) else 0
        host = np.floor(self._chances("host", processes) * self.kind.world.hosts).astype(np.int64)[process]
        return self._runs(host, order.predecessor == self.kind.polluter[:, None], self._is_struck())

    def _is_struck(self) -> Flags:
        """What a group depends on is out of order for all of it."""
        cause, given = self.kind.cause, self.kind.given
        if "cause_rate" not in given:
            return np.zeros((1, 1), np.bool_)
        groups = int(cause[-1]) + 1 if len(cause) else 0
        return np.asarray(self._chances("cause", groups)[cause] < given["cause_rate"])

    def _failed(self, context: Runs) -> tuple[Ints, Ints, Flags]:
        """Attempts that failed, the retries there are, and whether it could not pass.

        One number decides over all attempts: they fail together with the product of their chances.
        """
        given, behaviour = self.kind.given, self.kind.behaviour
        limit = given["retries"].astype(np.int64)
        chance = self._chances("attempts")
        failed = np.zeros(self.shape, np.int64)
        product: Floats = np.ones((1, 1))
        for attempt in range(int(limit.max(initial=0)) + 1):
            product = product * behaviour.fail_rate(given, context, attempt)
            failed += (chance < product) & (attempt <= limit)
        is_broken = behaviour.is_broken(given, context) | self._is_hit()
        return np.where(is_broken, limit + 1, failed), np.broadcast_to(limit, self.shape), is_broken

    def _is_skipped(self) -> Flags:
        if "skip_rate" not in self.kind.given:
            return np.zeros(self.shape, np.bool_)
        return self._chances("skip") < self.kind.given["skip_rate"]

    def _is_hit(self) -> Flags:
        """Whether a storm makes it fail, or a pull request, which breaks a test in all variants."""
        world, is_hit = self.kind.world, np.zeros(self.shape, np.bool_)
        if world.storms:
            is_storm = self.calendar["is_storm"].to_numpy()
            is_hit |= is_storm & (self._chances("storm") < world.storms.failing_share)
        if world.pull_requests:
            numbers = self.calendar["pull_request"].fill_null(-1).to_numpy()
            count = int(numbers.max(initial=-1)) + 1
            chance = self.kind.stream("pull request").random((self.shape[0], count))
            columns = np.flatnonzero(numbers >= 0)
            is_hit[:, columns] |= chance[:, numbers[columns]] < world.pull_requests.failing_share
        return is_hit

    def _is_renamed(self) -> Flags:
        if self.kind.behaviour.kind != "renamed":
            return np.zeros((1, 1), np.bool_)
        return np.asarray(self._column("code_day") >= self.kind.given["change_day"])

    def _durations(self, attempt_count: Ints, context: Runs) -> Ints:
        """About the same for a test each time, but for what its behaviour does to it; nothing for a skip."""
        given = self.kind.given
        usual = np.exp(self.kind.stream("usual duration").normal(7.5, 1.0, self.shape[0]))[:, None]
        slowed = usual * self.kind.behaviour.slowness(given, context)
        return (np.maximum(slowed * self._spread(), 50).astype(np.int64)) * attempt_count

    def _spread(self) -> Floats:
        """Even around 1, or log-normal if so given: two even numbers make a normal one (Box and Muller)."""
        chance, deviation = self._chances("duration"), self.kind.given.get("noise_sd")
        if deviation is None:
            return 0.7 + 0.6 * chance
        size = np.sqrt(-2 * np.log(1 - chance))
        spread: Floats = np.exp(deviation * size * np.cos(2 * np.pi * self._chances("duration turn")))
        return spread

    def _first_of_process(self) -> pl.Series:
        process = self.kind.process
        first = np.searchsorted(process, process) + self.kind.first
        return pl.Series(first, dtype=pl.Int32)

    def _moments(self, place: pl.Series, rows: Ints, columns: Ints) -> pl.Series:
        """A minute apart in a process; processes of an invocation start within its first minute."""
        started = self.calendar["started_at"].dt.timestamp("ms").to_numpy()[columns]
        own = (self.kind.process[rows] * 7_919 + self.variant * 31) % 60_000
        moments = started + own + place.to_numpy() * (timedelta(minutes=1) // timedelta(milliseconds=1))
        return pl.Series(moments).cast(pl.Datetime("ms", "UTC")).cast(TIMESTAMP)


@dataclass(frozen=True, slots=True)
class _Order:
    """Per test and invocation: the test before it (-1: none), and its place in its process, from 0."""

    predecessor: Ints
    place: Ints


def _letters(failed: pl.Series, limit: pl.Series, is_skipped: pl.Series) -> pl.Series:
    """`FFP`: an F for each failed attempt, and the pass unless retries ran out; nothing for a skip."""
    passed = (failed <= limit).cast(pl.Int64)
    code = pl.select(pl.when(is_skipped).then(0).otherwise(1 + failed * 2 + passed)).to_series()
    most = cast("int", failed.max()) if len(failed) else 0
    words = ["", *("F" * number + "P" * ends for number in range(most + 1) for ends in (0, 1))]
    return pl.Series(words)[code.cast(pl.UInt32)]
