"""A profile as lines of text.

What belongs here: wording; what is concluded comes last, where a terminal stands. What does not: what is
found (pipelines/extract/profile/), the tables of fields (profile_fields.py). Names from the source pass
`shown`; the lines are printed as they are, without markup.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pipelines.cli.profile_fields import columns, field_lines
from pipelines.extract.anatomy import FieldUse
from pipelines.extract.fields import Kind
from pipelines.extract.indexes import IndexNeed, create_index_command
from pipelines.extract.profile.facts import Word
from pipelines.extract.profile.look import CollectionProfile, Profile
from pipelines.extract.profile.settings import evidence, on_one_line, percent, shown, shown_name
from pipelines.settings import Settings

_MOST_WORDS: Final = 20
_TIMED: Final = 200
"""Documents below which a rate says nothing."""
_SMALL: Final = 10_000
"""Documents that a server reads in a moment, so that no index is missed."""


def report_lines(profile: Profile, settings: Settings, size: int) -> Iterator[str]:
    """The whole report; `size`: documents of each collection that were asked for."""
    yield f"Profile of {on_one_line(profile.identity)}"
    yield f"from at most {size:,} documents of each collection, old and new ones; free text is never shown."
    yield "Fields come first, what follows from them below. `read`: exr loads it. `!`: have a look."
    for one in profile.collections:
        yield from _section(f"Fields of {shown_name(one.name)}", field_lines(one))
    yield from _section("Collections", _collections(profile))
    yield from _section("Documents that exr could not read", _refusals(profile))
    yield from _section("Status words", _status_words(profile))
    yield from _section("Error types", _error_types(profile, settings.error_outcome_types))
    yield from _section("Times", _times(profile))
    yield from _section("Durations and steps", _durations_and_steps(profile))
    yield from _section("Identity: where executions say what they belong to", _identity(profile))
    yield from _section("People in triggered_by", _people(profile))
    yield from _section("Indexes", _indexes(profile))
    yield from _section("First load", _load(profile, settings.processes))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    body = list(lines)
    if body:
        yield ""
        yield title
        yield from (f"  {line}" for line in body)


def about(count: int | None, sampled: int) -> str:
    """A number of documents: exact where all were looked at, else to two digits."""
    if count is None:
        return "unknown"
    if count <= sampled:
        return f"{sampled:,}"
    digits = max(len(str(count)) - 2, 0)
    return f"about {round(count, -digits):,}"


def _collections(profile: Profile) -> Iterator[str]:
    rows: list[Sequence[str]] = [("read as", "collection", "documents", "bytes each", "sampled")]
    rows += [_collection_row(one) for one in profile.collections]
    yield from columns(rows, right=(2, 3, 4))
    for one in profile.collections:
        spare = " and ".join(map(shown_name, one.spare_names))
        if spare:
            yield f"! {spare} is there too, but not read: {one.name} comes first in the setting collections"
    absent = [f"{role.replace('_', ' ')} ({' or '.join(names)})" for role, names in profile.absent.items()]
    if absent:
        yield f"not there: {', '.join(absent)}"
    if profile.unread:
        names = ", ".join(map(shown_name, profile.unread[:_MOST_WORDS]))
        more = f" and {len(profile.unread) - _MOST_WORDS:,} more" if len(profile.unread) > _MOST_WORDS else ""
        yield f"there, but not read: {names}{more}"


def _collection_row(one: CollectionProfile) -> Sequence[str]:
    role = "steps" if one.is_step_collection else one.role.replace("_", " ")
    documents = about(one.document_count, one.sampled_count)
    return (role, shown_name(one.name), documents, f"{one.average_bytes:,.0f}", f"{one.sampled_count:,}")


def _refusals(profile: Profile) -> Iterator[str]:
    refusing = [one for one in profile.collections if one.refused_count]
    if not refusing:
        yield "none in the sample"
    for one in refusing:
        share = percent(one.refused_count, one.sampled_count)
        count = f"{one.refused_count:,} of {one.sampled_count:,} ({share})"
        yield f"! {shown_name(one.name)}: {count} would go to quarantine, because of"
        reasons = [
            (f"{n:,} ×", on_one_line(reason)) for reason, n in list(one.refusals.items())[:_MOST_WORDS]
        ]
        yield from (f"  {line}" for line in columns(reasons, right=(0,)))


def _status_words(profile: Profile) -> Iterator[str]:
    rows = [*_words("executions", profile.facts.statuses), *_words("steps", profile.facts.step_statuses)]
    yield from columns(rows, right=(2, 3))
    if not profile.facts.step_statuses:
        yield "no steps in the sample"


def _words(whose: str, words: Sequence[Word]) -> Iterator[Sequence[str]]:
    total = sum(one.count for one in words)
    for one in words[:_MOST_WORDS]:
        meaning = f"= {one.meaning}" if one.meaning else "! not known: becomes the outcome `unknown`"
        yield (whose, one.word, f"{one.count:,}", percent(one.count, total), meaning)
    if len(words) > _MOST_WORDS:
        yield (whose, f"and {len(words) - _MOST_WORDS:,} more words", "", "", "!")


def _error_types(profile: Profile, set_up: Sequence[str]) -> Iterator[str]:
    kinds = profile.facts.error_types
    if not kinds:
        yield "none"
        return
    rows: list[Sequence[str]] = [("type", "executions", "steps", "")]
    for one in kinds[:_MOST_WORDS]:
        mark = "= error" if one.word in set_up else ""
        rows.append((one.word, f"{one.execution_count:,}", f"{one.step_count:,}", mark))
    yield from columns(rows, right=(1, 2))
    if len(kinds) > _MOST_WORDS:
        yield f"{len(kinds) - _MOST_WORDS:,} more"
    yield "What means trouble of the set-up, not of the product, belongs in the setting error_outcome_types."


def _times(profile: Profile) -> Iterator[str]:
    facts = profile.facts
    if facts.oldest_at and facts.newest_at:
        span = f"{facts.oldest_at:%Y-%m-%d %H:%M} to {facts.newest_at:%Y-%m-%d %H:%M} UTC"
        yield f"executions in the sample: {span}"
    rows = [("field", "BSON date", "text", "other", "none")]
    for one in profile.collections:
        for name, kind in one.document.fields.items():
            use = one.anatomy.fields.get((name,))
            if kind is Kind.TIME and use is not None:
                rows.append((shown((one.name, name)), *_time_forms(use, one.sampled_count)))
    if len(rows) > 1:
        yield from columns(rows, right=(1, 2, 3, 4))


def _time_forms(use: FieldUse, total: int) -> tuple[str, str, str, str]:
    dates, texts, nulls = (use.types[name] for name in ("date", "string", "null"))
    others = use.types.total() - dates - texts - nulls
    none = max(total - dates - texts - others, 0)
    dated, text, other, nothing = (percent(n, total) if n else "" for n in (dates, texts, others, none))
    return dated, text, other, nothing


def _durations_and_steps(profile: Profile) -> Iterator[str]:
    facts = profile.facts
    sources = [
        ("duration of an ended execution from", name, f"{n:,}") for name, n in facts.duration_sources.items()
    ]
    places = [("steps of an execution in", name, f"{n:,}") for name, n in facts.step_places.items()]
    yield from columns([*sources, *places], right=(2,))
    for name, count in facts.step_collections.items():
        allowed = name in profile.step_collections_allowed
        there = "there" if name in profile.all_names else "not in the source"
        state = "read" if allowed else "! not read: not in the setting step_collections"
        yield f"step collection {shown_name(name)}, named {count:,} ×: {there}, {state}"


def _identity(profile: Profile) -> Iterator[str]:
    total = profile.executions.sampled_count
    rows = []
    for one in profile.proposals:
        found = [("in force !" if one.is_doubtful else "in force", candidate) for candidate in one.known]
        found += [("proposed", candidate) for candidate in one.found]
        found += [("perhaps", candidate) for candidate in one.possible]
        rows += [(one.kind, state, evidence(candidate, total)) for state, candidate in found]
        if not found:
            rows.append((one.kind, "nothing found", ""))
    yield from columns(rows)
    for hint in profile.tag_hints:
        count = f"{hint.count:,}, {hint.distinct_count:,} different"
        yield f"! tags beginning {hint.label} ({count}) may say the {hint.kind}; settings do not reach there:"
        yield "  have it written to metadata too"


def _people(profile: Profile) -> Iterator[str]:
    found = profile.requesters
    rows = [(word, f"{count:,}", "no person") for word, count in found.words.items()]
    rows += [(word, f"{count:,}", "perhaps no person") for word, count in found.possible.items()]
    others = {
        "ids": found.id_executions,
        "e-mail addresses": found.address_executions,
        f"{found.unnamed_word_count:,} frequent short words": found.unnamed_word_executions,
        "other names": found.other_executions,
    }
    rows += [(name, f"{count:,}", "not shown; a surrogate") for name, count in others.items() if count]
    yield from columns(rows, right=(1,))
    if found.unnamed_word_count:
        name = shown_name(profile.executions.name)
        yield "Words that are machines belong in the setting people_words. To see them, in mongosh:"
        yield f'  db.getCollection("{name}").aggregate([{{$sortByCount: "$triggered_by"}}, {{$limit: 20}}])'


def _indexes(profile: Profile) -> Iterator[str]:
    unknown = [shown_name(one.name) for one in profile.collections if one.index_needs is None]
    if unknown:
        yield f"not known, since the source does not list them: {', '.join(unknown)}"
    for one in profile.collections:
        for need in one.index_needs or ():
            if need.missing and (one.document_count is None or one.document_count > _SMALL):
                yield from _missing_index(one, need)
            elif need.missing:
                yield f"{shown_name(one.name)}, {need.purpose}: none, and none missed with so few documents"
            else:
                yield f"{shown_name(one.name)}, {need.purpose}: there"


def _missing_index(one: CollectionProfile, need: IndexNeed) -> Iterator[str]:
    size = _size((one.document_count or 0) * one.average_bytes)
    documents = about(one.document_count, one.sampled_count)
    yield f"! {shown_name(one.name)}, {need.purpose}: without an index a server reads {documents} documents"
    together = "; all of them, since one alone saves nothing" if len(need.missing) > 1 else ""
    yield f"  ({size}) for it every night. To be made by the server's administrator{together}:"
    yield from (f"    {create_index_command(one.name, name)}" for name in need.missing)


def _load(profile: Profile, processes: int) -> Iterator[str]:
    executions = profile.executions
    documents = about(executions.document_count, executions.sampled_count)
    rate = f"this machine decodes {1 / executions.decode_seconds:,.0f} of them a second in one process"
    is_timed = executions.sampled_count >= _TIMED
    yield f"{documents} executions; {rate if is_timed else 'too few to time how fast they are decoded'}"
    if executions.document_count is None:
        yield "no estimate: how many documents a compressed file holds is known when it was read"
        return
    duration = _duration(profile.load_seconds(processes))
    yield f"{duration} with {processes} processes, if the source keeps up; later nights read changes"
    yield f"the lake will take about {_size(profile.lake_bytes)}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return "a few seconds" if seconds < 5 else f"roughly {seconds:.0f} s"
    return f"roughly {seconds / 60:.0f} min" if seconds < 90 * 60 else f"roughly {seconds / 3600:.1f} h"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
