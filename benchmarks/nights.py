"""Whole nights over the bundled sample: seconds, and the memory of all processes together.

What belongs here: `exr nightly` as a person starts it, in a process of its own. What does not: its stages.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure

MAIN: Final = "from pipelines.cli.main import main; main()"


def nights() -> Iterator[Figure]:
    """A first night, and a second one with nothing new."""
    with tempfile.TemporaryDirectory() as folder:
        for name, limit in (("first night, 486,132 results", 90.0), ("second night, nothing new", 20.0)):
            wall, memory = _nightly(Path(folder) / "home")
            yield Figure(name, wall, "s", limit)
            yield Figure(f"{name}, peak memory", memory / 2**20, "MiB", 2_048.0)


def _nightly(home: Path) -> tuple[float, int]:
    """Seconds, and the highest sum of proportional memory of the process and its children."""
    begin, peak = time.perf_counter(), 0
    command = [sys.executable, "-c", MAIN, "nightly", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(_memory, _family(process.pid))))
            time.sleep(0.1)
    if process.returncode:
        raise SystemExit(
            f"The night failed with exit code {process.returncode}; run `exr nightly` to see why."
        )
    return time.perf_counter() - begin, peak


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = [*Path(f"/proc/{pid}/task").iterdir()]
        children = " ".join((task / "children").read_text() for task in tasks)
    except OSError:  # it ended meanwhile
        return
    for child in children.split():
        yield from _family(int(child))


def _memory(pid: int) -> int:
    """Bytes of one process, what is shared counted in parts; 0 where it ended meanwhile."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1_024 for line in lines if line.startswith("Pss:"))
