"""Release confidence and quality score: the worked case P8, and what must follow from the definitions."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.release_confidence import Evidence, quality_score, release_confidence
from tests.unit.analysis.cases import case, near


def evidence_of_p8() -> list[Evidence]:
    inputs, _ = case("P8")
    return [_evidence(test) for test in inputs["tests"]]


def _evidence(test: dict[str, Any]) -> Evidence:
    group, attempts = test["root_cause_group"], test["attempts_at_candidate"]
    return Evidence(
        test=test["id"],
        group="g2" if group == "g2" else None,
        phi=test["phi"],
        hazard=test["hazard_per_change"],
        changes=test["changes_since_last_pass"],
        failures=attempts.count("F"),
        passes=attempts.count("P"),
    )


def test_p8_confidence() -> None:
    _, expected = case("P8")
    found = release_confidence(evidence_of_p8())
    assert found.confidence == near(expected["release_confidence"])
    assert found.expected_failures == near(expected["expected_genuine_failures"])
    assert found.contributions == {name: near(value) for name, value in expected["log_contribution"].items()}
    for test, state in expected["per_test"].items():
        assert found.per_test[test] == (near(state["prior"]), near(state["posterior"]))


def test_p8_quality() -> None:
    _, expected = case("P8")
    wanted = expected["quality_score"]
    found = quality_score(evidence_of_p8())
    assert (found.score, found.coverage, found.reliability, found.health) == tuple(
        near(wanted[name]) for name in ("Q", "C", "R", "H")
    )


def test_rows_may_be_mappings_or_tuples() -> None:
    row = ("t1", None, 0.01, 0.001, 1, 2, 0)
    names = ("test", "group", "phi", "hazard", "changes", "failures", "passes")
    as_mapping = dict(zip(names, row, strict=True))
    assert (
        release_confidence([row]) == release_confidence([as_mapping]) == release_confidence([Evidence(*row)])
    )
    assert release_confidence([row]).per_test["t1"][1] == near(0.909008)


def test_no_required_test_is_nothing_against_it() -> None:
    found = release_confidence([])
    assert (found.confidence, found.expected_failures, found.contributions) == (1.0, 0, {})
    assert quality_score([]).score is None


def test_nothing_executed_has_coverage_and_no_score() -> None:
    found = quality_score([Evidence("t1", None, 0.01, 0.001, 3, 0, 0)])
    assert (found.score, found.coverage, found.reliability, found.health) == (None, 0.0, None, None)


def test_what_is_not_fresh_is_not_covered() -> None:
    passed = Evidence("t1", None, 0.01, 0.001, 1, 0, 1)
    stale = Evidence("t2", None, 0.5, 0.001, 1, 0, 1, fresh=False)
    found = quality_score([passed, stale])
    assert (found.coverage, found.reliability) == (0.5, near(0.99))


def test_a_certain_break_leaves_no_confidence() -> None:
    found = release_confidence([Evidence("t1", None, 0.01, 1.0, 1, 0, 0)])
    assert (found.confidence, found.contributions["t1"]) == (0.0, -math.inf)


_EVIDENCE = st.builds(
    Evidence,
    test=st.uuids().map(str),
    group=st.sampled_from([None, "a", "b"]),
    phi=st.floats(0.0001, 0.9),
    hazard=st.floats(0.0001, 0.5),
    changes=st.integers(0, 50),
    failures=st.integers(0, 5),
    passes=st.integers(0, 5),
)


@given(st.lists(_EVIDENCE, max_size=20), st.randoms())
def test_order_does_not_matter_and_contributions_add_up(rows: list[Evidence], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    found, other = release_confidence(rows), release_confidence(shuffled)
    assert found.confidence == pytest.approx(other.confidence)
    assert found.contributions == other.contributions
    assert found.confidence == pytest.approx(math.exp(sum(found.contributions.values())))


@given(st.lists(_EVIDENCE, min_size=1, max_size=20), _EVIDENCE)
def test_one_more_test_never_adds_confidence(rows: list[Evidence], more: Evidence) -> None:
    assert release_confidence([*rows, more]).confidence <= release_confidence(rows).confidence + 1e-12


@given(st.lists(_EVIDENCE.filter(lambda row: row.failures > 0), min_size=1, max_size=20))
def test_fifty_tests_of_one_cause_count_as_its_worst(rows: list[Evidence]) -> None:
    of_one = [
        Evidence(row.test, "cause", row.phi, row.hazard, row.changes, row.failures, row.passes)
        for row in rows
    ]
    found = release_confidence(of_one)
    assert found.expected_failures == max(r for _, r in found.per_test.values())
