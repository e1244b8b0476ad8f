"""Models of a home's lake, built as a night builds them, in a draft that is never published.

What belongs here: such a draft of a home or of a history, and the truth beside its tests. What does not:
which models a benchmark needs, and what it measures.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from pipelines.analysis.tables import ANALYSES
from synthetic.histories import History
from synthetic.lake_files import write_home
from synthetic.names import Names
from warehouse.connection import ReleaseConnection, open_release
from warehouse.drafts import Draft, Place
from warehouse.errors import UsageError
from warehouse.lake import Lake
from warehouse.policy import BuildPolicy
from warehouse.requests import BuildRequest, LakeFiles, Limits


def open_draft(home: Path) -> Draft:
    """A draft of the home's lake with the default policy and limits; use it in a `with` block."""
    lake = Lake(home / "lake")
    as_of = lake.generation.as_of
    if as_of is None:
        raise UsageError(f"{home} holds no history; write one first.")
    files = LakeFiles.of(lake, lake.generation)
    request = BuildRequest(files, as_of, "benchmark", BuildPolicy(), analyses=ANALYSES)
    return Draft(Place(home, "benchmark", "benchmark"), request, Limits())


@contextmanager
def built(history: History, *models: str) -> Iterator[ReleaseConnection]:
    """These models over the history, and all that they read."""
    with tempfile.TemporaryDirectory() as folder:
        write_home(Path(folder), history, has_rollups=False)
        with open_draft(Path(folder)) as draft:
            for model in models:
                draft.build(model)
        with open_release(draft.folder) as release:
            yield release


def with_truth(tests: pl.DataFrame, history: History) -> pl.DataFrame:
    """Rows with a test_key, each with the truth about that test; of histories where none is renamed."""
    names = Names(history)
    return tests.join(
        history.truth.with_columns(names.tests[history.truth["test"] * 2]["test_key"]), on="test_key"
    )
