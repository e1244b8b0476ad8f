"""Holds the layout: who imports whom, where a library may be used, where environment and clock may be read.

The rules are the tables below; the code is read as text (ast), nothing of it is imported or run.
Each rule is also tried on a small tree that breaks it, so that a rule which finds nothing is noticed.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

CHECKOUT: Final = Path(__file__).parents[1]

PACKAGES: Final = ("warehouse", "pipelines", "assets")
"""A package imports itself and those before it."""

TIERS: Final = (
    ("settings", "home", "identity"),
    ("extract", "transform", "analysis"),
    ("gates", "reports"),
    ("delivery",),
    ("alerts",),
    ("night",),
    ("on_demand",),
    ("cli",),
)
"""Inside pipelines: a module imports its own tier and those before it."""

LIBRARIES: Final = {
    "dagster": ("assets/**",),
    "deltalake": ("warehouse/**",),
    "duckdb": ("warehouse/**",),
    "pymongo": ("pipelines/extract/**", "pipelines/delivery/mongo.py"),
    "bson": ("pipelines/extract/**",),
    "pymongoarrow": ("pipelines/extract/**",),
    "scipy": ("pipelines/analysis/**",),
    "statsmodels": ("pipelines/analysis/**",),
    "ruptures": ("pipelines/analysis/**",),
    "sklearn": ("pipelines/analysis/**",),
    "pymannkendall": ("pipelines/analysis/**",),
    "scoringrules": ("pipelines/analysis/**",),
    "jinja2": ("pipelines/reports/render*.py", "pipelines/alerts/**"),
    "typst": ("pipelines/reports/render*.py", "pipelines/alerts/**"),
    "apprise": ("pipelines/delivery/**",),
    "smtplib": ("pipelines/delivery/**",),
    "requests": ("pipelines/delivery/**",),
    "urllib.request": ("pipelines/delivery/**",),
    "http.client": ("pipelines/delivery/**",),
}
"""A library and the only places that import it."""

NAMES: Final = {
    "os.environ": ("pipelines/settings.py",),
    "os.environb": ("pipelines/settings.py",),
    "os.getenv": ("pipelines/settings.py",),
    "os.getenvb": ("pipelines/settings.py",),
    "os.putenv": ("pipelines/settings.py",),
    "pydantic_settings": ("pipelines/settings.py",),
    "datetime.datetime.now": ("pipelines/cli/**",),
    "datetime.datetime.utcnow": ("pipelines/cli/**",),
    "datetime.datetime.today": ("pipelines/cli/**",),
    "datetime.date.today": ("pipelines/cli/**",),
    "time.time": ("pipelines/cli/**",),
    "time.time_ns": ("pipelines/cli/**",),
}
"""A dotted name (or the start of one) and the only places that use it: the environment and the clock."""

DOCSTRING_CHARACTERS: Final = 80
"""A module says what belongs in it: two lines, or one of this length; a package's __init__ says one line."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One line of code and the rule that it breaks."""

    place: str
    sentence: str


@dataclass(frozen=True)
class Module:
    """One file of code, parsed."""

    root: Path
    path: PurePosixPath

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse((self.root / self.path).read_bytes(), filename=str(self.path))

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Line and dotted name of all that is imported, wherever in the file it stands."""
        return list(self._imports())

    @property
    def aliases(self) -> dict[str, str]:
        """What a bare name stands for because of an import."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    top = name.name.split(".", maxsplit=1)[0]
                    found |= {name.asname: name.name} if name.asname else {top: top}
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                found |= {name.asname or name.name: f"{origin}.{name.name}" for name in node.names}
        return found

    def used_names(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of what is used through an import: `dt.now` as datetime.datetime.now."""
        aliases = self.aliases
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                head, _, rest = ast.unparse(node).partition(".")
                if head in aliases:
                    yield node.lineno, f"{aliases[head]}.{rest}".rstrip(".")

    def _imports(self) -> Iterator[tuple[int, str]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{self._origin(node)}.{name.name}") for name in node.names)
            elif isinstance(node, ast.Call):
                yield from ((node.lineno, name) for name in _dynamic_import(node))

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return str(node.module)
        parents = self.path.parts[: len(self.path.parts) - node.level]
        return ".".join([*parents, *([node.module] if node.module else [])])


def _dynamic_import(call: ast.Call) -> Iterator[str]:
    if ast.unparse(call.func).endswith(("import_module", "__import__")):
        texts = [argument.value for argument in call.args[:1] if isinstance(argument, ast.Constant)]
        yield from (text for text in texts if isinstance(text, str))


def read_modules(root: Path) -> list[Module]:
    """Every Python file of the packages below root."""
    files = (file for package in PACKAGES for file in sorted((root / package).rglob("*.py")))
    return [Module(root, PurePosixPath(file.relative_to(root).as_posix())) for file in files]


def is_allowed(path: PurePosixPath, patterns: tuple[str, ...]) -> bool:
    """Whether a path is one of the patterns; `folder/**` means all that is below the folder."""
    return any(
        PurePosixPath(pattern[:-3]) in path.parents if pattern.endswith("/**") else path.match(pattern)
        for pattern in patterns
    )


def starts_with(name: str, prefix: str) -> bool:
    """Whether a dotted name is the prefix or lies below it."""
    return name == prefix or name.startswith(f"{prefix}.")


def tier_of(name: str) -> int | None:
    """Tier of a dotted name; `pipelines` itself is the lowest, None for a part that is not in TIERS."""
    part = name.split(".")[1:2]
    if not part:
        return 0
    return next((number for number, tier in enumerate(TIERS) if part[0] in tier), None)


def package_direction(module: Module) -> Iterator[Breach]:
    """assets → pipelines → warehouse."""
    own = PACKAGES.index(module.path.parts[0])
    for line, name in module.imports:
        top = name.split(".")[0]
        if top in PACKAGES and PACKAGES.index(top) > own:
            yield Breach(f"{module.path}:{line}", f"{PACKAGES[own]} must not import {top}")


def tier_direction(module: Module) -> Iterator[Breach]:
    """Inside pipelines, the order of TIERS."""
    if module.path.parts[0] != "pipelines":
        return
    dotted = ".".join(module.path.with_suffix("").parts).removesuffix(".__init__")
    own = tier_of(dotted)
    if own is None:
        yield Breach(f"{module.path}:1", f"{dotted} has no tier: name its part in TIERS")
        return
    for line, name in module.imports:
        if starts_with(name, "pipelines"):
            tier = tier_of(name)
            if tier is None or tier > own:
                yield Breach(f"{module.path}:{line}", f"{dotted} must not import {name}")


def library_placement(module: Module) -> Iterator[Breach]:
    """Each library in its own place."""
    for line, name in module.imports:
        for library, places in LIBRARIES.items():
            if starts_with(name, library) and not is_allowed(module.path, places):
                yield Breach(f"{module.path}:{line}", f"{library} belongs in {', '.join(places)}")


def environment_and_clock(module: Module) -> Iterator[Breach]:
    """Environment in the settings alone, clock at the command line alone."""
    for line, name in {*module.imports, *module.used_names()}:
        for forbidden, places in NAMES.items():
            if starts_with(name, forbidden) and not is_allowed(module.path, places):
                yield Breach(f"{module.path}:{line}", f"{forbidden} belongs in {', '.join(places)}")


def docstring(module: Module) -> Iterator[Breach]:
    """Every module says what belongs in it."""
    text = ast.get_docstring(module.tree) or ""
    is_long_enough = "\n" in text or len(text) >= DOCSTRING_CHARACTERS
    if not text or not (is_long_enough or module.path.name == "__init__.py"):
        yield Breach(f"{module.path}:1", "the docstring does not say what belongs in this module")


def package_marker(module: Module) -> Iterator[Breach]:
    """Every folder of code is a package."""
    for folder in module.path.parents[:-1]:
        if not (module.root / folder / "__init__.py").is_file():
            yield Breach(f"{folder}", "__init__.py is missing")


RULES: Final[dict[str, Callable[[Module], Iterator[Breach]]]] = {
    rule.__name__: rule
    for rule in (
        package_direction,
        tier_direction,
        library_placement,
        environment_and_clock,
        docstring,
        package_marker,
    )
}


def breaches(rule: str, root: Path) -> list[str]:
    """Every breach of one rule below root, as `place: sentence`."""
    found = {breach for module in read_modules(root) for breach in RULES[rule](module)}
    return sorted(f"{breach.place}: {breach.sentence}" for breach in found)


@pytest.mark.parametrize("rule", RULES)
def test_the_code_keeps_the_rule(rule: str) -> None:
    assert breaches(rule, CHECKOUT) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_read(package: str) -> None:
    assert any(module.path.parts[0] == package for module in read_modules(CHECKOUT))


PLANTED: Final = [
    ("package_direction", "warehouse/lake.py", "import pipelines.night"),
    ("package_direction", "pipelines/night.py", "def run():\n    from assets import definitions"),
    ("package_direction", "warehouse/lake.py", "import importlib\nimportlib.import_module('assets.jobs')"),
    ("tier_direction", "pipelines/extract/mongo.py", "from pipelines.night import run"),
    ("tier_direction", "pipelines/extract/mongo.py", "from pipelines import night"),
    ("tier_direction", "pipelines/reports/page.py", "from ..delivery import email"),
    ("tier_direction", "pipelines/settings.py", "from pipelines.extract import reader"),
    ("tier_direction", "pipelines/helpers.py", "LIMIT = 3"),
    ("library_placement", "pipelines/night.py", "import dagster as dg"),
    ("library_placement", "pipelines/transform/steps.py", "from bson.raw_bson import RawBSONDocument"),
    ("library_placement", "pipelines/reports/rendering/page.py", "import jinja2"),
    ("library_placement", "assets/lake.py", "from urllib.request import urlopen"),
    ("environment_and_clock", "pipelines/night.py", "import os as system\nHOME = system.environ['HOME']"),
    ("environment_and_clock", "pipelines/night.py", "from os import getenv"),
    ("environment_and_clock", "warehouse/lake.py", "from pydantic_settings import BaseSettings"),
    ("environment_and_clock", "pipelines/night.py", "from datetime import datetime as dt\nNOW = dt.now()"),
    ("environment_and_clock", "pipelines/night.py", "import datetime\nCLOCK = datetime.date.today"),
    ("environment_and_clock", "pipelines/night.py", "import time\nSTART = time.time()"),
    ("docstring", "warehouse/lake.py", '"""The lake."""'),
    ("docstring", "warehouse/__init__.py", "LIMIT = 3"),
    ("package_marker", "pipelines/gates/deep/judge.py", "LIMIT = 3"),
]

ALLOWED: Final = [
    ("package_direction", "assets/lake.py", "from pipelines import night\nimport warehouse.lake"),
    ("tier_direction", "pipelines/cli/main.py", "from pipelines import night, settings"),
    ("tier_direction", "pipelines/transform/steps.py", "from pipelines.extract.raw_tables import STEPS"),
    ("library_placement", "pipelines/delivery/mongo.py", "import pymongo"),
    ("library_placement", "pipelines/reports/render_html.py", "import jinja2"),
    ("environment_and_clock", "pipelines/settings.py", "import os\nHOME = os.environ.get('HOME')"),
    ("environment_and_clock", "pipelines/cli/main.py", "from datetime import datetime\nNOW = datetime.now()"),
    ("environment_and_clock", "pipelines/night.py", "import time\nSTART = time.perf_counter()"),
    ("docstring", "warehouse/__init__.py", '"""The columnar side."""'),
]


def plant(root: Path, path: str, code: str) -> None:
    """A tree of one module."""
    file = root / path
    file.parent.mkdir(parents=True)
    file.write_text(code)


@pytest.mark.parametrize(("rule", "path", "code"), PLANTED)
def test_a_planted_breach_is_found(tmp_path: Path, rule: str, path: str, code: str) -> None:
    plant(tmp_path, path, code)
    found = breaches(rule, tmp_path)
    assert found
    assert all(breach.startswith(path.split("/", maxsplit=1)[0]) for breach in found)


@pytest.mark.parametrize(("rule", "path", "code"), ALLOWED)
def test_what_is_allowed_is_let_through(tmp_path: Path, rule: str, path: str, code: str) -> None:
    plant(tmp_path, path, code)
    assert breaches(rule, tmp_path) == []
