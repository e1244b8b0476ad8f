"""Random surrogates in the place of people, made before anything is written; the map is one private file.

What belongs here: the file `lake/people` and looking words up in it. What does not: which fields hold people
(executions.py, catalog.py). The file is no table, so that a person can be forgotten; it is replaced whole,
mode 0600. Decoder processes share it: a word that is missing is added under a lock.
"""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipelines.extract.redact import ADDRESS, redact
from warehouse.errors import DataError
from warehouse.storage import storage_errors


@dataclass(slots=True)
class People:
    """The map of one home. `words` are no people (system, ci) and stand for themselves."""

    file: Path
    words: tuple[str, ...]
    _known: dict[str, str] = field(default_factory=dict)

    def replace(self, names: pl.Series) -> pl.Series:
        """Each name's surrogate; null stays null, and a blank names nobody."""
        unique = names.drop_nulls().unique()
        unique = unique.filter(unique.str.strip_chars() != "")
        surrogates = self.surrogates(unique.to_list())
        return names.replace_strict(
            list(surrogates), list(surrogates.values()), default=None, return_dtype=pl.String
        )

    def surrogates(self, names: Iterable[str]) -> dict[str, str]:
        """Name → surrogate, made where there is none yet."""
        wanted = {name: _same(name) for name in names}
        words = {word.casefold() for word in self.words}
        missing = {word for word in wanted.values() if word not in words} - self._known.keys()
        if missing:
            self._add([{word} for word in missing])
        return {name: word if word in words else self._known[word] for name, word in wanted.items()}

    def link(self, aliases: Iterable[Iterable[str]]) -> None:
        """Each group of names (account id, address) is one person; a name known already keeps its surrogate.

        A blank is no name: it would make one person of all who have no address.
        """
        groups = [{_same(name) for name in group} - {""} for group in aliases]
        self._add([group for group in groups if group])

    def _add(self, groups: list[set[str]]) -> None:
        with storage_errors("write", self.file), self._locked():
            known = self._load()
            for group in sorted(groups, key=sorted):
                known_ones = sorted(known[word] for word in group if word in known)
                surrogate = known_ones[0] if known_ones else secrets.token_hex(8)
                for word in group:
                    known.setdefault(word, surrogate)
            if known != self._known or not self.file.exists():
                self._store(known)
            self._known = known

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_suffix(".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _load(self) -> dict[str, str]:
        try:
            known = json.loads(self.file.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise self._damaged() from error
        if not isinstance(known, dict) or not all(isinstance(word, str) for word in known.values()):
            raise self._damaged()
        return known

    def _damaged(self) -> DataError:
        return DataError(f"{self.file} is damaged; restore it from a backup: it maps people.")

    def _store(self, known: Mapping[str, str]) -> None:
        draft = self.file.with_suffix(".tmp")
        draft.unlink(missing_ok=True)  # one left by a killed night may be open to others
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            json.dump(known, stream, sort_keys=True, indent=0)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.file)


def _same(name: str) -> str:
    """One spelling of a name: addresses and words are compared without regard to case.

    A name that is no address and holds what looks like a secret or an address is known by its hash alone.
    """
    plain = name.strip().casefold()
    if redact(plain) in (plain, ADDRESS):
        return plain
    return f"hash:{hashlib.blake2b(plain.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"
