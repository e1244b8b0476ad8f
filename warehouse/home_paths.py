"""Which folders can be a home: the one rule about letters in a path, for whoever writes or reads the lake.

What belongs here: that rule. What does not: what lies in a home (lake.py, releases.py).
"""

import re
from pathlib import Path
from typing import Final

from warehouse.errors import UsageError

# With one of these in a path deltalake 1.6.6 panics or looks elsewhere; "=" reads as a partition, for DuckDB
# too: below a folder `project=acme` every row would be of the project acme.
_UNUSABLE: Final = re.compile(r"[%=\[\]\\^|\x00-\x1f]")


def require_usable(root: Path) -> None:
    """UsageError for the absolute path of a lake that libraries cannot open or read wrongly."""
    if found := _UNUSABLE.search(str(root)):
        raise UsageError(f"The path {root} holds {found[0]!r}; choose a home folder without it.")
