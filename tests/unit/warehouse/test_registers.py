"""The registers: what an entry may say, where chains end, and the sentence about one that cannot be used."""

from datetime import date
from pathlib import Path

import pytest

from warehouse import registers
from warehouse.errors import UsageError
from warehouse.policy import BuildPolicy
from warehouse.registers import (
    AcceptedRegression,
    Alias,
    read_accepted_regressions,
    read_aliases,
    register_tables,
)

DAY = date(2026, 11, 30)
ALIAS = '[[alias]]\nformer = "a"\nnow = "b"\nby = "Anna"\non = 2026-11-30\nreason = "moved"\n'
ACCEPTED = '[[accepted]]\ntest = "t"\nby = "Ben"\non = 2026-11-30\nreason = "known"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "register.toml"
    path.write_text(text, encoding="utf-8")
    return path


def alias(former: str, now: str) -> str:
    return ALIAS.replace('former = "a"\nnow = "b"', f'former = "{former}"\nnow = "{now}"')


def test_an_alias_is_of_the_hand_where_it_says_nothing_else(tmp_path: Path) -> None:
    said = ALIAS + alias("c", "d") + 'origin = "proposed"\n'
    assert read_aliases(written(tmp_path, said)) == [
        Alias("a", "b", "Anna", DAY, "moved", "hand"),
        Alias("c", "d", "Anna", DAY, "moved", "proposed"),
    ]


def test_an_acceptance_is_of_every_variant_and_for_ever_where_it_says_nothing_else(tmp_path: Path) -> None:
    more = 'variant = "linux||"\nuntil = 2026-11-30\nticket = "T-1"\n'
    assert read_accepted_regressions(written(tmp_path, ACCEPTED + ACCEPTED + more)) == [
        AcceptedRegression("t", "Ben", DAY, "known"),
        AcceptedRegression("t", "Ben", DAY, "known", "linux||", DAY, "T-1"),
    ]


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_an_empty_file_is_an_empty_register(tmp_path: Path, text: str) -> None:
    assert read_aliases(written(tmp_path, text)) == []
    assert read_accepted_regressions(written(tmp_path, text)) == []
    assert [*read_aliases(None), *read_accepted_regressions(None)] == []


def test_a_file_may_begin_with_the_mark_that_some_editors_write(tmp_path: Path) -> None:
    assert read_aliases(written(tmp_path, "\ufeff" + ALIAS)) == read_aliases(written(tmp_path, ALIAS))


def test_long_chains_are_walked_once() -> None:
    looked_up = 0

    class Key(str):
        def __hash__(self) -> int:
            nonlocal looked_up
            looked_up += 1
            return super().__hash__()

    count = 300
    keys = [Key(f"{place:03}") for place in range(count + 1)]
    aliases = [Alias(keys[place], keys[place + 1], "Anna", DAY, "moved") for place in range(count)]
    registers._require_no_circle(None, aliases)
    table, _ = register_tables(aliases, [])
    assert {row[1] for row in table.rows} == {keys[-1]}
    assert looked_up < 30 * count


def test_chains_end_at_the_key_of_now_whatever_the_order_of_the_entries(tmp_path: Path) -> None:
    aliases = read_aliases(written(tmp_path, alias("b", "c") + alias("a", "b") + alias("z", "b")))
    table, _ = register_tables(aliases, [])
    assert [row[:3] for row in table.rows] == [("a", "c", "b"), ("b", "c", "c"), ("z", "c", "b")]


def test_what_is_accepted_of_a_renamed_test_stays_accepted() -> None:
    aliases = [Alias("a", "b", "Anna", DAY, "moved"), Alias("b", "c", "Anna", DAY, "moved")]
    _, table = register_tables(aliases, [AcceptedRegression("a", "Ben", DAY, "known", ticket="T-1")])
    assert table.rows == [("c", None, "Ben", DAY, None, "known", "T-1")]


def test_registers_name_another_policy_and_empty_ones_do_not() -> None:
    accepted = [AcceptedRegression("t", "Ben", DAY, "known")]
    policies = [
        BuildPolicy(),
        BuildPolicy(aliases=[Alias("a", "b", "Anna", DAY, "moved")]),
        BuildPolicy(aliases=[Alias("a", "b", "Ben", DAY, "moved")]),
        BuildPolicy(accepted_regressions=accepted),
    ]
    assert len({policy.params_hash for policy in policies}) == len(policies)
    assert BuildPolicy(aliases=[], accepted_regressions=[]).params_hash == BuildPolicy().params_hash


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[alias]]\nformer = ", "The register .* is no TOML"),
        ("alias = " + "[" * 5000, r"The register .*register\.toml is nested too deeply; write it flat"),
        (
            '[[aliases]]\nformer = "a"',
            r"aliases is no part of this register; entries begin with \[\[alias\]\]",
        ),
        ('[alias]\nformer = "a"', r"alias is no list of entries; begin each with \[\[alias\]\]"),
        ("alias = [1]", "alias is no list of entries"),
        (
            ALIAS + alias("c", "d") + 'note = "x"',
            "entry 2: note is no key of an entry; those are former, now, by",
        ),
        (ALIAS.replace('by = "Anna"\n', ""), "entry 1: by is missing; say it"),
        (ALIAS.replace('"Anna"', "7"), "entry 1: by is 7; it must be text"),
        (ALIAS.replace('"Anna"', '" "'), "entry 1: by is ' '; it must be text"),
        (ALIAS.replace("Anna", "anna@example.org"), "entry 1: by is an address, which every"),
        (
            ALIAS.replace("2026-11-30", '"2026-11-30"'),
            "entry 1: on is '2026-11-30'; it must be a day, such as",
        ),
        (ALIAS.replace("2026-11-30", "2026-11-30T10:00:00"), "entry 1: on is .*; it must be a day, such as"),
        (ALIAS + 'origin = "guess"', 'entry 1: origin is "guess"; it must be hand or proposed'),
        (alias("a", "a"), r"entry 1: former and now are the same \(a\); leave the entry out"),
        (
            alias("c", "d") + ALIAS + alias("a", "c"),
            "entry 3: it is about the same as entry 2; leave one of the",
        ),
        (
            alias("0", "a") + ALIAS + alias("b", "c") + alias("c", "a"),
            r"tests are renamed in a circle \(a → b → c → a\); leave one entry out",
        ),
    ],
)
def test_aliases_that_cannot_be_used(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as raised:
        read_aliases(written(tmp_path, text))
    assert "register.toml" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ALIAS, r"alias is no part of this register; entries begin with \[\[accepted\]\]"),
        (ACCEPTED.replace('test = "t"\n', ""), "entry 1: test is missing"),
        (
            ACCEPTED + "until = 2026-11-29",
            r"entry 1: until \(2026-11-29\) is before on \(2026-11-30\); mend one",
        ),
        (ACCEPTED + 'until = "ever"', "entry 1: until is 'ever'; it must be a day"),
        (ACCEPTED + "variant = 1", "entry 1: variant is 1; it must be text"),
        (ACCEPTED + 'ticket = ""', "entry 1: ticket is ''; it must be text"),
        (ACCEPTED + ACCEPTED, "entry 2: it is about the same as entry 1; leave one of the two out"),
    ],
)
def test_acceptances_that_cannot_be_used(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as raised:
        read_accepted_regressions(written(tmp_path, text))
    assert "register.toml" in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"The register .*none\.toml cannot be read \(FileNotFoundError\)"):
        read_aliases(tmp_path / "none.toml")
