# SPDX-License-Identifier: Apache-2.0
"""How steady the site's contact and its clients' paths are.

A Connected site starts with 100 points, a Degraded one with 50, a silent one with 0. The worst client's loss takes up
to 50 of them, linear to 5 % of probes lost (TCP throughput falls with the square root of the loss; from a few per
cent on, requests stall), jitter up to 25, linear to 20 ms. A path that is lost or unknown takes all 75. Ours.
"""

from aiworkload.api.site import Connectivity
from aiworkload.placement.context import Context, Rivals
from aiworkload.placement.latency import Path, PathState
from aiworkload.placement.plan import Factor
from aiworkload.placement.weights import weights_of

NAME = "connectivity"

_STATE = {Connectivity.CONNECTED: 100, Connectivity.DEGRADED: 50}
LOSS_KNEE_BASIS_POINTS = 500
JITTER_KNEE_MICROSECONDS = 20_000
_LOSS_PENALTY = 50
_JITTER_PENALTY = 25


def score(context: Context, _rivals: Rivals) -> Factor:
    """Points for steadiness."""
    state = context.location.site.connectivity
    weight = weights_of(context.asking.workload.spec.placement)[NAME]
    paths = context.reach.paths
    penalty = max((_penalty(path) for path in paths), default=0.0)
    return Factor(NAME, max(0, round(_STATE.get(state, 0) - penalty)), weight, _words(state, paths))


def _penalty(path: Path) -> float:
    if path.state is not PathState.KNOWN:
        return _LOSS_PENALTY + _JITTER_PENALTY
    loss = min(1.0, path.loss_basis_points / LOSS_KNEE_BASIS_POINTS)
    jitter = min(1.0, path.jitter_microseconds / JITTER_KNEE_MICROSECONDS)
    return _LOSS_PENALTY * loss + _JITTER_PENALTY * jitter


def _words(state: Connectivity, paths: tuple[Path, ...]) -> str:
    loss = max((path.loss_basis_points for path in paths), default=0)
    jitter = max((path.jitter_microseconds for path in paths), default=0)
    return f"{state}, loss {loss / 100:.3g} %, jitter {jitter / 1000:.3g} ms"
