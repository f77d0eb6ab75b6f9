# SPDX-License-Identifier: Apache-2.0
"""The decision about a workload that must go on through a cut: a replica at every client site.

There are no moves between sites. What stands at a client site stays there, in contact or not, unless its variant is
no longer allowed; then another takes its place once it is ready.
"""

from aiworkload.placement import explanation
from aiworkload.placement.candidates import Field
from aiworkload.placement.context import Asking
from aiworkload.placement.outcome import Verdict, decision_of
from aiworkload.placement.plan import Candidate, Decision, DecisionReason, RejectReason
from aiworkload.snapshot.workload import Assignment, Placement

_WEATHER = frozenset(
    {
        RejectReason.SITE_DISCONNECTED,
        RejectReason.NODE_NOT_READY,
        RejectReason.INSUFFICIENT_RESOURCES,
        RejectReason.LATENCY_UNREACHABLE,
        RejectReason.MEASUREMENTS_STALE,
    }
)
"""Reasons that do not end what stands: it rides them out where its clients are."""


def decide_every_site(asking: Asking, field: Field) -> Decision:
    """A variant for each client site that can host one, and the reason for each that cannot."""
    chosen = {site: _choose(asking, field, site) for site in sorted(asking.client_sites)}
    assignments = tuple(found for found in chosen.values() if found)
    missing = [site for site, found in chosen.items() if found is None]
    reason, message = _words(asking, field, assignments, missing)
    verdict = Verdict(reason, message, assignments, _kept(asking, assignments), serving=_slowest(field, assignments))
    return decision_of(asking, field, verdict)


def _choose(asking: Asking, field: Field, site: str) -> Assignment | None:
    here = _at(asking, field, site)
    standing = [c.assignment for c in here if c.assignment in asking.standing and _rides_out(c)]
    return next(iter(standing), None) or next((c.assignment for c in here if c.feasible), None)


def _rides_out(candidate: Candidate) -> bool:
    return candidate.rejection is None or candidate.rejection.reason in _WEATHER


def _kept(asking: Asking, assignments: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
    """What is not wanted any more, until all that is wanted is ready: make before break."""
    settled = bool(assignments) and all(_is_ready(asking, asking.standing.get(where)) for where in assignments)
    leftovers = (where for where in asking.standing if where not in assignments)
    return tuple(where for where in leftovers if not settled or asking.world.is_cut(where.site))


def _is_ready(asking: Asking, placement: Placement | None) -> bool:
    if placement is None:
        return False
    rides_out = asking.world.is_cut(placement.site) and asking.workload.has_served(placement.assignment)
    return placement.ready or rides_out


def _slowest(field: Field, assignments: tuple[Assignment, ...]) -> Assignment | None:
    """The assignment that computes longest: each client is served by its own site, so the network counts nothing."""
    return max(assignments, key=lambda where: (field.contexts[where].compute or 0, where), default=None)


def _words(
    asking: Asking, field: Field, assignments: tuple[Assignment, ...], missing: list[str]
) -> tuple[DecisionReason, str]:
    if not missing:
        new = any(where not in asking.standing for where in assignments)
        sites = ", ".join(where.site for where in assignments)
        return (DecisionReason.PLACED if new else DecisionReason.STAYS), f"a replica at every client site: {sites}"
    reasons = "; ".join(_why_not(asking, field, site) for site in missing)
    if not assignments:
        return DecisionReason.INFEASIBLE, f"no client site can host it: {reasons}"
    return DecisionReason.PARTIAL, f"offline serving is not ensured everywhere: {reasons}"


def _why_not(asking: Asking, field: Field, site: str) -> str:
    return explanation.first_reason(_at(asking, field, site)) or f"there is no Site {site}"


def _at(asking: Asking, field: Field, site: str) -> list[Candidate]:
    """The candidates of one site, best first, refused ones last."""
    found = (field.of(Assignment(site, variant.name)) for variant in asking.workload.spec.variants)
    return sorted((c for c in found if c is not None), key=lambda c: (not c.feasible, -c.points, c.assignment))
