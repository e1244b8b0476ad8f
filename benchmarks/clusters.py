"""Failure clusters: seconds for many failures, and whether clusters are what the messages were made from.

What belongs here: messages from templates, the models over them, clusters beside the templates. What does
not: fingerprints of single texts (tests) and the statistics of tests (analyses.py).

A template is a sentence with holes; numbers, times, addresses and paths are masked, names and words are not,
so that one template has many fingerprints. Pairs are of fingerprints: of those in one cluster, how many are
of two templates, and of those of one template, how many are in one cluster. Short sentences with several
names are meant to fall apart: with a third of its words changed a message is another message.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import polars as pl

from benchmarks.figures import Figure, peak_memory_mb
from pipelines.analysis.tables import ANALYSES
from pipelines.transform.fingerprints import with_fingerprints
from warehouse.build import WarehouseBuild
from warehouse.connection import open_build
from warehouse.models import load_models
from warehouse.policy import BuildPolicy

FAILURES: Final = 879_000
TEXTS: Final = 50_000
WEEKS: Final = 26
SEED: Final = 12
AS_OF: Final = datetime(2026, 3, 31, 12, tzinfo=UTC)
MODELS: Final = (
    "ana_failure_clusters",
    "ana_clustered_failures",
    "ana_blocked_pipelines",
    "ana_failure_traces",
    "ana_failure_impacts",
    "met_failure_cluster_members",
    "met_failure_clusters",
)
TEMPLATES: Final = (
    "TimeoutError: waiting for element #{name} to be visible on page {page} timed out after {number} ms",
    "TimeoutError: navigation to {url} did not finish within {number} ms, last state was {word}",
    "NoSuchElementException: no such element: cannot locate element by id: selector {name} in frame {number}",
    "StaleElementReferenceException: stale element reference: not attached to the page document ({uuid})",
    "ElementClickInterceptedException: <{name}> at ({number}, {number}) is obscured by another element",
    "AssertionError: expected status {number} but was {number} for GET {url}",
    "AssertionError: expected total of order {number} to be {number}.{number} but was {number}.{number}",
    "AssertionError: expected text '{word} {word}' in field {name} of the form but found '{word}'",
    "AssertionError: list of {name} has {number} entries, expected {number}",
    "ConnectionError: connection refused: {ip} while calling {service}, retry {number} of {number}",
    "ConnectionError: connection reset by peer: {ip} while calling {service}, retry {number} of {number}",
    "ConnectionError: name or service not known: {service}.internal",
    "HTTPError: 503 Server Error: Service Unavailable for url: {url}",
    "HTTPError: 401 Client Error: Unauthorized for url: {url}",
    "HTTPError: 500 Server Error: Internal Server Error for url: {url} (request {uuid})",
    "OperationalError: deadlock detected: process {number} waits for ShareLock, blocked by {number}",
    "OperationalError: could not connect: Connection refused. Is the server running on host {ip}?",
    "OperationalError: FATAL: remaining connection slots are reserved for superuser connections",
    'IntegrityError: duplicate key violates constraint "{name}_pkey", key (id)=({number}) exists',
    'ProgrammingError: column "{name}" of relation "{service}" does not exist at character {number}',
    "FileNotFoundError: [Errno 2] No such file or directory: '{path}'",
    "PermissionError: [Errno 13] Permission denied: '{path}'",
    "OSError: [Errno 28] No space left on device: '{path}'",
    "KeyError: '{name}' in response of {service}",
    "TypeError: Cannot read properties of undefined (reading '{name}') at {path}:{number}:{number}",
    "TypeError: {name} is not a function at Object.<anonymous> ({path}:{number}:{number})",
    "ReferenceError: {name} is not defined at {path}:{number}:{number}",
    'NullPointerException: Cannot invoke "{name}" because the return value of "{name}" is null',
    "IllegalStateException: Bean {name} was requested before the context of {service} was started",
    "OutOfMemoryError: Java heap space: failed to allocate {number} bytes in thread {name}",
    "Segmentation fault (core dumped) at {hex} in {name}, build {hex}",
    "Docker: Error response from daemon: pull access denied for {service}, it may require login",
    "Docker: Error response from daemon: Conflict. The name {name} is already in use by container {hex}",
    "Kubernetes: pod {service} evicted: the node was low on memory. Threshold: {number}, available: {number}",
    "SSLError: certificate verify failed: certificate has expired at {time} (host {ip})",
    "Snapshot {name} does not match: {number} pixels differ, ratio {number} of image size, see {path}",
    "JSONDecodeError: Expecting value: line {number} column {number} (char {number}) in answer of {service}",
    "ValueError: time data '{word}' does not match format at row {number} of upload {name}",
    "ScriptTimeoutException: script of step {word} {word} exceeded {number} seconds in worker {name}",
    "Data set {name} of user {word} is locked by session {uuid} since {time}",
)
"""As drivers, databases, clients and tests write them; some differ in one word and are two causes."""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of fingerprints and models, memory in MiB, and how the clusters stand beside the templates."""

    fingerprint_seconds: float
    model_seconds: dict[str, float]
    memory_mb: float
    text_count: int
    fingerprint_count: int
    cluster_count: int
    mixed_cluster_count: int
    split_template_count: int
    precision: float
    recall: float


def clusters() -> Iterator[Figure]:
    """Seconds and memory of half a year of failures, and how far clusters are templates."""
    command = [sys.executable, "-m", "benchmarks.clusters", str(FAILURES), str(TEXTS), str(WEEKS)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    run = Run(**json.loads(answer))
    total = run.fingerprint_seconds + sum(run.model_seconds.values())
    named = f"clusters of {FAILURES:,} failures, {run.text_count:,} texts"
    yield Figure(named, total, "s", 60.0)
    yield Figure("of these fingerprints", run.fingerprint_seconds, "s", total, "of")
    for name, seconds in sorted(run.model_seconds.items(), key=lambda item: -item[1])[:2]:
        yield Figure(f"of these {name}", seconds, "s", total, "of")
    yield Figure(f"{named}, peak memory", run.memory_mb, "MiB", 4_096.0)
    yield Figure("clusters of the fingerprints", run.cluster_count, "", run.fingerprint_count, "of")
    yield Figure("clusters that mix templates", run.mixed_cluster_count, "", run.cluster_count, "of")
    yield Figure("templates in several clusters", run.split_template_count, "", len(TEMPLATES), "of")
    yield Figure("pairs of a cluster of two templates", 100 * (1 - run.precision), "%", 1.0)
    yield Figure("pairs of a template in one cluster", 100 * run.recall, "%", 100.0, "at most")


def failures(count: int, text_count: int, weeks: int) -> pl.DataFrame:
    """Failures with a template each; common templates and names are much more common than rare ones."""
    rng = np.random.default_rng(SEED)
    texts = _texts(rng, text_count).with_columns(
        first_week=pl.Series(np.minimum(rng.geometric(0.15, text_count) - 1, weeks - 1))
    )
    chosen = np.concatenate([np.arange(text_count), rng.zipf(1.3, count - text_count) % text_count])
    rows = texts[chosen]
    span = weeks - rows["first_week"].to_numpy()
    weeks_ago = (span - 1 - (rng.random(count) ** 2 * span).astype(np.int64)).clip(0)
    minutes = weeks_ago * 10_080 + rng.integers(0, 10_080, count)
    return rows.with_columns(
        (pl.lit(AS_OF.replace(tzinfo=None)) - pl.duration(minutes=pl.lit(pl.Series(minutes))))
        .dt.cast_time_unit("us")
        .alias("triggered_at"),
        execution_key=pl.format("e{}", pl.int_range(count)),
        test_key=pl.format("t{}", pl.Series(rng.integers(0, 10_000, count))),
        run=pl.Series(rng.integers(0, 30, count)),
        step=pl.Series(rng.integers(1, 4, count)),
    ).select(
        "template",
        "execution_key",
        "test_key",
        "error_message",
        pl.lit(None, pl.String).alias("error_type"),
        pl.lit("default").alias("project"),
        pl.lit("linux||").alias("variant_key"),
        pl.lit("s1").alias("suite_key"),
        pl.lit("failed").alias("outcome"),
        pl.lit("ci_cd_execution").alias("execution_type"),
        pl.lit(None, pl.String).alias("failing_step_name"),
        pl.lit(1, pl.Int32).alias("step_count"),
        pl.lit(value=False).alias("is_infra_suspect"),
        pl.col("triggered_at").dt.replace_time_zone("UTC"),
        pl.col("triggered_at").dt.replace_time_zone("UTC").alias("known_at"),
        pl.col("triggered_at").dt.date().alias("night_date"),
        *(
            pl.format(name + "{}-{}", pl.col("triggered_at").dt.date(), "run").alias(column)
            for column, name in (
                ("invocation_key", "i"),
                ("pipeline_id", "p"),
                ("commit_id", "c"),
                ("build_version", "b"),
            )
        ),
    )


def _texts(rng: np.random.Generator, count: int) -> pl.DataFrame:
    """Different messages, each with the number of its template."""
    found: dict[str, int] = {}
    while len(found) < count:
        template = min(int(rng.exponential(len(TEMPLATES) / 3)), len(TEMPLATES) - 1)
        found.setdefault(_filled(rng, TEMPLATES[template]), template)
    return pl.DataFrame({"error_message": [*found], "template": [*found.values()]})


_SYLLABLES: Final = tuple(
    a + b for a in ("ba", "co", "di", "fe", "ga", "lu", "mo", "ni", "pa", "re", "su", "ti") for b in "lmnrstx"
)


def _filled(rng: np.random.Generator, template: str) -> str:
    def word(most: int) -> str:
        """One of so many words, the first ones the most common."""
        number = min(int(rng.exponential(most / 4)), most - 1)
        syllables = len(_SYLLABLES)
        return _SYLLABLES[number % syllables] + _SYLLABLES[number // syllables % syllables] + "en"

    def numbers(many: int = 1, most: int = 90_000) -> list[int]:
        return [int(number) for number in rng.integers(1, most, many)]

    holes = {
        "name": lambda: f"{word(1_500)}_{word(20)}",
        "word": lambda: word(400),
        "service": lambda: f"{word(60)}-service",
        "page": lambda: f"{word(40)}Page",
        "number": lambda: str(numbers()[0]),
        "ip": lambda: ".".join(map(str, numbers(4, 250))) + ":8080",
        "uuid": lambda: f"{numbers()[0]:08x}-1b2c-4d5e-8f90-{numbers()[0]:012x}",
        "hex": lambda: f"0x{numbers()[0]:x}",
        "time": lambda: f"2026-01-{numbers(1, 28)[0]:02}T{numbers(1, 24)[0] - 1:02}:00:00Z",
        "url": lambda: f"https://{word(60)}.example.com/{word(90)}?id={numbers()[0]}",
        "path": lambda: f"/srv/{word(60)}/{word(200)}/{word(900)}.py",
    }
    parts = []
    for piece in template.split("{"):
        hole, closed, rest = piece.partition("}")
        parts.append(holes[hole]() + rest if closed and hole in holes else piece)
    return "".join(parts)


def _run(count: int, text_count: int, weeks: int) -> Run:
    frame = failures(count, text_count, weeks)
    begin = time.perf_counter()
    told = with_fingerprints(frame)
    fingerprint_seconds = time.perf_counter() - begin
    seconds: dict[str, float] = {}
    by_name = {model.name: model for model in load_models()}
    with open_build(None, threads=2, memory_limit_mb=2_048) as connection:
        build = WarehouseBuild(connection, ANALYSES)
        build.start(AS_OF, BuildPolicy())
        connection.register("given", told.drop("template").to_arrow())
        connection.execute("create table fct_executions as from given")
        connection.unregister("given")
        connection.execute(
            "create table fct_steps (execution_key text, step_name text, outcome text, "
            "trace_fingerprint text)"
        )
        build.adopt()
        for name in MODELS:
            begin = time.perf_counter()
            build.run_model(by_name[name])
            seconds[name] = time.perf_counter() - begin
        found = pl.DataFrame(
            connection.sql("select fingerprint, cluster_key from ana_failure_clusters").to_arrow_table()
        )
    memory_mb = peak_memory_mb()
    truth = told.select("fingerprint", "template").unique(
        subset="fingerprint", keep="first", maintain_order=True
    )
    return Run(
        fingerprint_seconds,
        seconds,
        memory_mb,
        frame["error_message"].n_unique(),
        *_judged(found.join(truth, on="fingerprint")),
    )


def _judged(rows: pl.DataFrame) -> tuple[int, int, int, int, float, float]:
    def pairs(*columns: str) -> int:
        return int((pl.Series(rows.group_by(columns).len()["len"]).cast(pl.Int64) ** 2).sum()) - rows.height

    by_cluster = rows.group_by("cluster_key").agg(pl.col("template").n_unique())
    by_template = rows.group_by("template").agg(pl.col("cluster_key").n_unique())
    both = pairs("cluster_key", "template")
    return (
        rows.height,
        by_cluster.height,
        by_cluster.filter(pl.col("template") > 1).height,
        by_template.filter(pl.col("cluster_key") > 1).height,
        both / max(pairs("cluster_key"), 1),
        both / max(pairs("template"), 1),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_run(*map(int, sys.argv[1:])))))
