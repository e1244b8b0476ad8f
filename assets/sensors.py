"""What happens when a run fails: it is said in one sentence.

What belongs here: noticing a failed run and finding its reason. What does not: sending messages; alerts will
be called in `tell_failed_run`, with the sentence, once there are any.
"""

from collections.abc import Iterator
from typing import Final

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from warehouse import errors

EXPECTED: Final = frozenset(
    name
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, errors.ExrError)
)
"""Errors whose message is one sentence that says what to do."""


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING)
def tell_failed_run(context: dg.RunFailureSensorContext) -> None:
    """Logs why a run failed, in one sentence."""
    context.log.error(failure_sentence(context))


def failure_sentence(context: dg.RunFailureSensorContext) -> str:
    """Which run failed, where and why; the reason as the code that raised it says it."""
    run = context.dagster_run
    failed = next(iter(context.get_step_failure_events()), None)
    if failed is None:
        place, error = "before its first step", context.failure_event.job_failure_data.error
    else:
        place, error = f"in step {failed.step_key}", failed.step_failure_data.error
    reason = _reason(error) if error else "it was ended from outside."
    return f"Run {run.run_id} of {run.job_name} failed {place}: {reason}"


def _reason(error: SerializableErrorInfo) -> str:
    """The message of the first error of ours in the chain, else of what caused all others."""
    chain = list(_chain(error))
    told = next((one for one in chain if one.cls_name in EXPECTED), chain[-1])
    name, _, message = told.message.strip().partition(": ")
    return message if told.cls_name in EXPECTED else f"{name.rpartition('.')[2]}: {message}".rstrip(": ")


def _chain(error: SerializableErrorInfo) -> Iterator[SerializableErrorInfo]:
    found: SerializableErrorInfo | None = error
    while found is not None:
        yield found
        found = found.cause
