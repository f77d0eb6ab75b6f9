# SPDX-License-Identifier: Apache-2.0
"""Whether a Service had somebody to send requests to, at every moment: counted from its EndpointSlices."""

from dataclasses import dataclass, field
from typing import Any, Final

SERVICE_LABEL: Final = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True)
class Moment:
    """From this time on, so many endpoints of a Service were ready."""

    at: float
    ready: int


@dataclass
class Availability:
    """How many endpoints of each Service were ready, from when to when."""

    history: dict[str, list[Moment]] = field(default_factory=dict)
    _slices: dict[str, dict[str, int]] = field(default_factory=dict)

    def saw(self, endpoint_slice: dict[str, Any], *, exists: bool, at: float) -> None:
        """Take note of an EndpointSlice that changed or went away."""
        service = endpoint_slice["metadata"].get("labels", {}).get(SERVICE_LABEL, "")
        slices = self._slices.setdefault(service, {})
        slices[endpoint_slice["metadata"]["name"]] = _ready(endpoint_slice) if exists else 0
        self.history.setdefault(service, []).append(Moment(at, self.ready(service)))

    def ready(self, service: str) -> int:
        """How many of its endpoints are ready, as was last seen."""
        return sum(self._slices.get(service, {}).values())

    def gaps(self, service: str, since: float, until: float) -> int:
        """How often the Service was seen without a ready endpoint between two moments.

        A Service that never had one in that time has a gap too: what was never there was not available.
        """
        moments = self.history.get(service, [])
        before = [moment for moment in moments if moment.at <= since][-1:]
        during = [moment for moment in moments if since < moment.at <= until]
        seen = [*before, *during]
        return sum(moment.ready == 0 for moment in seen) if seen else 1

    def observations(self, service: str, since: float, until: float) -> int:
        """How many changes were looked at between two moments."""
        return sum(since < moment.at <= until for moment in self.history.get(service, []))


def _ready(endpoint_slice: dict[str, Any]) -> int:
    endpoints = endpoint_slice.get("endpoints") or []
    return sum(endpoint.get("conditions", {}).get("ready", True) is not False for endpoint in endpoints)
