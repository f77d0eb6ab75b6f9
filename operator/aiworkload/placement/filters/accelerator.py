# SPDX-License-Identifier: Apache-2.0
"""The devices that a variant is built for, and their memory where the nodes' labels tell it."""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.context import Context
from aiworkload.placement.family import gpu_memory_mebibytes
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.ACCELERATOR_MISSING


def refuses(block: Block) -> Array:
    """A site where no node has such a device at all; devices that are taken are the resources' matter."""
    if not block.rows.accelerated.any():
        return np.zeros((1,) * block.r.ndim, np.bool_)
    missing = block.columns.hardware[block.c, block.of_row(block.rows.device)] < 0
    small = block.of_row(block.rows.device_mebibytes) > block.of_column(block.columns.device_mebibytes)
    return block.of_row(block.rows.accelerated) & (missing | small)


def sentence(context: Context) -> str:
    """Which device is missing, or too small."""
    variant, needed = context.variant, context.needs.device_mebibytes
    if any(node.allocatable.get(variant.accelerator or "", 0) > 0 for node in context.location.nodes):
        sizes = (gpu_memory_mebibytes(node.labels) for node in context.location.nodes)
        largest = max((size for size in sizes if size is not None), default=0)
        return (
            f"each {variant.accelerator} of {context.location.site.name} has at most {largest} MiB, and variant"
            f" {variant.name} needs {needed:.0f} MiB"
        )
    return f"no node of {context.location.site.name} has {variant.accelerator}, which variant {variant.name} needs"
