"""A night that is killed or cannot write leaves the former generation whole, and the next one mends all.

What belongs here: SIGKILL, full disks, busy and unwritable homes. What does not: faults of the source
(test_bad_sources.py).
"""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from pipelines.extract.dump import open_dump
from pipelines.extract.sample import write_dump as write_sample
from pipelines.home import Home
from pipelines.settings import SAMPLE_FOLDER, Settings
from tests.integration.nights import (
    AS_OF,
    IDENTITY,
    ONE_PROCESS,
    Tables,
    assert_same,
    copy_of,
    differences,
    dump_of,
    new_home,
    night,
    tables,
)
from tests.integration.synthetic import DATABASE, Documents, at, documents, execution, write_dump
from warehouse.errors import HomeBusyError, StorageError
from warehouse.lake import Lake

CHECKOUT: Final = Path(__file__).parents[2]
LATER: Final = AS_OF + timedelta(days=1)
RECOVERY_S: Final = 30.0


def changed_set() -> Documents:
    """The whole set, with an edit and a new document on most days."""
    found = documents()
    traces = found["execution_traces"]
    for number, one in enumerate(traces):
        if str(one.get("execution_id")).startswith("exec_ordinary") and number % 2:
            traces[number] = one | {"status": "timeout", "updated_at": at(13)}
    traces += [execution(f"new_{day}", day, "failed") | {"updated_at": at(13)} for day in (2, 7, 12)]
    return found


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is tried again and again: a home to copy (None: an empty one), the dump and how it is read."""

    base: Home | None
    dump: Path
    settings: Settings
    as_of: datetime

    def start(self, root: Path) -> Home:
        return copy_of(self.base, root) if self.base else new_home(root)

    def finish(self, home: Home) -> None:
        source = open_dump(self.dump, DATABASE, IDENTITY, self.settings.batch_documents)
        night(home, source, self.settings, as_of=self.as_of)

    def prepared(self, home: Path) -> "subprocess.Popen[str]":
        """A night in its own process group that is about to start: its imports take longer than it does."""
        sizes = [str(self.settings.processes), str(self.settings.batch_documents)]
        arguments = [str(home), str(self.dump), self.as_of.isoformat(), *sizes]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.integration.one_night", *arguments],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )


def is_killed_at_work(process: "subprocess.Popen[str]", delay_s: float) -> bool:
    """Lets the night start and kills it so long after; whether it was still at work then."""
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "begin\n"
        time.sleep(delay_s)
        is_at_work = process.poll() is None
        process.kill()
    return is_at_work


def left_behind(group: int, patience_s: float) -> list[int]:
    """Processes of a group that do not end in time; they are killed."""
    end = time.monotonic() + patience_s
    while (found := [*_members(group)]) and time.monotonic() < end:
        time.sleep(0.02)
    if found:
        os.killpg(group, signal.SIGKILL)
    return found


def _members(group: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, found = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(found) == group and state != "Z":
            yield int(stat.parent.name)


def seconds_of(attempt: Attempt, home: Home) -> float:
    begin = time.monotonic()
    attempt.finish(home)
    return time.monotonic() - begin


def check_kills(attempt: Attempt, tmp_path: Path, seed: int, count: int) -> None:
    """So many kills, spread over the night; each leaves a whole generation, and the next night ends as if
    nothing had been."""
    undisturbed = attempt.start(tmp_path / "undisturbed")
    duration_s = seconds_of(attempt, undisturbed)
    before, expected = tables(attempt.start(tmp_path / "before")), tables(undisturbed)
    chance, at_work = random.Random(seed), 0
    places = [tmp_path / f"killed_{number}" for number in range(count)]
    with ExitStack() as started:
        following = attempt.prepared(places[0])
        started.callback(lambda: left_behind(following.pid, 0))
        for number, place in enumerate(places):
            process, home = following, attempt.start(place)
            moment = (number + chance.random()) / count * duration_s
            at_work += is_killed_at_work(process, moment)
            if number + 1 < count:
                following = attempt.prepared(places[number + 1])
            assert_whole(tables(home), before, expected)
            duration_s = seconds_of(attempt, home)  # how fast the machine is just now
            assert duration_s < RECOVERY_S
            # It began at once: decoders orphaned in their start may still be importing, and do no harm.
            assert_same(expected, tables(home))
            assert not left_behind(process.pid, RECOVERY_S), "decoders outlive their night"
            assert not [*home.spool.rglob("*.parquet")]
            shutil.rmtree(home.root)
    assert at_work >= count // 2


def assert_whole(found: Tables, *possible: Tables) -> None:
    assert any(not differences(one, found) for one in possible), "neither the old nor the new generation"


def test_a_killed_night_publishes_nothing_or_everything(from_dump: Home, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "dump", changed_set())
    check_kills(Attempt(from_dump, dump, ONE_PROCESS, LATER), tmp_path, seed=5, count=5)


@pytest.mark.faults
@pytest.mark.parametrize("seed", [20])
def test_twenty_kills_on_five_days_of_the_sample(tmp_path: Path, seed: int) -> None:
    days = (date(2026, 8, 16), date(2026, 8, 21))
    dump = write_sample(SAMPLE_FOLDER, tmp_path / "dump", days)
    settings = Settings(processes=2, batch_documents=4_000)
    attempt = Attempt(None, dump, settings, datetime(2026, 8, 21, tzinfo=UTC))
    check_kills(attempt, tmp_path, seed, count=20)


@pytest.mark.faults
def test_twenty_kills_of_a_second_night(from_dump: Home, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "dump", changed_set())
    check_kills(Attempt(from_dump, dump, ONE_PROCESS, LATER), tmp_path, seed=21, count=20)


@pytest.mark.parametrize("successes", [0, 20])
def test_a_disk_that_refuses_to_flush(
    successes: int, from_dump: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENOSPC shows when data is flushed; so many flushes go well before."""
    home, source = copy_of(from_dump, tmp_path / "home"), dump_of(tmp_path / "dump", changed_set())
    before, flush, calls = tables(home), os.fsync, iter(range(1_000))

    def full(descriptor: int) -> None:
        if next(calls) >= successes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match=r"No space left.*free space.*run again\.$") as caught:
            night(home, source, as_of=LATER)
    assert "\n" not in str(caught.value)
    assert_same(before, tables(home))
    night(home, source, as_of=LATER)
    assert Lake(home.lake).generation.number == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MiB, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk: this user may not mount one")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk(from_dump: Home, small_disk: Path, tmp_path: Path) -> None:
    """With less and less room: a clear message, the former generation stands; with room again all is well."""
    source = dump_of(tmp_path / "dump", changed_set())
    before = tables(from_dump)
    home = copy_of(from_dump, small_disk / "home")
    filler = small_disk / "filler"
    for free in (0, 20_480, 102_400, 204_800):
        room = shutil.disk_usage(small_disk).free
        filler.write_bytes(b"\0" * max(room - free, 0))
        with pytest.raises(StorageError, match="No space left") as caught:
            night(home, source, as_of=LATER)
        assert "\n" not in str(caught.value)
        assert_same(before, tables(home))
        filler.unlink()
    night(home, source, as_of=LATER)
    expected = copy_of(from_dump, tmp_path / "expected")
    night(expected, source, as_of=LATER)
    assert_same(tables(expected), tables(home))


def test_two_nights_at_once(from_dump: Home, whole_set: Documents, tmp_path: Path) -> None:
    home, source = copy_of(from_dump, tmp_path / "home"), dump_of(tmp_path / "dump", whole_set)
    with (
        home.locked(),
        pytest.raises(HomeBusyError, match=rf"in use by process {os.getpid()} on .*try later\.$"),
    ):
        night(home, source)
    night(home, source)


def test_a_home_that_cannot_be_written(whole_set: Documents, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home, source = Home(tmp_path / "file" / "home"), dump_of(tmp_path / "dump", whole_set)
    with pytest.raises(
        StorageError, match=r"^Home .*file/home cannot be written \(Not a directory\); .*--home\.$"
    ):
        night(home, source)
