"""Writes the pages of docs/ that are made from the code, so that they cannot say otherwise.

What belongs here: which page is made of what. What does not: text that people write (the other pages), how
pictures are drawn (metric_pictures/).
Run by `make docs`; a test compares what lies here with what this gives.
"""

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.metric_pictures import PICTURES
from pipelines.settings import Settings

DOCS: Final = Path(__file__).parent
_HEAD: Final = """# Settings

Written by `make docs` from `pipelines/settings.py`; do not edit.

Every setting is a key of `exr.toml` in the folder where `exr` is started, or an environment variable, which
wins; the command line wins over both. Lists are TOML or JSON lists, or words between commas. A setting with
parts is a TOML table, or one variable per part with two underscores. `exr doctor` prints what is in force and
where each value came from.

| `exr.toml` | variable | default | meaning |
|---|---|---|---|
"""


def configuration() -> str:
    """docs/configuration.md: a row per setting, and per part of one."""
    rows = [row for name, field in Settings.model_fields.items() for row in _rows(name, field)]
    return _HEAD + "\n".join(rows) + "\n"


PAGES: Final = {
    "configuration.md": configuration,
    **{f"pictures/metrics/{name}.svg": draw for name, draw in PICTURES.items()},
}


def _rows(name: str, field: FieldInfo) -> list[str]:
    if not isinstance(field.default, BaseModel):
        return [_row(name, field.default, field.description or "")]
    meaning = (type(field.default).__doc__ or "").strip()
    return [_row(f"{name}.{part}", value, meaning) for part, value in field.default]


def _row(name: str, default: Any, meaning: str) -> str:
    variable = f"EXR_{name.upper().replace('.', '__')}"
    plain = meaning.replace("<", "&lt;").replace("|", "&#124;")
    return f"| `{name}` | `{variable}` | {_shown(default)} | {plain} |"


def _shown(value: Any) -> str:
    if value is None or value == ():
        return "–"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value}`"


if __name__ == "__main__":
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")
