"""The tests of one behaviour: their parameters, processes and neighbours, and what is true of them.

What belongs here: what is the same in all their runs. What does not: the runs (draws.py).
"""

from dataclasses import fields
from hashlib import blake2b
from typing import Final

import numpy as np
import polars as pl

from synthetic.behaviours import WHOLE, Behaviour, Between, Floats, OrderDependent, Parameters, SharedCause
from synthetic.streams import stream
from synthetic.world import World

PROCESS_TESTS: Final = 4
"""Least tests of one process, which are of one behaviour and run in an order of their own each time."""

_PARAMETERS: Final = (
    *("phi", "failing_rate", "retries", "break_from", "break_to", "change_day", "skip_rate"),
    *("weekday", "host", "period", "factor", "noise_sd", "cause_rate"),
)


class Kind:
    """The tests of one behaviour: their parameters, which variants share."""

    def __init__(self, world: World, behaviour: Behaviour, count: int, first: int) -> None:
        self.world, self.behaviour, self.count, self.first = world, behaviour, count, first
        digest = blake2b(repr(behaviour).encode(), digest_size=5).hexdigest()
        self.name = f"{behaviour.kind}-{digest}"
        self.given: Parameters = {
            field.name: self._drawn(field.name, getattr(behaviour, field.name)) for field in fields(behaviour)
        }
        self.tests = np.arange(count)
        self.process = np.minimum(self.tests // PROCESS_TESTS, max(0, count // PROCESS_TESTS - 1))
        beside = np.append(self.process[1:], -1)[:count] == self.process
        first_of_process = np.searchsorted(self.process, self.process)
        self.polluter = np.where(beside, self.tests + 1, first_of_process)
        size = behaviour.group_size if isinstance(behaviour, SharedCause) else 1
        self.cause = self.tests // size

    def _drawn(self, name: str, value: float | Between) -> Floats:
        drawn = np.full(self.count, value) if isinstance(value, int | float) else self._between(name, value)
        return (np.floor(drawn) if name in WHOLE else drawn.astype(float))[:, None]

    def _between(self, name: str, value: Between) -> Floats:
        share = self.stream("parameter", name).random(self.count)
        return value.low + share * (value.high - value.low)

    def stream(self, *names: str) -> np.random.Generator:
        """A stream that no other behaviour has."""
        return stream(self.world.seed, self.name, *names)

    def truth(self, variant: int) -> pl.DataFrame:
        """One row per test: number, name, kind, suite, parameters as drawn, polluter, first of its group."""
        is_polluted = isinstance(self.behaviour, OrderDependent) & (self.polluter != self.tests)
        polluter = pl.Series(self.polluter + self.first, dtype=pl.Int32)
        has_cause = isinstance(self.behaviour, SharedCause)
        cause = np.searchsorted(self.cause, self.cause) + self.first
        columns = {name: self._parameter(name) for name in _PARAMETERS}
        return pl.DataFrame(
            {
                "test": pl.Series(self.tests + self.first, dtype=pl.Int32),
                "variant": pl.repeat(variant, self.count, dtype=pl.Int32, eager=True),
                "test_name": [f"{self.name}-{number:05}" for number in self.tests],
                "kind": pl.repeat(self.behaviour.kind, self.count, dtype=pl.String, eager=True),
                "suite": pl.Series(self.tests % self.world.suites, dtype=pl.Int32),
                **columns,
                "polluter": pl.select(pl.when(pl.Series(is_polluted)).then(polluter)).to_series(),
                "cause": pl.Series(cause if has_cause else [None] * self.count, dtype=pl.Int32),
            }
        )

    def _parameter(self, name: str) -> pl.Series:
        dtype = pl.Int32 if name in WHOLE else pl.Float64
        if name not in self.given:
            return pl.repeat(None, self.count, dtype=dtype, eager=True)
        return pl.Series(self.given[name][:, 0]).cast(dtype)
