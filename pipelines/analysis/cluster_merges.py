"""Near-duplicates of failure messages: which exact clusters are one, week after week (statistics.md 5.2).

What belongs here: terms of a masked text, their weights, and the replay that gives each exact cluster its
merged one: a pure function of texts, scopes, weeks and times. What does not: masks
(transform/fingerprints.py), rows (failure_clusters_table.py), and what a cluster did
(sql/metrics/met_failure_clusters.sql).

A week is merged when it is over, with what was known then: an id is given once. Clusters of earlier weeks are
never split and never brought together; they grow by new exact clusters alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

VERSION: Final = "tfidf-v1"
"""Changing terms, weights, floor or linkage makes a new version; both may stand side by side."""

_TOKEN: Final = re.compile(r"<[A-Z]+>|\w+(?:[.'/:-]+\w+)*|!?[=<>&|]+")
"""A placeholder; a word, a dotted, slashed or hyphenated name as one; an operator. Other signs part them."""
_HEAVIEST: Final = 1.25
"""The most that a rare term weighs, where one that every text has weighs 1.

Without a limit a name that one text alone has outweighs the whole sentence around it, and the more often a
sentence comes the less it weighs: of 2,756 fingerprints of 40 templates (benchmarks/clusters.py)
0.05 % of the pairs of a template came together, with a limit of 1 to 3 it is 42 %, and none of two templates
either way. With 1.5 and more a sentence of twenty words that is most of the texts falls apart; with 1 what
is in every text brings together what it does not tell apart, such as two packages that are not installed.
"""
_PAIRS_AT_ONCE: Final = 200_000
_SLACK: Final = 1e-6
_DIGITS: Final = 9
"""Similarities are compared to so many digits, so that the order of a sum decides nothing."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Exact:
    """One exact cluster of a project: key, masked text, when it was first seen; only those of a scope
    merge."""

    key: str
    text: str
    scope: str
    week: int
    first_seen: int


@dataclass(frozen=True, slots=True)
class Membership:
    """The merged cluster of one exact cluster."""

    cluster_key: str
    similarity: float | None
    """Mean cosine to the other members at the end of the week in which it came; null where it was alone."""


@dataclass(frozen=True, slots=True)
class _Items:
    """What may come together in one week: clusters of earlier weeks, and new ones of one member each.

    `rows`: mean vector of each; `sizes`: its members; `scopes`: as numbers.
    """

    rows: csr_array
    sizes: Ints
    scopes: Ints
    is_new: Flags


def terms(text: str) -> list[str]:
    """Words and pairs of neighbouring words, each once, in order; case tells nothing."""
    words = [word.lower() for word in _TOKEN.findall(text)]
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return sorted({*words, *pairs})


def merged(exact: Sequence[Exact], floor: float) -> list[Membership]:
    """The merged cluster of each exact cluster, in the order given; weeks that are not over are left out.

    `floor`: mean cosine from which clusters are one. All exact clusters are of one project.
    """
    order = sorted(range(len(exact)), key=lambda n: (exact[n].week, exact[n].first_seen, exact[n].key))
    ordered = [exact[n] for n in order]
    founders, similarities = _replayed(ordered, floor)
    found: list[Membership] = [Membership("", None)] * len(exact)
    for place, founder, similarity in zip(order, founders.tolist(), similarities.tolist(), strict=True):
        found[place] = Membership(
            ordered[founder].key, None if np.isnan(similarity) else round(similarity, _DIGITS)
        )
    return found


def _replayed(ordered: Sequence[Exact], floor: float) -> tuple[Ints, Floats]:
    """Of each exact cluster, the place of its founder, and its similarity to the others when it came.

    Places are in the order of first sight, so the smallest place of a cluster is its founder.
    """
    texts = list(dict.fromkeys(one.text for one in ordered))  # in the order of their first weeks
    text_of = _numbered([one.text for one in ordered], texts)
    scopes = _numbered([one.scope for one in ordered], sorted({one.scope for one in ordered}))
    weeks = np.array([one.week for one in ordered], np.int64)
    incidence = _incidence(texts)
    founders, similarities = np.arange(len(ordered)), np.full(len(ordered), np.nan)
    for week in np.unique(weeks).tolist():
        known = int(np.searchsorted(weeks, week, "right"))
        is_new = weeks[:known] == week
        active = np.flatnonzero(np.isin(scopes[:known], np.unique(scopes[:known][is_new])))
        weighted = _weighted(incidence[: int(text_of[:known].max()) + 1])
        rows = weighted[text_of[active]]
        heads, labels = np.unique(founders[active], return_inverse=True)
        items = _Items(_means(rows, labels), np.bincount(labels), scopes[heads], weeks[heads] == week)
        joined = _joined(items, floor)
        # the head of an older cluster comes first in the order of places
        founders[active] = heads[joined[labels]]
        news = np.flatnonzero(is_new[active])
        similarities[active[news]] = _similarities(rows, joined[labels], news)
    return founders, similarities


def _numbered(values: Sequence[str], among: Sequence[str]) -> Ints:
    places = {value: place for place, value in enumerate(among)}
    return np.fromiter((places[value] for value in values), np.int64, len(values))


def _incidence(texts: Sequence[str]) -> csr_array:
    """1 where a text has a term; terms in alphabetic order, so that new ones change no sum of others."""
    listed = [terms(text) for text in texts]
    vocabulary = {term: place for place, term in enumerate(sorted({term for own in listed for term in own}))}
    ends = np.cumsum([0, *(len(own) for own in listed)])
    columns = np.fromiter((vocabulary[term] for own in listed for term in own), np.int64, int(ends[-1]))
    return csr_array(
        (np.ones(len(columns)), columns, ends), shape=(len(texts), max(len(vocabulary), 1)), dtype=np.float64
    )


def _weighted(incidence: csr_array) -> csr_array:
    """Rows of length 1, each term as heavy as it is rare among these texts, up to the heaviest."""
    count = incidence.shape[0]
    frequency = np.bincount(incidence.indices, minlength=incidence.shape[1])
    weight = np.minimum(np.log((1 + count) / (1 + frequency)) + 1, _HEAVIEST)
    return _scaled(
        csr_array((weight[incidence.indices], incidence.indices, incidence.indptr), incidence.shape)
    )


def _scaled(rows: csr_array) -> csr_array:
    place = _row_of(rows)
    lengths = np.sqrt(np.bincount(place, rows.data**2, minlength=rows.shape[0]))
    return csr_array((rows.data / lengths[place], rows.indices, rows.indptr), rows.shape)


def _row_of(rows: csr_array) -> Ints:
    return np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))


def _means(rows: csr_array, labels: Ints) -> csr_array:
    """Mean of the rows with each label."""
    share = 1 / np.bincount(labels)
    gather = coo_array((share[labels], (labels, np.arange(len(labels)))), shape=(len(share), len(labels)))
    means = (gather.tocsr() @ rows).tocsr()
    means.sort_indices()
    return means


def _joined(items: _Items, floor: float) -> Ints:
    """Of each item, the first item of the cluster that it is in now."""
    joined = np.arange(len(items.sizes))
    if not items.is_new.any():
        return joined
    first, second = _close_pairs(items, floor)
    links = coo_array((np.ones(len(first)), (first, second)), shape=(len(joined),) * 2)
    components = connected_components(links, directed=False)[1]
    by_component = np.argsort(components, kind="stable")
    starts = np.flatnonzero(np.diff(components[by_component], prepend=-1))
    for members in np.split(by_component, starts[1:]):
        if len(members) > 1:
            similar = (items.rows[members] @ items.rows[members].T).toarray()
            joined[members] = members[linked(similar, items.sizes[members], items.is_new[members], floor)]
    return joined


def _close_pairs(items: _Items, floor: float) -> tuple[Ints, Ints]:
    """Every pair of one scope with a cosine of the floor or more, one of them new.

    Rows have at most length 1, so the rarest term that such a pair shares is one from which on both rows
    still have a length of the floor: only rows that share a term of these beginnings are compared.
    """
    beginnings = _beginnings(items, floor)
    shared = (beginnings[items.is_new] @ beginnings.T).tocoo()
    first, second = np.flatnonzero(items.is_new)[shared.row], shared.col.astype(np.int64)
    is_once = ~items.is_new[second] | (first < second)
    first, second = first[is_once], second[is_once]
    kept = [np.zeros(0, np.int64)]
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        block = slice(start, start + _PAIRS_AT_ONCE)
        cosines = items.rows[first[block]].multiply(items.rows[second[block]]).sum(axis=1)
        kept.append(start + np.flatnonzero(np.round(cosines, _DIGITS) >= floor))
    close = np.concatenate(kept)
    return first[close], second[close]


def _beginnings(items: _Items, floor: float) -> csr_array:
    """1 where a row has a term of its beginning, the rarest first; a term counts in each scope for itself."""
    row, term, squares = _row_of(items.rows), items.rows.indices, items.rows.data**2
    frequency = np.bincount(term, minlength=items.rows.shape[1])
    order = np.lexsort((term, frequency[term], row))
    row, term, squares = row[order], term[order], squares[order]
    before = np.cumsum(squares) - squares
    ends = np.bincount(row, squares, minlength=len(items.sizes))
    from_here = ends[row] - (before - (np.cumsum(ends) - ends)[row])
    is_beginning = from_here >= (floor - _SLACK) ** 2
    row, term = row[is_beginning], term[is_beginning]
    pairs = items.scopes[row] * items.rows.shape[1] + term
    columns = np.unique(pairs, return_inverse=True)[1]
    shape = (len(items.sizes), int(columns.max(initial=0)) + 1)
    return csr_array(coo_array((np.ones(len(row), np.int32), (row, columns)), shape=shape))


def linked(similar: Floats, sizes: Ints, is_new: Flags, floor: float) -> Ints:
    """Average linkage down to the floor: of each item, the first item of its cluster.

    `similar`: mean cosine of each pair of items; `sizes`: their members. Two that are not new, or hold one
    that is not, never come together. Nearest neighbours are followed until two are each other's nearest:
    with averages that gives what merging the nearest pair of all gives.
    """
    sums = similar * np.outer(sizes, sizes)
    members, has_old = sizes.astype(np.float64), ~is_new
    label, is_open = np.arange(len(sizes)), np.ones(len(sizes), np.bool_)
    chain: list[int] = []
    while chain or is_open.any():
        if not chain:
            chain.append(int(np.argmax(is_open)))
        top = chain[-1]
        means = np.round(sums[top] / (members * members[top]), _DIGITS)
        means[~is_open | (has_old & has_old[top])] = -1
        means[top] = -1
        nearest = int(np.argmax(means))
        if means[nearest] < floor:
            is_open[top] = False
            chain.pop()
        elif len(chain) > 1 and means[chain[-2]] == means[nearest]:
            kept, gone = sorted((chain.pop(), chain.pop()))
            sums[kept] += sums[gone]
            sums[:, kept] += sums[:, gone]
            members[kept] += members[gone]
            has_old[kept] |= has_old[gone]
            is_open[gone] = False
            label[label == gone] = kept
        else:
            chain.append(nearest)
    return label


def _similarities(rows: csr_array, labels: Ints, news: Ints) -> Floats:
    """Mean cosine of new rows to the others with their label, NaN where there are none."""
    heads, places = np.unique(labels, return_inverse=True)
    sizes = np.bincount(places, minlength=len(heads))
    own = rows[news]
    to_all = own.multiply(_means(rows, places)[places[news]]).sum(axis=1) * sizes[places[news]]
    length = own.multiply(own).sum(axis=1)
    others = sizes[places[news]] - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(others > 0, (to_all - length) / others, np.nan)
