"""The worked numbers of the statistics specification (cases.json): each case is inputs and expected values.

What belongs here: reading a case, and the tolerance. What does not: what is compared with it (the tests).
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

_CASES: Final = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))["cases"]

TOLERANCE: Final = 1e-6


def case(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and expected values of the case whose name begins so, `P3` for example."""
    (found,) = (case for case in _CASES if case["name"].startswith(f"{name}_"))
    return found["inputs"], found["expected"]


def near(expected: Any) -> Any:
    """Equal within the absolute tolerance of the cases."""
    return pytest.approx(expected, abs=TOLERANCE, rel=0)


def near_p(expected: Any) -> Any:
    """Equal within the relative tolerance for p-values."""
    return pytest.approx(expected, rel=TOLERANCE, abs=0)
