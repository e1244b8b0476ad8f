"""The leading sentences about what is to be expected."""

from datetime import date

from pipelines.reports.outlook_parts import _threshold_sentence
from pipelines.reports.sections.forecasts import Threshold


def test_a_suite_keeps_its_name_at_the_start_of_a_sentence() -> None:
    found = Threshold("suite", "Checkout-EU", 0.9, 0.95, date(2026, 1, 5), date(2026, 1, 2), None)
    assert _threshold_sentence(found).startswith("Suite Checkout-EU declines")
