"""The models under sql/: read, held to the layers, and put into the order in which they are built.

What belongs here: what may read what, whether headers and queries agree, the order.
What does not: the header itself (model_headers.py) and running a model (build.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import duckdb

import warehouse
from warehouse.duckdb_text import first_line
from warehouse.errors import DataError
from warehouse.model_headers import Model, parse_model
from warehouse.registers import REGISTERS
from warehouse.tables import BUILD_TABLES, HISTORY_TABLES
from warehouse.words import REF_OUTCOMES, create_macros

SQL_ROOT: Final = Path(warehouse.__file__).parents[1] / "sql"
LAKE_PREFIX: Final = "lake_"
BUILT_IN: Final = frozenset(
    {REF_OUTCOMES, *REGISTERS, *(f"{LAKE_PREFIX}{table.name}" for table in BUILD_TABLES)}
)
"""What models read that is no model: the lake's views, the vocabulary and the registers."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A folder of models: how their names begin, what they may read, whether a release keeps them."""

    folder: str
    prefixes: tuple[str, ...]
    reads: tuple[str, ...]
    is_kept: bool


_HISTORIES: Final = tuple(f"stg_{table.name}" for table in HISTORY_TABLES)

LAYERS: Final = {
    layer.folder: layer
    for layer in (
        Layer("staging", ("stg_",), (LAKE_PREFIX, "ref_"), is_kept=False),
        Layer("intermediate", ("int_",), ("stg_", "int_", "ref_"), is_kept=False),
        Layer("marts", ("dim_", "fct_", "quarantine"), ("stg_", "int_", "dim_", "ref_"), is_kept=True),
        Layer("analysis", ("ana_",), ("int_", "dim_", "fct_", "ana_", "ref_"), is_kept=True),
        Layer(
            "metrics",
            ("met_", "fct_kpi_history"),
            ("dim_", "fct_", "ana_", "met_", "ref_", "quarantine", *_HISTORIES),
            is_kept=True,
        ),
        Layer("checks", ("chk_",), ("",), is_kept=True),
    )
}
"""The layers of style.md 3.2, in the order in which they stand on each other."""


def load_models(root: Path = SQL_ROOT) -> tuple[Model, ...]:
    """Every model below root, each after those it reads, checks last; DataError names a wrong file."""
    paths = [path for folder in LAYERS for path in sorted((root / folder).glob("*.sql"))]
    return _loaded(root, tuple((path, path.read_text(encoding="utf-8")) for path in paths))


@lru_cache(maxsize=8)
def _loaded(root: Path, files: tuple[tuple[Path, str], ...]) -> tuple[Model, ...]:
    """The models in these files: asking DuckDB what each reads takes a tenth of a small build."""
    models = [parse_model(path, text) for path, text in files]
    with duckdb.connect(":memory:") as connection:
        create_macros(connection, root)
        for model in models:
            _require_layer(model)
            _require_named_inputs(model, connection)
            _require_known_inputs(model, {other.name for other in models})
    return _in_order(models)


def _require_layer(model: Model) -> None:
    layer = LAYERS[model.folder]
    if not model.name.startswith(layer.prefixes):
        raise DataError(
            f"{model.place}: a model in {layer.folder}/ is named {' or '.join(layer.prefixes)}…; "
            "rename or move it."
        )
    if model.analysis and model.folder != "analysis":
        raise DataError(f"{model.place}: a model with an analysis stands in analysis/; move it.")
    if (model.folder == "checks") != (model.severity is not None):
        raise DataError(
            f"{model.place}: checks alone say `-- severity: blocking` or `warning`; mend the header."
        )
    for name in model.inputs:
        if not name.startswith(layer.reads):
            raise DataError(
                f"{model.place}: a model in {layer.folder}/ may read {', '.join(layer.reads)} but reads "
                f"{name}; add what is missing to a layer between."
            )


def _require_named_inputs(model: Model, connection: duckdb.DuckDBPyConnection) -> None:
    """The header's inputs are the tables the query reads, no more and no less."""
    try:
        read = connection.get_table_names(model.query)
    except duckdb.Error as error:
        raise DataError(f"{model.place}: the query cannot be read ({first_line(error)}); mend it.") from error
    for names, problem in (
        (read - set(model.inputs), "the query reads {} but the header's inputs do not name it"),
        (set(model.inputs) - read, "the header's inputs name {} but the query does not read it"),
    ):
        if names:
            raise DataError(f"{model.place}: {problem.format(', '.join(sorted(names)))}; make them equal.")


def _require_known_inputs(model: Model, names: Iterable[str]) -> None:
    unknown = sorted(set(model.inputs) - set(names) - BUILT_IN)
    if unknown:
        raise DataError(
            f"{model.place}: reads {unknown[0]}, which is neither a model nor a lake table nor built in; "
            "check the name."
        )


def _in_order(models: list[Model]) -> tuple[Model, ...]:
    by_name = {model.name: model for model in models}
    edges = {model.name: [name for name in model.inputs if name in by_name] for model in models}
    try:
        order = list(TopologicalSorter(edges).static_order())
    except CycleError as error:
        cycle = " → ".join(reversed(error.args[1]))
        raise DataError(f"sql/: models read each other in a circle ({cycle}); break it.") from None
    ordered = [by_name[name] for name in order]
    return tuple(sorted(ordered, key=lambda model: model.folder == "checks"))
