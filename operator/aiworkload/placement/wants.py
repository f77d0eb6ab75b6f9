# SPDX-License-Identifier: Apache-2.0
"""Which move is wanted for a single-site workload, if any: the trigger, the target, and since when.

What breaks a requirement forces a move to the best of what is left; otherwise a move must be to something better,
or back to where the workload was driven from.
"""

from dataclasses import dataclass
from typing import Final

from aiworkload.api.site import Connectivity
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.history import challenger, last_challenger, latency_violated_since
from aiworkload.placement.plan import Candidate, RejectReason
from aiworkload.placement.stability import Want, backoff_until
from aiworkload.snapshot.workload import Placement

_PRESSURE: Final = frozenset(
    {RejectReason.NODE_NOT_READY, RejectReason.INSUFFICIENT_RESOURCES, RejectReason.ACCELERATOR_MISSING}
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The standing placement beside everything else."""

    asking: Asking
    field: Field
    source: Placement

    @property
    def standing(self) -> Candidate | None:
        """The standing placement as a candidate; None when its site or variant is gone."""
        return self.field.of(self.source.assignment)

    @property
    def forced(self) -> MoveTrigger | None:
        """The trigger that the standing placement's own rejection sets off."""
        standing = self.standing
        if standing is None:
            return MoveTrigger.SPEC_CHANGED
        if standing.rejection is None:
            return None
        return self._trigger_of(standing.rejection.reason)

    def _trigger_of(self, reason: RejectReason) -> MoveTrigger:
        if reason is RejectReason.SITE_DISCONNECTED:
            state = self.asking.world.locations[self.source.site].site.connectivity
            return MoveTrigger.SITE_LOST if state is Connectivity.LOST else MoveTrigger.SITE_DISCONNECTED
        if reason in _PRESSURE:
            return MoveTrigger.RESOURCE_PRESSURE
        return MoveTrigger.LATENCY_VIOLATED if reason is RejectReason.LATENCY_UNREACHABLE else MoveTrigger.SPEC_CHANGED

    @property
    def targets(self) -> tuple[Candidate, ...]:
        """Feasible candidates other than the standing one, best first; without those where moves keep failing."""
        return tuple(
            c for c in self.field.feasible if c.assignment != self.source.assignment and not self._ruled_out(c)
        )

    def _ruled_out(self, candidate: Candidate) -> bool:
        until = backoff_until(self.asking.workload, candidate.assignment.site, self.asking.world.policy)
        if until is not None and self.asking.world.now < until:
            return True
        detached = self.asking.standing.get(candidate.assignment)
        return detached is not None and not detached.ready


def wanted(comparison: Comparison) -> Want | None:
    """The move that is wanted, before anything holds it back; None: the standing placement is the best there is."""
    targets = comparison.targets
    if not targets:
        return None
    forced = comparison.forced
    return (
        _voluntary(comparison, targets) if forced is None else _forced(comparison, forced, _best(comparison, targets))
    )


def _best(comparison: Comparison, targets: tuple[Candidate, ...]) -> Candidate:
    """The best target, or the last decision's challenger while none is better than it by `minGainPoints`.

    Two targets that take turns by noise would otherwise reset each other's window for ever.
    """
    best = max(targets, key=lambda c: (c.points, _is_home(comparison, c)))
    last = last_challenger(comparison.asking.workload)
    kept = next((c for c in targets if c.assignment == last), best)
    enough = best.points - kept.points >= comparison.asking.workload.spec.migration.min_gain_points
    standing = comparison.standing.points if comparison.standing else 0
    return best if enough or kept.points <= standing < best.points else kept


def _forced(comparison: Comparison, trigger: MoveTrigger, target: Candidate) -> Want:
    standing = comparison.standing
    why = standing.rejection.message if standing and standing.rejection else _gone(comparison)
    since = _lasting_since(comparison, trigger, target)
    return Want(trigger, target, since, target.points - (standing.points if standing else 0), why)


def _lasting_since(comparison: Comparison, trigger: MoveTrigger, target: Candidate) -> float:
    workload, now = comparison.asking.workload, comparison.asking.world.now
    if trigger is MoveTrigger.LATENCY_VIOLATED:
        since = latency_violated_since(workload)
        return now if since is None else since
    return challenger(workload, target.assignment, now).since


def _gone(comparison: Comparison) -> str:
    site, variant = comparison.source.assignment
    if site not in comparison.asking.world.locations:
        return f"the Site {site} is gone"
    return f"variant {variant} is gone from the spec"


def _voluntary(comparison: Comparison, targets: tuple[Candidate, ...]) -> Want | None:
    standing = comparison.standing
    points = standing.points if standing else 0
    best = _best(comparison, targets)
    home = next((c for c in targets if _is_home(comparison, c) and c.points >= points), None)
    needed = comparison.asking.workload.spec.migration.min_gain_points
    if home is not None and (best.points == home.points or best.points - points < needed):
        return _want(comparison, MoveTrigger.FAILBACK, home, points)
    return _want(comparison, MoveTrigger.BETTER_SITE, best, points) if best.points > points else None


def _want(comparison: Comparison, trigger: MoveTrigger, target: Candidate, standing_points: int) -> Want:
    since = challenger(comparison.asking.workload, target.assignment, comparison.asking.world.now).since
    site, source, gain = target.assignment.site, comparison.source.site, target.points - standing_points
    back = trigger is MoveTrigger.FAILBACK
    words = f"{site} is good again" if back else f"{site} has {gain} points more than {source}"
    return Want(trigger, target, since, gain, words)


def _is_home(comparison: Comparison, candidate: Candidate) -> bool:
    location = comparison.asking.world.locations[candidate.assignment.site]
    healthy = location.site.connectivity is Connectivity.CONNECTED
    return healthy and candidate.assignment.site in comparison.asking.homes
