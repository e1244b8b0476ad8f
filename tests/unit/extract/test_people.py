"""Surrogates for people: random, stable, private, and shared by processes that add to the map at once.

What belongs here: the map. What does not: which fields hold people (test_flatten.py).
"""

import json
import os
import stat
from multiprocessing import get_context
from pathlib import Path

import polars as pl
import pytest

from pipelines.extract.people import People
from warehouse.errors import DataError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lake" / "people"


def people(file: Path) -> People:
    return People(file, ("system", "CI"))


def replaced(file: Path, *names: str | None) -> list[str | None]:
    return people(file).replace(pl.Series(names, dtype=pl.String)).to_list()


def test_a_name_keeps_its_surrogate_over_nights_and_no_two_share_one(file: Path) -> None:
    first = replaced(file, "ann", "bob", "ann")
    assert replaced(file, "bob", "ann", "cem")[:2] == [first[1], first[0]]
    assert first[0] == first[2] != first[1]
    assert len({*first, *replaced(file, "cem")}) == 3


def test_surrogates_are_random_and_tell_nothing_of_the_name(tmp_path: Path) -> None:
    [one], [other] = replaced(tmp_path / "a", "ann"), replaced(tmp_path / "b", "ann")
    assert one != other
    assert one is not None
    assert len(one) == 16
    assert int(one, 16)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((None, "system", "ci", "System", " CI "), [None, "system", "ci", "system", "ci"]),
        (("", "  ", "\t"), [None, None, None]),
        ((), []),
    ],
)
def test_words_stay_and_blanks_name_nobody(
    file: Path, names: tuple[str | None, ...], expected: list[str]
) -> None:
    assert replaced(file, *names) == expected
    assert not file.exists()


def test_spellings_of_one_address_are_one_person(file: Path) -> None:
    assert len(set(replaced(file, "Ann@Example.com", "ann@example.COM", " ann@example.com "))) == 1
    assert len(set(replaced(file, "STRASSE", "straße"))) == 1


@pytest.mark.parametrize("known_before", [(), ("69ab",), ("ann@example.com",)])
def test_an_account_and_its_address_are_one_person(file: Path, known_before: tuple[str, ...]) -> None:
    before = replaced(file, *known_before)
    people(file).link([["69ab", "ann@example.com"], ["70cd", "bob@example.com"]])
    ann_id, ann_mail, bob_id, bob_mail = replaced(file, "69ab", "Ann@example.com", "70cd", "bob@example.com")
    assert ann_id == ann_mail != bob_id == bob_mail
    assert set(before) <= {ann_id}


def test_accounts_without_an_address_are_not_one_person(file: Path) -> None:
    people(file).link([["69ab", " "], ["70cd", ""], ["  "], []])
    one, other = replaced(file, "69ab", "70cd")
    assert one != other
    assert "" not in json.loads(file.read_text())


def test_two_accounts_of_one_address_are_one_person(file: Path) -> None:
    people(file).link([["1", "ann@example.com"], ["2", "ann@example.com"]])
    assert len(set(replaced(file, "1", "2", "ann@example.com"))) == 1


def test_the_file_is_for_its_owner_alone_whatever_lies_around(file: Path) -> None:
    file.parent.mkdir()
    left = file.with_suffix(".tmp")
    left.write_text("of a killed night")
    left.chmod(0o666)
    former = os.umask(0)
    try:
        with left.open() as spy:
            replaced(file, "ann@example.com")
            assert "ann" not in spy.read()
    finally:
        os.umask(former)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    others = [path for path in file.parent.iterdir() if path != file]
    assert all(path.read_bytes() == b"" for path in others)
    assert not left.exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "5", '["ann"]', '{"ann": 5}', '{"ann": null}', "\0\0\0", "ÿ"]
)
def test_a_damaged_file_stops_the_night_and_is_left_as_it_is(file: Path, content: str) -> None:
    file.parent.mkdir()
    written = content.encode("latin-1")
    file.write_bytes(written)
    with pytest.raises(DataError, match="people is damaged; restore it from a backup"):
        replaced(file, "ann")
    with pytest.raises(DataError):
        people(file).link([["ann"]])
    assert file.read_bytes() == written


def test_a_forgotten_person_comes_back_as_somebody_else(file: Path) -> None:
    [before] = replaced(file, "ann")
    known = json.loads(file.read_text())
    del known["ann"]
    file.write_text(json.dumps(known))
    assert replaced(file, "ann") != [before]


def add_many(file: Path, first: int) -> list[str | None]:
    """Thirty additions of two names each; half of the names are shared by all processes."""
    ours = people(file)
    return [
        surrogate
        for number in range(30)
        for surrogate in ours.replace(pl.Series([f"own{first + number}", f"shared{number}"])).to_list()
    ]


def test_processes_that_add_at_once_lose_nothing_and_agree(file: Path) -> None:
    with get_context("spawn").Pool(2) as pool:
        one, other = pool.starmap(add_many, [(file, 0), (file, 1000)])
    assert one[1::2] == other[1::2]
    known = json.loads(file.read_text())
    assert len(known) == len(set(known.values())) == 90
    assert [known[f"own{number}"] for number in range(30)] == one[::2]
    assert [known[f"own{number}"] for number in range(1000, 1030)] == other[::2]
