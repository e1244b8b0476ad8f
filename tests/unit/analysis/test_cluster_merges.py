"""Near-duplicates: what is merged, that ids stay, and the same as doing it the long way."""

import math
import random
from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.cluster_merges import Exact, Membership, linked, merged, terms

FLOOR = 0.85
SENTENCE = "the answer of the service came too late for step <N> of the order that was sent to <URL> by user"


def exact(text: str, key: str = "", week: int = 1, scope: str = "", first_seen: int = 0) -> Exact:
    return Exact(key or text, text, scope, week, first_seen)


def keys(found: list[Membership]) -> list[str]:
    return [one.cluster_key for one in found]


def variants(*names: str, weeks: tuple[int, ...] = ()) -> list[Exact]:
    """One sentence with a name at its end, first seen in these weeks, in the first where none are given."""
    return [
        exact(f"{SENTENCE} {name}", name, week)
        for name, week in zip(names, weeks or [1] * len(names), strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("com.shop.OrderError: <N> of <PATH>", ["com.shop.ordererror", "<n>", "of", "<path>"]),
        ("user_id != null && x >= 1", ["user_id", "!=", "null", "&&", "x", ">=", "1"]),
        ("(src<PATH>:<N>) can't atom_style cg/kk", ["src", "<path>", "<n>", "can't", "atom_style", "cg/kk"]),
        ("Größe (日本) falsch…", ["größe", "日本", "falsch"]),
        ("?! ...", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """Placeholders, names with dots, underscores and slashes, and operators are words of their own."""
    assert [term for term in terms(text) if " " not in term] == sorted(words)


def test_pairs_of_words_count_once() -> None:
    assert terms("a B a b") == ["a", "a b", "b", "b a"]


def test_near_duplicates_are_one() -> None:
    found = merged([*variants("anna", "berta"), exact("disk is full on <PATH>", "disk")], FLOOR)
    assert keys(found) == ["anna", "anna", "disk"]
    assert found[0].similarity == found[1].similarity
    assert 0.85 <= (found[0].similarity or 0) < 1
    assert found[2].similarity is None


def test_a_sentence_that_is_most_of_the_texts_is_one_cluster() -> None:
    """The more often it comes the less its words weigh; the names in it must not outweigh them."""
    some = [
        exact(
            f"the service of {'x' * number} answered too late for step <N> of the order that was sent to us",
            f"{number:02}",
        )
        for number in range(1, 41)
    ]
    assert {*keys(merged(some, FLOOR))} == {"01"}


def test_case_and_signs_tell_nothing() -> None:
    found = merged([exact("Connection refused!", "k2"), exact("connection refused.", "k1")], FLOOR)
    assert keys(found) == ["k1", "k1"]
    assert found[0].similarity == 1


@pytest.mark.parametrize("floor", [0.5, 0.99])
def test_the_floor_decides(floor: float) -> None:
    assert len({*keys(merged(variants("anna", "berta"), floor))}) == (1 if floor == 0.5 else 2)


def test_other_scopes_do_not_merge() -> None:
    first, second = variants("anna", "berta")
    assert keys(merged([first, replace(second, scope="login")], FLOOR)) == ["anna", "berta"]


def test_the_first_seen_founds_then_the_smaller_key() -> None:
    anna, berta, clara = variants("anna", "berta", "clara")
    assert keys(merged([replace(anna, first_seen=5), berta, clara], FLOOR)) == ["berta"] * 3


def test_a_later_week_joins() -> None:
    found = merged(variants("zoe", "anna", weeks=(1, 2)), FLOOR)
    assert keys(found) == ["zoe", "zoe"]
    assert found[0].similarity is None, "it was alone in its week"
    assert found[1].similarity is not None


def test_older_clusters_stay_apart_and_whole() -> None:
    """With many other texts the words that two share weigh as much as those that differ: near, too late."""
    words, others = ([f"{name}{number}" for number in range(60)] for name in ("word", "other"))
    old = [exact(" ".join(words), "a"), exact(" ".join([*words[:-8], *others[-8:]]), "b")]
    new = [exact(f"unlike{number} text{number}", f"u{number:02}", 2) for number in range(30)]
    between = exact(" ".join([*words[:-4], *others[-4:]]), "c", 2)
    assert keys(merged(old, FLOOR)) == keys(merged([*old, *new], FLOOR))[:2] == ["a", "b"]
    assert keys(merged([*old, *new, between], FLOOR))[:2] == ["a", "b"]
    assert keys(merged([*old, *new, between], FLOOR))[-1] in ("a", "b")
    assert keys(merged([replace(one, week=1) for one in (*old, *new)], FLOOR))[:2] == ["a", "a"]


def test_texts_without_words_stand_alone() -> None:
    assert keys(merged([exact("?", "a"), exact("!", "b"), exact("", "c")], FLOOR)) == ["a", "b", "c"]


def test_nothing() -> None:
    assert merged([], FLOOR) == []
    assert merged([exact("only one")], FLOOR) == [Membership("only one", None)]


WORDS = st.sampled_from([*"abcdefgh", "<N>", "<PATH>", "x.y", "="])
EXACTS = st.lists(
    st.builds(
        Exact,
        key=st.just(""),
        text=st.lists(WORDS, max_size=14).map(" ".join),
        scope=st.sampled_from(["", "login"]),
        week=st.integers(1, 5),
        first_seen=st.integers(0, 3),
    ),
    max_size=40,
    unique_by=lambda one: (one.text, one.scope),
).map(lambda some: [replace(one, key=f"{one.scope}{number:02}") for number, one in enumerate(some)])


@given(EXACTS, st.sampled_from([0.5, 0.7, 0.85]))
@settings(max_examples=150, deadline=None)
def test_week_by_week_is_all_at_once(some: list[Exact], floor: float) -> None:
    """An id that was given stays, whatever comes in later weeks; so does the similarity."""
    whole = dict(zip([one.key for one in some], merged(some, floor), strict=True))
    for last in range(1, 6):
        known = [one for one in some if one.week <= last]
        assert merged(known, floor) == [whole[one.key] for one in known]


@given(EXACTS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_of_rows_is_nothing(some: list[Exact], shuffle: random.Random) -> None:
    whole = dict(zip([one.key for one in some], merged(some, 0.7), strict=True))
    other = shuffle.sample(some, len(some))
    assert merged(other, 0.7) == [whole[one.key] for one in other]


@given(EXACTS)
@settings(max_examples=100, deadline=None)
def test_a_cluster_is_of_one_scope_and_named_by_its_first(some: list[Exact]) -> None:
    by_key = {one.key: one for one in some}
    members: dict[str, list[Exact]] = {}
    for one, found in zip(some, merged(some, 0.6), strict=True):
        members.setdefault(found.cluster_key, []).append(one)
    for key, own in members.items():
        assert {one.scope for one in own} == {by_key[key].scope}
        assert min(own, key=lambda one: (one.week, one.first_seen, one.key)).key == key


def test_two_texts_merge_where_their_cosine_says_so() -> None:
    """3,000 pairs, each in a scope of its own; weights and cosines worked out term by term."""
    draw = random.Random(3)
    words = [f"w{number}" for number in range(60)]
    some = []
    for pair in range(3_000):
        first = draw.choices(words, range(1, 61), k=draw.randint(3, 30))
        second = [word if draw.random() > 0.08 else draw.choice(words) for word in first]
        scope = f"{pair:04}"
        some += [exact(" ".join(text), f"{scope}-{n}", scope=scope) for n, text in enumerate((first, second))]
    texts = {one.text for one in some}
    frequency = Counter(term for text in texts for term in terms(text))
    found = merged(some, FLOOR)
    counted: Counter[bool] = Counter()
    for place in range(0, len(some), 2):
        cosine = round(_cosine(some[place].text, some[place + 1].text, frequency, len(texts)), 9)
        is_one = found[place].cluster_key == found[place + 1].cluster_key
        assert is_one == (cosine >= FLOOR)
        assert (found[place + 1].similarity == pytest.approx(cosine, abs=2e-9)) == is_one
        counted[is_one] += 1
    assert min(counted[True], counted[False]) > 500


def _cosine(first: str, second: str, frequency: Counter[str], count: int) -> float:
    def weight(term: str) -> float:
        return min(math.log((1 + count) / (1 + frequency[term])) + 1, 1.25)

    one, other = terms(first), terms(second)
    lengths = [math.sqrt(sum(weight(term) ** 2 for term in own)) for own in (one, other)]
    return sum(weight(term) ** 2 for term in {*one} & {*other}) / (lengths[0] * lengths[1])


@pytest.mark.parametrize("seed", range(30))
def test_average_linkage_is_that_of_the_nearest_pair_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 25))
    points = rng.normal(size=(count, 4)) + 2
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    similar, sizes, is_new = points @ points.T, rng.integers(1, 5, count), rng.random(count) < 0.7
    for floor in (0.8, 0.95):
        assert linked(similar, sizes, is_new, floor).tolist() == _slowly(similar, sizes, is_new, floor)


def _slowly(
    similar: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.int64],
    is_new: npt.NDArray[np.bool_],
    floor: float,
) -> list[int]:
    """Every average of every pair of clusters anew, the nearest two merged, until none is near enough."""
    groups = [[item] for item in range(len(sizes))]

    def mean(one: list[int], other: list[int]) -> float:
        if not (is_new[one].all() or is_new[other].all()):
            return -1
        weights = np.outer(sizes[one], sizes[other])
        return float((similar[np.ix_(one, other)] * weights).sum() / weights.sum())

    while len(groups) > 1:
        best, one, other = max(
            ((mean(groups[a], groups[b]), a, b) for a, b in combinations(range(len(groups)), 2))
        )
        if best < floor:
            break
        groups[one] += groups.pop(other)
    return [min(group) for item in range(len(sizes)) for group in groups if item in group]
