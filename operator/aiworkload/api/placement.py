# SPDX-License-Identifier: Apache-2.0
"""Where a workload may go, at how many sites it stands, and what counts there."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from aiworkload.api.base import Labels, Model, list_set, rules
from aiworkload.api.serving import Tier


class LabelSelector(Model):
    """Sites by their labels."""

    match_labels: Labels = Field(default={})
    """Labels that a Site must carry, all of them."""


class Profile(StrEnum):
    """A named set of weights; the numbers stand in the table of `placement.weights` and in docs/how-it-decides.md."""

    LATENCY = "Latency"
    BALANCED = "Balanced"
    COST = "Cost"


Weight = Annotated[int, Field(ge=0, le=100)]


class Weights(Model):
    """How much each factor counts; a factor's share is its weight over the sum of all.

    What is absent has the profile's number. Every profile counts every factor, so only eight zeros are nothing.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                (
                    "!has(self.latency) || self.latency > 0 || !has(self.cost) || self.cost > 0"
                    " || !has(self.bandwidth) || self.bandwidth > 0 || !has(self.headroom) || self.headroom > 0"
                    " || !has(self.connectivity) || self.connectivity > 0 || !has(self.stability) || self.stability > 0"
                    " || !has(self.accuracy) || self.accuracy > 0 || !has(self.accelerator) || self.accelerator > 0"
                ),
                (
                    "at least one weight must be above 0, or every site would be as good as any other; leave one out"
                    " to have the profile's number"
                ),
            ),
        )
    )

    latency: Weight | None = None
    """Nearness to the clients, against the target."""
    cost: Weight | None = None
    """Price of an hour, with egress."""
    bandwidth: Weight | None = None
    """Scarce links spared."""
    headroom: Weight | None = None
    """Room left for bursts."""
    connectivity: Weight | None = None
    """How well the site is connected."""
    stability: Weight | None = None
    """Staying where it is."""
    accuracy: Weight | None = None
    """Right answers of the variant."""
    accelerator: Weight | None = None
    """Fit of hardware and model."""


Sites = Annotated[int, Field(ge=1, le=16)]


class PlacementSpec(Model):
    """Where the workload may go and what counts there."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.minSites <= self.maxSites",
                "minSites cannot be above maxSites, which is 1 when left out: raise maxSites, or lower minSites",
            ),
        )
    )

    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=3, json_schema_extra=list_set())] = (
        Tier.EDGE,
        Tier.FOG,
        Tier.CLOUD,
    )
    """Where it is allowed."""
    site_selector: LabelSelector = LabelSelector()
    """Which Sites are allowed, by their labels. Empty: all."""
    min_sites: Sites = 1
    """Sites it stands at, at least."""
    max_sites: Sites = 1
    """Sites it stands at, at most; with more than one, each client site is served by one of them."""
    profile: Profile = Profile.BALANCED
    """Which weights count where weights leaves one out."""
    weights: Weights = Weights()
    """How much each factor counts."""
