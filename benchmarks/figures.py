"""One measured figure, and how it is printed beside what it must keep.

What belongs here: the line that every benchmark gives, medians, memory. What does not: what is measured.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

REPEATS: Final = 5
"""Machines are noisy: the median of so many runs is told."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`limit`: what the value must not exceed, or, of a peer in the same run, what it is compared with."""

    name: str
    value: float
    unit: str
    limit: float
    limit_name: str = "limit"

    def line(self) -> str:
        ratio = self.value / self.limit
        return (
            f"{self.name:<64} {self.value:>10,.2f} {self.unit:<7} "
            f"{self.limit_name} {self.limit:,.2f}, ratio {ratio:.2f}"
        )


def seconds(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median wall time of so many runs, after one that warms up."""
    action()
    return median(_once(action) for _ in range(repeats))


def _once(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def peak_memory_mb() -> float:
    """Of this program alone: what getrusage tells begins with the memory of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1_024 for line in lines if line.startswith("VmHWM:"))
