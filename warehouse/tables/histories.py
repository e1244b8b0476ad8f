"""Tables that releases leave behind: what each night published first, kept when its executions are gone.

What belongs here: declarations. What does not: how a night is kept (warehouse/history.py) and what it says
(sql/metrics).
"""

from typing import Final

import polars as pl

from warehouse.schema import TIMESTAMP, Column, Table

_AS_OF: Final = Column("as_of", TIMESTAMP, "The instant for which this was true.")
_GENERATION: Final = Column("lake_generation", pl.Int64, "Generation of the lake that it was computed from.")
_TEST: Final = Column("test_key", pl.String, "The test, as it was called then.")
_VARIANT: Final = Column("variant_key", pl.String, "Environment × browser × platform.")
_PROJECT: Final = Column("project", pl.String, "Family of false-discovery control.")
_SUITE: Final = Column("suite_key", pl.String, "Suite that lists the test.", nullable=True)
_PARAMS: Final = Column("params_hash", pl.String, "Names the policy of the build.")

KPI_HISTORY: Final = Table(
    name="kpi_history",
    grain=("as_of", "scope_type", "scope_key", "kpi", "lake_generation"),
    meaning="One row per night, scope and figure, as first published; kept when its executions are gone.",
    columns=(
        _AS_OF,
        Column("night_date", pl.Date, "Names the night: the day of as_of in the project's time zone."),
        Column("scope_type", pl.String, "all, project, suite or environment."),
        Column("scope_key", pl.String, "The project, suite or environment, all for everything."),
        Column("kpi", pl.String, "Name of the figure, as in met_kpis_nightly."),
        _GENERATION,
        Column("value", pl.Float64, "The figure; null where nothing gave it.", nullable=True),
        Column(
            "low",
            pl.Float64,
            "Lower end of what it may be; null where it is exact or unknown.",
            nullable=True,
        ),
        Column(
            "high",
            pl.Float64,
            "Upper end of what it may be; null where it is exact or unknown.",
            nullable=True,
        ),
        Column("numerator", pl.Int64, "What was counted.", nullable=True),
        Column("denominator", pl.Int64, "Of how many; null for a plain count.", nullable=True),
        Column("unit", pl.String, "rate, executions, tests, ms or probability."),
    ),
)

LABEL_HISTORY: Final = Table(
    name="label_history",
    grain=("as_of", "test_key", "variant_key", "lake_generation"),
    meaning="One row per night and test × variant whose flakiness label changed.",
    columns=(
        _AS_OF,
        _GENERATION,
        Column("night_date", pl.Date, "Names the night: the day of as_of in the project's time zone."),
        _TEST,
        _VARIANT,
        _PROJECT,
        _SUITE,
        Column("former_label", pl.String, "Label that it left, null for its first.", nullable=True),
        Column(
            "label", pl.String, "Label that it entered, null where it no longer ran in time.", nullable=True
        ),
        Column("cause", pl.String, "first_seen, evidence, policy, or not_run."),
        Column("reason", pl.String, "Why the new label, in words."),
        Column("evidence_grade", pl.String, "A, B or C; null where it no longer ran.", nullable=True),
        Column("run_count", pl.Int64, "Runs of the window.", unit="runs"),
        Column("pass_count", pl.Int64, "Of them passed at the first attempt.", unit="runs"),
        Column("flake_count", pl.Int64, "Of them flakes.", unit="runs"),
        Column("hard_fail_count", pl.Int64, "Of them hard failures.", unit="runs"),
        Column("posterior_low", pl.Float64, "Lower end of the flake rate's 95 % interval.", nullable=True),
        Column("broken_probability", pl.Float64, "Probability of being broken.", nullable=True),
        _PARAMS,
    ),
)

REGRESSION_HISTORY: Final = Table(
    name="regression_history",
    grain=("as_of", "test_key", "variant_key", "flake_mode", "lake_generation"),
    meaning="One row per night and regression that opened or closed; an open one keeps its basis from here.",
    columns=(
        _AS_OF,
        _GENERATION,
        Column("night_date", pl.Date, "Names the night: the day of as_of in the project's time zone."),
        _TEST,
        _VARIANT,
        Column("flake_mode", pl.String, "flakes_as_pass or flakes_as_fail."),
        _PROJECT,
        _SUITE,
        Column("transition", pl.String, "opened or closed."),
        Column("reason", pl.String, "Why, in words."),
        Column("opened_at", TIMESTAMP, "As-of of the night that opened it."),
        Column("basis_kind", pl.String, "window: the days before; target: there were none."),
        Column("basis_run_count", pl.Int64, "Runs that the sample was held against.", unit="runs"),
        Column("basis_failed_count", pl.Int64, "Those of them that failed.", unit="runs"),
        Column("sample_run_count", pl.Int64, "Runs of the sample.", unit="runs"),
        Column("sample_failed_count", pl.Int64, "Those of them that failed.", unit="runs"),
        Column("p_value", pl.Float64, "One-sided: the sample is worse.", nullable=True),
        Column("q_value", pl.Float64, "The same over the family, of an opening.", nullable=True),
        _PARAMS,
    ),
)
