"""An exr.toml proposed for a source: each line with its evidence, what is uncertain commented out.

What belongs here: the text of the file. What does not: the evidence (profile/paths.py, profile/facts.py).
Names come from the source, so all text passes `toml_text` or `shown`; the file is what Settings reads, no
person is named in it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path as FilePath
from typing import Any, Final

from pipelines.extract.anatomy import ELEMENT, OTHER, Path
from pipelines.extract.profile.facts import NO_WORD
from pipelines.extract.profile.look import Profile
from pipelines.extract.profile.paths import Candidate, Proposal
from pipelines.extract.redact import redact
from pipelines.settings import Collections, IdentityPaths, Settings

_LONGEST_NAME: Final = 40
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_$][\w$-]*")
_NO_SET_UP: Final = re.compile(r"assert|expect|mismatch|failure|bdd", re.IGNORECASE)
"""Error types that speak of the product, so that they are not offered as trouble of the set-up."""


def shown(path: Path) -> str:
    """A path for people: names that are no plain words in quotes, control and bidirectional signs escaped."""
    text = ""
    for name in path:
        if name == ELEMENT:
            text += ELEMENT
        else:
            text += ("." if text else "") + (name if name == OTHER else shown_name(name))
    return text


def shown_name(name: str) -> str:
    """One name from the source for people, on one line and without addresses or secrets."""
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    if _PLAIN_NAME.fullmatch(short):
        return short
    return toml_text(redact(name) if name == short else short)


def on_one_line(text: str) -> str:
    """The text with signs that do not print, quotes and backslashes escaped."""
    return "".join(_escaped(sign) for sign in text)


def toml_text(text: str) -> str:
    """A TOML basic string that holds the text on one line."""
    return f'"{on_one_line(text)}"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    if sign.isprintable():
        return sign
    code = 0xFFFD if 0xD800 <= ord(sign) <= 0xDFFF else ord(sign)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def toml_list(texts: Iterable[str]) -> str:
    """A TOML list of texts."""
    return f"[{', '.join(map(toml_text, texts))}]"


def proposed_settings(profile: Profile, settings: Settings) -> str:
    """The text of exr.toml. It is valid, and sets only what the sample speaks for."""
    blocks = [
        _head(profile),
        _source(settings),
        _people(profile, settings),
        _step_collections(profile),
        _error_types(profile, settings),
        _fixed(settings),
        _collections(profile, settings),
        _identity(profile),
    ]
    return "\n".join("\n".join(block) + "\n" for block in map(list, blocks) if block)


def _head(profile: Profile) -> Iterator[str]:
    count = profile.executions.sampled_count
    yield f"# Settings proposed by `exr profile` for {toml_text(profile.identity)}"
    yield f"# from {count:,} sampled documents of {toml_text(profile.executions.name)}."
    yield "# What needs a person's judgement is commented out: remove the `# ` in front to set it."
    yield "# The file counts where exr is started from its folder; EXR_* variables and options of the command"
    yield "# line win over it. `exr doctor` shows what is in force."


def _source(settings: Settings) -> Iterator[str]:
    if settings.source is None:
        yield "# The bundled sample needs no source."
        yield '# source = "mongodb://host:27017/database"'
    elif "@" in settings.source or "?" in settings.source:
        yield "# The URI may hold credentials, so it is not written here: set it as EXR_SOURCE."
    else:
        is_uri = settings.source.startswith("mongodb")
        yield f"source = {toml_text(settings.source if is_uri else str(FilePath(settings.source).resolve()))}"
    if settings.database != _default("database"):
        yield f"database = {toml_text(settings.database)}"
    if settings.source_name:
        yield f"source_name = {toml_text(settings.source_name)}"


def _people(profile: Profile, settings: Settings) -> Iterator[str]:
    found = profile.requesters
    seen = ", ".join(f"{word} {count:,}" for word, count in found.words.items()) or "none"
    yield "# Words in triggered_by that are no person; everything else there is replaced by a surrogate."
    yield f"# Seen in the sample: {seen}."
    words = tuple(dict.fromkeys((*settings.people_words, *found.words)))
    yield _line("people_words", words, is_set=words != _default("people_words"))
    if found.possible:
        seen = ", ".join(f"{word} {count:,}" for word, count in found.possible.items())
        yield f"# Perhaps no persons either: {seen}."
        yield _line("people_words", (*words, *found.possible), is_set=False)
    if found.unnamed_word_count:
        yield (
            f"# Not named here: {found.unnamed_word_count:,} short words that ask for "
            f"{found.unnamed_word_executions:,} executions; log-in names, or machines that belong here."
        )


def _step_collections(profile: Profile) -> Iterator[str]:
    allowed = profile.step_collections_allowed
    if allowed != _default("step_collections"):
        yield _line("step_collections", allowed, is_set=True)
    named = profile.facts.step_collections
    missing = [name for name in named if name not in allowed and name in profile.unread]
    if not missing:
        return
    yield "# Collections that steps may be read from. Executions name these too; allow those that hold steps:"
    yield from (f"#   {toml_text(name)}: named by {named[name]:,} sampled executions" for name in missing)
    yield _line("step_collections", (*allowed, *missing), is_set=False)


def _error_types(profile: Profile, settings: Settings) -> Iterator[str]:
    kinds = [one for one in profile.facts.error_types if one.word != NO_WORD]
    in_force = settings.error_outcome_types
    if not kinds and not in_force:
        return
    yield "# Error types that make a failure an error of the set-up (outcome `error`), not of the product."
    yield "# Which do is for a person to say; seen (executions, steps):"
    yield from (f"#   {one.word}: {one.execution_count:,}, {one.step_count:,}" for one in kinds[:20])
    if in_force:
        yield _line("error_outcome_types", in_force, is_set=True)
    offered = [one.word for one in kinds[:20] if not _NO_SET_UP.search(one.word)]
    if not set(offered) <= set(in_force):
        yield _line("error_outcome_types", tuple(dict.fromkeys((*in_force, *offered))), is_set=False)


def _fixed(settings: Settings) -> Iterator[str]:
    is_set = settings.timezone != _default("timezone")
    yield "# Time zone of the days in reports; nothing in the source tells it."
    yield f"{'' if is_set else '# '}timezone = {toml_text(settings.timezone)}"


def _collections(profile: Profile, settings: Settings) -> Iterator[str]:
    changed = [
        role
        for role in Collections.model_fields
        if getattr(settings.collections, role) != getattr(Collections(), role)
    ]
    spares = [one for one in profile.collections if one.spare_names]
    if not changed and not spares:
        return
    yield "# Names that a collection may have; the first one that the source holds is read, no other."
    yield "[collections]"
    for role in changed:
        yield _line(role, getattr(settings.collections, role), is_set=True)
    for one in spares:
        yield f"# {one.name} is read; {' and '.join(one.spare_names)} is there too. The other way round:"
        yield _line(one.role, (*one.spare_names, one.name), is_set=False)


def _identity(profile: Profile) -> Iterator[str]:
    yield "# Where executions say what they belong to; the first path that holds a value counts."
    yield "[identity]"
    for one in profile.proposals:
        yield from _identity_of(one, profile.executions.sampled_count)


def _identity_of(proposal: Proposal, total: int) -> Iterator[str]:
    known, found = proposal.known, proposal.found
    yield from (f"# {evidence(one, total)}" for one in (*known, *found))
    if found:
        yield _line(proposal.kind, proposal.paths, is_set=True)
    elif known or proposal.in_force != getattr(IdentityPaths(), proposal.kind):
        is_set = proposal.in_force != getattr(IdentityPaths(), proposal.kind)
        yield _line(proposal.kind, proposal.in_force, is_set=is_set) + "  # in force"
    elif not proposal.possible:
        yield f"# {proposal.kind}: nothing found"
    for one in proposal.possible:
        yield f"# perhaps {evidence(one, total)}"
        if one.dotted:
            yield _line(proposal.kind, (*proposal.paths, one.dotted), is_set=False)


def evidence(candidate: Candidate, total: int) -> str:
    """What speaks for a path: how many documents hold a value, how many differ, what they look like."""
    share = percent(candidate.filled_count, total)
    form = candidate.form + (f" such as {candidate.example}" if candidate.example else "")
    note = "" if candidate.dotted else "; settings cannot name it: letters, digits and _ only"
    values = "value" if candidate.distinct_count == 1 else "different values"
    return f"{shown(candidate.path)}: filled in {share}, {candidate.distinct_count:,} {values}, {form}{note}"


def percent(part: int, total: int) -> str:
    """A share in whole percent that says 0 and 100 only where it is all or nothing."""
    if part in (0, total) or not total:
        return f"{100 if part and part == total else 0} %"
    share = 100 * part / total
    return "<1 %" if share < 1 else ">99 %" if share > 99 else f"{share:.0f} %"


def _default(name: str) -> Any:
    return Settings.model_fields[name].default


def _line(name: str, texts: Sequence[str], *, is_set: bool) -> str:
    return f"{'' if is_set else '# '}{name} = {toml_list(texts)}"
