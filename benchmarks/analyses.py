"""The statistics of a whole warehouse: seconds of every model, memory, and how both grow with the tests.

What belongs here: sql/analysis, the metrics above it and the intermediate models below, in a process of
their own. What does not: marts, reading the source, reports (nights.py, reports.py). Whether the statistics
are right is told by labels.py, regressed.py, latency.py and coverage.py.

A night caches nothing of them (docs/adr/0008), so one that touched 2 % of the tests is the same build again.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.drafts import open_draft
from benchmarks.figures import Figure, peak_memory_mb
from benchmarks.nights import MAIN
from synthetic.behaviours import Alternating, Between, Broken, Flaky, Regression, Stable
from synthetic.histories import generate
from synthetic.lake_files import write_home
from synthetic.world import World
from warehouse.model_headers import Model

TESTS: Final = 10_000
DAYS: Final = 365
WORST, USUAL = 0.45, 0.10
"""Shares of tests that are not constant; the second is that of statistics.md 0.11."""
LONGEST: Final = 3
"""Models named with their seconds, those that take longest."""


@dataclass(frozen=True, slots=True)
class Build:
    """Seconds by model, those of all processors together, and the most memory that the process had in MiB."""

    seconds: dict[str, float]
    processor_seconds: float
    memory_mb: float

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def analyses() -> Iterator[Figure]:
    """10,000 tests of a year, of which many or few are not constant, half as many, and the bundled sample."""
    named = f"statistics of {TESTS:,} tests × {DAYS} days"
    cold = _measured(TESTS, WORST)
    yield Figure(f"{named}, {WORST:.0%} not constant", cold.total, "s", 90.0)
    yield Figure(f"{named}, peak memory", cold.memory_mb, "MiB", 4_096.0)
    for name, seconds in sorted(cold.seconds.items(), key=lambda item: -item[1])[:LONGEST]:
        yield Figure(f"of these {name}", seconds, "s", cold.total, "of")
    night = _measured(TESTS, USUAL)
    yield Figure(f"a night that touched 2 % of them, {USUAL:.0%} not constant", night.total, "s", 15.0)
    half = _measured(TESTS // 2, WORST)
    growth = cold.processor_seconds / half.processor_seconds  # what else the machine does is not in them
    yield Figure("processor seconds for twice the tests", growth, "times", 2.6)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", MAIN, "extract", "--home", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sample = _built(Path(folder))
    yield Figure("statistics of the bundled sample", sample.total, "s", 20.0)


def _measured(tests: int, share: float) -> Build:
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), tests, share)
        return _built(Path(folder))


def _write(home: Path, tests: int, share: float) -> None:
    """One run a day; this share of the tests does not always pass."""
    shares = {
        Stable(): 1 - share,
        Flaky(phi=Between(0.005, 0.20), retries=1): share * 5 / 9,
        Broken(break_from=Between(50, 150), break_to=Between(160, 350), retries=1): share * 2 / 9,
        Regression(change_day=Between(30, 360)): share / 9,
        Alternating(period=5): share / 9,
    }
    mix = {behaviour: round(share * tests) for behaviour, share in shares.items()}
    write_home(home, generate(World(seed=11, days=DAYS, mix=mix, suites=20)), has_rollups=False)


def _built(home: Path) -> Build:
    """In a process of its own, since the memory is that of one process."""
    command = [sys.executable, "-m", "benchmarks.analyses", str(home)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Build(**json.loads(answer))


def _build(home: Path) -> Build:
    seconds: dict[str, float] = {}
    processor_seconds = 0.0
    with open_draft(home) as draft:
        for model in _needed(draft.models):
            begin, processor_begin = time.perf_counter(), time.process_time()
            draft.build(model.name)
            if model.folder != "marts":
                seconds[model.name] = time.perf_counter() - begin
                processor_seconds += time.process_time() - processor_begin
    return Build(seconds, processor_seconds, peak_memory_mb())


def _needed(models: Sequence[Model]) -> list[Model]:
    """The analyses, the metrics above them and all that these read, in the order of the models."""
    names: set[str] = set()
    for model in models:
        if model.folder == "analysis" or (model.folder == "metrics" and names.intersection(model.inputs)):
            names.add(model.name)
    for model in reversed(models):
        if model.name in names:
            names.update(model.inputs)
    return [model for model in models if model.name in names]


if __name__ == "__main__":
    print(json.dumps(asdict(_build(Path(sys.argv[1])))))
