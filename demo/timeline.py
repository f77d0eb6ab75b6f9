# SPDX-License-Identifier: Apache-2.0
"""What was done and what was observed, when, and how long it took."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an entry tells."""

    ACT = "act"
    DID = "did"
    SAW = "saw"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story."""

    at: float
    """Seconds since the story began."""
    kind: Kind
    text: str
    seen: str = ""
    seconds: float | None = None
    """How long it took to be observed."""


@dataclass
class Timeline:
    """The story so far; whoever shows it is told of every new line."""

    tell: Callable[[Entry], None]
    entries: list[Entry] = field(default_factory=list)
    _begun: float = field(default_factory=time.monotonic)

    def act(self, title: str) -> None:
        """A new part begins."""
        self._add(Kind.ACT, title)

    def did(self, text: str) -> None:
        """The demo did something to the world."""
        self._add(Kind.DID, text)

    def saw(self, text: str, seen: str, *, seconds: float, passed: bool) -> None:
        """Something expected was observed, or was not."""
        self._add(Kind.SAW if passed else Kind.MISSED, text, seen, seconds)

    def _add(self, kind: Kind, text: str, seen: str = "", seconds: float | None = None) -> None:
        entry = Entry(time.monotonic() - self._begun, kind, text, seen, seconds)
        self.entries.append(entry)
        self.tell(entry)
