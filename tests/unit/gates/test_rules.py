"""Rules: the shipped file is right; each thing that can be wrong in one is said with file and block."""

from pathlib import Path

import pytest

from pipelines.gates.rules import DEFAULT_RULES, read_rules
from warehouse.errors import UsageError

BLOCK = """[gates.rate]
title = "Rate"
metric = "final_pass_rate"
scope = "suite:a b"
comparison = ">="
limit = 0.95
minimum_sample = 20
severity = "warning"
owner = "us"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "my-rules.toml"
    path.write_text(text)
    return path


def test_the_shipped_rules_ask_for_four_things() -> None:
    rules = read_rules()
    assert [(rule.name, rule.metric, rule.limit, rule.unit, rule.severity) for rule in rules.gates] == [
        ("final_pass_rate", "final_pass_rate", 0.95, "rate", "blocking"),
        ("executed_share", "executed_share", 0.9, "rate", "blocking"),
        ("freshness", "freshness_hours", 24, "hours", "blocking"),
        ("reconciliation", "reconciliation", 0, "count", "blocking"),
    ]
    assert read_rules(DEFAULT_RULES).rules_hash == rules.rules_hash


def test_a_block_says_all_that_a_rule_holds(tmp_path: Path) -> None:
    (rule,) = read_rules(written(tmp_path, BLOCK)).gates
    assert (rule.name, rule.scope_type, rule.scope_key) == ("rate", "suite", "a b")
    assert (rule.minimum_sample, rule.severity, rule.owner) == (20, "warning", "us")


def test_the_hash_names_what_the_rules_say(tmp_path: Path) -> None:
    before = read_rules(written(tmp_path, BLOCK)).rules_hash
    assert read_rules(written(tmp_path, "# the same\n" + BLOCK)).rules_hash == before
    assert read_rules(written(tmp_path, BLOCK.replace("0.95", "0.96"))).rules_hash != before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("limit = 0.95", "limit = 95", "limit must be a share"),
        ("limit = 0.95", "limit = 1.0", "limit must be a share"),
        ("limit = 0.95", "limit = 0", "limit must be a share"),
        ("limit = 0.95", "limit = nan", "limit must be a share"),
        ("limit = 0.95", 'limit = "0.95"', "limit: Input should be a valid number"),
        ("limit = 0.95", "limit = true", "limit: Input should be a valid number"),
        ("limit = 0.95\n", "", "limit: Field required"),
        ("final_pass_rate", "pass_rate", "metric: Input should be 'final_pass_rate'"),
        ('">="', '"<="', "comparison must be >="),
        ('">="', '">"', "comparison: Input should be"),
        ("suite:a b", "team:a", "scope: String should match"),
        ("suite:a b", "suite:", "scope: String should match"),
        ("minimum_sample = 20", "minimum_sample = -1", "minimum_sample: Input should be greater"),
        ("minimum_sample = 20", "minimum_samples = 20", "minimum_samples: Extra inputs"),
        ('"warning"', '"loud"', "severity: Input should be 'blocking' or 'warning'"),
        ('owner = "us"', 'owner = ""', "owner: String should have at least 1"),
        ('owner = "us"', 'owner = "us"\nname = "other"', "name is the block's own"),
        ("final_pass_rate", "freshness_hours", "scope must be all"),
    ],
)
def test_a_wrong_rule_is_named_with_its_file_and_block(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = written(tmp_path, BLOCK.replace(old, new))
    with pytest.raises(UsageError) as caught:
        read_rules(path)
    assert f"{path}, [gates.rate]" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("metric", "limit", "comparison", "said"),
    [
        ("freshness_hours", "-1", "<=", "limit must be a number from 0"),
        ("freshness_hours", "inf", "<=", "limit must be a number from 0"),
        ("reconciliation", "0", ">=", "comparison must be <="),
        ("executed_share", "1.01", ">=", "limit must be a share"),
    ],
)
def test_limits_have_the_range_of_their_metric(
    tmp_path: Path, metric: str, limit: str, comparison: str, said: str
) -> None:
    text = BLOCK.replace("final_pass_rate", metric).replace("suite:a b", "all")
    text = text.replace("0.95", limit).replace(">=", comparison)
    with pytest.raises(UsageError, match=said):
        read_rules(written(tmp_path, text))


def test_all_may_be_asked_to_be_executed(tmp_path: Path) -> None:
    text = BLOCK.replace("final_pass_rate", "executed_share").replace("0.95", "1")
    assert read_rules(written(tmp_path, text)).gates[0].limit == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no gate"),
        ("[gates]", "holds no gate"),
        ("[gates", "no TOML"),
        ("[gates.a]\n[gates.a]", "no TOML"),
        ("gates = 3", "holds no gate"),
        ("[gates]\na = 3", "gates.a is no block"),
        ("limit = 3\n" + BLOCK, "limit is no rule"),
    ],
)
def test_a_file_without_rules_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_rules(written(tmp_path, text))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_rules(tmp_path / "none.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        read_rules(tmp_path / "odd.toml")
