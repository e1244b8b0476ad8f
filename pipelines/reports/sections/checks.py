"""What the release says of its own data: the checks and the quarantine.

What belongs here: trust in the data. What does not: trust in the product (gates).
"""

from dataclasses import dataclass

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class DataCheck:
    """One statement about the data, and how many rows breach it."""

    name: str
    severity: str
    breach_count: int
    sample: str | None

    @property
    def statement(self) -> str:
        """`chk_counts_add_up` in words."""
        words = self.name.removeprefix("chk_").replace("_", " ")
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class DataChecks:
    """Breached checks first; documents in quarantine, if any."""

    checks: list[DataCheck]
    quarantined_count: int


def read_data_checks(release: ReleaseConnection) -> DataChecks:
    """All results of the build, breaches first."""
    result = release.query(
        """
        select check_name, severity, breach_count, sample
        from data_quality_results
        order by breach_count = 0, severity, check_name
        """
    )
    quarantined = release.query("select count(*) from quarantine").rows[0][0]
    return DataChecks(rows_as(DataCheck, result), int(str(quarantined)))
