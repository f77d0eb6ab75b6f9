# SPDX-License-Identifier: Apache-2.0
"""What is in use on a machine, whoever uses it, in the amounts that decisions reckon with.

All of it counts in steps, and on the safe side of each, so that the noise of a working machine is no news.
"""

from collections.abc import Mapping
from typing import Final

from aiworkload.api.node_report import MachinePressure, MachineReport
from aiworkload.kube.projection.node import NodeFact

STEP_PERCENT: Final = 5
"""Of CPU and memory, rounded up: half of the headroom that decisions leave free by default. Ours."""
NVIDIA_GPU: Final = "nvidia.com/gpu"
"""As NVIDIA's device plugin names them, of whose devices agents tell."""
DISK: Final = "ephemeral-storage"
"""Kubernetes' name for a node's own disk."""
_DISK_BITS: Final = 4
"""Free disk is told by its highest bits: in steps of 6 to 12 %. Ours."""
_MEBIBYTE: Final = 2**20
_PRESSES: Final = {
    MachinePressure.CPU: "cpu",
    MachinePressure.HEAT: "cpu",
    MachinePressure.MEMORY: "memory",
}
"""Where work already waits for a resource, none of it is left for newcomers."""


def shares(machine: MachineReport) -> dict[str, int]:
    """Percents of the machine in use by resource; what was not measured is missing."""
    measured = {"cpu": machine.cpu_percent, "memory": machine.memory_percent}
    told = whole_steps({resource: percent for resource, percent in measured.items() if percent is not None})
    return told | {_PRESSES[kind]: 100 for kind in machine.pressed}


def whole_steps(percents: Mapping[str, int]) -> dict[str, int]:
    """Rounded up to whole steps."""
    return {resource: -(-percent // STEP_PERCENT) * STEP_PERCENT for resource, percent in percents.items()}


def busy_devices(machine: MachineReport) -> int:
    """How many devices somebody uses, be it a pod or not."""
    return sum(device.is_busy for device in machine.accelerators)


def disk_free(machine: MachineReport) -> int | None:
    """Bytes, rounded down; None: it was not measured."""
    free = machine.disk_free_mebibytes
    if free is None:
        return None
    step = 1 << max(0, free.bit_length() - _DISK_BITS)
    return free // step * step * _MEBIBYTE


def live_use(node: NodeFact, machine: MachineReport) -> dict[str, int]:
    """By resource, in the units of `api.quantity`.

    A device that is shared (more are allocatable than the driver sees) is left to what pods were promised: how busy it
    is says nothing about how many shares are taken.
    """
    used, allocatable, free = node.used(shares(machine)), node.allocatable, disk_free(machine)
    if free is not None and DISK in allocatable:
        used[DISK] = max(0, allocatable[DISK] - free)
    if 0 < allocatable.get(NVIDIA_GPU, 0) <= len(machine.accelerators):
        used[NVIDIA_GPU] = min(busy_devices(machine), allocatable[NVIDIA_GPU])
    return used
