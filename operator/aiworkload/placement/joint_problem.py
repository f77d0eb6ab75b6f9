# SPDX-License-Identifier: Apache-2.0
"""All single-site workloads as one assignment problem: what each may take, what that costs, and what there is to take.

- A **group** is a workload that the solver may move or place; an **option** one of its kept candidates that is
  feasible, or only lacks room, because others may leave; where it stands is always one.
- An option **costs** the points that it lacks of 100, times the workload's urgency. Elsewhere than where it stands it
  costs what the move costs (`move_cost`) and `minGainPoints` on top, so that only exchanges worth their moves are
  found.
- A **bin** is a site. That a replica must fit on one node whole is relaxed to what the site has in all, which keeps
  the bound valid; `decide` looks at the nodes again.

Others stay where they are and keep what they hold: workloads at several sites, those that only a person moves, and
those with a move under way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aiworkload.api.workload import MigrationMode
from aiworkload.placement.assignment.problem import UNPLACED, Problem
from aiworkload.placement.catalogue import REASONS
from aiworkload.placement.columns import Bools, Floats, Ints
from aiworkload.placement.joint_capacity import Emptied, Standing, bound_pods
from aiworkload.placement.joint_moves import Legs, move_costs
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import RejectReason
from aiworkload.placement.reckoning import Reckoning
from aiworkload.placement.rows import Rows
from aiworkload.placement.scoring import FEASIBLE, Scored
from aiworkload.placement.stability import backoffs
from aiworkload.placement.standing import standing_of
from aiworkload.placement.urgency import urgencies
from aiworkload.snapshot.workload import Assignment

FULL_POINTS: Final = 100
"""Points of a placement that is perfect in every factor."""
BROKEN_POINTS: Final = 200
"""What standing where a rule refuses it costs: more than the worst feasible place, whatever its points. Ours."""
UNPLACED_POINTS: Final = 1000
"""What serving nowhere costs: several times the dearest option, so that a place for one is worth three others' moves
to their worst ones, each with its cost. What stands is never sent nowhere. Ours."""

NO_ROOM: Final = REASONS.index(RejectReason.INSUFFICIENT_RESOURCES) + 1
"""The number of the one reason that others can take away by leaving."""

_UNITS: Final = {"cpu": 1000.0, "memory": 2.0**30}
"""Cores and GiB, so that numbers are of one size; the rest counts pieces."""


@dataclass(frozen=True, slots=True)
class Member:
    """A workload that takes part."""

    needs: Needs
    scored: Scored
    source: Assignment | None
    """Where it stands."""


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """P options of G members, sorted by member."""

    group: Ints
    column: Ints
    variant: Ints
    """Position in the workload's variants."""
    row: Ints
    """Position among all variants of all members."""
    reason: NDArray[np.uint8]
    """FEASIBLE, or one more than an index into REASONS."""
    points: Ints
    stands: Bools

    def picked(self, mask: Bools) -> "Options":
        """Those that a mask picks."""
        return Options(
            self.group[mask],
            self.column[mask],
            self.variant[mask],
            self.row[mask],
            self.reason[mask],
            self.points[mask],
            self.stands[mask],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """The problem, and what its numbers stand for."""

    problem: Problem
    members: tuple[Member, ...]
    options: Options
    standing: Ints
    """(G,) the option that each member has now, or UNPLACED."""
    charge: Ints
    """(P,) points that leaving where it stands for the option must gain at least."""
    worth: Floats
    """(G,) how much a member's point counts."""
    urgency: Mapping[int, float]
    """The same by priority."""
    units: Floats
    """(D,) how much of a resource, in its own unit, is one unit of the problem's."""


def joint_problem(reckoning: Reckoning) -> Joint:
    """Lay out all that may be moved or placed together."""
    members = tuple(_members(reckoning))
    rows = Rows.of([(m.needs, v) for m in members for v in m.needs.variants], reckoning.columns.resources)
    emptied = Emptied.of(reckoning.columns, _sources(members))
    everything = _options(reckoning, members)
    options = everything.picked(_possible(reckoning, members, everything, rows, emptied))
    members, options = _with_options(members, options)
    urgency = urgencies(needs.workload.priority for needs in reckoning.needs.values())
    return _joint(reckoning, members, options, _Demands(rows, emptied, urgency))


@dataclass(frozen=True, slots=True, eq=False)
class _Demands:
    rows: Rows
    emptied: Emptied
    urgency: Mapping[int, float]


def _members(reckoning: Reckoning) -> Iterator[Member]:
    """Those that may go, in the order in which they are decided."""
    for key, needs in reckoning.needs.items():
        if needs.several or needs.everywhere:
            continue
        found = standing_of(needs.workload)
        fixed = found.source is not None and needs.workload.spec.migration.mode is MigrationMode.MANUAL
        if found.flight is None and not fixed:
            yield Member(needs, reckoning.scored[key], found.source.assignment if found.source else None)


def _sources(members: tuple[Member, ...]) -> Iterator[Standing]:
    return ((member.needs, member.source) for member in members if member.source)


def _options(reckoning: Reckoning, members: tuple[Member, ...]) -> Options:
    """Every kept candidate of every member."""
    counts = np.array([len(member.scored.columns) for member in members], np.int64)
    group = np.repeat(np.arange(len(members)), counts)
    column = _joined([member.scored.columns for member in members])
    variant = _joined([member.scored.variants for member in members])
    sizes = np.array([len(member.needs.variants) for member in members], np.int64)
    index = reckoning.columns.geography.index
    at = np.array([index.get(member.source.site, -1) if member.source else -1 for member in members], np.int64)
    build = np.array([_variant_of(member) for member in members], np.int64)
    return Options(
        group=group,
        column=column,
        variant=variant,
        row=(np.cumsum(sizes) - sizes)[group] + variant,
        reason=_joined([member.scored.reasons for member in members]).astype(np.uint8),
        points=_joined([member.scored.points for member in members]),
        stands=(column == at[group]) & (variant == build[group]),
    )


def _joined(parts: list[NDArray[np.generic]]) -> Ints:
    found: Ints = np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)
    return found


def _variant_of(member: Member) -> int:
    names = [variant.name for variant in member.needs.variants]
    return names.index(member.source.variant) if member.source and member.source.variant in names else -1


def _possible(
    reckoning: Reckoning, members: tuple[Member, ...], options: Options, rows: Rows, emptied: Emptied
) -> Bools:
    """(P,) where it stands, and what is feasible or would be if others left; not where it would not be let go to."""
    crowded = np.flatnonzero(options.reason == NO_ROOM)
    row = options.row[crowded]
    found = options.reason == FEASIBLE
    found[crowded] = emptied.fits(options.column[crowded], rows.demand[row], rows.replicas[row])
    for group, member in enumerate(members):
        if closed := _closed(reckoning, member):
            first, last = np.searchsorted(options.group, [group, group + 1])
            found[first:last] &= ~np.isin(options.column[first:last], closed)
    stands: Bools = found | options.stands
    return stands


def _closed(reckoning: Reckoning, member: Member) -> list[int]:
    """Columns of sites where its moves keep failing, or where it has left something that is not ready."""
    now, workload = reckoning.seen.taken_at, member.needs.workload
    spared = {site for site, until in backoffs(workload, reckoning.policy).items() if now < until}
    left = {at.site for at, placement in member.needs.standing.items() if at != member.source and not placement.ready}
    return reckoning.columns.geography.column(sorted(spared | left)) if member.source else []


def _with_options(members: tuple[Member, ...], options: Options) -> tuple[tuple[Member, ...], Options]:
    """Without those that can be nowhere at all: they change neither the choice nor the gap."""
    able = np.unique(options.group)
    group = np.searchsorted(able, options.group)
    return tuple(members[int(place)] for place in able), replace(options, group=group)


def _joint(reckoning: Reckoning, members: tuple[Member, ...], options: Options, demands: _Demands) -> Joint:
    rows, urgency = demands.rows, demands.urgency
    worth = np.array([urgency[member.needs.workload.priority] for member in members], np.float64)
    units = np.array([_UNITS.get(name, 1.0) for name in reckoning.columns.resources])
    standing = np.full(len(members), UNPLACED)
    at = np.flatnonzero(options.stands)
    standing[options.group[at]] = at
    replicas = rows.replicas[options.row]
    for option in at.tolist():
        member = members[int(options.group[option])]
        variant = member.needs.variants[int(options.variant[option])].name
        where = Assignment(reckoning.columns.geography.names[int(options.column[option])], variant)
        replicas[option] = _held(reckoning, member, where, int(options.reason[option]))
    usage = rows.demand[options.row] * replicas[:, None]
    charge = _charges(reckoning, members, options, standing)
    lost = np.where(options.stands & (options.reason != FEASIBLE), BROKEN_POINTS, FULL_POINTS - options.points) + charge
    stays = standing != UNPLACED
    problem = Problem(
        group=options.group,
        bin=options.column,
        cost=worth[options.group] * lost,
        usage=usage / units,
        capacity=_capacity(reckoning, members, options, usage, demands.emptied) / units,
        unplaced_cost=np.where(stays, np.inf, worth * UNPLACED_POINTS),
        floor_cost=worth * _floor(members, options, standing),
    )
    return Joint(problem, members, options, standing, charge, worth, urgency, units)


def _held(reckoning: Reckoning, member: Member, where: Assignment, reason: int) -> int:
    """Replicas that the standing placement takes of usable nodes: bound ones, and those that room is kept for."""
    bound = min(member.needs.replicas, len(bound_pods(reckoning.columns, member.needs, where)))
    return bound if reason == NO_ROOM else bound + dict(member.needs.waiting).get(where, 0)


def _charges(reckoning: Reckoning, members: tuple[Member, ...], options: Options, standing: Ints) -> Ints:
    """What leaving must gain; nothing where a rule refuses the standing placement, for then it has to go."""
    here = standing[options.group]
    settled = (here != UNPLACED) & (options.reason[here] == FEASIBLE) & ~options.stands
    least = np.array([member.needs.workload.spec.migration.min_gain_points for member in members], np.int64)
    charge = np.zeros(len(options.group), np.int64)
    leaving = np.flatnonzero(settled)
    movers = [(member.needs, member.source) for member in members]
    mover = options.group[leaving]
    legs = Legs(mover, options.column[here[leaving]], options.column[leaving], options.variant[leaving])
    charge[leaving] = least[mover] + move_costs(reckoning, movers, legs)
    return charge


def _capacity(
    reckoning: Reckoning, members: tuple[Member, ...], options: Options, usage: Ints, emptied: Emptied
) -> Ints:
    """[S, D]; never below what stands, which may have eaten into the headroom."""
    taking = {member.needs.workload.key: member.source for member in members}
    waiting = (
        (where.site, demand, count)
        for key, needs in reckoning.needs.items()
        for where, demand, count in needs.unbound
        if where != taking.get(key) and where.site in reckoning.columns.geography.index
    )
    found = emptied.capacity(waiting)
    stands = np.zeros_like(found)
    np.add.at(stands, options.column[options.stands], usage[options.stands])
    return np.maximum(found, stands)


def _floor(members: tuple[Member, ...], options: Options, standing: Ints) -> Floats:
    """(G,) no candidate that was not kept lacks fewer points of 100; inf: all were kept."""
    most = np.array([member.scored.floor for member in members], np.float64)
    settled = (standing != UNPLACED) & (options.reason[standing] == FEASIBLE)
    least = np.array([member.needs.workload.spec.migration.min_gain_points for member in members], np.float64)
    return np.where(most < 0, np.inf, FULL_POINTS - most + least * settled)
