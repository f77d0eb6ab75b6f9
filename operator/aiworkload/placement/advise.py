# SPDX-License-Identifier: Apache-2.0
"""`advise(reckoning, before) -> Advice`: all workloads together, near the optimum, and how near what stands is to it.

Deciding one by one is exact while nobody stands in another's way. Where they compete, the solver of the joint
assignment finds prices of scarce room and a choice near the optimum. The prices enter every decision
(`Candidate.worth`), and what stands elsewhere than chosen is advised to go there; the stability rules judge that as any
other move.

A solve is seconds of work at the size of a thousand sites, so the standing plan is first held against the bound that
the last prices certify, which costs a few array operations. Only when that leaves too much open is anything solved.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from aiworkload.placement.advice import Advice
from aiworkload.placement.assignment.dual import bound_of
from aiworkload.placement.assignment.problem import Solution, Start, gap_between, is_feasible, objective_of
from aiworkload.placement.assignment.solve import solve
from aiworkload.placement.columns import Columns, Floats, Ints
from aiworkload.placement.decide import decide
from aiworkload.placement.exchange import Exchanges
from aiworkload.placement.joint_problem import Joint, joint_problem
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.snapshot.snapshot import Snapshot

FORGETTING: Final = 0.5
"""What the solver could not prove counts so much less with each look at other facts, which may prove easier. Ours."""


def decide_with_advice(snapshot: Snapshot, policy: Policy, now: float) -> Plan:
    """`decide` for callers that ask once: where workloads compete, it is asked again with the solver's advice."""
    plan = decide(snapshot, policy, now)
    advice = advise(reckoning_of(plan))
    return decide(snapshot, policy, now, advice=advice) if advice.prices or advice.advised else plan


def reckoning_of(plan: Plan) -> Reckoning:
    """What a plan was made from.

    Raises:
        TypeError: the plan is not `decide`'s.
    """
    if not isinstance(plan.memory, Reckoning):
        raise TypeError(f"a plan of decide carries its Reckoning, this one {type(plan.memory).__name__}")
    return plan.memory


def differs(one: Reckoning, other: Reckoning) -> bool:
    """Whether anything is otherwise that advice is made from; values that were not reckoned again are the same ones."""
    if one.columns is not other.columns or one.scored.keys() != other.scored.keys():
        return True
    same = (one.scored[key] is found and one.needs[key] is other.needs[key] for key, found in other.scored.items())
    return not all(same)


def advise(reckoning: Reckoning, before: Advice | None = None) -> Advice:
    """What all workloads together say, given what they said the last time."""
    joint = joint_problem(reckoning)
    objective = objective_of(joint.problem, joint.standing)
    if _is_uncontended(joint):
        bound = float(bound_of(joint.problem, np.zeros_like(joint.problem.capacity)))
        return _advice(joint, {}, objective, bound)
    last = _as_array(before.prices if before else {}, joint, reckoning.columns)
    bound = bound_of(joint.problem, last)
    reached = before.reached if before else 0.0
    if gap_between(objective, bound) <= reckoning.policy.advice_gap_percent / 100 + reached:
        kept = _advice(joint, before.prices if before else {}, objective, bound)
        return replace(kept, reached=reached * FORGETTING)
    return _solved(reckoning, joint, last if before and before.prices else None)


def _solved(reckoning: Reckoning, joint: Joint, last: Floats | None) -> Advice:
    found = solve(joint.problem, start=Start(last, joint.standing))
    objective = objective_of(joint.problem, joint.standing)
    prices = _as_mapping(found, joint, reckoning.columns)
    exchanges = Exchanges(joint, found.choice, reckoning.columns.geography)
    advised = exchanges.advised(reckoning.policy.max_moves_per_hour)
    advice = _advice(joint, prices, objective, found.bound)
    return replace(advice, advised=advised, reached=found.gap, solved=True)


def _advice(joint: Joint, prices: Mapping[str, Mapping[str, float]], objective: float, bound: float) -> Advice:
    gap = gap_between(objective, bound)
    return Advice(prices=prices, urgency=joint.urgency, objective=objective, bound=bound, gap=gap)


def _is_uncontended(joint: Joint) -> bool:
    """Whether everybody's cheapest option has room at once: then that is the optimum, and nothing is scarce."""
    return is_feasible(joint.problem, _cheapest(joint))


def _cheapest(joint: Joint) -> Ints:
    """(G,) each member's cheapest option, the first of equals."""
    group, cost = joint.problem.group, joint.problem.cost
    order = np.lexsort((cost, group))
    _, first = np.unique(group[order], return_index=True)
    found: Ints = order[first]
    return found


def _as_array(prices: Mapping[str, Mapping[str, float]], joint: Joint, columns: Columns) -> Floats:
    """[S, D] of the problem's units."""
    found = np.zeros_like(joint.problem.capacity)
    resources = {name: d for d, name in enumerate(columns.resources)}
    for site, of in prices.items():
        column = columns.geography.index.get(site)
        for name, price in of.items():
            if column is not None and name in resources:
                found[column, resources[name]] = price * joint.units[resources[name]]
    return found


def _as_mapping(found: Solution, joint: Joint, columns: Columns) -> Mapping[str, Mapping[str, float]]:
    """By site and resource, of a resource's own unit; only what has a price."""
    prices = found.prices / joint.units
    return {
        columns.geography.names[column]: {
            name: float(prices[column, d]) for d, name in enumerate(columns.resources) if prices[column, d] > 0
        }
        for column in np.flatnonzero(np.any(prices > 0, axis=1)).tolist()
    }
