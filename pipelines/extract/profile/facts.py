"""What the sampled executions say, counted: words, error types, times, durations, steps, requesters.

What belongs here: counts over the frames that decode.py made of a sample. What does not: fields outside the
allow-list (anatomy.py), proposals (profile/paths.py). Words are shown as `word` makes them, so that a text
which is no word never reaches a report.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from warehouse.vocabulary import IN_FLIGHT, OUTCOME_BY_STATUS, OUTCOME_BY_STEP_STATUS

NO_WORD: Final = "(text that is no word)"
_WORD: Final = re.compile(r"[\w.:/$+-]+|[^\W\d]+(?: [^\W\d]+){1,2}")
_LONGEST_WORD: Final = 80


@dataclass(frozen=True, slots=True)
class Word:
    """A status word. `meaning`: its outcome, `in flight`, or None where nobody declared it."""

    word: str
    count: int
    meaning: str | None


@dataclass(frozen=True, slots=True)
class ErrorType:
    """An error type, how often executions name it and how often steps do."""

    word: str
    execution_count: int
    step_count: int


@dataclass(frozen=True, slots=True)
class ExecutionFacts:
    """What the sample's executions say. Each count is of sampled executions, steps where it says so."""

    execution_count: int
    oldest_at: datetime | None
    newest_at: datetime | None
    statuses: tuple[Word, ...]
    step_statuses: tuple[Word, ...]
    error_types: tuple[ErrorType, ...]
    duration_sources: dict[str, int]
    step_places: dict[str, int]
    step_collections: dict[str, int]
    requesters: Counter[str]
    """Values of triggered_by; people among them, so never shown as they are."""
    tags: Counter[str]


def word(text: str) -> str:
    """The text if it is a word or three, else a stand-in: a field for words may hold whole sentences."""
    is_word = len(text) <= _LONGEST_WORD and _WORD.fullmatch(text) is not None
    return text if is_word else NO_WORD


def ranked(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first; of equals, in the order of the alphabet."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def facts_of(executions: pl.DataFrame, step_lists: Sequence[pl.DataFrame]) -> ExecutionFacts:
    """Facts of decoded executions; `step_lists`: decoded steps from other places than the executions."""
    times = pl.coalesce("triggered_at", "created_at", "_time")
    oldest_at, newest_at = executions.select(times.min().alias("oldest"), times.max().alias("newest")).row(0)
    steps = [embedded(executions, name) for name in ("embedded_steps", "embedded_step_traces")]
    steps = [frame for frame in (*steps, *step_lists) if frame.height]
    return ExecutionFacts(
        execution_count=executions.height,
        oldest_at=oldest_at,
        newest_at=newest_at,
        statuses=_words([executions["status"]], OUTCOME_BY_STATUS),
        step_statuses=_words([frame["status"] for frame in steps], OUTCOME_BY_STEP_STATUS),
        error_types=_error_types(executions, steps),
        duration_sources=_duration_sources(executions),
        step_places=_step_places(executions),
        step_collections=ranked(_counted([executions["step_results_collection"]], word)),
        requesters=_counted([executions["triggered_by"]], str),
        tags=_counted([executions["tags"].explode(empty_as_null=False, keep_nulls=False)], str),
    )


def embedded(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The elements of a list of objects as rows."""
    elements = frame[name].explode(empty_as_null=False, keep_nulls=False)
    return elements.struct.unnest()


def _counted(columns: Iterable[pl.Series], shown: Callable[[str], str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for column in columns:
        texts = column.drop_nulls().str.strip_chars()
        for text, count in texts.filter(texts != "").value_counts().rows():
            counts[shown(text)] += count
    return counts


def _words(columns: Sequence[pl.Series], meanings: dict[str, str]) -> tuple[Word, ...]:
    known = {**dict.fromkeys(IN_FLIGHT, "in flight"), **meanings}
    if "warning" in known:
        known["warning"] += ", unverified"
    counts = _counted((column.str.to_lowercase() for column in columns), word)
    missing = sum(column.null_count() for column in columns)
    words = [Word(text, count, known.get(text)) for text, count in ranked(counts).items()]
    return (*words, *([Word("(none)", missing, None)] if missing else []))


def _error_types(executions: pl.DataFrame, steps: Sequence[pl.DataFrame]) -> tuple[ErrorType, ...]:
    type_of = pl.col("error_details").struct.field("error_type")
    own = _counted([executions.select(type_of).to_series()], word)
    of_steps = _counted((frame.select(type_of).to_series() for frame in steps), word)
    return tuple(ErrorType(text, own[text], of_steps[text]) for text, _ in ranked(own + of_steps).items())


def _duration_sources(executions: pl.DataFrame) -> dict[str, int]:
    """Ended executions by the first source of a duration, in the order of transform/durations.py."""
    statistics = pl.col("statistics").struct.field
    counted = (statistics("total_duration_ms") > 0) | (statistics("completed_steps") > 0)
    steps = [
        pl.col(name).list.eval(pl.element().struct.field("duration_ms")).list.drop_nulls().list.len() > 0
        for name in ("embedded_steps", "embedded_step_traces")
    ]
    ended_at = pl.col("completed_at")
    sources = {
        "total_duration_ms": pl.col("total_duration_ms") >= 0,
        "statistics.total_duration_ms": counted & (statistics("total_duration_ms") >= 0),
        "completed_at − started_at": ended_at >= pl.col("started_at"),
        "durations of embedded steps": pl.any_horizontal(steps),
        "completed_at − triggered_at (includes waiting)": ended_at >= pl.col("triggered_at"),
    }
    chain: pl.Expr = pl.lit("none inside the execution")
    for name, condition in reversed(sources.items()):
        chain = pl.when(condition.fill_null(value=False)).then(pl.lit(name)).otherwise(chain)
    is_ended = pl.col("status").str.to_lowercase().is_in(IN_FLIGHT).not_().fill_null(value=True)
    found = Counter(executions.filter(is_ended).select(chain.alias("source")).to_series().to_list())
    order = (*sources, "none inside the execution")
    return {name: found[name] for name in order if found[name]}


def _step_places(executions: pl.DataFrame) -> dict[str, int]:
    """Executions by the first place that holds their steps (source-schema.md 1.2 c)."""
    places = {
        "embedded_steps": pl.col("embedded_steps").list.len() > 0,
        "embedded_step_traces": pl.col("embedded_step_traces").list.len() > 0,
        "a step collection": pl.col("step_results_collection").is_not_null(),
    }
    chain: pl.Expr = pl.lit("not in the execution")
    for name, condition in reversed(places.items()):
        chain = pl.when(condition.fill_null(value=False)).then(pl.lit(name)).otherwise(chain)
    found = Counter(executions.select(chain.alias("place")).to_series().to_list())
    return {name: found[name] for name in (*places, "not in the execution") if found[name]}
