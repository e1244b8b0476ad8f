"""One night in a process of its own, for tests that kill it: `python -m tests.integration.one_night ...`.

What belongs here: reading the arguments and running `load`. What does not: what is checked afterwards
(test_faults.py). It waits for a line of input once the imports are done, then says `begin` and starts.
"""

import sys
from datetime import datetime
from pathlib import Path

import pymongoarrow.api  # noqa: F401 - what the night would import when it decodes first

from pipelines.extract.dump import open_dump
from pipelines.home import Home
from pipelines.settings import Settings
from tests.integration.nights import IDENTITY, night
from tests.integration.synthetic import DATABASE


def main(home: str, dump: str, as_of: str, processes: str, batch_documents: str) -> None:
    settings = Settings(processes=int(processes), batch_documents=int(batch_documents))
    source = open_dump(Path(dump), DATABASE, IDENTITY, settings.batch_documents)
    sys.stdin.readline()
    sys.stdout.write("begin\n")
    sys.stdout.flush()
    night(Home(Path(home)), source, settings, as_of=datetime.fromisoformat(as_of))


if __name__ == "__main__":
    main(*sys.argv[1:])
