"""Random numbers by name: one stream per seed and names, so that no draw depends on what else is drawn.

What belongs here: streams, and 64-bit hashes of names. What does not: what the numbers are used for.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt


def stream(seed: int, *names: str) -> np.random.Generator:
    """The stream of these names: the same for the same seed, independent of all others."""
    digest = blake2b("\0".join(names).encode(), digest_size=16).digest()
    words = tuple(int(word) for word in np.frombuffer(digest, "<u4"))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=words))


def hashes(names: Iterable[str]) -> npt.NDArray[np.uint64]:
    """A 64-bit number per name."""
    digests = b"".join(blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Each number scrambled one to one (splitmix64), so that sums of them do not meet."""
    result = numbers + np.uint64(0x9E3779B97F4A7C15)
    result = (result ^ (result >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    result = (result ^ (result >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return result ^ (result >> np.uint64(31))
