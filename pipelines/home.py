"""The home folder of one source: where its lake, releases and state stand, whose it is, and who works on it.

What belongs here: paths, the lock, the source's identity. What does not: what is inside the lake
(warehouse/lake.py) and releases (warehouse/releases.py).
"""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import HomeBusyError, StorageError


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one home folder."""

    root: Path

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def people(self) -> Path:
        return self.lake / "people"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def spool(self) -> Path:
        return self.state / "spool"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the home for one night.

        HomeBusyError names who holds it; StorageError where the home cannot be written.
        """
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            handle = (self.state / "night.lock").open("ab", buffering=0)
        except OSError as error:
            raise self._unwritable(error) from error
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HomeBusyError(
                    f"Home {self.root} is in use by {_holder(handle.name)}; try later."
                ) from None
            try:
                handle.truncate(0)
                handle.write(json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode())
            except OSError as error:
                raise self._unwritable(error) from error
            yield

    def _unwritable(self, error: OSError) -> StorageError:
        advice = "free space on that disk" if error.errno == errno.ENOSPC else "choose another with --home"
        return StorageError(f"Home {self.root} cannot be written ({error.strerror}); {advice}.")


def _holder(lock_file: str) -> str:
    try:
        owner = json.loads(Path(lock_file).read_text())
        return f"process {owner['pid']} on {owner['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
