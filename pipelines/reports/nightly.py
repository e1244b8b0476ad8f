"""The report 'Nightly quality': everything it says about one night, read from one release.

What belongs here: gathering the sections' facts. What does not: laying them out (page.py) and any clock:
the night is that of the release's as-of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.gates.verdicts import Verdict
from pipelines.reports.sections.broken import Broken, read_broken
from pipelines.reports.sections.changes import NightlyChange, TestTimes, read_changes, read_test_times
from pipelines.reports.sections.checks import DataChecks, read_data_checks
from pipelines.reports.sections.confidence import Confidences, read_confidences
from pipelines.reports.sections.coverage import Coverage, read_coverage
from pipelines.reports.sections.durations import (
    SlowTest,
    SuiteDuration,
    read_slowest_tests,
    read_suite_durations,
)
from pipelines.reports.sections.failing import FailingTests, read_failing_tests
from pipelines.reports.sections.failures import (
    CoFailures,
    FailureCluster,
    read_co_failures,
    read_failure_clusters,
)
from pipelines.reports.sections.flaky import Flaky, read_flaky
from pipelines.reports.sections.forecasts import Outlook, read_outlook
from pipelines.reports.sections.night import Night, read_night
from pipelines.reports.sections.pass_rates import PassRates, read_pass_rates
from pipelines.reports.sections.slowed import Changed, read_changed
from pipelines.reports.sections.stability import StatusGrid, read_status_grid
from pipelines.reports.sections.storms import Storm, read_storms
from pipelines.reports.sections.trends import TrendVerdict, read_trends
from warehouse.connection import open_release


@dataclass(frozen=True, slots=True)
class Nightly:
    """The facts of one night, and what the gates said about it."""

    night: Night
    verdicts: Sequence[Verdict]
    rates: PassRates
    changes: Sequence[NightlyChange]
    test_times: TestTimes
    confidences: Confidences
    failures: Sequence[FailureCluster]
    co_failures: CoFailures
    broken: Broken
    flaky: Flaky
    storms: Sequence[Storm]
    trends: Sequence[TrendVerdict]
    outlook: Outlook
    coverage: Coverage | None
    grid: StatusGrid
    failing: FailingTests
    changed: Changed
    slowest: Sequence[SlowTest]
    suite_durations: Sequence[SuiteDuration]
    checks: DataChecks


def read_nightly(release_folder: Path, verdicts: Sequence[Verdict]) -> Nightly:
    """Read the report's facts; the release is resolved by the caller, once."""
    with open_release(release_folder) as release:
        night = read_night(release)
        return Nightly(
            night=night,
            verdicts=tuple(verdicts),
            rates=read_pass_rates(release, night),
            changes=read_changes(release),
            test_times=read_test_times(release),
            confidences=read_confidences(release),
            failures=read_failure_clusters(release),
            co_failures=read_co_failures(release),
            broken=read_broken(release),
            flaky=read_flaky(release, night),
            storms=read_storms(release, night),
            trends=read_trends(release),
            outlook=read_outlook(release),
            coverage=read_coverage(release),
            grid=read_status_grid(release, night),
            failing=read_failing_tests(release),
            changed=read_changed(release),
            slowest=read_slowest_tests(release),
            suite_durations=read_suite_durations(release),
            checks=read_data_checks(release),
        )
