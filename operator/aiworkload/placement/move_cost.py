# SPDX-License-Identifier: Apache-2.0
"""What a voluntary move costs, in the points that its gain is counted in.

While a model travels and warms it fills a link and stands twice, and nobody is served better. So a move is charged
as if the workload scored nothing for that long, spread over the time that it has to pay for itself:

    points = 100 x (transfer + warm-up) / max(minDwellSeconds, move_amortisation_seconds)

rounded half up, at most 100. Transfer is the variant's size over the bandwidth of the link between the two sites; a
size or a bandwidth that nobody told counts nothing. What stands ready at the target already costs nothing. Ours.
"""

from typing import Final

from aiworkload.api.workload import Variant
from aiworkload.placement.context import Asking
from aiworkload.placement.plan import Candidate
from aiworkload.snapshot.workload import Placement

_KILOBITS_IN_MEBIBYTE: Final = 8 * 1024 * 1024 / 1000
_SCALE: Final = 100
"""Points of a placement that is perfect in every factor."""


def move_points(asking: Asking, source: Placement, target: Candidate) -> int:
    """Points (0 to 100) that a move from a placement to a candidate costs."""
    if target.assignment in asking.standing:
        return 0
    return _points(asking, _transfer_seconds(asking, source.site, target))


def least_points(asking: Asking) -> int:
    """Points that any move costs at least: the warm-up, unless something stands ready elsewhere."""
    return 0 if len(asking.standing) > 1 else _points(asking, 0.0)


def _points(asking: Asking, transfer_seconds: float) -> int:
    policy, migration = asking.world.policy, asking.workload.spec.migration
    spread = max(float(migration.min_dwell_seconds), policy.move_amortisation_seconds)
    return min(_SCALE, int(_SCALE * (transfer_seconds + policy.warmup_seconds) / spread + 0.5))


def _transfer_seconds(asking: Asking, source: str, target: Candidate) -> float:
    size = next((_size(v) for v in asking.workload.spec.variants if v.name == target.assignment.variant), 0)
    link = asking.world.snapshot.link(source, target.assignment.site)
    if not size or link is None or not link.bandwidth_kilobits:
        return 0.0
    return size * _KILOBITS_IN_MEBIBYTE / link.bandwidth_kilobits


def _size(variant: Variant) -> int:
    return variant.size_mebibytes or 0
