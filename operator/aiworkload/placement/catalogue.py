# SPDX-License-Identifier: Apache-2.0
"""Every rule and every factor there is, in the order in which they are asked.

What the owner rules out comes first, so that a candidate's reason names the requirement and not the weather; room
comes last, because it is the one thing that other workloads may free.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from aiworkload.placement.block import Array, Block, Pairs
from aiworkload.placement.columns import Ints
from aiworkload.placement.context import Context
from aiworkload.placement.filters import (
    accelerator,
    bandwidth,
    connectivity,
    cost_ceiling,
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
from aiworkload.placement.plan import RejectReason, Value
from aiworkload.placement.scorers import accelerator as accelerator_fit
from aiworkload.placement.scorers import accuracy, cost, headroom, stability
from aiworkload.placement.scorers import bandwidth as spared_bandwidth
from aiworkload.placement.scorers import connectivity as steadiness
from aiworkload.placement.scorers import latency as nearness
from aiworkload.placement.weights import FACTORS


class Sentence(Protocol):
    """What every filter has: its reason, and the words for one candidate."""

    @property
    def REASON(self) -> RejectReason:  # noqa: N802 - a module's constant
        """Its word in the status."""
        ...

    def sentence(self, context: Context) -> str:
        """Why, with the values that led to it."""
        ...


class Filter(Sentence, Protocol):
    """A rule about a candidate alone."""

    def refuses(self, block: Block) -> Array:
        """Which candidates it refuses."""
        ...


class RoomFilter(Sentence, Protocol):
    """The rule about room, asked of pairs only, or of whole rows: it looks at every node."""

    def refuses(self, block: Pairs) -> Array:
        """Which candidates it refuses."""
        ...

    def refuses_newcomers(self, grid: Block, rows: Ints) -> Array:
        """Which it refuses of some rows at every site, where nothing of theirs stands."""
        ...


class RelativeFilter(Sentence, Protocol):
    """A rule that needs to know the others that passed."""

    def refuses(self, block: Block, in_use: Array) -> Array:
        """Which candidates it refuses."""
        ...


class Scorer(Protocol):
    """A factor."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """Its weight's name in the spec."""
        ...

    def points(self, pairs: Pairs) -> Array:
        """0 to 100 points for each candidate."""
        ...

    def words(self, context: Context) -> Value:
        """The value behind one candidate's points."""
        ...


OWNERS: Final[tuple[Filter, ...]] = (privacy, offline, tier, variant_tier, site_selector, accelerator, cost_ceiling)
"""What the owner rules out."""

WEATHER: Final[tuple[Filter, ...]] = (connectivity, node_readiness)
"""What may be otherwise in a minute, by the site."""

PATHS: Final[tuple[Filter, ...]] = (latency, bandwidth)
"""What may be otherwise in a minute, by the paths: these rules read `Block.layers`, and no other does."""

ROOM: Final[RoomFilter] = resources

RELATIVE: Final[RelativeFilter] = measurements

FILTERS: Final[tuple[Sentence, ...]] = (*OWNERS, *WEATHER, *PATHS, ROOM, RELATIVE)

REASONS: Final = tuple(found.REASON for found in FILTERS)
"""The order of reasons wherever there is one."""

SENTENCES: Final[Mapping[RejectReason, Sentence]] = {found.REASON: found for found in FILTERS}

SCORERS: Final[tuple[Scorer, ...]] = (
    nearness,
    cost,
    spared_bandwidth,
    headroom,
    steadiness,
    stability,
    accuracy,
    accelerator_fit,
)

assert tuple(scorer.NAME for scorer in SCORERS) == FACTORS, "weights are told in the order of the scorers"  # noqa: S101 - a slip of this list
