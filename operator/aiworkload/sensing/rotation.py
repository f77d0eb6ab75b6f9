# SPDX-License-Identifier: Apache-2.0
"""Which sites are probed only to know the network: a few fixed ones, and a sample that changes in slow turns.

Everything follows from names and time, so two operators, one after the other, choose alike, and a site that comes or
goes changes at most one peer of most others (rendezvous hashing, Thaler and Ravishankar 1998).
"""

from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Columns = NDArray[np.int64]

TURN_SECONDS: Final = 600.0
"""One sample's time. Each turn rewrites a site's peers once, so 2,000 sites are 3.3 writes a second. Ours."""
WATCHERS: Final = 2
"""Sites that always probe a site, whatever the turn: one silent witness is no witness, and links that last hold the
coordinates together. Ours."""


def hash_of(name: str) -> int:
    """64 bits of a name, the same in every process."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")


def turn_of(own: int, now: float) -> int:
    """A site's turn at a time. Sites change turns at different moments, spread by their hashes."""
    return int((now + own % int(TURN_SECONDS)) // TURN_SECONDS)


def turn_ends(own: int, now: float) -> float:
    """When the turn at `now` is over, in seconds since the epoch."""
    return (turn_of(own, now) + 1) * TURN_SECONDS - own % int(TURN_SECONDS)


def watched(own: int, others: Hashes) -> Columns:
    """The next few of the others on the ring of all hashes; everybody has as many before it as after it."""
    ahead = np.argsort(others - np.uint64(own), kind="stable")
    return ahead[:WATCHERS]


def sample(own: int, others: Hashes, turn: int, most: int) -> Columns:
    """At most so many of the others for a turn.

    The others are dealt out to a power of two of turns, so that each has its turn in every round; where one turn is
    dealt too many, the next round deals anew. On average that is half of the most to nearly all of it.
    """
    if len(others) <= most:
        return np.arange(len(others), dtype=np.int64)
    hands = 1 << (len(others) // most).bit_length()
    round_, hand = divmod(turn, hands)
    dealt = mixed(others ^ mixed(np.array([own ^ (round_ << 1)], np.uint64)))
    drawn = np.flatnonzero((dealt & np.uint64(hands - 1)) == np.uint64(hand))
    order = np.argsort(dealt[drawn], kind="stable")
    found: Columns = drawn[order[:most]]
    return found


def mixed(values: Hashes) -> Hashes:
    """Each value's bits spread over all of it: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    found = values + np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))
