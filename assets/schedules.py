"""When jobs run of themselves.

What belongs here: times. What does not: what runs (jobs.py).
"""

import dagster as dg

from assets.jobs import nightly


def nightly_schedule(time_zone: str) -> dg.ScheduleDefinition:
    """At 02:00 of the project's zone.

    Off until somebody turns it on: a home may have its nights from cron (`exr nightly`), and opening the UI
    must not start more of them.
    """
    return dg.ScheduleDefinition(
        name="nightly_at_two",
        job=nightly,
        cron_schedule="0 2 * * *",
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
