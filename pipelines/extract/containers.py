"""Documents that hold a scalar where an object or a list is declared: how a server finds and hands them out.

What belongs here: the filter that finds them, and a projection that keeps such a scalar. Needed because the
usual projection of `steps.name` silently drops `steps` where it is text, so the document would look like one
without steps. What does not: what is wrong with them: decode.py says so, in the same words as for a dump.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.extract.fields import Field, Kind, Struct, Structs


@dataclass(frozen=True, slots=True)
class Container:
    """One structured field: its dotted path, inside the elements of the list `within` where there is one."""

    path: str
    field: Struct | Structs
    within: str | None = None


def containers(
    fields: Mapping[str, Field], prefix: str = "", within: str | None = None
) -> Iterator[Container]:
    """All structured fields, outer before inner; a list inside a list is not declared anywhere."""
    for name, field in fields.items():
        if isinstance(field, Kind):
            continue
        path = prefix + name
        yield Container(path, field, within)
        if isinstance(field, Struct):
            yield from containers(field.fields, f"{path}.", within)
        else:
            yield from containers(field.fields, "", path)


def wrong_filter(fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """Clauses of which one holds for a document with a wrong container."""
    clauses: list[dict[str, Any]] = []
    for container in containers(fields):
        own = [*_clauses(container)]
        clauses += [{container.within: {"$elemMatch": one}} for one in own] if container.within else own
    return clauses


def _clauses(container: Container) -> Iterator[dict[str, Any]]:
    path = container.path
    if isinstance(container.field, Struct):
        yield {path: {"$exists": True, "$not": {"$type": ["object", "null"]}}}
        yield {path: {"$type": "array"}}
    else:
        yield {path: {"$exists": True, "$not": {"$type": ["array", "null"]}}}
        yield {path: {"$elemMatch": {"$not": {"$type": "object"}}}}


def shown(fields: Mapping[str, Field], place: str = "$") -> dict[str, Any]:
    """A projection, for an aggregation, of the declared fields and of what stands in a container's place:
    a scalar itself; of a list or an object that is not declared, no more than that it is one."""
    return {name: _shown(field, place + name) for name, field in fields.items()}


def _shown(field: Field, value: str) -> Any:
    if isinstance(field, Kind):
        return value
    an_object, a_list = {"$eq": [{"$type": value}, "object"]}, {"$isArray": [value]}
    if isinstance(field, Structs):
        elements = {
            "$map": {"input": value, "as": "element", "in": _shown(Struct(field.fields), "$$element")}
        }
        return {"$cond": [a_list, elements, {"$cond": [an_object, {"$literal": {}}, value]}]}
    return {"$cond": [an_object, shown(field.fields, f"{value}."), {"$cond": [a_list, [], value]}]}
