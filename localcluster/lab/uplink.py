# SPDX-License-Identifier: Apache-2.0
"""What a site's uplink is like now: set, cut and healed live, by a test or by a command line of another process."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcluster.folders import locked
from localcluster.lab import wire
from localcluster.lab.topology import Link


@dataclass(frozen=True, slots=True)
class Condition:
    """A link's settings, and whether it is cut whatever they say."""

    link: Link
    cut: bool


class Uplink:
    """The link between one site and all others. It is kept in files, so every user of a lab sees the same."""

    def __init__(self, site: str, notes: Path, *, wire_of: Callable[[], Path]) -> None:
        """Name the uplink of a site.

        Args:
            site: The site's name.
            notes: The folder of the lab in which uplinks are noted.
            wire_of: Where its emulator's management socket is, as seen from here, while the lab is up.
        """
        self.site, self._wire_of = site, wire_of
        self._note = notes / f"{site}.json"

    @property
    def condition(self) -> Condition:
        """How it behaves now."""
        note = json.loads(self._note.read_text())
        return Condition(Link(**note["link"]), cut=note["cut"])

    def set(
        self,
        *,
        delay_ms: int | None = None,
        jitter_ms: int | None = None,
        loss: float | None = None,
        bandwidth_kbit: int | None = None,
    ) -> None:
        """Change what is given and keep the rest; open connections feel it at once. A cut link stays cut.

        Args:
            delay_ms: Added to every round trip, in milliseconds, half in each direction.
            jitter_ms: The round trip varies by this much around its mean, in milliseconds: 99.7 % lie within.
            loss: Percent of the packets that are lost, in each direction by itself.
            bandwidth_kbit: Limit of each direction, in kilobits a second; 0: none.

        Raises:
            TopologyError: No link can be like that.
            LabError: The wire does not answer.
        """
        asked = {"delay_ms": delay_ms, "jitter_ms": jitter_ms, "loss": loss, "bandwidth_kbit": bandwidth_kbit}
        changes = {name: value for name, value in asked.items() if value is not None}
        with locked(self._lock):
            now = self.condition
            # The types are those of the parameters above.
            self._become(Condition(dataclasses.replace(now.link, **changes), now.cut))  # type: ignore[arg-type]

    def cut(self) -> None:
        """Let nothing through any more, in either direction, silently. Cut already: nothing happens."""
        with locked(self._lock):
            self._become(Condition(self.condition.link, cut=True))

    def heal(self) -> None:
        """Let packets through again, with the settings from before the cut. Not cut: nothing happens."""
        with locked(self._lock):
            self._become(Condition(self.condition.link, cut=False))

    def begin(self, link: Link) -> None:
        """Set a new wire to what the topology says."""
        with locked(self._lock):
            self._become(Condition(link, cut=False))

    def _become(self, condition: Condition) -> None:
        cut = [wire.EVERYTHING] if condition.cut else []
        wire.tell(self._wire_of(), [*wire.settings(condition.link), *cut])
        fresh = self._note.with_suffix(".new")
        fresh.write_text(json.dumps({"link": dataclasses.asdict(condition.link), "cut": condition.cut}))
        fresh.rename(self._note)

    @property
    def _lock(self) -> Path:
        return self._note.with_suffix(".lock")
