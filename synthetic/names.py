"""What tests, suites, commits and runs of a history are called in the product: keys as its source makes them.

What belongs here: keys and names. What does not: where documents keep them (documents.py). A name says the
behaviour, so that the same test has the same key in every world with that behaviour and first day.
"""

from datetime import UTC, date, datetime, time
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from synthetic.behaviours import Ints
from synthetic.histories import History
from synthetic.streams import hashes, mixed

DEFAULT_PROJECT: Final = "default"
ENVIRONMENT: Final = "staging"
PLATFORM: Final = "linux"
_BYTES: Final = 12


class Names:
    """Lookup frames of one history by their numbers, made once: `suites`, `invocations`, and `tests` with two
    rows each, the second for the name after a change."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.suites = _suites(history)
        self.tests = _tests(history, self.suites)
        self.invocations = _invocations(history)
        self._test_hashes = hashes(history.truth.filter(variant=0)["test_name"])
        labels = history.invocations.select(pl.format("{}|{}", "category", "commit_name")).to_series()
        self._invocation_hashes = hashes(labels)

    def tests_of(self, runs: pl.DataFrame) -> pl.DataFrame:
        """The row of `tests` for each run."""
        return self.tests[runs["test"] * 2 + runs["is_renamed"].cast(pl.Int32)]

    def execution_keys(self, runs: pl.DataFrame) -> pl.Series:
        """Ids with the time inside; the rest is a hash of test, variant and invocation."""
        variant = runs["variant"].to_numpy().astype(np.uint64)
        of_test = self._test_hashes[runs["test"].to_numpy()]
        own = mixed(of_test ^ mixed(self._invocation_hashes[runs["invocation"].to_numpy()] + variant))
        return object_ids(runs["triggered_at"].dt.epoch("s").to_numpy(), own)


def object_ids(seconds: Ints, own: npt.NDArray[np.uint64]) -> pl.Series:
    """Keys as MongoDB makes them, as text: four bytes of time, eight of one's own."""
    parts = np.empty(len(own), dtype=[("seconds", ">u4"), ("own", ">u8")])
    parts["seconds"], parts["own"] = seconds, own
    binary = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_BYTES), len(own), [None, pa.py_buffer(parts.tobytes())]
    )
    return pl.Series(pl.from_arrow(binary)).bin.encode("hex")


def named_ids(first_day: date, names: pl.Series) -> pl.Series:
    """Keys of what is there from the first day on."""
    moment = int(datetime.combine(first_day, time(), UTC).timestamp())
    return object_ids(np.full(len(names), moment), hashes(names))


def _suites(history: History) -> pl.DataFrame:
    world = history.world
    names = pl.Series("suite_name", [f"suite-{number:03}" for number in range(world.suites)])
    projects = [
        f"project-{number % world.projects:02}" if world.projects > 1 else DEFAULT_PROJECT
        for number in range(world.suites)
    ]
    keys = named_ids(world.start, names).alias("suite_key")
    return pl.DataFrame([keys, names, pl.Series("project", projects)])


def _tests(history: History, suites: pl.DataFrame) -> pl.DataFrame:
    truth = history.truth.filter(variant=0)
    is_renamed = truth["kind"] == "renamed"
    first = truth.select("test", "test_name", is_former=is_renamed, is_used=pl.lit(value=True))
    later = first.with_columns(
        test_name=pl.format("{}-renamed", "test_name"), is_former=pl.lit(value=False), is_used=is_renamed
    )
    both = pl.concat([first, later]).sort("test", maintain_order=True)
    suite = truth["suite"][both["test"]]
    return both.with_columns(named_ids(history.world.start, both["test_name"]).alias("test_key")).hstack(
        suites[suite]
    )


def _invocations(history: History) -> pl.DataFrame:
    seed = history.world.seed
    commit_ids = [
        blake2b(f"{seed}:{name}".encode(), digest_size=20).hexdigest()
        for name in history.invocations["commit_name"]
    ]
    return history.invocations.select(
        pl.Series("commit_id", commit_ids),
        "branch",
        "is_storm",
        pl.format("run-{}-{}", pl.col("started_at").dt.epoch("s"), "commit_name").alias("pipeline_id"),
        pl.format("1.{}", "position").alias("build_version"),
    )
