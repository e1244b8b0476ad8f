"""All that an operator can set, with default, unit and reason; the only place that reads the environment.

What belongs here: typed knobs. What does not: policy parameters of the statistics (pipelines/analysis) and
anything that opens a connection. Precedence: command line, EXR_* variables, exr.toml of the working folder,
the sample's own exr.toml, defaults.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
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
    except (OSError, ValueError, KeyError) as error:  # one that is unknown is a KeyError
        raise ValueError(f"'{name}' is no time zone, such as Europe/Berlin") from error
    return name


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no day, such as 2000-01-01") from error
    return text


def _words(value: Any) -> Any:
    """A list as text: JSON, or words between commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("this is no JSON list; words between commas will do") from None
    return [word.strip() for word in value.split(",") if word.strip()]


def _source(text: str) -> str:
    """Without blanks around it; a URI's scheme in small letters, as the driver wants it."""
    text = text.strip()
    if not text:
        raise ValueError("it is empty; name a MongoDB URI or a mongodump folder, or leave it out")
    scheme, mark, rest = text.partition("://")
    is_uri = mark and scheme.lower() in ("mongodb", "mongodb+srv")
    return f"{scheme.lower()}://{rest}" if is_uri else text


def _home(path: object) -> object:
    """A variable that is set to nothing is a mistake, not the current folder."""
    if isinstance(path, str) and not path.strip():
        raise ValueError("it is empty; name a folder, or leave it out")
    return path


def shown_source(source: str) -> str:
    """A source as people may see it: of an address scheme, hosts and database, no credentials or options."""
    scheme, mark, rest = source.strip().partition(":/")
    if not mark:
        return re.sub(r"^[^/]*:.*@", "***@", source)
    credentials, at, place = rest.rpartition("@")
    if at:
        slash = "/" if credentials.startswith("/") else ""
        return f"{scheme}:/{slash}***@{place.partition('?')[0]}"
    return f"{scheme}:/{rest.partition('?')[0]}"


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Paths = Annotated[tuple[Annotated[str, AfterValidator(_dotted)], ...], NoDecode, BeforeValidator(_words)]


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

    executions: Words = ("execution_traces", "testexecutions")
    results: Words = ("execution_results",)
    state_history: Words = ("execution_state_history",)
    queue: Words = ("execution_queue",)
    dead_letters: Words = ("execution_dead_letter_queue",)
    cases: Words = ("test_cases", "testcases")
    suites: Words = ("test_suites", "testsuites")
    items: Words = ("test_items", "testitems")
    users: Words = ("users",)


class Settings(BaseSettings):
    """The settings in force. Times in the unit of the name; sizes in documents, bytes or MiB as named."""

    model_config = SettingsConfigDict(
        env_prefix="EXR_", env_nested_delimiter="__", toml_file=CONFIG_FILE, frozen=True, extra="forbid"
    )

    home: Annotated[Path | None, BeforeValidator(_home)] = Field(
        None, description="Home folder; default ./var/<source name>."
    )
    source: Annotated[str, AfterValidator(_source)] | None = Field(
        None, description="MongoDB URI or mongodump folder; default: the sample."
    )
    source_name: str | None = Field(
        None, description="Name that stands for the source's identity where its address changes."
    )
    database: str = Field("intellibrowse", description="Database, where the URI names none.")
    collections: Collections = Collections()
    step_collections: Words = Field(
        ("execution_steps", "execution_step_results", "step_results", "execution_trace_steps"),
        description="Collections that steps may be read from when a document names one.",
    )
    identity: IdentityPaths = IdentityPaths()
    people_words: Words = Field(("system", "ci"), description="Words in triggered_by that are no person.")
    error_outcome_types: Words = Field(
        (), description="Error types that make a failure an error of the set-up."
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="Time zone of bucket_date and of days in reports."
    )
    earliest_day: Annotated[str, AfterValidator(_day)] = Field(
        "2000-01-01", pattern=r"^\d{4}-\d{2}-\d{2}$", description="Documents before it are quarantined."
    )
    overlap_minutes: int = Field(15, ge=0, le=525_600, description="Read again before each watermark.")
    reread_days: int = Field(
        7, ge=0, le=36_500, description="Days compared whole with the source each night."
    )
    reread_nights: int = Field(
        30, ge=1, le=36_500, description="Nights in which every older day is compared once."
    )
    batch_documents: int = Field(
        8_000, ge=1, le=1_000_000, description="Documents a decoder takes at a time."
    )
    group_executions: int = Field(
        150_000, ge=1, le=100_000_000, description="Executions that are transformed at a time."
    )
    processes: int = Field(2, ge=1, le=64, description="Decoder processes; 1 decodes in this process.")
    threads: int = Field(2, ge=1, le=1_024, description="Threads of DuckDB.")
    memory_limit_mb: int = Field(1_024, ge=256, le=16_777_216, description="DuckDB's memory limit, MiB.")
    fact_rows_in_release: int = Field(
        20_000_000,
        ge=0,
        le=1_000_000_000_000,
        description="Rows of facts from which a release reads them from the lake; 0: always.",
    )
    rules: Path | None = Field(None, description="Rules of the gates; default: those that ship.")
    policy: Path | None = Field(
        None, description="Changes to the parameters of the statistics; default: sql/policy.toml as it ships."
    )
    aliases: Path | None = Field(None, description="Register of renamed tests; default: none was renamed.")
    accepted_regressions: Path | None = Field(
        None, description="Register of accepted regressions; default: none is accepted."
    )
    costs: Path | None = Field(None, description="Register of costs; default: hours and minutes, no money.")
    text_limit: int = Field(4_000, ge=100, le=1_000_000, description="Characters kept of a message.")
    trace_limit: int = Field(8_000, ge=100, le=1_000_000, description="Characters kept of a stack trace.")

    @property
    def reading(self) -> str:
        """Names the settings that decide what is read of a document: rows read with others are read again."""
        names = {
            "collections",
            "step_collections",
            "identity",
            "people_words",
            "error_outcome_types",
            "earliest_day",
            "text_limit",
            "trace_limit",
        }
        text = json.dumps(self.model_dump(mode="json", include=names), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

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
            raise UsageError(_wrong_setting(error, chosen)) from None  # its text shows values
        except SettingsError as error:
            field = re.search(r'field "(\w+)"', str(error))
            name = field[1] if field else "?"
            raise UsageError(
                f"Setting {name} (EXR_{name.upper()}): its text is no JSON object, such as "
                '{"name": ["value"]}; or set one part of it with two underscores, '
                f"EXR_{name.upper()}__NAME=value."
            ) from None
        except (OSError, ValueError) as error:  # broken TOML, not UTF-8, not readable
            reason = str(error.strerror if isinstance(error, OSError) else error).rstrip(".")
            raise UsageError(f"{CONFIG_FILE} cannot be read: {reason}.") from error
        return settings

    def over(self, defaults: dict[str, Any]) -> Self:
        """These settings, with `defaults` where nothing was set."""
        missing = {name: value for name, value in defaults.items() if name not in self.model_fields_set}
        return self.model_copy(update=type(self).model_construct(**missing).model_dump(include=set(missing)))


def _wrong_setting(error: ValidationError, given: Mapping[str, Any]) -> str:
    """One sentence: which setting, where it came from, what is wrong."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    name = str(first["loc"][0]) if first["loc"] else "?"
    origin = _origin(name, given, EnvSettingsSource(Settings)(), TomlConfigSettingsSource(Settings)(), {})
    return f"Setting {place} ({origin}): {first['msg'].removeprefix('Value error, ').rstrip('.')}."


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
