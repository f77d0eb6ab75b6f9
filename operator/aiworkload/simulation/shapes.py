# SPDX-License-Identifier: Apache-2.0
"""How a link's round trip goes over time: recorded values, or a generated shape with a few parameters.

Each shape is a function of the time alone, so the same scenario sees the same network whoever decides in it.
"""

from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from aiworkload.simulation.quantities import Duration
from aiworkload.snapshot.document.base import Part

Floats = NDArray[np.float64]
Milliseconds = Annotated[float, Field(ge=0, le=60_000)]
Percent = Annotated[float, Field(ge=0, le=100)]

_DAY: Final = 86_400.0


class RecordedTrace(Part):
    """Values one after another, each for `stepSeconds`. After the last one it begins again, or keeps the last."""

    step_seconds: Annotated[float, Field(gt=0, le=86_400)]
    rtt_milliseconds: Annotated[tuple[Milliseconds, ...], Field(min_length=1, max_length=1_000_000)]
    loss_percent: tuple[Percent, ...] = ()
    """As many as round trips, or none."""
    repeat: bool = True

    def rtt(self, seconds: Floats) -> Floats:
        """Round trips in milliseconds at these seconds of the scenario."""
        return np.asarray(self.rtt_milliseconds)[self._index(seconds, len(self.rtt_milliseconds))]

    def loss(self, seconds: Floats) -> Floats:
        """Shares of lost packets, 0 to 1."""
        if not self.loss_percent:
            return np.zeros(len(seconds))
        return np.asarray(self.loss_percent)[self._index(seconds, len(self.loss_percent))] / 100

    def _index(self, seconds: Floats, count: int) -> NDArray[np.intp]:
        step = np.maximum(seconds, 0) // self.step_seconds
        return (step % count if self.repeat else np.minimum(step, count - 1)).astype(np.intp)


class Oscillate(Part):
    """Up and down as a sine between two values: `low` at the start and after each whole period."""

    kind: Literal["Oscillate"]
    low_milliseconds: Milliseconds
    high_milliseconds: Milliseconds
    period: Duration

    def rtt(self, seconds: Floats) -> Floats:
        """Round trips in milliseconds at these seconds of the scenario."""
        height = (1 - np.cos(2 * np.pi * seconds / self.period)) / 2
        return self.low_milliseconds + (self.high_milliseconds - self.low_milliseconds) * height


class Drift(Part):
    """From one value to another in a straight line between two times, constant before and after."""

    kind: Literal["Drift"]
    from_milliseconds: Milliseconds
    to_milliseconds: Milliseconds
    begin: Duration = 0.0
    end: Duration

    def rtt(self, seconds: Floats) -> Floats:
        """Round trips in milliseconds at these seconds of the scenario."""
        return np.interp(seconds, [self.begin, self.end], [self.from_milliseconds, self.to_milliseconds])


class Flap(Part):
    """Good, and bad for the last `badPercent` of each period: a link that comes and goes."""

    kind: Literal["Flap"]
    good_milliseconds: Milliseconds
    bad_milliseconds: Milliseconds
    bad_loss_percent: Percent = 0.0
    bad_percent: Percent = 50.0
    period: Duration

    def rtt(self, seconds: Floats) -> Floats:
        """Round trips in milliseconds at these seconds of the scenario."""
        return np.where(self._is_bad(seconds), self.bad_milliseconds, self.good_milliseconds)

    def loss(self, seconds: Floats) -> Floats:
        """Shares of lost packets, 0 to 1."""
        return np.where(self._is_bad(seconds), self.bad_loss_percent / 100, 0.0)

    def _is_bad(self, seconds: Floats) -> NDArray[np.bool_]:
        return np.mod(seconds, self.period) >= self.period * (1 - self.bad_percent / 100)


class Diurnal(Part):
    """Day and night: `night` at its best, `day` at `peakHour` (UTC hour of the scenario's day), a cosine between."""

    kind: Literal["Diurnal"]
    night_milliseconds: Milliseconds
    day_milliseconds: Milliseconds
    peak_hour: Annotated[float, Field(ge=0, lt=24)] = 14.0

    def rtt(self, seconds: Floats) -> Floats:
        """Round trips in milliseconds at these seconds of the scenario, which begins at midnight."""
        height = (1 + np.cos(2 * np.pi * (seconds - self.peak_hour * 3600) / _DAY)) / 2
        return self.night_milliseconds + (self.day_milliseconds - self.night_milliseconds) * height


Shape = Annotated[Oscillate | Drift | Flap | Diurnal, Field(discriminator="kind")]


def lossy(shape: RecordedTrace | Oscillate | Drift | Flap | Diurnal, seconds: Floats) -> Floats:
    """The shares of packets that a shape loses; most lose none."""
    return shape.loss(seconds) if isinstance(shape, RecordedTrace | Flap) else np.zeros(len(seconds))
