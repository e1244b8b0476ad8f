"""Identity: test, suite, variant, project and invocation, each with its fallbacks."""

import pytest

from tests.unit.transform.raw_rows import Row, raw_execution, transformed, values

SUITE_RUN = {"execution_type": "test_suite", "test_case_id": None, "test_suite_id": "s1"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("t1", None, "default", "||")),
        ({"environment": "qa", "platform": "linux"}, ("t1", None, "default", "qa||linux")),
        ({"environment": " ", "browser": "firefox"}, ("t1", None, "default", "|firefox|")),
        ({"project": "shop", "suite": "nightly", "test_suite_id": "s1"}, ("t1", "nightly", "shop", "||")),
        ({"suite": "", "project": ""}, ("t1", None, "default", "||")),
        (SUITE_RUN, (None, "s1", "default", "||")),
        ({**SUITE_RUN, "test_case_id": "t1"}, (None, "s1", "default", "||")),
    ],
)
def test_keys(changes: Row, expected: tuple[str | None, ...]) -> None:
    rows = transformed([raw_execution(**changes)]).executions
    assert values(rows, "test_key", "suite_key", "project", "variant_key") == [expected]


PARENT = {"parent_execution_id": "p1", "environment": "qa", "build_version": "1.2"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pipeline_id": "77", "suite": "n", "suite_run_id": "r"}, ("pipeline:77|n", "pipeline")),
        ({"pipeline_id": "77"}, ("pipeline:77|", "pipeline")),
        ({"pipeline_id": "", "suite_run_id": "r1", **PARENT}, ("suite_run:r1", "suite_run")),
        (PARENT, ("parent:p1", "parent")),
        ({"environment": "qa", "build_version": "1.2"}, ("build:qa|1.2", "derived_build")),
        ({"environment": "qa"}, ("day:qa|2026-03-01", "derived_day")),
        ({"build_version": "1.2"}, ("day:|2026-03-01", "derived_day")),
        ({**SUITE_RUN, "environment": "qa", "build_version": "1.2"}, ("suite_run:e1", "suite_run")),
        ({**SUITE_RUN, **PARENT}, ("parent:p1", "parent")),
        ({**SUITE_RUN, "pipeline_id": "77"}, ("pipeline:77|s1", "pipeline")),
    ],
)
def test_invocation(changes: Row, expected: tuple[str, str]) -> None:
    rows = transformed([raw_execution(**changes)]).executions
    assert values(rows, "invocation_key", "invocation_source") == [expected]
