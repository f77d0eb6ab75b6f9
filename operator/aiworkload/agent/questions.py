# SPDX-License-Identifier: Apache-2.0
"""Which questions were answered already, so that one that was recorded and is sent again gets nothing.

UDP proves no address: who recorded one question could have it answered for ever, to whomever. So each is answered once.
Datagrams may overtake each other, hence a window of numbers below the highest, as IPsec keeps one (RFC 4303, 3.4.3).
It does not matter where a question comes from: behind NAT an asker's address may change, and a new number comes from
the asker alone, whoever passes it on.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from aiworkload.agent.datagram import Question

WINDOW: Final = 64
"""Numbers; at the fastest pace three seconds (RFC 4303 names 64 as the default)."""
MOST_ASKERS: Final = 4096
"""Nonces remembered, those heard last; about 300 bytes each. Ours."""


@dataclass(slots=True)
class _Asker:
    highest: int
    answered: int
    """A bit for each number of the window; the lowest is that of the highest number."""


class Questions:
    """What each asker was answered."""

    def __init__(self, most_askers: int = MOST_ASKERS) -> None:
        self._most = most_askers
        self._askers: OrderedDict[bytes, _Asker] = OrderedDict()

    def take(self, question: Question) -> bool:
        """Whether it may be answered: it is new, and not so old that nobody knows. From then on it is not."""
        asker = self._askers.get(question.nonce)
        if asker is None:
            self._askers[question.nonce] = _Asker(question.number, 1)
            if len(self._askers) > self._most:
                self._askers.popitem(last=False)
            return True
        if not _is_new(asker, question.number):
            return False
        self._askers.move_to_end(question.nonce)
        return True


def _is_new(asker: _Asker, number: int) -> bool:
    """Whether it was not answered before; notes that it is now."""
    ahead = number - asker.highest
    if ahead > 0:
        asker.answered = (asker.answered << min(ahead, WINDOW) | 1) & ((1 << WINDOW) - 1)
        asker.highest = number
        return True
    bit = 1 << -ahead if -ahead < WINDOW else 0
    if not bit or asker.answered & bit:
        return False
    asker.answered |= bit
    return True
