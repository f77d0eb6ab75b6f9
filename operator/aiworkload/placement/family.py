# SPDX-License-Identifier: Apache-2.0
"""How fast a family's models run on each class of hardware, while nobody has said or measured it.

The time of one inference is its arithmetic over what the hardware sustains. Arithmetic follows from the parameters,
and those from the size of the files at 4 bytes each; so a build with smaller numbers counts as less work, which it
is. docs/decisions/0006 compares the figures with published ones. They are right within a factor of a few: enough to
tell a place that cannot work from one that may. Whatever the owner declares replaces them.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from aiworkload.api.family import DEFAULTS, MEBIBYTE, ModelFamily


class Hardware(StrEnum):
    """What a model runs on, the slowest first."""

    EDGE_CPU = "EdgeCPU"
    SERVER_CPU = "ServerCPU"
    ACCELERATOR = "Accelerator"
    GPU = "GPU"


ARCHITECTURE_LABEL: Final = "kubernetes.io/arch"
EDGE_MILLICORES: Final = 4000
"""Up to four cores is a small machine: a Raspberry Pi or a Jetson Nano has four. Ours."""
EDGE_MILLICORES_AMD64: Final = 2000
"""Of this architecture two, because a virtual machine with four of its cores is none. Ours."""

GPU_MEMORY_LABEL: Final = "nvidia.com/gpu.memory"
"""MiB of one GPU, set by NVIDIA's GPU feature discovery."""
GPU_CONTEXT_MEBIBYTES: Final = 512
"""GPU memory of the driver's context and workspace. Ours."""

BYTES_PER_PARAMETER: Final = 4

OPERATIONS_PER_PARAMETER: Final[Mapping[ModelFamily, int]] = MappingProxyType(
    {
        # One comparison and one step for each node at most; a tree visits far fewer. Ours.
        ModelFamily.FEATURE_BASED: 2,
        # ResNet-50: 2 x 4.09 billion multiplications for 25.6 million parameters (torchvision's table).
        ModelFamily.CNN: 320,
        # 2 a step (multiply, add) x 100 steps, doubled because matrix times vector waits for memory. Ours.
        ModelFamily.RNN: 400,
        # 2 a token (Kaplan et al., "Scaling Laws for Neural Language Models", 2020) x 128 tokens, BERT's usual length.
        ModelFamily.TRANSFORMER: 256,
    }
)
"""Arithmetic of one inference for each parameter."""

MEGAFLOPS: Final[Mapping[Hardware, int]] = MappingProxyType(
    {
        # Coral's table of benchmarks: ResNet-50 at 299 x 299 (14.6 billion operations) in 1763 ms on a Cortex-A53.
        Hardware.EDGE_CPU: 8_000,
        # The same table: 484 ms on one core of a Xeon; two cores.
        Hardware.SERVER_CPU: 60_000,
        # The same table: 49 ms on an Edge TPU, whose parameters have 1 byte and not 4: a quarter.
        Hardware.ACCELERATOR: 75_000,
        # About a third of the 8.1 TFLOPS of an NVIDIA T4's data sheet: one request does not fill it. Ours.
        Hardware.GPU: 3_000_000,
    }
)
"""Million operations a second that one request gets."""

OVERHEAD_MILLISECONDS: Final = 1
"""The server's own work on a request. Ours: Triton's Python backend took 0.45 ms."""
P95_PERCENT: Final = 125
"""p95 in percent of the usual time, on a machine that is not overcommitted. Ours."""

FIT: Final[Mapping[ModelFamily, Mapping[Hardware, int]]] = MappingProxyType(
    {
        family: MappingProxyType(dict(zip(Hardware, points, strict=True)))
        for family, points in {
            # EDGE_CPU, SERVER_CPU, ACCELERATOR, GPU
            ModelFamily.FEATURE_BASED: (100, 100, 20, 0),
            ModelFamily.CNN: (40, 60, 100, 100),
            ModelFamily.RNN: (50, 80, 50, 100),
            ModelFamily.TRANSFORMER: (0, 40, 30, 100),
            ModelFamily.OTHER: (100, 100, 100, 100),
        }.items()
    }
)
"""Points from 0 to 100 for a model on hardware that suits its kind.

Branches gain nothing from a GPU and keep others off it; convolutions suit any accelerator; chains of small products
a fast core; large matrix products starve on a small CPU. Of `Other` nothing is known, so all are equal. Ours.
"""


def hardware_of(labels: Mapping[str, str], allocatable: Mapping[str, int], resource: str) -> Hardware:
    """What a model that asks a node for `resource` runs on.

    Args:
        labels: the node's.
        allocatable: the node's, CPU in millicores.
        resource: an extended resource's name for a model on an accelerator; any other name means the CPU.
    """
    domain, slash, device = resource.partition("/")
    if slash:
        is_gpu = domain.startswith("gpu.") or "gpu" in device or device.startswith("mig-")
        return Hardware.GPU if is_gpu else Hardware.ACCELERATOR
    amd64 = labels.get(ARCHITECTURE_LABEL) == "amd64"
    small = allocatable.get("cpu", 0) <= (EDGE_MILLICORES_AMD64 if amd64 else EDGE_MILLICORES)
    return Hardware.EDGE_CPU if small else Hardware.SERVER_CPU


def compute_prior_milliseconds(family: ModelFamily, size_mebibytes: int | None, hardware: Hardware) -> int | None:
    """p95 of one inference as it may be expected, in whole milliseconds, rounded up; None for `Other`.

    Without a size, that of the family's typical model is taken. A larger model never takes less.
    """
    if family not in DEFAULTS:
        return None
    size = size_mebibytes or DEFAULTS[family].typical_mebibytes
    operations = size * MEBIBYTE // BYTES_PER_PARAMETER * OPERATIONS_PER_PARAMETER[family]
    per_millisecond = MEGAFLOPS[hardware] * 1000
    return OVERHEAD_MILLISECONDS + -(-operations * P95_PERCENT // (100 * per_millisecond))


def suitability(family: ModelFamily, hardware: Hardware) -> int:
    """Points from 0 to 100 for a family's model on such hardware."""
    return FIT[family][hardware]


def gpu_memory_mebibytes(labels: Mapping[str, str]) -> int | None:
    """Memory of one GPU of a node, as its labels tell it; None: they do not."""
    text = labels.get(GPU_MEMORY_LABEL, "")
    return int(text) if text.isascii() and text.isdigit() else None


def gpu_memory_needed_mebibytes(family: ModelFamily, size_mebibytes: int | None) -> int | None:
    """Memory that one replica needs on its GPUs, all of them together; None: nothing is known of it.

    Of `Other` with a size it is the size: the weights at least must fit.
    """
    defaults = DEFAULTS.get(family)
    if defaults is None:
        return size_mebibytes
    size = size_mebibytes or defaults.typical_mebibytes
    return GPU_CONTEXT_MEBIBYTES + -(-size * defaults.memory_percent // 100)
