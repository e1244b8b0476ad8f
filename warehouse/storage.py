"""Turns what the operating system and the Delta library say about files into this project's errors.

What belongs here: the one translation of failures while the lake's files are read or written.
What does not: reading and writing them (delta.py, generations.py, lake.py).
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deltalake.exceptions import DeltaError
from polars.exceptions import PolarsError

from warehouse.errors import DataError, NightError, StorageError

_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)

# deltalake 1.6.6 mostly wraps the system's error in text: "... (os error 28)", "Os { code: 13, ... }".
_CODE: Final = re.compile(r"os error (\d+)|\bcode: (\d+)")

_LONGEST_REASON: Final = 200


@contextmanager
def storage_errors(action: str, path: Path) -> Iterator[None]:
    """Raise StorageError where the disk refuses `action` ("read", "write" …) on `path`; DataError where the
    files there are missing or damaged."""
    try:
        yield
    except (OSError, DeltaError, PolarsError) as error:
        raise _translated(error, action, path) from error


def _translated(error: Exception, action: str, path: Path) -> NightError:
    code = _system_code(error)
    if code == errno.ENOENT:
        return DataError(f"Cannot {action} {path}: a file is missing; bring the folder back from a backup.")
    if code is None and not isinstance(error, OSError):
        return DataError(f"Cannot {action} {path}: {_reason(error)}; bring the folder back from a backup.")
    cause = os.strerror(code) if code else _reason(error)
    return StorageError(f"Cannot {action} {path}: {cause}; {_advice(code)}, then run again.")


def _system_code(error: Exception) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _CODE.search(str(error))
    return int(found[1] or found[2]) if found else None


def _reason(error: Exception) -> str:
    """The first line alone: later ones of a DeltaError can show rows."""
    first, _, _ = str(error).partition("\n")
    return first[:_LONGEST_REASON].rstrip(" .:") or type(error).__name__


def _advice(code: int | None) -> str:
    if code in _NO_SPACE:
        return "free space on that disk"
    if code in _NOT_ALLOWED:
        return "let this user write there"
    return "see that it is a folder on a healthy disk"
