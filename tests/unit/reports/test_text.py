"""Text of unknown origin: visible, breakable, short."""

import pytest

from pipelines.reports.text import (
    SOFT_BREAK,
    clusters,
    drawable,
    font_coverage,
    printable,
    shorten_end,
    shorten_middle,
    soft_breaks,
    visible,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("a\tb\r\nc", "a b  c"),
        ("nul\x00", "nul⟨U+0000⟩"),
        ("right\u202eleft", "right⟨U+202E⟩left"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("line\u2028break", "line break"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("é", "é"),
        ("e" + 4 * "\u0301", "e\u0301\u0301⟨U+0301⟩⟨U+0301⟩"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_what_the_fonts_lack_is_spelled_out_for_print() -> None:
    assert printable("測試 Жизнь ≥ ⟨x⟩") == "⟨U+6E2C⟩⟨U+8A66⟩ Жизнь ≥ ⟨x⟩"
    assert visible("測試") == "測試"


def test_a_drawing_has_no_loose_marks() -> None:
    assert drawable("e\u0301 x\u0301") == "é x⟨U+0301⟩"


def test_every_mark_that_reports_use_has_a_glyph() -> None:
    assert {ord(mark) for mark in "✓✗≈○●–−…·×≥≤±⟨⟩"} <= font_coverage()


def test_lines_may_break_after_separators_and_long_runs() -> None:
    assert soft_breaks("a/b::c.d") == SOFT_BREAK.join(["a/", "b:", ":", "c.", "d"])
    assert [len(part) for part in soft_breaks("x" * 60).split(SOFT_BREAK)] == [18, 18, 18, 6]
    assert soft_breaks("two words") == "two words"


def test_a_number_stays_whole() -> None:
    assert soft_breaks("60.6% v1.x .5") == SOFT_BREAK.join(["60.6% v1.", "x .", "5"])


@pytest.mark.parametrize(
    "text", ["a/b.c 1.5 [x]-y_z:", "x" * 60, "1.2" * 30, ".5", "5.", "a b" + "c" * 24, "", "end/"]
)
def test_plain_text_breaks_as_any_other(text: str) -> None:
    assert soft_breaks(text) == soft_breaks(text + " é").removesuffix(" é").removesuffix(SOFT_BREAK)


def test_a_break_never_parts_a_letter_from_its_marks() -> None:
    assert list(clusters("ae\u0301b")) == ["a", "e\u0301", "b"]
    assert soft_breaks("e\u0301" * 30).split(SOFT_BREAK)[0] == "e\u0301" * 18


def test_names_are_shortened_in_the_middle() -> None:
    name = "tests/checkout/test_payment.py::test_declined[eur]"
    short = shorten_middle(name, 30)
    assert len(short) == 30
    assert short.startswith("tests/check")
    assert short.endswith("test_declined[eur]")
    assert shorten_middle(name, 50) == name
    assert len(shorten_middle("x" * 10_000, 60)) == 60


def test_messages_are_shortened_at_the_end() -> None:
    assert shorten_end("cause: details", 8) == "cause:…"
    assert shorten_end("short", 8) == "short"
