"""The fixture of the tests of models: an empty workbench. Rows and defaults are in workbench.py."""

from collections.abc import Iterator

import pytest

from tests.sql.workbench import Workbench
from warehouse.connection import open_build


@pytest.fixture
def model() -> Iterator[Workbench]:
    """An empty workbench."""
    with open_build(None, threads=1, memory_limit_mb=512) as connection:
        yield Workbench(connection)
