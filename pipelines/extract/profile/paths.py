"""Which fields of executions may hold commit, branch, pipeline and the like.

What belongs here: the guesses, each with its evidence. What does not: reading (anatomy.py), writing them
down (profile/settings.py). Values are looked at, never handed on: only their number, their form, and of a
commit its first four characters.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipelines.extract.anatomy import OTHER, Anatomy, Path
from pipelines.extract.documents import EXECUTION
from pipelines.extract.profile.facts import NO_WORD, word
from pipelines.settings import IdentityPaths

_ROOTS: Final = ("metadata", "execution_context")
_NAMEABLE: Final = re.compile(r"[A-Za-z_]\w*")

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "commit_id": (
        *(
            "commit",
            "commitid",
            "commitsha",
            "commithash",
            "sha",
            "gitsha",
            "gitcommit",
            "githash",
            "headsha",
        ),
        *(
            "headcommit",
            "gitrevision",
            "revision",
            "vcsrevision",
            "scmrevision",
            "changeset",
            "sourceversion",
        ),
    ),
    "branch": (
        "branch",
        "branchname",
        "gitbranch",
        "gitref",
        "headref",
        "refname",
        "sourcebranch",
        "vcsbranch",
    ),
    "pipeline_id": ("pipeline", "pipelineid", "pipelinerunid", "cipipeline", "cipipelineid", "workflowrunid"),
    "project": ("project", "projectid", "projectkey", "projectname"),
    "suite": ("suite", "suitename", "suitekey", "suiteid", "testsuite", "testsuitename", "testsuiteid"),
    "suite_run_id": ("suiterunid", "testsuiterunid", "suiterun"),
    "environment": ("environment", "env", "targetenvironment", "testenvironment"),
    "browser": ("browser", "browsername"),
    "platform": ("platform", "os", "operatingsystem"),
    "build_version": ("buildversion", "build", "appversion", "productversion", "releaseversion"),
}
"""Names (lower case, letters and digits alone) that say what a field holds."""

WEAK_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "commit_id": ("rev", "hash", "git", "vcs"),
    "branch": ("ref",),
    "pipeline_id": (
        *("runid", "buildid", "buildnumber", "buildurl", "jobid", "joburl", "cirunid", "cijob", "workflow"),
    ),
    "project": (
        "product",
        "repo",
        "repository",
        "application",
        "app",
        "component",
        "organizationid",
        "teamid",
    ),
    "suite": ("group", "testplan", "plan", "module"),
    "suite_run_id": ("batchid", "sessionid"),
    "environment": ("stage", "target", "tier"),
    "build_version": ("version", "release", "tag"),
}
"""Names that may say it; what they lead to is only shown."""

_FEW: Final = 20
"""Values below which a form proves nothing."""
COMMITS: Final = "hex like commits"
_HEX: Final = re.compile(r"(?=\d*[a-f])[0-9a-f]{7,40}|\d{7,40}", re.IGNORECASE)
_OBJECT_ID_LENGTH: Final = 24
_REF: Final = re.compile(
    r"refs/.+|(main|master|develop|trunk)|"
    r"(origin|feature|features|feat|bugfix|fix|hotfix|release|releases|chore|support|dependabot)[/-].+"
)
_FORMS: Final = {
    "e-mail addresses": re.compile(r"[^\s@]+@[^\s@]+"),
    "addresses (URL)": re.compile(r"[a-z][a-z0-9+.-]*://.+", re.IGNORECASE),
    "ObjectIds": re.compile(r"[0-9a-f]{24}"),
    COMMITS: _HEX,
    "branch names": _REF,
    "UUIDs": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
    "numbers": re.compile(r"-?\d+(\.\d+)?"),
    "versions": re.compile(r"v?\d+(\.\d+)+[\w.+-]*"),
}
_MOSTLY: Final = 0.9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field that may hold something. `dotted`: as settings name it; None where they cannot."""

    path: Path
    dotted: str | None
    filled_count: int
    distinct_count: int
    form: str
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where one kind of identity stands.

    `known`: paths in force that hold values; `found`: others, sure enough to be set; `possible`: others, for
    a person to judge.
    """

    kind: str
    in_force: tuple[str, ...]
    known: tuple[Candidate, ...]
    found: tuple[Candidate, ...]
    possible: tuple[Candidate, ...]

    @property
    def is_doubtful(self) -> bool:
        """Whether a path in force holds something else than commits."""
        return self.kind == "commit_id" and any(one.form != COMMITS for one in self.known)

    @property
    def paths(self) -> tuple[str, ...]:
        """What to set: paths in force that hold values, then what was found."""
        return tuple(one.dotted for one in (*self.known, *self.found) if one.dotted)


@dataclass(frozen=True, slots=True)
class TagHint:
    """A beginning that several tags share, such as `branch:`, and what it may stand for."""

    label: str
    kind: str
    count: int
    distinct_count: int


def is_watched(path: Path) -> bool:
    """Whether an identity may stand there: free dictionaries, and top-level fields nobody declared."""
    return path[0] in _ROOTS or (len(path) == 1 and path[0] not in EXECUTION.fields and path[0] != "id")


def proposals(anatomy: Anatomy, paths: IdentityPaths) -> tuple[Proposal, ...]:
    """One per kind of identity, in the order of the settings' report."""
    candidates = [_candidate(path, values) for path, values in anatomy.values.items() if OTHER not in path]
    taken: set[Path] = set()
    found = {kind: _proposal(kind, getattr(paths, kind), candidates, taken) for kind in NAMES}
    return tuple(found.values())


def _candidate(path: Path, values: Counter[str]) -> Candidate:
    form = _form(values)
    example = None
    if form == COMMITS:
        example = f"{min(values)[:4]}…"
    dotted = ".".join(path) if all(_NAMEABLE.fullmatch(name) for name in path) else None
    return Candidate(path, dotted, values.total(), len(values), form, example)


def _form(values: Counter[str]) -> str:
    """The first form that nearly all values have; commits need letters, so that numbers are none."""
    total = values.total()
    for form, pattern in _FORMS.items():
        fitting = sum(count for text, count in values.items() if pattern.fullmatch(text[:200]))
        if fitting < _MOSTLY * total:
            continue
        letters = sum(count for text, count in values.items() if re.search("[a-fA-F]", text))
        if form == COMMITS and letters < total / 2:
            continue
        return form
    return "text"


def _proposal(
    kind: str, in_force: tuple[str, ...], candidates: list[Candidate], taken: set[Path]
) -> Proposal:
    by_path = {one.dotted: one for one in candidates if one.dotted}
    known = tuple(by_path[path] for path in in_force if path in by_path)
    taken |= {one.path for one in known}
    free = sorted((one for one in candidates if one.path not in taken), key=lambda one: -one.filled_count)
    named = [one for one in free if _is_named(one.path, NAMES[kind]) and one.form != "e-mail addresses"]
    found = tuple(one for one in named if one.dotted and _fits(kind, one))
    rest = [one for one in named if one not in found]
    if not known and not found:
        rest += [one for one in free if one not in rest and _may_be(kind, one)]
    taken |= {one.path for one in found}
    return Proposal(kind, in_force, known, found, tuple(rest))


def _is_named(path: Path, names: Iterable[str]) -> bool:
    """Whether the last name, or the last two together, are one of the names."""
    plain = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in path[-2:]]
    return plain[-1] in names or "".join(plain) in names


def _may_be(kind: str, one: Candidate) -> bool:
    """A weak name, or values whose form is of this kind."""
    if one.form in ("e-mail addresses", "ObjectIds"):
        return False
    by_form = {"commit_id": COMMITS, "branch": "branch names"}.get(kind)
    return _is_named(one.path, WEAK_NAMES.get(kind, ())) or (one.filled_count >= _FEW and one.form == by_form)


def _fits(kind: str, one: Candidate) -> bool:
    """Whether the values do not speak against what the name says."""
    if kind == "commit_id":
        return one.form == COMMITS
    if kind in ("pipeline_id", "suite_run_id"):
        return one.distinct_count > 1 or one.filled_count < _FEW
    is_grouping = one.filled_count < _FEW or one.distinct_count <= one.filled_count / 2
    return (is_grouping and one.form not in (COMMITS, "UUIDs")) or kind == "build_version"


def tag_hints(tags: Counter[str]) -> tuple[TagHint, ...]:
    """Tags such as `branch:main`, by what stands before the sign."""
    labels: dict[str, Counter[str]] = {}
    for tag, count in tags.items():
        label, sign, value = re.match(r"([^:=]*)([:=]?)(.*)", tag, re.DOTALL).groups()  # type: ignore[union-attr]
        if sign and value and word(label) != NO_WORD:
            labels.setdefault(label + sign, Counter())[value] += count
    return tuple(
        TagHint(label, kind, values.total(), len(values))
        for label, values in sorted(labels.items())
        for kind, names in NAMES.items()
        if _is_named((label,), (*names, *WEAK_NAMES.get(kind, ())))
    )
