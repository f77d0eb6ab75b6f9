# SPDX-License-Identifier: Apache-2.0
"""A family tells how fast its models may be expected to run on each class of hardware."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiworkload.api.family import DEFAULTS, ModelFamily
from aiworkload.placement.family import (
    FIT,
    Hardware,
    compute_prior_milliseconds,
    gpu_memory_mebibytes,
    gpu_memory_needed_mebibytes,
    hardware_of,
    suitability,
)

FAMILIES, HARDWARE = st.sampled_from(list(DEFAULTS)), st.sampled_from(list(Hardware))
SIZES = st.integers(1, 1_048_576)


@pytest.mark.parametrize(
    ("resource", "hardware"),
    [
        ("nvidia.com/gpu", Hardware.GPU),
        ("nvidia.com/gpu.shared", Hardware.GPU),
        ("nvidia.com/mig-1g.5gb", Hardware.GPU),
        ("amd.com/gpu", Hardware.GPU),
        ("gpu.intel.com/i915", Hardware.GPU),
        ("google.com/edgetpu", Hardware.ACCELERATOR),
        ("google.com/tpu", Hardware.ACCELERATOR),
        ("habana.ai/gaudi", Hardware.ACCELERATOR),
    ],
)
def test_a_device_is_known_by_its_resources_name(resource: str, hardware: Hardware) -> None:
    assert hardware_of({}, {"cpu": 1000, resource: 1}, resource) is hardware


@pytest.mark.parametrize(
    ("millicores", "architecture", "hardware"),
    [
        (4000, None, Hardware.EDGE_CPU),
        (4001, None, Hardware.SERVER_CPU),
        (3900, "arm64", Hardware.EDGE_CPU),
        (3900, "amd64", Hardware.SERVER_CPU),
        (2000, "amd64", Hardware.EDGE_CPU),
        (96_000, "arm64", Hardware.SERVER_CPU),
    ],
)
def test_a_machine_of_few_cores_is_an_edge_machine(
    millicores: int, architecture: str | None, hardware: Hardware
) -> None:
    labels = {"kubernetes.io/arch": architecture} if architecture else {}
    assert hardware_of(labels, {"cpu": millicores, "nvidia.com/gpu": 1}, "cpu") is hardware


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        (ModelFamily.FEATURE_BASED, (2, 2, 2, 2)),
        (ModelFamily.CNN, (1286, 173, 139, 5)),
        (ModelFamily.RNN, (755, 102, 82, 4)),
        (ModelFamily.TRANSFORMER, (4406, 589, 471, 13)),
    ],
)
def test_a_typical_model_takes_as_long_as_the_decision_note_says(
    family: ModelFamily, expected: tuple[int, ...]
) -> None:
    assert tuple(compute_prior_milliseconds(family, None, hardware) for hardware in Hardware) == expected


@pytest.mark.parametrize(
    ("hardware", "published"), [(Hardware.EDGE_CPU, 1763), (Hardware.SERVER_CPU, 484 / 2), (Hardware.ACCELERATOR, 49)]
)
def test_a_prior_is_within_a_factor_of_two_of_what_was_published(hardware: Hardware, published: float) -> None:
    mebibytes = 25 if hardware is Hardware.ACCELERATOR else 98
    at_224_pixels = published * (224 / 299) ** 2
    prior = compute_prior_milliseconds(ModelFamily.CNN, mebibytes, hardware)
    assert prior is not None
    assert at_224_pixels / 2 <= prior <= at_224_pixels * 2


def test_of_another_kind_of_model_no_time_is_assumed() -> None:
    assert all(compute_prior_milliseconds(ModelFamily.OTHER, 90, hardware) is None for hardware in Hardware)


@given(FAMILIES, SIZES, SIZES, HARDWARE)
def test_a_larger_model_never_takes_less(family: ModelFamily, one: int, other: int, hardware: Hardware) -> None:
    less = compute_prior_milliseconds(family, min(one, other), hardware)
    more = compute_prior_milliseconds(family, max(one, other), hardware)
    assert less is not None
    assert more is not None
    assert 1 < less <= more


@given(FAMILIES, SIZES)
def test_the_classes_are_told_from_the_slowest_to_the_fastest(family: ModelFamily, size: int) -> None:
    times = [compute_prior_milliseconds(family, size, hardware) or 0 for hardware in Hardware]
    assert times == sorted(times, reverse=True)


def test_a_feature_based_model_is_kept_off_gpus_and_a_transformer_off_small_cpus() -> None:
    assert suitability(ModelFamily.FEATURE_BASED, Hardware.GPU) == 0
    assert suitability(ModelFamily.TRANSFORMER, Hardware.EDGE_CPU) == 0


def test_every_family_fits_some_hardware_wholly_and_of_other_all_are_equal() -> None:
    assert set(FIT) == set(ModelFamily)
    assert all(max(points.values()) == 100 and min(points.values()) >= 0 for points in FIT.values())
    assert set(FIT[ModelFamily.OTHER].values()) == {100}


@pytest.mark.parametrize(("text", "mebibytes"), [("15360", 15_360), ("", None), ("16Gi", None), ("-1", None)])
def test_a_gpus_memory_is_read_from_the_label_of_feature_discovery(text: str, mebibytes: int | None) -> None:
    assert gpu_memory_mebibytes({"nvidia.com/gpu.memory": text}) == mebibytes


def test_without_the_label_a_gpus_memory_is_unknown() -> None:
    assert gpu_memory_mebibytes({}) is None


def test_a_model_needs_room_on_the_gpu_for_more_than_its_weights() -> None:
    assert gpu_memory_needed_mebibytes(ModelFamily.TRANSFORMER, 10_000) == 512 + 12_000
    assert gpu_memory_needed_mebibytes(ModelFamily.TRANSFORMER, None) == 512 + 504
    assert gpu_memory_needed_mebibytes(ModelFamily.OTHER, 10_000) == 10_000
    assert gpu_memory_needed_mebibytes(ModelFamily.OTHER, None) is None


@given(FAMILIES, SIZES, SIZES)
def test_a_larger_model_never_needs_less_gpu_memory(family: ModelFamily, one: int, other: int) -> None:
    less = gpu_memory_needed_mebibytes(family, min(one, other)) or 0
    assert less <= (gpu_memory_needed_mebibytes(family, max(one, other)) or 0)
