"""All that an operator can set, with default, unit and reason; the only place that reads the environment.

What belongs here: typed knobs. What does not: policy parameters of the statistics (pipelines/analysis) and
anything that opens a connection. Precedence: command line, EXR_* variables, exr.toml of the working folder,
the sample's own exr.toml, defaults.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from warehouse.errors import UsageError

SAMPLE_FOLDER: Final = Path(__file__).parents[1] / "samples" / "lammps"
CONFIG_FILE: Final = "exr.toml"


def _dotted(path: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", path):
        raise ValueError(f"'{path}' is no dotted path of field names, such as metadata.commit")
    return path


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError) as error:
        raise ValueError(f"'{name}' is no time zone, such as Europe/Berlin") from error
    return name


Paths = tuple[Annotated[str, AfterValidator(_dotted)], ...]


class IdentityPaths(BaseModel):
    """Where an execution document says what it belongs to; the first path that holds a value counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Paths = ("execution_context.environment", "metadata.environment")
    browser: Paths = ("execution_context.browser",)
    platform: Paths = ("execution_context.platform",)
    build_version: Paths = ("execution_context.build_version", "metadata.build")
    project: Paths = ()
    suite: Paths = ("execution_context.custom_properties.suite",)
    commit_id: Paths = ("metadata.commit",)
    branch: Paths = ("metadata.branch",)
    pipeline_id: Paths = ("metadata.pipeline_id",)
    suite_run_id: Paths = (
        "execution_context.custom_properties.test_suite_run_id",
        "metadata.suite_run_id",
    )


class Collections(BaseModel):
    """Names a collection may have; the first one that the database holds is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    executions: tuple[str, ...] = ("execution_traces", "testexecutions")
    results: tuple[str, ...] = ("execution_results",)
    state_history: tuple[str, ...] = ("execution_state_history",)
    queue: tuple[str, ...] = ("execution_queue",)
    dead_letters: tuple[str, ...] = ("execution_dead_letter_queue",)
    cases: tuple[str, ...] = ("test_cases", "testcases")
    suites: tuple[str, ...] = ("test_suites", "testsuites")
    items: tuple[str, ...] = ("test_items", "testitems")
    users: tuple[str, ...] = ("users",)


class Settings(BaseSettings):
    """The settings in force. Times in the unit of the name; sizes in documents, bytes or MiB as named."""

    model_config = SettingsConfigDict(
        env_prefix="EXR_", env_nested_delimiter="__", toml_file=CONFIG_FILE, frozen=True, extra="forbid"
    )

    home: Path | None = Field(None, description="Home folder; default ./var/<source name>.")
    source: str | None = Field(None, description="MongoDB URI or mongodump folder; default: the sample.")
    source_name: str | None = Field(
        None, description="Name that stands for the source's identity where its address changes."
    )
    database: str = Field("intellibrowse", description="Database, where the URI names none.")
    collections: Collections = Collections()
    step_collections: tuple[str, ...] = Field(
        ("execution_steps", "execution_step_results", "step_results", "execution_trace_steps"),
        description="Collections that steps may be read from when a document names one.",
    )
    identity: IdentityPaths = IdentityPaths()
    people_words: tuple[str, ...] = Field(
        ("system", "ci"), description="Words in triggered_by that are no person."
    )
    error_outcome_types: tuple[str, ...] = Field(
        (), description="Error types that make a failure an error of the set-up."
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="Time zone of bucket_date and of days in reports."
    )
    earliest_day: str = Field(
        "2000-01-01", pattern=r"^\d{4}-\d{2}-\d{2}$", description="Documents before it are quarantined."
    )
    overlap_minutes: int = Field(15, ge=0, description="Read again before each watermark.")
    reread_days: int = Field(7, ge=0, description="Days compared whole with the source each night.")
    reread_nights: int = Field(30, ge=1, description="Nights in which every older day is compared once.")
    batch_documents: int = Field(8_000, ge=1, description="Documents a decoder takes at a time.")
    group_executions: int = Field(150_000, ge=1, description="Executions that are transformed at a time.")
    processes: int = Field(2, ge=1, le=64, description="Decoder processes; 1 decodes in this process.")
    threads: int = Field(2, ge=1, description="Threads of DuckDB.")
    memory_limit_mb: int = Field(1_024, ge=256, description="DuckDB's memory limit, MiB.")
    rules: Path | None = Field(None, description="Rules of the gates; default: those that ship.")
    text_limit: int = Field(4_000, ge=100, description="Characters kept of a message.")
    trace_limit: int = Field(8_000, ge=100, description="Characters kept of a stack trace.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line first, then the environment, then exr.toml."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Settings in force; `given` are command-line values, None where not given.

        Raises UsageError that names the setting which cannot be used.
        """
        chosen = {name: value for name, value in given.items() if value is not None}
        try:
            settings = cls(**chosen)
            if settings.source is None:
                settings = settings.over(sample_defaults())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UsageError(f"Setting {place}: {first['msg']}. See exr doctor.") from error
        return settings

    def over(self, defaults: dict[str, Any]) -> Self:
        """These settings, with `defaults` where nothing was set."""
        missing = {name: value for name, value in defaults.items() if name not in self.model_fields_set}
        return self.model_copy(update=type(self).model_construct(**missing).model_dump(include=set(missing)))


def sample_defaults() -> dict[str, Any]:
    """The settings that fit the bundled sample, from its own exr.toml."""
    source = TomlConfigSettingsSource(Settings, toml_file=SAMPLE_FOLDER / CONFIG_FILE)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in source().items()}


def origins(settings: Settings, given: Mapping[str, Any]) -> dict[str, str]:
    """Where each setting in force came from: command line, EXR_* variable, exr.toml, the sample, default."""
    environment = EnvSettingsSource(Settings)()
    file = TomlConfigSettingsSource(Settings)()
    sample = sample_defaults() if settings.source is None else {}
    return {name: _origin(name, given, environment, file, sample) for name in Settings.model_fields}


def _origin(
    name: str,
    given: Mapping[str, Any],
    environment: Mapping[str, Any],
    file: Mapping[str, Any],
    sample: Mapping[str, Any],
) -> str:
    if given.get(name) is not None:
        return "command line"
    if name in environment:
        return f"EXR_{name.upper()}"
    if name in file:
        return CONFIG_FILE
    return "the sample" if name in sample else "default"
