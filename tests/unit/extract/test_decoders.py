"""Handing batches to processes: order, nothing left behind by a killed night, a killed decoder said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import bson
import pytest
from bson import ObjectId

from pipelines.extract.batches import Batch
from pipelines.extract.decoders import Decoders, ReadPolicy
from pipelines.extract.documents import STATE_CHANGE
from pipelines.extract.executions import DayBounds, TextLimits
from pipelines.extract.raw_tables import RAW_STATE_CHANGES
from pipelines.extract.spool import Spool
from pipelines.settings import IdentityPaths
from warehouse.errors import NightError


def policy(folder: Path) -> ReadPolicy:
    bounds = DayBounds(date(2000, 1, 1), date(2030, 1, 1))
    return ReadPolicy(IdentityPaths(), bounds, TextLimits(100, 100), folder / "people", ("system",))


def batches(count: int) -> Iterator[Batch]:
    for number in range(count):
        change = {"_id": ObjectId(), "execution_id": f"e{number}", "new_status": "running"}
        yield Batch(bson.encode(change))


def decoders(folder: Path, processes: int) -> Decoders:
    spool = Spool(folder / "spool")
    spool.clear()
    return Decoders(policy(folder), spool, processes)


@pytest.mark.parametrize("processes", [1, 2])
def test_reports_and_spooled_rows_keep_the_order_of_the_batches(tmp_path: Path, processes: int) -> None:
    workers = decoders(tmp_path, processes)
    try:
        reports = list(workers.run(STATE_CHANGE, "history", batches(6)))
    finally:
        workers.close()
    rows = workers.spool.scan(RAW_STATE_CHANGES).collect()
    assert [report.document_count for report in reports] == [1] * 6
    assert rows["execution_ref"].to_list() == [f"e{number}" for number in range(6)]


def test_a_decoder_that_is_ended_from_outside_is_said_in_one_sentence(tmp_path: Path) -> None:
    workers = decoders(tmp_path, 2)

    def interrupted() -> Iterator[Batch]:
        yield from batches(3)
        assert workers._pool is not None
        for process in list(workers._pool._processes.values()):
            process.kill()
        yield from batches(20)

    try:
        with pytest.raises((NightError,), match="lower EXR_PROCESSES"):
            list(workers.run(STATE_CHANGE, "history", interrupted()))
    finally:
        workers.close()


def test_an_interruption_of_the_terminal_is_not_for_decoders(tmp_path: Path) -> None:
    """It reaches every process of the night; the night itself ends the decoders."""
    workers = decoders(tmp_path, 2)

    def interrupted() -> Iterator[Batch]:
        yield from batches(3)
        assert workers._pool is not None
        for pid in workers._pool._processes:
            os.kill(pid, signal.SIGINT)
        yield from batches(20)

    try:
        assert len(list(workers.run(STATE_CHANGE, "history", interrupted()))) == 23
    finally:
        workers.close()


_NIGHT = """
import sys, time
from pathlib import Path
from tests.unit.extract.test_decoders import batches, decoders
from pipelines.extract.documents import STATE_CHANGE

def endless():
    yield from batches(40)
    print(*workers._pool._processes, flush=True)
    time.sleep(60)

if __name__ == "__main__":
    workers = decoders(Path(sys.argv[1]), 2)
    list(workers.run(STATE_CHANGE, "history", endless()))
"""


def test_a_killed_night_leaves_no_decoder_behind(tmp_path: Path) -> None:
    script = tmp_path / "night.py"
    script.write_text(_NIGHT)
    root = str(Path(__file__).parents[3])
    command = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": root}) as night:
        assert night.stdout is not None
        workers = [int(word) for word in night.stdout.readline().split()]
        night.kill()
    assert workers
    deadline = time.monotonic() + 10
    while any(_is_running(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in workers if _is_running(pid)]


def _is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
