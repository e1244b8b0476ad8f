"""Fingerprints in SQL are those of the pipeline: the worked vectors, hostile texts, real messages."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.transform.fingerprints import MASKS, fingerprint
from warehouse.connection import open_build
from warehouse.models import SQL_ROOT
from warehouse.words import create_macros

VECTORS = json.loads((Path(__file__).parents[1] / "unit" / "analysis" / "cases.json").read_text())
PIECES = st.one_of(
    st.text(),
    st.text(
        alphabet="aZ09fF-:.,/\\+=<>_@~ ()[]'\"\t\n\x0b\f\r\x1b\x00\x1c\x85\u00a0\u3000\u2028\u017fKİé٣ﬁ日🙂"
    ),
    st.sampled_from(
        [
            *(
                "2026-03-04T05:06:07.89Z",
                "2026-03-04 05:06:07",
                "+01:00",
                "\x1b[31m",
                "\x1b[0;1m",
                "0xdeadbeef",
            ),
            *(
                "123e4567-e89b-12d3-a456-426614174000",
                "http://a.b/c?d=1",
                "HTTP\u017f://x",
                "httpS://y",
                "10.0.0.1:80",
            ),
            *("/usr/lib/x", "C:\\a\\b", "aGVsbG8gd29ybGQ==", "deadbeef99", "1.5", "12", " ", ": ", "Error"),
        ]
    ),
)
TEXTS = st.lists(PIECES, min_size=0, max_size=8).map("".join)


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_build(None, threads=2, memory_limit_mb=512) as connection:
        create_macros(connection, SQL_ROOT)
        yield connection


def in_sql(sql: duckdb.DuckDBPyConnection, rows: list[tuple[str, str | None]]) -> list[tuple[Any, ...]]:
    """Text and key of each message with its error type."""
    frame = pl.DataFrame(
        rows, schema={"message": pl.String, "error_type": pl.String}, orient="row"
    ).with_row_index("place")
    sql.register("messages", frame.to_arrow())
    return sql.execute(
        """
        select fingerprint_text(message, error_type) as found, fingerprint_key(found)
        from messages order by place
        """
    ).fetchall()


def in_python(rows: list[tuple[str, str | None]]) -> list[tuple[Any, ...]]:
    found = [fingerprint(message, error_type) for message, error_type in rows]
    return [(one.text, one.key) for one in found]


def test_the_worked_vectors(sql: duckdb.DuckDBPyConnection) -> None:
    vectors = VECTORS["fingerprint_vectors"]["vectors"]
    found = in_sql(sql, [(vector["message"], None) for vector in vectors])
    assert found == [(vector["normalised"], vector["fingerprint"]) for vector in vectors]


@given(st.lists(st.tuples(TEXTS, st.one_of(st.none(), st.just(""), st.just("Error"), TEXTS)), max_size=20))
@settings(max_examples=150, deadline=None)
def test_hostile_texts(sql: duckdb.DuckDBPyConnection, rows: list[tuple[str, str | None]]) -> None:
    """Letters that only one of the two folds, spaces that only one of them trims, other alphabets."""
    assert in_sql(sql, rows) == in_python(rows)


@pytest.mark.parametrize(
    "message", ["http\u017f://a/b", "x\x1c", "\u3000x\u00a0", "é12345678", "٣٣", "a" * 499 + "日本"]
)
def test_where_the_engines_could_differ(sql: duckdb.DuckDBPyConnection, message: str) -> None:
    assert in_sql(sql, [(message, None)]) == in_python([(message, None)])


def test_every_mask_is_in_the_macro() -> None:
    """A mask that is changed in one place alone fails here, before any text tells them apart."""
    macros = (SQL_ROOT / "macros.sql").read_text(encoding="utf-8")
    macro = macros.partition("macro with_times_masked")[2].partition("macro fingerprint_text")[0]
    joined = re.sub(r"'\s*\|\|\s*'", "", macro)
    spelled = {r"(?i)\bhttps?": r"\b[hH][tT][tT][pP][sS]?", '\\"': '"', "'": "''"}
    patterns = [pattern for _, pattern, _ in MASKS]
    for here, there in spelled.items():
        patterns = [pattern.replace(here, there) for pattern in patterns]
    places = [joined.find(f"'{pattern}'") for pattern in patterns]
    assert -1 not in places
    assert places == sorted(places)


def test_nothing_has_no_fingerprint(sql: duckdb.DuckDBPyConnection) -> None:
    assert sql.execute("select fingerprint_text(null, 'Error'), fingerprint_key(null)").fetchall() == [
        (None, None)
    ]


@pytest.mark.parametrize(
    ("error_type", "text"),
    [(None, "(no message)"), ("  ", "(no message)"), ("Timeout", "Timeout: (no message)")],
)
def test_without_a_message_the_error_type_stands(
    sql: duckdb.DuckDBPyConnection, error_type: str | None, text: str
) -> None:
    found = sql.execute(
        "select no_message_text(?), failure_fingerprint(null, ?), failure_fingerprint('known', ?)",
        [error_type] * 3,
    ).fetchall()
    assert found == [(text, fingerprint(text).key, "known")]


def test_five_hundred_characters_count(sql: duckdb.DuckDBPyConnection) -> None:
    long = "word " * 99 + "fives"
    rows: list[tuple[str, str | None]] = [(long, None), (f"{long} and more", None), (long[:-1], None)]
    first, longer, shorter = in_sql(sql, rows)
    assert first == longer == (long, fingerprint(long).key)
    assert shorter != first
