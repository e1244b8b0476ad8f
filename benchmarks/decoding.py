"""Decoding with its proof beside pymongoarrow alone, on the same bytes in one process.

What belongs here: documents per second of one core. What does not: reading from a server or a disk.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import bson
from bson import ObjectId
from pymongoarrow.api import Schema
from pymongoarrow.context import PyMongoArrowContext
from pymongoarrow.types import ObjectIdType

from benchmarks.figures import Figure, seconds
from pipelines.extract.batches import Batch
from pipelines.extract.decode import decode
from pipelines.extract.documents import execution_document
from pipelines.extract.fields import arrow_type
from pipelines.settings import IdentityPaths

DOCUMENTS: Final = 8_000
START: Final = datetime(2026, 3, 1, tzinfo=UTC)


def decoding() -> Iterator[Figure]:
    """Microseconds a document takes; the peer proves nothing."""
    data = b"".join(bson.encode(_document(number)) for number in range(DOCUMENTS))
    document = execution_document(IdentityPaths())
    columns = {name: arrow_type(kind) for name, kind in document.fields.items()} | {"_id": ObjectIdType()}

    def alone() -> None:
        context = PyMongoArrowContext(Schema(columns))
        context.process_bson_stream(data)
        context.finish()

    peer = seconds(alone)
    proved = seconds(lambda: decode(document, Batch(data)))
    yield Figure(
        f"decode with proof, {len(data) / DOCUMENTS / 1_000:.1f} KB each",
        proved / DOCUMENTS * 1e6,
        "µs/doc",
        peer / DOCUMENTS * 1e6,
        "pymongoarrow alone",
    )


def _document(number: int) -> dict[str, object]:
    """One execution with eight steps of seven fields, one of them failed where the number ends in nine."""
    triggered_at = START + timedelta(seconds=number)
    is_failing = number % 10 == 9
    return {
        "_id": ObjectId(f"{int(triggered_at.timestamp()):08x}{number:016x}"),
        "execution_id": f"exec_{number:08d}",
        "execution_type": "ci_cd_execution",
        "status": "failed" if is_failing else "passed",
        "triggered_at": triggered_at,
        "created_at": triggered_at,
        "started_at": triggered_at + timedelta(seconds=2),
        "completed_at": triggered_at + timedelta(seconds=40),
        "updated_at": triggered_at + timedelta(seconds=40),
        "triggered_by": "ci",
        "test_case_id": f"{number % 500:024x}",
        "total_duration_ms": 38_000,
        "tags": ["nightly", "smoke"],
        "execution_context": {"environment": "staging", "browser": "chromium", "platform": "linux"},
        "metadata": {"commit": f"{number // 500:040x}", "branch": "main", "pipeline_id": f"p{number // 500}"},
        "embedded_steps": [_step(order, is_failing and order == 8) for order in range(1, 9)],
    }


def _step(order: int, is_failing: bool) -> dict[str, object]:
    return {
        "step_id": f"step-{order}",
        "step_name": f"Open page {order} and wait for its table",
        "step_order": order,
        "step_type": "action",
        "status": "failed" if is_failing else "passed",
        "duration_ms": 4_000 + order,
        "error_details": {"error_message": "Timeout after 30000 ms"} if is_failing else None,
    }
