# SPDX-License-Identifier: Apache-2.0
"""Every rule and every factor there is, in the order in which they are asked.

What the owner rules out comes first, so that a candidate's reason names the requirement and not the weather.
"""

from collections.abc import Callable
from typing import Final

from aiworkload.placement.context import Context, Rivals
from aiworkload.placement.filters import (
    accelerator,
    latency,
    measurements,
    node_readiness,
    offline,
    privacy,
    resources,
    site_selector,
    tier,
    variant_tier,
)
from aiworkload.placement.filters import connectivity as contact
from aiworkload.placement.plan import Factor, Rejection
from aiworkload.placement.scorers import connectivity, cost, headroom, stability
from aiworkload.placement.scorers import latency as latency_score

Filter = Callable[[Context], Rejection | None]
RelativeFilter = Callable[[Context, Rivals], Rejection | None]
Scorer = Callable[[Context, Rivals], Factor]

FILTERS: Final[tuple[Filter, ...]] = (
    privacy.reject,
    offline.reject,
    tier.reject,
    variant_tier.reject,
    site_selector.reject,
    contact.reject,
    node_readiness.reject,
    accelerator.reject,
    resources.reject,
    latency.reject,
)
"""Asked of each candidate alone."""

RELATIVE_FILTERS: Final[tuple[RelativeFilter, ...]] = (measurements.reject,)
"""Asked of each that passed, with a view of the others that did."""

SCORERS: Final[tuple[Scorer, ...]] = (
    latency_score.score,
    cost.score,
    headroom.score,
    connectivity.score,
    stability.score,
)
