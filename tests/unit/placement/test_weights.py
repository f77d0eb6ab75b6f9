# SPDX-License-Identifier: Apache-2.0
"""A workload's weights are its own numbers, and its profile's where it gives none."""

import pytest

from aiworkload.api.placement import Profile, Weights
from aiworkload.placement.weights import FACTORS, PROFILES, weights_of
from tests.builders import a_spec


def test_a_workload_that_says_nothing_is_balanced() -> None:
    assert weights_of(a_spec().placement) == PROFILES[Profile.BALANCED]
    assert list(PROFILES[Profile.BALANCED].values()) == [4, 2, 2, 2, 2, 1, 1, 1]


@pytest.mark.parametrize("profile", list(Profile))
def test_an_own_number_replaces_the_profiles_and_leaves_the_rest(profile: Profile) -> None:
    found = weights_of(a_spec(profile=profile, weights={"cost": 0, "accelerator": 100}).placement)
    assert found == {**PROFILES[profile], "cost": 0, "accelerator": 100}


def test_a_point_is_worth_the_same_in_every_profile() -> None:
    assert {sum(weights.values()) for weights in PROFILES.values()} == {15}


def test_every_profile_counts_every_factor_so_that_something_always_tells_sites_apart() -> None:
    for profile, weights in PROFILES.items():
        assert min(weights.values()) >= 1, profile
        all_but_one = dict.fromkeys(FACTORS[1:], 0)
        assert sum(weights_of(a_spec(profile=profile, weights=all_but_one).placement).values()) > 0


def test_a_profile_counts_most_what_it_is_named_for() -> None:
    for profile, factor in ((Profile.LATENCY, "latency"), (Profile.COST, "cost")):
        assert max(PROFILES[profile], key=PROFILES[profile].__getitem__) == factor


def test_the_factors_are_the_fields_of_the_api() -> None:
    assert tuple(Weights.model_fields) == FACTORS
