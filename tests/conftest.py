"""What every test shares: no setting of the shell reaches a test, property tests repeat exactly.

What belongs here: options and fixtures that any folder of tests may need.
What does not: fixtures of one stage (a conftest.py beside its tests) and builders of rows (plain modules).
"""

import os

import hypothesis
import pytest

hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write the golden files anew (make golden)."
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written; a missing one fails a test that does not write."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(autouse=True)
def _no_settings_from_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("EXR_")]:
        monkeypatch.delenv(name)
