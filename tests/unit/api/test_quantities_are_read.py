# SPDX-License-Identifier: Apache-2.0
"""Kubernetes quantities become whole numbers, never too small."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.api.quantity import parse_quantity, resources, to_quantity, to_units
from aiworkload.api.workload import AIWorkloadSpec


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", "0"), ("2", "2"), ("500m", "0.5"), ("1.5Gi", "1610612736"), ("2e3", "2000"), ("1E", "1e18"), ("5.", "5")],
)
def test_a_quantity_is_read_as_kubernetes_reads_it(text: str, value: str) -> None:
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "2GB", "a lot", "1e", "Gi", "NaN", "Infinity"])
def test_what_is_no_quantity_is_refused_with_one_that_is(text: str) -> None:
    with pytest.raises(ValueError, match="write for example 500m, 2 or 4Gi"):
        parse_quantity(text)


def test_cpu_is_counted_in_millicores_and_rounded_up() -> None:
    assert resources({"cpu": "1500u", "memory": "1.5"}) == {"cpu": 2, "memory": 2}


@given(st.integers(0, 10**6), st.sampled_from(["", "k", "M", "Ki", "Mi"]))
def test_more_is_never_read_as_less(number: int, suffix: str) -> None:
    assert to_units("memory", f"{number}{suffix}") <= to_units("memory", f"{number + 1}{suffix}")


def test_a_bare_number_in_yaml_is_the_quantity_that_it_looks_like() -> None:
    variant = {"name": "a", "uri": "s3://a", "resources": {"requests": {"cpu": 2}}}
    spec = AIWorkloadSpec.model_validate({"model": {"variants": [variant]}})
    assert spec.variants[0].resources.requests == {"cpu": "2"}


@pytest.mark.parametrize(
    ("resource", "units", "text"),
    [
        ("cpu", 1500, "1500m"),
        ("cpu", 2000, "2"),
        ("cpu", 0, "0"),
        ("memory", 0, "0"),
        ("memory", 1000, "1000"),
        ("memory", 512 << 20, "512Mi"),
        ("memory", 3 << 30, "3Gi"),
        ("memory", 1 << 70, "1024Ei"),
        ("nvidia.com/gpu", 2, "2"),
    ],
)
def test_an_amount_is_written_as_people_write_it(resource: str, units: int, text: str) -> None:
    assert to_quantity(resource, units) == text


@given(st.sampled_from(["cpu", "memory", "nvidia.com/gpu"]), st.integers(0, 1 << 70))
def test_what_is_written_is_read_back_the_same(resource: str, units: int) -> None:
    assert to_units(resource, to_quantity(resource, units)) == units
