# SPDX-License-Identifier: Apache-2.0
"""Which change of a standing set of sites is wanted, and what holds it back.

The rules and their sentences are those of any move (`stability`); a set adds only that each placement it created in the
last hour counts as a move, whether or not one was recorded.
"""

from dataclasses import dataclass, replace
from typing import Final

from aiworkload.api.names import APPROVE_ANNOTATION
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.api.workload import MigrationMode
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.history import challenger, latency_violated_since
from aiworkload.placement.plan import Candidate, RejectReason
from aiworkload.placement.set_figures import served_by
from aiworkload.placement.set_standing import SetStanding, overdue_since
from aiworkload.placement.site_problem import Sites
from aiworkload.placement.site_set import Choice, SiteSet, choose, weigh
from aiworkload.placement.stability import Hold, Want, hold
from aiworkload.snapshot.workload import Assignment

_HOUR: Final = 3600.0
_MOST: Final = 100
"""Points or percent: what a change is worth at most."""


@dataclass(frozen=True, slots=True)
class Change:
    """Another set that is wanted in place of the standing one."""

    chosen: SiteSet
    trigger: MoveTrigger
    names: Assignment
    """What stands for it in the status: the first site that comes, else the first that leaves."""
    since: float
    """Since when the reason has lasted without a break."""
    words: str
    """Why, as a clause."""
    gain: int = _MOST
    """Points, or percent of the cost."""

    def held_words(self, held: Hold) -> str:
        """What the status says is held back, and by what."""
        return f"a change of sites ({self.trigger}) is held back by {held.sentence}"


def next_change(asking: Asking, field: Field, standing: SetStanding, sites: Sites, choice: Choice) -> Change | None:
    """The change that is wanted, before anything holds it back; one at a time."""
    if standing.move is not None:
        return None
    if standing.ailing:
        return _without_ailing(asking, field, standing, sites)
    if standing.leaving or choice.change is None or choice.standing is None:
        return None
    if any(sites.unknown[client][by] for client, by in served_by(sites, choice.standing)):
        return None
    return _better(asking, sites, choice.standing, choice.change)


def held_back(asking: Asking, standing: SetStanding, change: Change) -> Hold | None:
    """The rule that holds a change back; None: it begins now, and is counted."""
    workload, world = asking.workload, asking.world
    want = _want(change)
    rules = world.rules
    if workload.spec.migration.mode is MigrationMode.MANUAL:
        if workload.approved_site != change.names.site:
            wanted = f"{APPROVE_ANNOTATION}: {change.names.site}"
            return Hold(f"migration.mode Manual: allow it with the annotation {wanted}")
        rules.budget.spend(want)
        return None
    newest = max(standing.serving, key=lambda p: (p.created_at, p.assignment))
    site = world.locations[change.names.site].site
    own = hold(workload, want, newest, site, world.now) or _created(asking)
    return own or rules.breaker.hold(change.trigger, site.spec.tier) or rules.budget.grant(want)


def _want(change: Change) -> Want:
    voluntary = change.trigger is MoveTrigger.BETTER_SITE
    return Want(change.trigger, Candidate(change.names), change.since, change.gain, change.words, voluntary=voluntary)


def _created(asking: Asking) -> Hold | None:
    allowed, now = asking.workload.spec.migration.max_moves_per_hour, asking.world.now
    created = sorted((p.created_at for p in asking.standing.values() if p.created_at > now - _HOUR), reverse=True)
    if len(created) < allowed:
        return None
    until = created[allowed - 1] + _HOUR
    rule = f"maxMovesPerHour ({len(created)} placements were created in the last hour, and {allowed} are allowed)"
    return Hold(f"{rule}, until {to_rfc3339(until)}", until)


def _better(asking: Asking, sites: Sites, now: SiteSet, then: SiteSet) -> Change:
    """More targets met, or a ceiling kept, is worth a change in any case; else its gain says."""
    names, way = _names(sites, now.members, then.members)
    if (then.above_ceiling, then.missed) < (now.above_ceiling, now.missed):
        since = latency_violated_since(asking.workload)
        met = now.missed - then.missed
        words = f"{way} meets the target of {met:g} requests a second more" if met > 0 else f"{way} keeps maxPerHour"
        begun = asking.world.now if since is None else since
        return Change(then, MoveTrigger.LATENCY_VIOLATED, names, begun, words)
    saved = 100 * (now.cost - then.cost) / now.cost if now.cost else 0.0
    points = then.points - now.points
    words = f"{way} saves {saved:.0f} % of the cost" if saved > points else f"{way} gains {points:.0f} points"
    since = challenger(asking.workload, names, asking.world.now).since
    return Change(then, MoveTrigger.BETTER_SITE, names, since, words, gain=min(_MOST, int(max(saved, points))))


def _without_ailing(asking: Asking, field: Field, standing: SetStanding, sites: Sites) -> Change | None:
    """The best set that keeps whatever is well."""
    ailing = sites.members([placement.assignment for placement in standing.ailing])
    members = sites.members(standing.assignments)
    well = tuple(m for m in members if m not in ailing)
    found = choose(replace(sites.without(ailing), keep=sites.places_without(well, ailing)))
    if found is None:
        return None
    then = one_step(sites, members, sites.restored(found.best.members, ailing))
    if not set(then) - set(members):
        return None
    names, _ = _names(sites, members, then)
    why, trigger = _why(asking, field, standing)
    overdue = next((at for p in standing.ailing if (at := overdue_since(asking, p)) is not None), None)
    since = challenger(asking.workload, names, asking.world.now).since if overdue is None else overdue
    return Change(weigh(sites.problem, then), trigger, names, since, why)


def one_step(sites: Sites, before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
    """As much of the way from one set to another as goes at once: one site comes, or leaves, or both.

    Where another variant comes to a site, it is the one there that leaves.
    """
    new = [m for m in after if m not in before]
    old = [m for m in before if m not in after]
    site = sites.problem.site
    comes = new[:1]
    arriving = {int(site[m]) for m in new}
    leaves = [m for m in old if comes and site[m] == site[comes[0]]] or [m for m in old if int(site[m]) not in arriving]
    return tuple(sorted({*before, *comes} - set(leaves[:1])))


def _why(asking: Asking, field: Field, standing: SetStanding) -> tuple[str, MoveTrigger]:
    first = standing.ailing[0]
    candidate = field.of(first.assignment)
    if candidate is None or candidate.rejection is None:
        allowed = asking.workload.spec.migration.ready_timeout_seconds
        message = f"no replica at {first.site} got ready within readyTimeoutSeconds ({allowed} s)"
        return message, MoveTrigger.RESOURCE_PRESSURE
    late = candidate.rejection.reason is RejectReason.LATENCY_UNREACHABLE
    return candidate.rejection.message, MoveTrigger.LATENCY_VIOLATED if late else MoveTrigger.RESOURCE_PRESSURE


def _names(sites: Sites, before: tuple[int, ...], after: tuple[int, ...]) -> tuple[Assignment, str]:
    """What stands for a change, and the change as a clause."""
    new = [sites.candidates[m] for m in after if m not in before]
    old = [sites.candidates[m] for m in before if m not in after]
    if not new:
        return old[0], f"doing without {old[0].site}"
    if not old:
        return new[0], f"adding {new[0].site}"
    return new[0], f"{new[0].site} in place of {old[0].site}"
