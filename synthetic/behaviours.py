"""How tests behave: what each kind is given, and the chances of its runs by day, host and neighbours.

What belongs here: kinds with their parameters, and what follows from them for many tests at once.
What does not: drawing (draws.py) and what befalls whole invocations (events.py).

Every number may be a Between: each test then has a value of its own. Days count from 0, the first of the
history; a commit's day counts where the code is at fault, the run's day where the calendar is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

WHOLE: Final = ("retries", "break_from", "break_to", "change_day", "weekday", "host", "period", "group_size")
"""Parameters that are whole numbers; what is drawn for them is cut."""


@dataclass(frozen=True, slots=True)
class Between:
    """Drawn for each test, evenly from `low` up to `high`, which whole numbers do not reach."""

    low: float
    high: float


Value: TypeAlias = float | Between
Parameters: TypeAlias = Mapping[str, Floats]
"""By name, one row per test, so that a parameter meets every invocation."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What a run's chances may depend on: one value per invocation, or per test (rows) and invocation."""

    code_day: Ints
    weekday: Ints
    position: Ints
    """Number of the commit on its branch; that of a pull request is its base."""
    day_count: int
    host: Ints
    follows_polluter: Flags
    """Whether the test ran right behind the one that may spoil it, in the same process."""
    is_struck: Flags
    """Whether what its group depends on was out of order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """`phi`: chance that an attempt fails though code and environment are good; `retries`: at most."""

    kind: ClassVar[str]
    phi: Value = 0.0
    retries: Value = 0

    def fail_rate(self, given: Parameters, runs: Runs, attempt: int) -> Floats:
        """Chance that this attempt (0: the first) fails, where those before it did."""
        return given["phi"]

    def is_broken(self, given: Parameters, runs: Runs) -> Flags:
        """Whether every attempt fails."""
        return np.zeros((1, 1), np.bool_)

    def exists(self, given: Parameters, runs: Runs) -> Flags:
        """Whether the test is there."""
        return np.ones((1, 1), np.bool_)

    def slowness(self, given: Parameters, runs: Runs) -> Floats:
        """How many times as long as usual it runs."""
        return np.ones((1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stable(Behaviour):
    """Passes, but for a tiny phi if one is given."""

    kind: ClassVar[str] = "stable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaky(Behaviour):
    """Each attempt fails with chance phi, whatever the code."""

    kind: ClassVar[str] = "flaky"
    phi: Value = 0.05
    retries: Value = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken(Behaviour):
    """Fails with the code of `break_from` and later; it passes again with that of `break_to`."""

    kind: ClassVar[str] = "broken"
    retries: Value = 2
    break_from: Value
    break_to: Value

    def is_broken(self, given: Parameters, runs: Runs) -> Flags:
        return (runs.code_day >= given["break_from"]) & (runs.code_day < given["break_to"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression(Behaviour):
    """Attempts fail with chance phi before the code of `change_day`, with `failing_rate` from then on."""

    kind: ClassVar[str] = "regression"
    failing_rate: Value = 0.3
    change_day: Value

    def fail_rate(self, given: Parameters, runs: Runs, attempt: int) -> Floats:
        return np.where(runs.code_day >= given["change_day"], given["failing_rate"], given["phi"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(Behaviour):
    """The chance grows evenly from phi with the first day's code to `failing_rate` with the last day's."""

    kind: ClassVar[str] = "drift"
    failing_rate: Value = 0.3

    def fail_rate(self, given: Parameters, runs: Runs, attempt: int) -> Floats:
        share = runs.code_day / max(1, runs.day_count - 1)
        return given["phi"] + share * (given["failing_rate"] - given["phi"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seasonal(Behaviour):
    """Attempts on one day of the week (0: Monday) fail with chance `failing_rate`."""

    kind: ClassVar[str] = "seasonal"
    failing_rate: Value = 0.5
    weekday: Value = 0

    def fail_rate(self, given: Parameters, runs: Runs, attempt: int) -> Floats:
        return np.where(runs.weekday == given["weekday"], given["failing_rate"], given["phi"])


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDependent(Behaviour):
    """Fails with chance `failing_rate` right behind its polluter: the next test of its process, or the first.

    Processes hold four to seven tests in an order drawn for each invocation, so every fourth to seventh run
    is behind it; the only test of a process has no polluter.
    """

    kind: ClassVar[str] = "order_dependent"
    failing_rate: Value = 1.0

    def fail_rate(self, given: Parameters, runs: Runs, attempt: int) -> Floats:
        return np.where(runs.follows_polluter, given["failing_rate"], given["phi"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCause(Behaviour):
    """Tests in groups of `group_size` that depend on one thing each: where it is out of order, they fail.

    It is so with chance `cause_rate` in an invocation and variant; attempts then fail with `failing_rate`.
    """

    kind: ClassVar[str] = "shared_cause"
    cause_rate: Value = 0.05
    failing_rate: Value = 0.9
    group_size: int = 5

    def fail_rate(self, given: Parameters, runs: Runs, attempt: int) -> Floats:
        return np.where(runs.is_struck, given["failing_rate"], given["phi"])


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDependent(Behaviour):
    """Attempts on one host (numbered from 0) fail with chance `failing_rate`."""

    kind: ClassVar[str] = "host_dependent"
    failing_rate: Value = 0.5
    host: Value = 0

    def fail_rate(self, given: Parameters, runs: Runs, attempt: int) -> Floats:
        return np.where(runs.host == given["host"], given["failing_rate"], given["phi"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(Behaviour):
    """Has another key and name with the code of `change_day` and later."""

    kind: ClassVar[str] = "renamed"
    change_day: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AlwaysRetried(Behaviour):
    """The first attempt fails, the second passes, every time: phi is that of the first."""

    kind: ClassVar[str] = "always_retried"
    phi: Value = 1.0
    retries: Value = 1

    def fail_rate(self, given: Parameters, runs: Runs, attempt: int) -> Floats:
        return given["phi"] * float(attempt == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OftenSkipped(Behaviour):
    """Is skipped with chance `skip_rate`."""

    kind: ClassVar[str] = "often_skipped"
    skip_rate: Value = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowed(Behaviour):
    """Runs `factor` times as long with the code of `change_day` and later; less than 1 is faster.

    Durations of one test differ log-normally, with standard deviation `noise_sd` of the logarithm.
    """

    kind: ClassVar[str] = "slowed"
    change_day: Value
    factor: Value = 1.5
    noise_sd: Value = 0.15

    def slowness(self, given: Parameters, runs: Runs) -> Floats:
        return np.where(runs.code_day >= given["change_day"], given["factor"], 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(Behaviour):
    """Is there with the code of `change_day` and later."""

    kind: ClassVar[str] = "added"
    change_day: Value

    def exists(self, given: Parameters, runs: Runs) -> Flags:
        return runs.code_day >= given["change_day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Behaviour):
    """Is there before the code of `change_day` only."""

    kind: ClassVar[str] = "removed"
    change_day: Value

    def exists(self, given: Parameters, runs: Runs) -> Flags:
        return runs.code_day < given["change_day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlwaysFailing(Behaviour):
    """Fails with every attempt, from the first day on."""

    kind: ClassVar[str] = "always_failing"
    retries: Value = 1

    def is_broken(self, given: Parameters, runs: Runs) -> Flags:
        return np.ones((1, 1), np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternating(Behaviour):
    """Passes at `period` commits of a branch, fails at as many, and so on."""

    kind: ClassVar[str] = "alternating"
    period: Value = 1

    def is_broken(self, given: Parameters, runs: Runs) -> Flags:
        return np.asarray(runs.position // given["period"] % 2 == 1)
