"""What a synthetic history is made of: its seed, length, tests by behaviour, and what befalls invocations.

What belongs here: the settings of a history and their limits. What does not: the history (histories.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from synthetic.behaviours import Behaviour
from synthetic.events import OldReruns, PullRequests, Storms

BROWSERS: Final = ("chrome", "firefox", "webkit", "edge")
MOST_RERUNS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`mix`: how many tests of each behaviour; each runs in every invocation, once per variant.

    `invocations_per_day`: new commits of each branch and day, one invocation each; `reruns_per_commit`:
    further invocations of each of them. Variants are browsers. Tests are dealt out to suites, suites to
    projects. `has_resources`: executions say what they used of processor, memory, disk and network.
    """

    seed: int
    days: int
    mix: Mapping[Behaviour, int]
    start: date = date(2026, 1, 1)
    invocations_per_day: int = 1
    reruns_per_commit: int = 0
    branches: tuple[str, ...] = ("main",)
    variants: int = 1
    suites: int = 1
    projects: int = 1
    hosts: int = 4
    has_resources: bool = False
    storms: Storms | None = None
    pull_requests: PullRequests | None = None
    old_reruns: OldReruns | None = None

    def __post_init__(self) -> None:
        counts = (self.days, self.invocations_per_day, self.variants, self.suites, self.projects, self.hosts)
        if min(counts) < 1 or not self.branches:
            raise ValueError("A world has at least one day, invocation, branch, variant, suite and host.")
        most = max(self.reruns_per_commit, self.pull_requests.invocations if self.pull_requests else 0)
        if most > MOST_RERUNS:
            raise ValueError(f"More than {MOST_RERUNS} runs of one commit would reach into the next day.")
        if self.projects > self.suites:
            raise ValueError("A project without a suite would have no tests.")

    @property
    def variant_names(self) -> tuple[str, ...]:
        """Browsers."""
        more = (f"browser-{number}" for number in range(len(BROWSERS), self.variants))
        return (*BROWSERS[: self.variants], *more)
