"""Files that people write in TOML: read, or the sentence about one that cannot be.

What belongs here: from a path to what stands in the file. What does not: what may stand in it.
"""

import tomllib
from pathlib import Path
from typing import Any

from warehouse.errors import UsageError


def toml_content(kind: str, path: Path) -> dict[str, Any]:
    """What the file says; UsageError names it, as what `kind` calls it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The {kind} {path} cannot be read ({type(error).__name__}); name another file."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The {kind} {path} is no TOML ({error}); mend that place.") from error
    except RecursionError as error:
        raise UsageError(
            f"The {kind} {path} is nested too deeply; write it flat, as the docs show."
        ) from error
