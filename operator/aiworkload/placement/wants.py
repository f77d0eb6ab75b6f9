# SPDX-License-Identifier: Apache-2.0
"""Which move is wanted for a single-site workload, if any: the trigger, the target, and since when.

What breaks a requirement forces a move to the best of what is left; otherwise a move must be to something better,
back to where the workload was driven from, or what the solver of all workloads together advises. A person who
approves a target chooses it, whether it is the best or not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from aiworkload.api.site import Connectivity
from aiworkload.api.workload import MigrationMode
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.advice import Advised
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.history import challenger, last_challenger, latency_violated_since, unready_since
from aiworkload.placement.latency import PathState
from aiworkload.placement.move_cost import least_points, move_points
from aiworkload.placement.plan import Candidate, RejectReason
from aiworkload.placement.stability import Want, backoffs
from aiworkload.snapshot.workload import Assignment, Placement

_PRESSURE: Final = frozenset(
    {RejectReason.NODE_NOT_READY, RejectReason.INSUFFICIENT_RESOURCES, RejectReason.ACCELERATOR_MISSING}
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The standing placement beside everything else."""

    asking: Asking
    field: Field
    source: Placement
    spared: Mapping[str, float]
    """Sites that are no targets because moves to them failed, and until when."""

    @property
    def standing(self) -> Candidate | None:
        """The standing placement as a candidate; None when its site or variant is gone."""
        return self.field.of(self.source.assignment)

    @property
    def forced(self) -> MoveTrigger | None:
        """The trigger that the standing placement's own rejection sets off, or that it is not getting ready."""
        standing = self.standing
        if standing is None:
            return MoveTrigger.SPEC_CHANGED
        if standing.rejection is None:
            return MoveTrigger.RESOURCE_PRESSURE if self.overdue_since is not None else None
        return self._trigger_of(standing.rejection.reason)

    def _trigger_of(self, reason: RejectReason) -> MoveTrigger:
        if reason is RejectReason.SITE_DISCONNECTED:
            state = self.asking.world.locations[self.source.site].site.connectivity
            return MoveTrigger.SITE_LOST if state is Connectivity.LOST else MoveTrigger.SITE_DISCONNECTED
        if reason in _PRESSURE:
            return MoveTrigger.RESOURCE_PRESSURE
        return MoveTrigger.LATENCY_VIOLATED if reason is RejectReason.LATENCY_UNREACHABLE else MoveTrigger.SPEC_CHANGED

    @property
    def overdue_at(self) -> float | None:
        """When a first placement that is not ready has been waited for long enough."""
        since = unready_since(self.asking.workload, self.source)
        return None if since is None else since + self.asking.workload.spec.migration.ready_timeout_seconds

    @property
    def overdue_since(self) -> float | None:
        """Since when nothing has been ready at a first placement, once that is too long."""
        due = self.overdue_at
        return (
            unready_since(self.asking.workload, self.source)
            if due is not None and due <= self.asking.world.now
            else None
        )

    def gain(self, target: Candidate) -> int:
        """Points over the standing placement, for itself and with what others lose: the smaller counts.

        Going where others lose more than is gained would be undone by advice; going where only others gain is advice.
        """
        standing = self.standing
        if standing is None:
            return target.points
        return min(target.points - standing.points, target.worth - standing.worth)

    def targets(self) -> Iterator[Candidate]:
        """Feasible candidates other than the standing one, best first; without those where moves keep failing."""
        return (candidate for candidate in self.field.feasible if self._is_target(candidate))

    def target(self, assignment: Assignment | None) -> Candidate | None:
        """That candidate, if it may be moved to."""
        found = self.field.of(assignment) if assignment else None
        return found if found is not None and found.feasible and self._is_target(found) else None

    @property
    def approved(self) -> Candidate | None:
        """The best target at the site that a person approved."""
        workload = self.asking.workload
        if workload.spec.migration.mode is not MigrationMode.MANUAL or workload.approved_site is None:
            return None
        here = (self.target(Assignment(workload.approved_site, v.name)) for v in workload.spec.variants)
        return max((c for c in here if c is not None), key=lambda c: c.worth, default=None)

    def _is_target(self, candidate: Candidate) -> bool:
        if candidate.assignment == self.source.assignment or candidate.assignment.site in self.spared:
            return False
        detached = self.asking.standing.get(candidate.assignment)
        return detached is None or detached.ready


def compare(asking: Asking, field: Field, source: Placement) -> Comparison:
    """A standing placement beside everything else, now."""
    spared = backoffs(asking.workload, asking.world.policy)
    return Comparison(asking, field, source, {site: at for site, at in spared.items() if asking.world.now < at})


def wanted(comparison: Comparison, advised: Advised | None = None) -> Want | None:
    """The move that is wanted, before anything holds it back; None: the standing placement is the best there is."""
    forced = comparison.forced
    best = _best(comparison, forced)
    if best is None:
        return None
    if comparison.approved is not None:
        return _approved(comparison, comparison.approved, forced)
    if forced is not None:
        return _forced(comparison, forced, best)
    return (_advised(comparison, advised) if advised else None) or _voluntary(comparison, best)


def _best(comparison: Comparison, forced: MoveTrigger | None) -> Candidate | None:
    """The best target, or the last decision's challenger while none is better than it by `minGainPoints`.

    Two targets that take turns by noise would otherwise reset each other's window for ever. A forced move costs what
    it costs; any other goes where most is left of the gain.
    """
    best = _most_worth(comparison, forced)
    last = comparison.target(last_challenger(comparison.asking.workload))
    if best is None or last is None:
        return best
    enough = best.worth - last.worth >= comparison.asking.workload.spec.migration.min_gain_points
    return best if enough or comparison.gain(last) <= 0 < comparison.gain(best) else last


def _most_worth(comparison: Comparison, forced: MoveTrigger | None) -> Candidate | None:
    """Candidates come best first, so the search ends where not even the cheapest move to the next would be better."""
    best: Candidate | None = None
    most = (-1, False)
    least = 0 if forced else least_points(comparison.asking)
    for candidate in comparison.targets():
        if best is not None and (candidate.worth - least, bool(comparison.asking.homes)) <= most:
            break
        cost = 0 if forced else move_points(comparison.asking, comparison.source, candidate)
        left = (candidate.worth - cost, _is_home(comparison, candidate))
        if best is None or left > most:
            best, most = candidate, left
    return best


def _approved(comparison: Comparison, target: Candidate, forced: MoveTrigger | None) -> Want:
    since = comparison.asking.world.now
    words = why_forced(comparison) if forced else f"{target.assignment.site} was approved"
    gain = comparison.gain(target)
    return Want(forced or MoveTrigger.MANUAL, target, since, gain, words, voluntary=forced is None)


def _forced(comparison: Comparison, trigger: MoveTrigger, target: Candidate) -> Want:
    since = _lasting_since(comparison, trigger, target)
    unanswered = trigger is MoveTrigger.LATENCY_VIOLATED and _is_unanswered(comparison)
    return Want(trigger, target, since, comparison.gain(target), why_forced(comparison), unanswered=unanswered)


def _is_unanswered(comparison: Comparison) -> bool:
    context = comparison.field.contexts.get(comparison.source.assignment)
    return context is not None and any(path.state is PathState.LOST for path in context.reach.paths)


def why_forced(comparison: Comparison) -> str:
    """Why the standing placement should not stay, as a clause."""
    standing = comparison.standing
    if standing is None:
        return _gone(comparison)
    if standing.rejection is not None:
        return standing.rejection.message
    allowed = comparison.asking.workload.spec.migration.ready_timeout_seconds
    return f"no replica at {comparison.source.site} got ready within readyTimeoutSeconds ({allowed} s)"


def _lasting_since(comparison: Comparison, trigger: MoveTrigger, target: Candidate) -> float:
    workload, now = comparison.asking.workload, comparison.asking.world.now
    if trigger is MoveTrigger.LATENCY_VIOLATED:
        since = latency_violated_since(workload)
        return now if since is None else since
    standing, overdue = comparison.standing, comparison.overdue_since
    if overdue is not None and standing is not None and standing.rejection is None:
        return overdue
    return challenger(workload, target.assignment, now).since


def _gone(comparison: Comparison) -> str:
    site, variant = comparison.source.assignment
    if site not in comparison.asking.world.locations:
        return f"the Site {site} is gone"
    return f"variant {variant} is gone from the spec"


def _advised(comparison: Comparison, advised: Advised) -> Want | None:
    """What the solver advises, while it is feasible and the exchange is worth something."""
    target = comparison.target(advised.target)
    if target is None:
        return None
    own = comparison.gain(target)
    gain = max(own, advised.gain)
    trigger = MoveTrigger.BETTER_SITE if own > 0 else MoveTrigger.RESOURCE_PRESSURE
    return _want(comparison, trigger, target, gain, advised.words) if gain > 0 else None


def _voluntary(comparison: Comparison, best: Candidate) -> Want | None:
    needed = comparison.asking.workload.spec.migration.min_gain_points
    gain = comparison.gain(best)
    home = _home(comparison)
    net = gain - move_points(comparison.asking, comparison.source, best)
    if home is not None and (best.worth == home.worth or net < needed):
        words = f"{home.assignment.site} is good again"
        return _want(comparison, MoveTrigger.FAILBACK, home, comparison.gain(home), words)
    words = f"{best.assignment.site} has {gain} points more than {comparison.source.site}"
    return _want(comparison, MoveTrigger.BETTER_SITE, best, gain, words) if gain > 0 else None


def _want(comparison: Comparison, trigger: MoveTrigger, target: Candidate, gain: int, words: str) -> Want:
    asking = comparison.asking
    since = challenger(asking.workload, target.assignment, asking.world.now).since
    cost = move_points(asking, comparison.source, target)
    return Want(trigger, target, since, gain, words, voluntary=True, cost=cost)


def _home(comparison: Comparison) -> Candidate | None:
    """The best site that it was driven from, if it is well and at least as good as where it stands."""
    if not comparison.asking.homes:
        return None
    homes = (c for c in comparison.targets() if _is_home(comparison, c) and comparison.gain(c) >= 0)
    return next(homes, None)


def _is_home(comparison: Comparison, candidate: Candidate) -> bool:
    if candidate.assignment.site not in comparison.asking.homes:
        return False
    return comparison.asking.world.locations[candidate.assignment.site].site.connectivity is Connectivity.CONNECTED
