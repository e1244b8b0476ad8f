"""The history of labels: a row where a test enters one, what it left, and why; nothing where it stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.sql.runs import daily, given_runs
from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.registers import Alias

CHANGE = ("test_key", "former_label", "label", "cause")
YESTERDAY = AS_OF - timedelta(days=1)


def earlier(model: Workbench, label: str | None = "suspected", **more: object) -> Row:
    """What the night before published of t1, under the same policy."""
    return {
        "as_of": YESTERDAY,
        "test_key": "t1",
        "variant_key": "linux||",
        "project": "default",
        "label": label,
        "cause": "evidence",
        "params_hash": model.policy.params_hash,
    } | more


def of_this_night(model: Workbench) -> list[tuple[object, ...]]:
    return model.rows("met_label_history", *CHANGE, where=f"as_of = '{AS_OF}'")


def test_a_first_label_is_an_entry_with_its_evidence(model: Workbench) -> None:
    given_runs(model, *daily("P" * 40 + "F" * 6))
    assert of_this_night(model) == [("t1", None, "broken", "first_seen")]
    counts = model.rows("met_label_history", "run_count", "hard_fail_count", "reason")
    assert counts == model.rows("met_flakiness", "run_count", "hard_fail_count", "reason")


def test_a_label_that_stays_adds_nothing(model: Workbench) -> None:
    given_runs(model, *daily("P" * 40 + "F" * 6))
    model.given("lake_label_history", [earlier(model, "broken")])
    assert of_this_night(model) == []
    assert model.rows("met_label_history", "as_of") == [(YESTERDAY,)]


def test_a_new_label_says_what_it_left(model: Workbench) -> None:
    given_runs(model, *daily("P" * 40 + "F" * 6))
    model.given(
        "lake_label_history",
        [earlier(model, "flaky", as_of=YESTERDAY - timedelta(days=9)), earlier(model, "suspected")],
    )
    assert of_this_night(model) == [("t1", "suspected", "broken", "evidence")]


def test_another_policy_is_named_as_the_cause(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30))
    model.given("lake_label_history", [earlier(model, "insufficient")])
    parameters = replace(model.policy.parameters, flakiness_run_minimum=5)
    model.policy = replace(model.policy, parameters=parameters)
    assert of_this_night(model) == [("t1", "insufficient", "no_evidence_of_flakiness", "policy")]


def test_a_test_that_no_longer_runs_leaves_once(model: Workbench) -> None:
    model.given("lake_label_history", [earlier(model, "flaky"), earlier(model, None, test_key="t2")])
    assert of_this_night(model) == [("t1", "flaky", None, "not_run")]


def test_one_that_runs_again_enters_again(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30))
    model.given("lake_label_history", [earlier(model, None)])
    assert of_this_night(model) == [("t1", None, "no_evidence_of_flakiness", "evidence")]


@pytest.mark.parametrize("is_alone", [True, False])
def test_the_night_itself_again_adds_nothing(model: Workbench, is_alone: bool) -> None:
    given_runs(model, *daily("P" * 30))
    own = earlier(model, "no_evidence_of_flakiness", as_of=AS_OF, cause="first_seen")
    model.given("lake_label_history", [own, *([] if is_alone else [earlier(model, "flaky")])])
    assert of_this_night(model) == [("t1", None, "no_evidence_of_flakiness", "first_seen")]


def test_a_night_after_as_of_is_not_seen(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30))
    model.given("lake_label_history", [earlier(model, "flaky", as_of=AS_OF + timedelta(days=1))])
    assert of_this_night(model) == [("t1", None, "no_evidence_of_flakiness", "first_seen")]
    assert len(model.rows("met_label_history", "as_of")) == 1


@pytest.mark.parametrize(("own", "expected"), [([], "flaky"), (["insufficient"], "insufficient")])
def test_a_renamed_test_goes_on_under_its_new_name(model: Workbench, own: list[str], expected: str) -> None:
    """The former key leaves no label; what it was called counts where the new one has none of its own."""
    entry = Alias(former="old", now="t1", by="ada", on=AS_OF.date(), reason="moved")
    model.policy = replace(model.policy, aliases=[entry])
    given_runs(model, *daily("P" * 30))
    before = YESTERDAY - timedelta(days=1)
    rows = [earlier(model, label, as_of=before) for label in own]
    model.given("lake_label_history", [earlier(model, "flaky", test_key="old"), *rows])
    assert of_this_night(model) == [("t1", expected, "no_evidence_of_flakiness", "evidence")]


def test_the_policy_is_the_cause_in_the_night_that_changed_it_alone(model: Workbench) -> None:
    """The label of t1 is old and of another policy; the night before had this one already."""
    given_runs(model, *daily("P" * 30))
    old = earlier(model, "insufficient", as_of=YESTERDAY - timedelta(days=99), params_hash="other")
    model.given("lake_label_history", [old, earlier(model, test_key="t2")])
    assert ("t1", "insufficient", "no_evidence_of_flakiness", "evidence") in of_this_night(model)
