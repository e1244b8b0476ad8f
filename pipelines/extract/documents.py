"""What is read of each collection: the allow-listed fields, and the fields that tell when a document changed.

What belongs here: one Document per collection. What does not: how its frame becomes a raw table
(executions.py, steps.py, state_changes.py, catalog.py). Never listed, so never read: hashed_password,
input_data, output_data, custom_config, debug_data, state_history and execution_log (unbounded), screenshots;
nor execution_config.resource_limits: what an execution may use is not what it used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pipelines.extract.fields import Field, Kind, Struct, Structs, with_label
from pipelines.settings import IdentityPaths
from warehouse.errors import UsageError

TEXT, REFERENCE, WHOLE, NUMBER, TIME = Kind.TEXT, Kind.REFERENCE, Kind.WHOLE, Kind.NUMBER, Kind.TIME


@dataclass(frozen=True, slots=True)
class Document:
    """How one collection is read.

    `clock`: fields that say when a document changed, the first with a value counts; `day`: fields whose first
    value gives its UTC day; the time inside `_id` stands in for both. `refers_by`: fields that name an
    execution.
    """

    name: str
    fields: Mapping[str, Field]
    clock: tuple[str, ...]
    day: tuple[str, ...] = ()
    refers_by: tuple[str, ...] = ()


_ERROR: Final = Struct(
    {
        "error_type": TEXT,
        "error_message": TEXT,
        "error_code": Kind.LABEL,
        "stack_trace": TEXT,
        "expected": Kind.LABEL,
        "actual": Kind.LABEL,
    }
)

_STEP: Final[Mapping[str, Field]] = {
    "step_id": REFERENCE,
    "step_name": TEXT,
    "step_order": WHOLE,
    "step_sequence": WHOLE,
    "step_type": TEXT,
    "status": TEXT,
    "started_at": TIME,
    "completed_at": TIME,
    "duration_ms": WHOLE,
    "retry_count": WHOLE,
    "error_details": _ERROR,
}

RESOURCES: Final = ("cpu_usage_percent", "memory_usage_mb", "disk_io_mb", "network_io_mb")
"""What an execution used; an object of the same names stands in it and in its statistics."""

AGENT: Final = "execution_context.execution_agent"
"""Worker or host that an execution ran on."""

_RESOURCE_USAGE: Final = Struct(dict.fromkeys(RESOURCES, NUMBER))

EXECUTION: Final = Document(
    name="executions",
    clock=("updated_at", "created_at", "triggered_at"),
    day=("triggered_at", "created_at"),
    refers_by=("_id", "execution_id"),
    fields={
        "_id": REFERENCE,
        "execution_id": REFERENCE,
        "parent_execution_id": REFERENCE,
        "test_case_id": REFERENCE,
        "test_suite_id": REFERENCE,
        "execution_type": TEXT,
        "status": TEXT,
        "triggered_by": REFERENCE,
        "triggered_at": TIME,
        "created_at": TIME,
        "updated_at": TIME,
        "started_at": TIME,
        "completed_at": TIME,
        "total_duration_ms": WHOLE,
        "estimated_step_count": WHOLE,
        "priority": WHOLE,
        "step_results_collection": TEXT,
        "tags": Kind.TEXTS,
        "statistics": Struct(
            {
                "total_steps": WHOLE,
                "completed_steps": WHOLE,
                "total_duration_ms": WHOLE,
                "resource_usage": _RESOURCE_USAGE,
            }
        ),
        "resource_usage": _RESOURCE_USAGE,
        "error_details": Struct({"error_type": TEXT, "error_message": TEXT}),
        "embedded_steps": Structs(_STEP),
        "embedded_step_traces": Structs(_STEP),
    },
)

STEP: Final = Document(
    name="steps",
    clock=("updated_at", "completed_at", "started_at", "created_at"),
    day=("started_at", "created_at", "completed_at", "updated_at"),
    refers_by=("execution_id",),
    fields={
        "_id": REFERENCE,
        "execution_id": REFERENCE,
        "updated_at": TIME,
        "created_at": TIME,
        **_STEP,
    },
)

RESULT: Final = Document(
    name="results",
    clock=("processed_at", "aggregated_at"),
    day=("processed_at", "aggregated_at"),
    refers_by=("execution_id", "suite_execution_id"),
    fields={
        "_id": REFERENCE,
        "execution_id": REFERENCE,
        "suite_execution_id": REFERENCE,
        "processed_at": TIME,
        "aggregated_at": TIME,
        "total_test_cases": WHOLE,
        "passed_cases": WHOLE,
        "failed_cases": WHOLE,
        "cancelled_cases": WHOLE,
        "insights": Struct({"declared": Kind.JSON}),
        "step_results": Structs(_STEP),
        "test_case_results": Structs(
            {
                "execution_id": REFERENCE,
                "test_case_id": REFERENCE,
                "status": TEXT,
                "statistics": Struct({"total_duration_ms": WHOLE}),
            }
        ),
    },
)

STATE_CHANGE: Final = Document(
    name="state_history",
    clock=("timestamp",),
    day=("timestamp",),
    refers_by=("execution_id",),
    fields={
        "_id": REFERENCE,
        "execution_id": REFERENCE,
        "old_status": TEXT,
        "new_status": TEXT,
        "timestamp": TIME,
    },
)

QUEUE_ENTRY: Final = Document(
    name="queue",
    clock=(),
    refers_by=("execution_id",),
    fields={
        "_id": REFERENCE,
        "execution_id": REFERENCE,
        "queued_at": TIME,
        "processing_started_at": TIME,
        "retry_count": WHOLE,
    },
)

CASE: Final = Document(
    name="cases",
    clock=("updated_at", "created_at"),
    fields={
        "_id": REFERENCE,
        "title": TEXT,
        "status": TEXT,
        "is_archived": Kind.FLAG,
        "test_type": TEXT,
        "priority": TEXT,
        "tags": Kind.TEXTS,
        "owner_id": REFERENCE,
        "related_test_items": Kind.TEXTS,
        "created_at": TIME,
        "updated_at": TIME,
    },
)

SUITE: Final = Document(
    name="suites",
    clock=("updated_at", "created_at"),
    fields={
        "_id": REFERENCE,
        "title": TEXT,
        "status": TEXT,
        "is_archived": Kind.FLAG,
        "priority": TEXT,
        "tags": Kind.TEXTS,
        "owner_id": REFERENCE,
        "suite_items": Structs({"test_item_id": REFERENCE, "order": WHOLE, "skip": Kind.FLAG}),
        "items": Structs({"test_item_id": REFERENCE, "order": WHOLE, "skip": Kind.FLAG}),
        "created_at": TIME,
        "updated_at": TIME,
    },
)

ITEM: Final = Document(
    name="items",
    clock=("audit.updated_at", "audit.created_at"),
    fields={
        "_id": REFERENCE,
        "title": TEXT,
        "feature_id": REFERENCE,
        "scenario_id": REFERENCE,
        "test_type": TEXT,
        "metadata": Struct({"tags": Kind.TEXTS, "status": TEXT}),
        "audit": Struct({"created_by_user_id": REFERENCE, "created_at": TIME, "updated_at": TIME}),
    },
)

USER: Final = Document(
    name="users",
    clock=("updated_at", "created_at"),
    fields={"_id": REFERENCE, "email": TEXT, "is_active": Kind.FLAG, "created_at": TIME},
)


def execution_document(paths: IdentityPaths) -> Document:
    """The execution document with its agent and the configured identity paths; UsageError for a wrong one."""
    fields = with_label(EXECUTION.fields, AGENT)
    for name in IdentityPaths.model_fields:
        for path in getattr(paths, name):
            try:
                fields = with_label(fields, path)
            except ValueError as error:
                setting = f"EXR_IDENTITY__{name.upper()}"
                raise UsageError(f"{setting}: no text can be read at {path}, since {error}.") from error
    return replace(EXECUTION, fields=fields)
