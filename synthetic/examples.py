"""A small world in which everything happens, for tests and for trying things out.

What belongs here: ready-made worlds. What does not: what is expected of them (tests).
"""

from synthetic.behaviours import (
    Added,
    Alternating,
    AlwaysFailing,
    AlwaysRetried,
    Behaviour,
    Broken,
    Drift,
    Flaky,
    HostDependent,
    OftenSkipped,
    OrderDependent,
    Regression,
    Removed,
    Renamed,
    Seasonal,
    Stable,
)
from synthetic.events import OldReruns, PullRequests, Storms
from synthetic.world import World


def every_kind(days: int) -> dict[Behaviour, int]:
    """30 tests, two of most behaviours, whose changes lie inside so many days (nine or more)."""
    third = days // 3
    return {
        Stable(): 4,
        Flaky(phi=0.2): 3,
        Broken(break_from=third, break_to=2 * third): 2,
        Regression(change_day=2 * third): 2,
        Drift(): 2,
        Seasonal(): 2,
        OrderDependent(): 3,
        HostDependent(): 2,
        Renamed(change_day=third): 2,
        AlwaysRetried(): 1,
        OftenSkipped(): 2,
        Added(change_day=third): 1,
        Removed(change_day=2 * third): 1,
        AlwaysFailing(): 1,
        Alternating(): 2,
    }


def small_world(seed: int = 1, days: int = 20) -> World:
    """30 tests, 2 variants, about 65 invocations in 20 days; every behaviour, and all that may befall."""
    return World(
        seed=seed,
        days=days,
        mix=every_kind(days),
        reruns_per_commit=1,
        variants=2,
        suites=3,
        has_resources=True,
        storms=Storms(rate=0.1),
        pull_requests=PullRequests(),
        old_reruns=OldReruns(rate=0.2),
    )
