# SPDX-License-Identifier: Apache-2.0
"""A move costs the same points in the problem of all workloads together as in the decision about one."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.placement.advise import reckoning_of
from aiworkload.placement.candidates import Board, Field
from aiworkload.placement.context import ask
from aiworkload.placement.decide import decide
from aiworkload.placement.joint_problem import joint_problem
from aiworkload.placement.move_cost import move_points
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from tests.builders import NOW, a_link, a_placement, a_site, a_snapshot, a_variant, a_workload

POLICIES = st.builds(Policy, warmup_seconds=st.sampled_from([0.0, 30.0, 400.0]))


@settings(deadline=None, max_examples=50)
@given(st.sampled_from([None, 90, 5000]), st.sampled_from([None, 8, 1000]), st.integers(0, 1), POLICIES)
def test_each_option_is_charged_what_the_move_to_it_costs(
    size: int | None,
    megabits: int | None,
    others: int,
    policy: Policy,
) -> None:
    sites = [a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud"), a_site("plant")]
    uplink = replace(a_link("cloud", "fog", 20), bandwidth_kilobits=megabits and megabits * 1000)
    links = [a_link("plant", "fog", 5), a_link("plant", "cloud", 9), uplink]
    variants = [a_variant("default", sizeMebibytes=size), a_variant("small")]
    standing = [a_placement("fog"), *([a_placement("cloud")] * others)]
    workload = a_workload(target=50, clients=["plant"], variants=variants, placements=standing)
    snapshot = a_snapshot(sites=sites, links=links, workloads=[workload])
    joint = joint_problem(reckoning_of(decide(snapshot, policy, NOW)))
    reckoning, world, reserved = Reckoning.of(snapshot, policy)
    needs = reckoning.needs[workload.key]
    asking = ask(world, needs, {})
    field = Field(asking, reckoning.scored[workload.key], Board(reckoning.columns, reckoning.situation(reserved)))
    least = workload.spec.migration.min_gain_points
    charged = 0
    for option, charge in enumerate(joint.charge.tolist()):
        site = reckoning.columns.geography.names[int(joint.options.column[option])]
        variant = needs.variants[int(joint.options.variant[option])].name
        found = next(c for c in field.feasible if c.assignment == (site, variant))
        if found.assignment == standing[0].assignment:
            assert charge == 0
        else:
            assert charge == least + move_points(asking, standing[0], found)
            charged += 1
    assert charged == 5
