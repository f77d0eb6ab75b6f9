# SPDX-License-Identifier: Apache-2.0
"""Instances of the joint assignment: generated edge, fog and cloud landscapes, and the published GAP sets.

The landscape has the nodes of `benchmarks/cluster.py`: 68 % at the edge in plants of one to three machines (4 cores,
8 GiB, an accelerator in one of ten), 20 % in fog sites of four servers (16 cores, 64 GiB, no accelerator), 12 % in
cloud regions of a hundred (64 cores, 256 GiB, eight accelerators in one of four); the system takes a twentieth of the
cores and half a GiB of each. A bin is a node, since a replica runs on one node whole; of a cloud region nobody minds
which node, there the region is the bin.

Metropolitan areas lie in a square of 2,000 km. Plants scatter around their metro (30 km), fog sites stand in it, cloud
regions anywhere. Workloads belong to a client at one metro's surroundings; metros are unequally popular (Zipf), which
is what makes edges scarce.

* Round trip: 1 ms per 50 km (light in fibre there and back, with detours), plus what access networks add to each pair
  of client and site: lognormal, median 3 ms, sigma 0.6; plus 4 ms to fog and 12 ms to cloud.
* Reach: what its filters leave a workload are the 40 edge and fog nodes of least round trip and every cloud region.
* Four families (feature-based, CNN, RNN, transformer) with typical cores, GiB, compute time and latency target. CNN and
  transformer have a second variant for an accelerator: a quarter of the cores and of the compute time.
* Points lost of 100: latency weighs 4 (the product's scorer: 100 up to half of the target, 40 at it, 0 at twice it),
  price weighs 2 (edge 10 lost, fog 30, cloud 60, each site x 0.5 to 1.5). An option costs them times the priority (1, 2
  or 4); staying unplaced loses all 100 points, times four, so that a place for one is worth moving others.
* Full to X %: the demand of all workloads, by their CPU variant, is X % of all cores, the cloud's among them, as in
  `benchmarks/cluster.py`. Edge and fog have 44 % of the cores: at 60 % somebody has to go to the cloud. 200 nodes for
  2,000 workloads makes 0.8 cores a workload, so five fill an edge node. 5,000 for 10,000 makes 4: an edge node takes
  two or three of the small families and never the big ones, which need fog or cloud. That is coarse, and what makes the
  large instance hard: two workloads a node is what was asked for.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from aiworkload.placement.assignment.problem import Flags, Floats, Integers, Problem

DATA: Final = Path(__file__).parent / "data"
PUBLISHED: Final = {"c05100": 1931.0, "d05100": 6353.0}
"""The published optima; where the files come from: data/README.md."""
CLOUD: Final = 2
"""The last of the tiers edge, fog, cloud."""
SHARES: Final = (0.68, 0.20, 0.12)
"""Of the nodes, by tier."""
PLANT_NODES: Final = (1, 3)
FOG_NODES: Final = 4
REGION_NODES: Final = 100
NODE: Final = np.array([[4.0, 8.0], [16.0, 64.0], [64.0, 256.0]]) - np.array([[0.2, 0.5], [0.8, 0.5], [3.2, 0.5]])
"""Cores and GiB of a node by tier, less what the system takes."""
EDGE_ACCELERATED: Final = 0.1
REGION_ACCELERATORS: Final = 8 * REGION_NODES // 4
REACHABLE: Final = 40
"""How many edge and fog nodes a workload can reach: those of least round trip."""
FULL_POINTS: Final = 100.0
UNPLACED_TIMES: Final = 4.0
"""How many times all its points a workload costs that stays unplaced. Ours."""
SQUARE_KILOMETRES: Final = 2000.0
PRICE_LOST: Final = np.array([10.0, 30.0, 60.0])
"""Price points lost at edge, fog, cloud."""
ACCESS_MILLISECONDS: Final = 3.0
ACCESS_SIGMA: Final = 0.6
EXTRA_MILLISECONDS: Final = np.array([0.0, 4.0, 12.0])
FAMILY_CORES: Final = np.array([0.25, 1.0, 0.5, 2.0])
FAMILY_GIBIBYTES: Final = np.array([0.5, 2.0, 1.0, 8.0])
FAMILY_COMPUTE_MILLISECONDS: Final = np.array([1.0, 15.0, 5.0, 60.0])
FAMILY_TARGET_MILLISECONDS: Final = np.array([10.0, 30.0, 15.0, 120.0])
FAMILY_ACCELERATED: Final = np.array([False, True, False, True])


@dataclass(frozen=True, slots=True)
class Sites:
    """S sites and their B bins: nodes, or a whole cloud region."""

    tier: Integers
    position: Floats
    price_lost: Floats
    of_bin: Integers
    """(B,) the site of each bin."""
    capacity: Floats
    """(B, 3) cores, GiB, accelerators."""


@dataclass(frozen=True, slots=True)
class Workloads:
    """Who wants what."""

    family: Integers
    priority: Floats
    position: Floats
    scale: Floats
    target: Floats


def published(name: str) -> Problem:
    """An instance of benchmarks/data: every job must be placed, and there is one resource."""
    numbers = np.array((DATA / name).read_text(encoding="utf-8").split(), dtype=float)
    agents, jobs = int(numbers[0]), int(numbers[1])
    cost, usage = numbers[2 : 2 + 2 * agents * jobs].reshape(2, agents, jobs)
    return _required(cost, usage, numbers[-agents:])


def _required(cost: Floats, usage: Floats, capacity: Floats) -> Problem:
    """From agents x jobs: every job must be placed, and there is one resource."""
    agents, jobs = cost.shape
    return Problem(
        group=np.repeat(np.arange(jobs), agents),
        bin=np.tile(np.arange(agents), jobs),
        cost=cost.T.ravel(),
        usage=usage.T.reshape(-1, 1),
        capacity=capacity[:, None],
        unplaced_cost=np.full(jobs, np.inf),
    )


def type_e(agents: int, jobs: int, seed: int) -> Problem:
    """Type E by its published recipe (Laguna et al., EJOR 82, 1995; Yagiura et al., 1998), drawn anew from the seed.

    Usage 1 - 10 ln U(0, 1), cost 1000 / usage - 10 U(0, 1): what takes little is dear, which makes it the hardest of
    the types. Whole numbers, capacity 0.8 of the mean load of an agent.
    """
    dice = np.random.default_rng(seed)
    usage = np.ceil(1.0 - 10.0 * np.log(1.0 - dice.random((agents, jobs))))
    cost = np.floor(1000.0 / usage - 10.0 * dice.random((agents, jobs)))
    cost = np.maximum(0.0, cost)
    capacity = np.floor(0.8 * usage.sum(axis=1) / agents)
    return _required(cost, usage, capacity)


def landscape(nodes: int, groups: int, full: float, seed: int) -> Problem:
    """An instance by the recipe above, with every option of every group."""
    dice = np.random.default_rng(seed)
    metros = dice.uniform(0, SQUARE_KILOMETRES, (max(2, nodes // 25), 2))
    sites = _sites(dice, nodes, metros)
    workloads = _workloads(dice, groups, metros, sites, full)
    parts = [
        _options(dice, sites, workloads, chunk) for chunk in np.array_split(np.arange(groups), max(1, groups // 64))
    ]
    group, at, cost, usage = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Problem(group, at, cost, usage, sites.capacity, workloads.priority * FULL_POINTS * UNPLACED_TIMES)


def full_points(landscape_of: Problem) -> float:
    """What a landscape's workloads would have together, each by its priority, if none lost a point."""
    return float(landscape_of.unplaced_cost.sum()) / UNPLACED_TIMES


def _sites(dice: np.random.Generator, nodes: int, metros: Floats) -> Sites:
    edge, fog = round(SHARES[0] * nodes), round(SHARES[1] * nodes)
    sizes = [
        _filled(edge, dice.integers(PLANT_NODES[0], PLANT_NODES[1] + 1, edge)),
        _filled(fog, np.full(fog, FOG_NODES)),
        _filled(nodes - edge - fog, np.full(nodes, REGION_NODES)),
    ]
    tier = np.repeat([0, 1, 2], [len(size) for size in sizes])
    home = metros[dice.integers(len(metros), size=len(tier))]
    position = home + dice.normal(0, 30, (len(tier), 2)) * (tier == 0)[:, None]
    position[tier == CLOUD] = dice.uniform(0, SQUARE_KILOMETRES, (len(sizes[CLOUD]), 2))
    size = np.concatenate(sizes)
    of_bin = np.repeat(np.arange(len(tier)), np.where(tier == CLOUD, 1, size))
    pooled = np.where(tier == CLOUD, size, 1)[of_bin]
    accelerated = np.where(tier[of_bin] == 0, dice.random(len(of_bin)) < EDGE_ACCELERATED, 0)
    accelerators = np.where(tier[of_bin] == CLOUD, pooled * REGION_ACCELERATORS // REGION_NODES, accelerated)
    capacity = np.column_stack([NODE[tier[of_bin]] * pooled[:, None], accelerators]).astype(float)
    return Sites(tier, position, PRICE_LOST[tier] * dice.uniform(0.5, 1.5, len(tier)), of_bin, capacity)


def _filled(nodes: int, sizes: Integers) -> Integers:
    """Sites of these sizes one after the other until there are so many nodes; the last one may be smaller."""
    ends = np.minimum(np.cumsum(sizes), nodes)
    found: Integers = np.diff(ends, prepend=0)
    return found[found > 0]


def _workloads(dice: np.random.Generator, groups: int, metros: Floats, sites: Sites, full: float) -> Workloads:
    popularity = 1.0 / np.arange(1, len(metros) + 1) ** 0.5
    home = metros[dice.choice(len(metros), size=groups, p=popularity / popularity.sum())]
    family = dice.choice(4, size=groups, p=[0.3, 0.4, 0.2, 0.1])
    scale = dice.lognormal(0, 0.4, groups)
    scale *= full * sites.capacity[:, 0].sum() / (scale * FAMILY_CORES[family]).sum()
    priority = dice.choice([1.0, 2.0, 4.0], size=groups, p=[0.5, 0.35, 0.15])
    target = FAMILY_TARGET_MILLISECONDS[family] * dice.uniform(0.75, 1.5, groups)
    return Workloads(family, priority, home + dice.normal(0, 30, (groups, 2)), scale, target)


def _latency_lost(milliseconds: Floats, target: Floats) -> Floats:
    share = milliseconds / target
    return np.interp(share, [0.5, 1.0, 2.0], [0.0, 60.0, 100.0])


def _options(
    dice: np.random.Generator, sites: Sites, workloads: Workloads, chunk: Integers
) -> tuple[Integers, Integers, Floats, Floats]:
    """The options of some groups: every bin with the CPU variant, and with the accelerated one where there is one."""
    bins, tier = len(sites.of_bin), sites.tier[sites.of_bin]
    family, scale = workloads.family[chunk], workloads.scale[chunk]
    kilometres = np.linalg.norm(workloads.position[chunk][:, None] - sites.position[None], axis=2)
    access = dice.lognormal(np.log(ACCESS_MILLISECONDS), ACCESS_SIGMA, kilometres.shape)
    path = (access + kilometres / 50.0 + EXTRA_MILLISECONDS[sites.tier])[:, sites.of_bin]
    reach = (tier == CLOUD) | _least(np.where(tier == CLOUD, np.inf, path), REACHABLE)
    cost, usage = [], []
    for share, accelerator in ((1.0, 0.0), (0.25, 1.0)):
        total = path + share * FAMILY_COMPUTE_MILLISECONDS[family][:, None]
        lost = 4.0 * _latency_lost(total, workloads.target[chunk][:, None]) + 2.0 * sites.price_lost[sites.of_bin]
        cores = share * FAMILY_CORES[family] * scale
        memory = FAMILY_GIBIBYTES[family] * np.minimum(scale, 2.0)
        allowed = FAMILY_ACCELERATED[family] | (accelerator == 0.0)
        takes = np.stack([cores, memory, np.full(len(chunk), accelerator)], axis=1)
        fits = np.all(takes[:, None] <= sites.capacity[None], axis=2) & allowed[:, None] & reach
        cost.append(np.where(fits, workloads.priority[chunk][:, None] * lost / 6.0, np.inf))
        usage.append(takes)
    costs = np.concatenate(cost, axis=1)
    row, column = np.nonzero(np.isfinite(costs))
    takes = np.stack(usage, axis=1)[row, column // bins]
    return chunk[row], column % bins, costs[row, column], takes


def _least(costs: Floats, count: int) -> Flags:
    best = np.zeros(costs.shape, dtype=bool)
    count = min(count, costs.shape[1] - 1)
    np.put_along_axis(best, np.argpartition(costs, count, axis=1)[:, :count], values=True, axis=1)
    return best
