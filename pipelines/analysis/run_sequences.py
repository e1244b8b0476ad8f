"""Rows of int_run_sequences as histories, project by project.

What belongs here: lists into flat columns. What does not: what is made of them (next_run.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.next_run import Histories

KEYS: Final = ("test_key", "variant_key")
Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ProjectRuns:
    """Tests × variants of one project by name, with their runs and the age of each in days."""

    project: str
    tests: pl.DataFrame
    histories: Histories
    age_days: Ints


def by_project(sequences: pl.DataFrame) -> Iterator[ProjectRuns]:
    """The projects by name."""
    for tests in sequences.sort("project", *KEYS).partition_by("project", maintain_order=True):
        is_failed = tests["are_failed"].explode(empty_as_null=False).to_numpy().astype(np.bool_)
        lengths = tests["are_failed"].list.len().to_numpy().astype(np.int64)
        age_days = tests["ages"].explode(empty_as_null=False).to_numpy().astype(np.int64)
        yield ProjectRuns(tests["project"][0], tests.select(KEYS), Histories(is_failed, lengths), age_days)
