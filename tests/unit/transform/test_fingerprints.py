"""Fingerprints: the published vectors of fp-v1, the type before the message, frames of stack traces."""

import polars as pl
import pytest

from pipelines.transform.fingerprints import (
    MASKS,
    fingerprint,
    trace_fingerprint,
    with_fingerprints,
    with_trace_fingerprints,
)

UUID = "3f2a8c1e-9b1d-4c2e-8f00-1234567890ab"
VECTORS = [
    (
        "TimeoutError: Waited 30000ms for http://10.0.0.7:8080/login?x=1",
        "TimeoutError: Waited <N>ms for <URL>",
        "a06f02d703a0850b1696415e2209d257",
    ),
    (
        "TimeoutError: Waited 15000ms for http://10.0.0.9:9090/login?x=7",
        "TimeoutError: Waited <N>ms for <URL>",
        "a06f02d703a0850b1696415e2209d257",
    ),
    (
        "AssertionError: expected 42 but was 17 at /home/ci/app/src/test_a.py:118",
        "AssertionError: expected <N> but was <N> at <PATH>:<N>",
        "2360eb218984424153208eb300053793",
    ),
    (
        f"NullPointerException at 0x7ffde3a1 (session {UUID}) 2026-03-01T12:00:01.123Z",
        "NullPointerException at <HEX> (session <UUID>) <TS>",
        "ee559bb3d0b4de8f5c4bbe00a9d2c445",
    ),
    (
        "Connection refused: 192.168.1.20:5432\n   retry 3",
        "Connection refused: <IP> retry <N>",
        "144fbb07011a810d1c7c19543f42699a",
    ),
    (
        "expected token abcdef0123456789== got QUJDREVGR0hJSg==",
        "expected token <BASE> got <BASE>",
        "ba729b6e2bd26b765efaa7cfde559d6b",
    ),
]
"""statistics-cases.json, fingerprint_vectors: exact."""


@pytest.mark.parametrize(("message", "text", "key"), VECTORS)
def test_published_vectors(message: str, text: str, key: str) -> None:
    found = fingerprint(message)
    assert (found.text, found.key) == (text, key)


def test_a_frame_gets_the_same_keys_in_its_own_order() -> None:
    messages = [message for message, _, _ in VECTORS] * 2
    frame = pl.DataFrame({"error_message": [*messages, None, " "], "error_type": None}).cast(pl.String)
    expected = [key for _, _, key in VECTORS] * 2
    assert with_fingerprints(frame)["fingerprint"].to_list() == [*expected, None, None]
    assert with_fingerprints(frame.clear()).columns == [*frame.columns, "fingerprint"]


@pytest.mark.parametrize(
    ("message", "error_type", "text"),
    [
        ("Waited 3 s", "TimeoutError", "TimeoutError: Waited <N> s"),
        ("TimeoutError: Waited 3 s", "TimeoutError", "TimeoutError: Waited <N> s"),
        ("AssertionError [ERR_ASSERTION]: no", "AssertionError", "AssertionError [ERR_ASSERTION]: no"),
        ("Waited 3 s", None, "Waited <N> s"),
        ("Waited 3 s", "", "Waited <N> s"),
        ("  \x1b[31mred\x1b[0m\t1.5 ", None, "red <N>"),
        ("é\u00a0ü /bäd/path/a.py", None, "é\u00a0ü /bäd<PATH>"),
        ("\u00a0 spaced\u3000", None, "spaced"),
        ("C:\\jobs\\run\\a.log", None, "<PATH>"),
        ("x" * 600, None, "x" * 500),
    ],
)
def test_text(message: str, error_type: str | None, text: str) -> None:
    assert fingerprint(message, error_type).text == text


def test_masks_stand_in_the_order_of_the_specification() -> None:
    assert [name for name, _, _ in MASKS] == [
        "ansi", "timestamp", "uuid", "url", "ip", "path", "base64", "hex", "number", "whitespace",
    ]  # fmt: skip


def python_trace(*frames: tuple[str, int, str]) -> str:
    lines = [f'  File "{place}", line {line}, in {name}\n    code()' for place, line, name in frames]
    return "\n".join(["Traceback (most recent call last):", *lines, "ValueError: no"])


def test_python_frames_without_lines_or_foreign_code() -> None:
    own = [("/app/a.py", 1, "outer"), ("/app/b.py", 2, "inner")]
    foreign = [
        ("/app/.venv/lib/python3.11/site-packages/x.py", 5, "call"),
        ("/usr/lib/python3.11/unittest/case.py", 6, "run"),
        ("<frozen runpy>", 7, "_run"),
    ]
    moved = [("/app/a.py", 11, "outer"), ("/elsewhere/b.py", 12, "inner")]
    expected = trace_fingerprint(python_trace(*own))
    assert trace_fingerprint(python_trace(*own, *foreign)) == expected
    assert trace_fingerprint(python_trace(*moved)) == expected
    assert trace_fingerprint(python_trace(*own[::-1])) != expected
    assert trace_fingerprint(python_trace(*foreign)) not in (None, expected)


def test_only_the_five_frames_nearest_to_the_failure_count() -> None:
    python = [("/app/a.py", 1, f"f{number}") for number in range(7)]
    assert trace_fingerprint(python_trace(*python)) == trace_fingerprint(python_trace(*python[2:]))
    assert trace_fingerprint(python_trace(*python)) != trace_fingerprint(python_trace(*python[3:]))
    calls = [f"    at f{number} (/app/a.js:1:{number})" for number in range(7)]
    assert trace_fingerprint("\n".join(calls)) == trace_fingerprint("\n".join(calls[:5]))


JAVA = """java.lang.IllegalStateException: no
\tat com.shop.Cart.add(Cart.java:{0})
\tat java.base/java.lang.Thread.run(Thread.java:834)
\tat com.shop.CartTest.adds(CartTest.java:{0})
"""
JAVASCRIPT = """Error: no
    at async Cart.add (/app/src/cart.js:{0}:7)
    at Test.fn (/app/node_modules/runner/index.js:3:1)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at /app/test/cart.test.js:{0}:3
"""


@pytest.mark.parametrize(
    ("trace", "own"),
    [
        (JAVA, "at com.shop.Cart.add(X.java:1)\nat com.shop.CartTest.adds(X.java:2)"),
        (JAVASCRIPT, "at Cart.add (/app/x.js:1:1)\nat /app/y.js:1:1"),
    ],
)
def test_java_and_javascript_frames(trace: str, own: str) -> None:
    found = trace_fingerprint(trace.format(12))
    assert found == trace_fingerprint(trace.format(99)) == trace_fingerprint(own)


def test_no_trace_no_key() -> None:
    assert trace_fingerprint(None) is None
    assert trace_fingerprint("it broke (somewhere)") is None
    frame = pl.DataFrame({"stack_trace": [None, "", "at f (/app/a.js:1:1)"]})
    keys = with_trace_fingerprints(frame)["trace_fingerprint"].to_list()
    assert keys == [None, None, trace_fingerprint("at f (/app/a.js:1:1)")]
