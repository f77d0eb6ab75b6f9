# SPDX-License-Identifier: Apache-2.0
"""What kind of model it is, and the resources that a replica of that kind asks for when its owner says nothing.

Both the decision and the pods it leads to take these figures, so that what was counted is what is requested.
docs/decisions/0006 tells how they came about; whatever the owner says overrides them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MEBIBYTE: Final = 1 << 20


class ModelFamily(StrEnum):
    """What kind of model it is; of `Other` nothing is assumed."""

    FEATURE_BASED = "FeatureBased"
    CNN = "CNN"
    RNN = "RNN"
    TRANSFORMER = "Transformer"
    OTHER = "Other"


@dataclass(frozen=True, slots=True)
class FamilyDefaults:
    """What a typical model of a family is like."""

    typical_mebibytes: int
    """Taken where the owner names no size."""
    cpu_millicores: int
    """Requested for a model of up to the typical size."""
    memory_percent: int
    """Memory of weights, activations and buffers in percent of the files' size."""


DEFAULTS: Final[Mapping[ModelFamily, FamilyDefaults]] = {
    # A few hundred boosted trees. Nodes in memory are about twice the size of the file. Ours.
    ModelFamily.FEATURE_BASED: FamilyDefaults(10, 250, 200),
    # ResNet-50: 25.6 million parameters of 4 bytes. Activations add about half. Ours.
    ModelFamily.CNN: FamilyDefaults(98, 1000, 150),
    # A few LSTM layers of 1,000 units: 12 million parameters. The state is small beside the weights. Ours.
    ModelFamily.RNN: FamilyDefaults(46, 500, 130),
    # BERT-base: 110 million parameters; 1.2 times the weights is EleutherAI's "Transformer Math 101" for inference.
    ModelFamily.TRANSFORMER: FamilyDefaults(420, 2000, 120),
}
"""The families of which something is assumed."""

SERVER_MEBIBYTES: Final = 256
"""Memory of the inference server itself, without a model. Ours."""
ACCELERATED_SERVER_MEBIBYTES: Final = 1024
"""The same with an accelerator's driver libraries and context in the host's memory. Ours."""
ACCELERATED_MILLICORES: Final = 500
"""With an accelerator the CPU only feeds it: at most half a core. Ours."""
MOST_TIMES_CPU: Final = 4
"""A larger model asks for more cores in proportion, until more cores no longer speed up one request. Ours."""


def default_resources(family: ModelFamily, size_mebibytes: int | None, *, accelerated: bool) -> dict[str, int]:
    """What one replica requests by default: `cpu` in millicores, `memory` in bytes; nothing for `Other`.

    Args:
        family: the kind of model.
        size_mebibytes: the size of its files; None takes the family's typical size. More never asks for less.
        accelerated: whether the model itself runs on an accelerator. Its files still pass through the host's memory.
    """
    defaults = DEFAULTS.get(family)
    if defaults is None:
        return {}
    size = size_mebibytes or defaults.typical_mebibytes
    if accelerated:
        cpu, memory = min(ACCELERATED_MILLICORES, defaults.cpu_millicores), ACCELERATED_SERVER_MEBIBYTES + size
    else:
        cpu = _cpu(defaults, size)
        memory = SERVER_MEBIBYTES + -(-size * defaults.memory_percent // 100)
    return {"cpu": cpu, "memory": memory * MEBIBYTE}


def _cpu(defaults: FamilyDefaults, size: int) -> int:
    in_proportion = defaults.cpu_millicores * size // defaults.typical_mebibytes
    return min(max(defaults.cpu_millicores, in_proportion), MOST_TIMES_CPU * defaults.cpu_millicores)
