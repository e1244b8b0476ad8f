"""Fixtures of the report tests: releases that are built once."""

from pathlib import Path

import pytest

from pipelines.reports.nightly import Nightly, read_nightly
from tests.unit.reports.report_rows import VERDICTS, history, release_of


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the release over the one history."""
    return release_of(tmp_path_factory.mktemp("tiny"), history())


@pytest.fixture(scope="session")
def facts(tiny: Path) -> Nightly:
    """What the report says of it."""
    return read_nightly(tiny, VERDICTS)
