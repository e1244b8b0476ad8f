"""What befalls whole invocations, whatever their tests are: storms, pull requests, old commits run again.

What belongs here: settings. What does not: when it happens (schedule.py) and what tests do then (draws.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Storms:
    """Of the branches' own invocations the share `rate` is hit; there each run fails with `failing_share`."""

    rate: float = 0.02
    failing_share: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequests:
    """So many new ones `per_day`, of one commit and so many `invocations`, on branches pr-1, pr-2 …

    Each breaks the share `failing_share` of all tests: these fail in all its invocations.
    """

    per_day: int = 1
    invocations: int = 1
    failing_share: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class OldReruns:
    """On the share `rate` of the days the first branch's commit of `back_days` before is run again."""

    rate: float = 0.1
    back_days: int = 7
