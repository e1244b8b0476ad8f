"""Statistics of a part of a release, as a person waits for them: `exr analyse` in a process of its own.

What belongs here: one scope of 500 tests and 90 days out of more. What does not: whole nights (nights.py).
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.figures import Figure
from benchmarks.nights import MAIN
from pipelines.home import Home
from pipelines.night import build
from pipelines.settings import Settings
from synthetic.behaviours import Behaviour, Between, Broken, Flaky, Slowed, Stable
from synthetic.histories import generate
from synthetic.lake_files import write_home
from synthetic.world import World
from warehouse.connection import open_release

TESTS: Final = 5_000
SUITES: Final = 10
DAYS: Final = 120
RUNS: Final = 3
_MIX: Final[dict[Behaviour, int]] = {
    Stable(): 3_500,
    Slowed(change_day=Between(40, 80), factor=1.3): 500,
    Flaky(phi=Between(0.005, 0.20), retries=1): 750,
    Broken(break_from=Between(30, 50), break_to=Between(60, 100)): 250,
}


def on_demand() -> Iterator[Figure]:
    """Median wall time of a few calls, imports and all."""
    with tempfile.TemporaryDirectory() as folder:
        history = generate(World(seed=4, days=DAYS, mix=_MIX, suites=SUITES, hosts=50))
        write_home(Path(folder), history, has_steps=True, has_rollups=False)
        release = build(Home(Path(folder)), Settings(), as_of=history.as_of, code_version="benchmark")
        with open_release(release.folder) as connection:
            ((suite, tests),) = connection.query(
                "select suite_key, count(distinct test_key) from fct_executions "
                "group by all order by all limit 1"
            ).rows
        command = [sys.executable, "-c", MAIN, "analyse", "--home", folder, "--filter", f"suite={suite}"]
        walls = []
        for _ in range(RUNS):
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            walls.append(time.perf_counter() - begin)
    yield Figure(f"exr analyse: {tests} of {TESTS:,} tests, 90 of {DAYS} days", median(walls), "s", 5.0)
