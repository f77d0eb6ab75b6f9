# SPDX-License-Identifier: Apache-2.0
"""A family gives resources to whoever names none; the owner's word goes first, and more is never asked with less."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.api.family import DEFAULTS, MEBIBYTE, ModelFamily, default_resources
from tests.builders import a_spec, a_variant

SIZES = st.integers(1, 1_048_576)
FAMILIES = st.sampled_from(list(DEFAULTS))


def requests(family: str = "CNN", **fields: object) -> Mapping[str, int]:
    spec = a_spec(family=family, variants=[a_variant("v", **fields)])
    return spec.requests_of(spec.variants[0])


@pytest.mark.parametrize(
    ("family", "cpu", "mebibytes"),
    [("FeatureBased", 250, 276), ("CNN", 1000, 403), ("RNN", 500, 316), ("Transformer", 2000, 760)],
)
def test_a_typical_model_gets_its_familys_figures(family: str, cpu: int, mebibytes: int) -> None:
    assert requests(family) == {"cpu": cpu, "memory": mebibytes * MEBIBYTE}


def test_of_another_kind_of_model_nothing_is_assumed() -> None:
    assert requests("Other", sizeMebibytes=500) == {}


def test_the_owners_request_goes_first_then_the_owners_limit() -> None:
    found = requests(resources={"requests": {"cpu": "3"}, "limits": {"cpu": "4", "memory": "1Gi"}})
    assert found == {"cpu": 3000, "memory": 1024 * MEBIBYTE}


def test_an_accelerated_model_asks_for_its_device_and_little_cpu() -> None:
    found = requests("Transformer", accelerator="nvidia.com/gpu", acceleratorCount=2)
    assert found == {"cpu": 500, "memory": (1024 + 420) * MEBIBYTE, "nvidia.com/gpu": 2}


def test_a_larger_model_asks_for_more_cores_up_to_four_times_as_many() -> None:
    assert [requests(sizeMebibytes=size)["cpu"] for size in (49, 98, 196, 392, 9800)] == [1000, 1000, 2000, 4000, 4000]


def test_the_size_of_a_bare_uri_counts_too() -> None:
    spec = a_spec()
    bare = spec.model_validate({"model": {"uri": "s3://m", "family": "CNN", "sizeMebibytes": 196}})
    assert bare.requests_of(bare.variants[0])["cpu"] == 2000


@given(family=FAMILIES, one=SIZES, other=SIZES, accelerated=st.booleans())
def test_a_larger_model_never_asks_for_less(family: ModelFamily, one: int, other: int, *, accelerated: bool) -> None:
    less = default_resources(family, min(one, other), accelerated=accelerated)
    more = default_resources(family, max(one, other), accelerated=accelerated)
    assert all(less[resource] <= more[resource] for resource in ("cpu", "memory"))


@given(family=FAMILIES, size=SIZES, accelerated=st.booleans())
def test_a_model_always_fits_into_what_is_asked_for_it(family: ModelFamily, size: int, *, accelerated: bool) -> None:
    assert default_resources(family, size, accelerated=accelerated)["memory"] > size * MEBIBYTE
