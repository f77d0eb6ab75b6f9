# SPDX-License-Identifier: Apache-2.0
"""Instances of the joint assignment: generated edge, fog and cloud landscapes, and the published GAP sets.

The landscape. Metropolitan areas lie in a square of 2,000 km; 80 % of the sites are edge, 18 % fog, 2 % cloud (at least
one). Edge sites scatter around their metro (30 km), fog sites stand in it, cloud sites anywhere. Workloads belong to a
client at one metro's surroundings; metros are unequally popular (Zipf), which is what makes edges scarce.

* Round trip: 1 ms per 50 km (light in fibre there and back, with detours), plus what access networks add to each pair:
  lognormal, median 3 ms, sigma 0.6; plus 4 ms to fog and 12 ms to cloud.
* Capacity (cores, GiB, accelerators): edge 4 to 16, 2 to 4 GiB a core, an accelerator in 30 %; fog 32 to 64, 4 GiB a
  core, 2 to 4 accelerators; cloud: enough for everybody.
* Reach: what its filters leave a workload are the 40 edge and fog sites of least round trip and the 4 nearest cloud
  sites.
* Four families (feature-based, CNN, RNN, transformer) with typical cores, GiB, compute time and latency target. CNN and
  transformer have a second variant for an accelerator: a quarter of the cores and of the compute time.
* Cost of an option = priority (1, 2 or 4) x points lost out of 100: latency weighs 4 (the product's scorer: 100 up to
  half of the target, 40 at it, 0 at twice it), price weighs 2 (edge 10 lost, fog 30, cloud 60, each site x 0.5 to 1.5).
* Full to X %: the demand of all workloads, by their CPU variant, is X % of what edge and fog have in cores.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from aiworkload.placement.assignment.problem import Flags, Floats, Integers, Problem

DATA: Final = Path(__file__).parent / "data"
PUBLISHED: Final = {"c05100": 1931.0, "d05100": 6353.0, "e05100": 12681.0}
"""The published optima; where the files come from: data/README.md."""
CLOUD: Final = 2
"""The last of the tiers edge, fog, cloud."""
CLOUD_OPTIONS: Final = 4
"""How many cloud sites a workload can reach: the nearest."""
REACHABLE: Final = 40
"""How many edge and fog sites a workload can reach: those of least round trip."""
UNPLACED_POINTS: Final = 400.0
"""What a workload costs that stays unplaced: all points of the highest priority."""
SQUARE_KILOMETRES: Final = 2000.0
PRICE_LOST: Final = np.array([10.0, 30.0, 60.0])
"""Price points lost at edge, fog, cloud."""
ACCESS_MILLISECONDS: Final = 3.0
EDGE_ACCELERATED: Final = 0.3
ACCESS_SIGMA: Final = 0.6
EXTRA_MILLISECONDS: Final = np.array([0.0, 4.0, 12.0])
FAMILY_CORES: Final = np.array([0.25, 1.0, 0.5, 2.0])
FAMILY_GIBIBYTES: Final = np.array([0.5, 2.0, 1.0, 8.0])
FAMILY_COMPUTE_MILLISECONDS: Final = np.array([1.0, 15.0, 5.0, 60.0])
FAMILY_TARGET_MILLISECONDS: Final = np.array([10.0, 30.0, 15.0, 120.0])
FAMILY_ACCELERATED: Final = np.array([False, True, False, True])


@dataclass(frozen=True, slots=True)
class Sites:
    """Where the bins are and what they have."""

    tier: Integers
    position: Floats
    capacity: Floats
    price_lost: Floats


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
    return Problem(
        group=np.repeat(np.arange(jobs), agents),
        bin=np.tile(np.arange(agents), jobs),
        cost=cost.T.ravel(),
        usage=usage.T.reshape(-1, 1),
        capacity=numbers[-agents:, None],
        unplaced_cost=np.full(jobs, np.inf),
    )


def landscape(bins: int, groups: int, full: float, seed: int) -> Problem:
    """An instance by the recipe above, with every option of every group."""
    dice = np.random.default_rng(seed)
    metros = dice.uniform(0, SQUARE_KILOMETRES, (max(2, bins // 25), 2))
    sites = _sites(dice, bins, metros)
    workloads = _workloads(dice, groups, metros, sites, full)
    parts = [
        _options(dice, sites, workloads, chunk) for chunk in np.array_split(np.arange(groups), max(1, groups // 64))
    ]
    group, at, cost, usage = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Problem(group, at, cost, usage, sites.capacity, np.full(groups, UNPLACED_POINTS))


def _sites(dice: np.random.Generator, bins: int, metros: Floats) -> Sites:
    cloud = max(1, round(0.02 * bins))
    fog = max(1, round(0.18 * bins))
    tier = np.repeat([0, 1, 2], [bins - fog - cloud, fog, cloud])
    home = metros[dice.integers(len(metros), size=bins)]
    position = home + dice.normal(0, 30, (bins, 2)) * (tier == 0)[:, None]
    position[tier == CLOUD] = dice.uniform(0, SQUARE_KILOMETRES, (cloud, 2))
    cores = np.where(tier == 0, 4.0 * dice.integers(1, 5, bins), 16.0 * dice.integers(2, 5, bins))
    memory = cores * np.where(tier == 0, dice.integers(2, 5, bins), 4)
    accelerators = np.where(tier == 0, dice.random(bins) < EDGE_ACCELERATED, dice.integers(2, 5, bins)).astype(float)
    capacity = np.stack([cores, memory, accelerators], axis=1)
    capacity[tier == CLOUD] = 1e6
    return Sites(tier, position, capacity, PRICE_LOST[tier] * dice.uniform(0.5, 1.5, bins))


def _workloads(dice: np.random.Generator, groups: int, metros: Floats, sites: Sites, full: float) -> Workloads:
    popularity = 1.0 / np.arange(1, len(metros) + 1) ** 0.5
    home = metros[dice.choice(len(metros), size=groups, p=popularity / popularity.sum())]
    family = dice.choice(4, size=groups, p=[0.3, 0.4, 0.2, 0.1])
    scale = dice.lognormal(0, 0.4, groups)
    scale *= full * sites.capacity[sites.tier < CLOUD, 0].sum() / (scale * FAMILY_CORES[family]).sum()
    priority = dice.choice([1.0, 2.0, 4.0], size=groups, p=[0.5, 0.35, 0.15])
    target = FAMILY_TARGET_MILLISECONDS[family] * dice.uniform(0.75, 1.5, groups)
    return Workloads(family, priority, home + dice.normal(0, 30, (groups, 2)), scale, target)


def _latency_lost(milliseconds: Floats, target: Floats) -> Floats:
    share = milliseconds / target
    return np.interp(share, [0.5, 1.0, 2.0], [0.0, 60.0, 100.0])


def _options(
    dice: np.random.Generator, sites: Sites, workloads: Workloads, chunk: Integers
) -> tuple[Integers, Integers, Floats, Floats]:
    """The options of some groups: every site with the CPU variant, and with the accelerated one where there is one."""
    bins = len(sites.tier)
    family, scale = workloads.family[chunk], workloads.scale[chunk]
    kilometres = np.linalg.norm(workloads.position[chunk][:, None] - sites.position[None], axis=2)
    access = dice.lognormal(np.log(ACCESS_MILLISECONDS), ACCESS_SIGMA, kilometres.shape)
    path = access + kilometres / 50.0 + EXTRA_MILLISECONDS[sites.tier]
    reach = _reachable(path, sites.tier)
    cost, usage = [], []
    for share, accelerator in ((1.0, 0.0), (0.25, 1.0)):
        total = path + share * FAMILY_COMPUTE_MILLISECONDS[family][:, None]
        lost = (4.0 * _latency_lost(total, workloads.target[chunk][:, None]) + 2.0 * sites.price_lost) / 6.0
        cores = share * FAMILY_CORES[family] * scale
        memory = FAMILY_GIBIBYTES[family] * np.minimum(scale, 2.0)
        allowed = FAMILY_ACCELERATED[family] | (accelerator == 0.0)
        takes = np.stack([cores, memory, np.full(len(chunk), accelerator)], axis=1)
        fits = np.all(takes[:, None] <= sites.capacity[None], axis=2) & allowed[:, None] & reach
        cost.append(np.where(fits, workloads.priority[chunk][:, None] * lost, np.inf))
        usage.append(takes)
    costs = np.concatenate(cost, axis=1)
    row, column = np.nonzero(np.isfinite(costs))
    takes = np.stack(usage, axis=1)[row, column // bins]
    return chunk[row], column % bins, costs[row, column], takes


def _reachable(path: Floats, tier: Integers) -> Flags:
    """The sites that a group's filters leave: the nearest outside the cloud, and the nearest in it."""
    near = _least(np.where(tier == CLOUD, np.inf, path), REACHABLE)
    cloud = _least(np.where(tier == CLOUD, path, np.inf), CLOUD_OPTIONS)
    return (near & (tier != CLOUD)) | (cloud & (tier == CLOUD))


def _least(costs: Floats, count: int) -> Flags:
    best = np.zeros(costs.shape, dtype=bool)
    count = min(count, costs.shape[1] - 1)
    np.put_along_axis(best, np.argpartition(costs, count, axis=1)[:, :count], values=True, axis=1)
    return best
