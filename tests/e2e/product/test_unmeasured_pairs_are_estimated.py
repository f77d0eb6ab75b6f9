# SPDX-License-Identifier: Apache-2.0
"""Ten sites of which each probes four: round trips that nobody measured are estimated, and no move begins by that.

The estimates are read where a user reads them: in the statuses of workloads with a client at each site, in the moment
in which these ask for paths that were never probed. The truth is what the uplinks are set to. A lab of its own, since
in one of four sites everything is measured.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import pytest

from aiworkload.sensing.rotation import WATCHERS
from demo import sightings
from demo.world import World
from localcluster.lab import Lab
from localcluster.lab.topology import parse
from tests.e2e.product import figures, installation
from tests.e2e.product.pings import rank
from tests.e2e.product.words import Manifest, Product, a_workload, moves, p95_ms, why

UPLINKS = {
    "eu-central": {"cloud": 10, "fog-1": 15, "plant-1": 20, "plant-2": 30},
    "eu-west": {"fog-2": 25, "plant-3": 40, "plant-4": 50},
    "us-east": {"fog-3": 60, "plant-5": 90, "plant-6": 120},
}
"""What each site's uplink adds to a round trip, in milliseconds, by region: well above what a busy machine adds."""
DELAYS = {site: delay for sites in UPLINKS.values() for site, delay in sites.items()}
TIERS = {"cloud": "Cloud", "fog": "Fog", "plant": "Edge"}
PEERS = 4
"""Sites that each site probes, instead of 16, by the chart's settings: about half of the 45 pairs are measured."""
SURVEYED_SECONDS = 35
"""The operator looks every 30 s where sites lie in the network."""
COMPUTE_MS = 5
"""As `a_workload` declares it."""
WINDOW_SECONDS = 5
"""Of a violation: shorter than any agent takes to be told of a peer, to probe it three times and to report."""
MEDIAN_ERROR = 0.25
"""At most, of the setting."""
ESTIMATED = re.compile(r"(?P<site>\S+) is some (?P<ms>[0-9.]+) ms from (?P<client>\S+) \(p95, estimated")

Pair = frozenset[str]


@dataclass(frozen=True)
class Move:
    """A workload that must leave a site, and may go to one that is only estimated. Unix seconds."""

    moves: list[tuple[str, str, str, str]]
    way: tuple[str, str]
    estimated_ms: float
    missed_at: float
    measured_at: float | None
    begun_at: float


@dataclass(frozen=True)
class Story:
    """What was estimated, beside what was known."""

    measured: Mapping[Pair, float]
    """Milliseconds of every pair that was ever measured."""
    estimated: Mapping[Pair, float]
    move: Move


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product at ten sites with a node each, every site Connected and its few peers measured."""
    sites = [
        {
            "name": name,
            "tier": TIERS[name.split("-")[0]],
            "region": region,
            "nodes": [f"{name}-1"],
            "link": {"delayMilliseconds": delay},
        }
        for region, uplinks in UPLINKS.items()
        for name, delay in uplinks.items()
    ]
    with ExitStack() as stack:
        lab = stack.enter_context(Lab.start(parse({"sites": sites}), archives=installation.archives()))
        installation.install(lab, f"--set=settings.sensing.peersPerSite={PEERS}")
        world = World()
        world.follow(installation.observer(lab, tmp_path_factory.mktemp("observer")))
        stack.callback(world.close)
        product = Product(lab, world, short=False)
        product.connected()
        product.see("what is to be probed measured", lambda: _probed(world), seconds=180)
        yield product


@pytest.fixture(scope="module")
def story(wide: Product) -> Story:
    """First one workload that has to move, then a client at every site."""
    time.sleep(SURVEYED_SECONDS)
    measured = dict(_measured(wide.world))
    move = _move(wide, measured)
    measured |= _measured(wide.world)
    estimated = {pair: ms for pair, ms in _estimates_everywhere(wide).items() if pair not in measured}
    _note(measured, estimated, move)
    return Story(measured, estimated, move)


def test_each_site_probes_only_a_few_others_and_every_other_pair_is_estimated(story: Story) -> None:
    """Ten sites are 45 pairs; what no agent has measured has an estimate."""
    pairs = {frozenset(ends) for ends in combinations(DELAYS, 2)}
    assert len(story.estimated) >= len(pairs) // 4
    assert story.measured.keys() | story.estimated.keys() == pairs


def test_estimates_are_near_the_truth(story: Story) -> None:
    """The median error is small, and smaller than that of a guess by what both ends typically see."""
    errors, guesses = _errors(story.estimated), _errors(_guess(story.measured, story.estimated))
    assert median(errors) < MEDIAN_ERROR
    assert median(errors) < median(guesses)


def test_no_move_begins_by_an_estimate_but_by_the_probe_that_it_asked_for(story: Story) -> None:
    """The target was missed and the window was over, and still it stayed until the way was measured."""
    move = story.move
    assert move.measured_at is not None
    assert move.missed_at + WINDOW_SECONDS < move.measured_at <= move.begun_at
    assert move.moves == [(*move.way, "LatencyViolated", "Completed")]


def _truth(pair: Pair) -> float:
    return float(sum(DELAYS[site] for site in pair))


def _errors(told: Mapping[Pair, float]) -> list[float]:
    """Relative errors of milliseconds, sorted."""
    return sorted(abs(ms - _truth(pair)) / _truth(pair) for pair, ms in told.items())


def _guess(measured: Mapping[Pair, float], asked: Mapping[Pair, float]) -> dict[Pair, float]:
    """For each pair the mean of what its two ends typically see: what one would say without coordinates."""
    typical = {site: median(ms for pair, ms in measured.items() if site in pair) for site in DELAYS}
    return {pair: sum(typical[site] for site in pair) / 2 for pair in asked}


def _measured(world: World) -> dict[Pair, float]:
    """The worse of both ends' p95 of each pair that an agent measures now."""
    found: dict[Pair, float] = {}
    for one in DELAYS:
        for other in DELAYS:
            ms = p95_ms(world, one, other)
            if ms is not None:
                found[frozenset((one, other))] = max(ms, found.get(frozenset((one, other)), 0.0))
    return found


def _probed(world: World) -> bool:
    """Whether every site's agent answers, has been told its peers, and tells of all of them."""
    found = 0
    for report in world.all("NodeReport"):
        spec, status = report.get("spec") or {}, report.get("status") or {}
        asked = {peer["site"] for peer in spec.get("peers", [])}
        told = {link["site"] for link in status.get("links", []) if "rttP95Microseconds" in link}
        found += "endpoint" in status and WATCHERS <= len(asked) <= PEERS and asked == told
    return found == len(DELAYS)


def _move(product: Product, measured: Mapping[Pair, float]) -> Move:
    """A workload serves far away, where its owner wants it; then he asks for less than that, and allows a nearer site.

    The client has never probed that one.
    """
    world, name = product.world, "mover"
    client, far, near = _ways(measured)
    product.apply(_mover(name, client, [far], 1000))
    product.settled(name, far)
    target = round((_truth(frozenset((client, far))) + _truth(frozenset((client, near)))) / 2 + COMPUTE_MS)
    product.apply(_mover(name, client, [far, near], target))
    measured_at: list[float] = []

    def begun() -> bool:
        if not measured_at and (p95_ms(world, client, near) or p95_ms(world, near, client)):
            measured_at.append(time.time())
        return near in sightings.placements(world, name)

    product.see(f"{near} estimated", lambda: frozenset((client, near)) in _estimates(world, name), seconds=20)
    estimated = _estimates(world, name)[frozenset((client, near))]
    missed_at = product.see("target missed", lambda: why(world, name, "LatencyMet")[0] == "False", seconds=20)
    begun_at = product.see(f"a move to {near}", begun, seconds=120)
    product.settled(name, near)
    known_at = measured_at[0] if measured_at else None
    return Move(moves(world, name), (far, near), estimated, missed_at, known_at, begun_at)


def _ways(measured: Mapping[Pair, float]) -> tuple[str, str, str]:
    """A client, a site that it probes, and one that nobody has probed from there, as much nearer as there is."""
    found = [
        (_truth(frozenset((client, far))) - _truth(frozenset((client, near))), client, far, near)
        for client in DELAYS
        for far in DELAYS
        for near in DELAYS
        if len({client, far, near}) == 3
        and frozenset((client, far)) in measured
        and frozenset((client, near)) not in measured
    ]
    return max(found)[1:]


def _mover(name: str, client: str, sites: list[str], target: int) -> Manifest:
    windows = {"violationSeconds": WINDOW_SECONDS, "minDwellSeconds": 0, "failbackSeconds": 600, "drainSeconds": 5}
    latency: Manifest = {"p95Milliseconds": target, "clients": [{"site": client}]}
    return a_workload(name, migration=windows, latency=latency, privacy={"boundary": "Site", "sites": sites})


def _estimates(world: World, workload: str) -> dict[Pair, float]:
    """What a workload's status tells of the ways from its client, as far as they are estimated."""
    candidates = (sightings.status_of(world, workload).get("decision") or {}).get("candidates", [])
    told = (ESTIMATED.search(candidate.get("rejectMessage", "")) for candidate in candidates)
    return {frozenset((one["site"], one["client"])): float(one["ms"]) for one in told if one}


def _estimates_everywhere(product: Product) -> dict[Pair, float]:
    """What is estimated from everywhere, by a workload with a client at each site that may go anywhere."""
    world, names = product.world, {site: f"from-{site}" for site in DELAYS}
    latency: Manifest = {"p95Milliseconds": 1000}
    product.apply(
        *(
            a_workload(name, migration={}, latency={**latency, "clients": [{"site": site}]})
            for site, name in names.items()
        )
    )

    def decided() -> bool:
        told = (sightings.status_of(world, name).get("decision") or {} for name in names.values())
        return all(len(decision.get("candidates", [])) == len(DELAYS) for decision in told)

    product.see("every site judged from everywhere", decided, seconds=30)
    return {pair: ms for name in names.values() for pair, ms in _estimates(world, name).items()}


def _note(measured: Mapping[Pair, float], estimated: Mapping[Pair, float], move: Move) -> None:
    errors, guesses = _errors(estimated), _errors(_guess(measured, estimated))
    figures.note(
        "estimates",
        sites=len(DELAYS),
        measured_pairs=len(measured),
        estimated_pairs=len(estimated),
        median_error_percent=100 * median(errors),
        p90_error_percent=100 * rank(errors, 90),
        guess_median_error_percent=100 * median(guesses),
        guess_p90_error_percent=100 * rank(guesses, 90),
        measured_median_error_percent=100 * median(_errors(measured)),
    )
    figures.note(
        "a move waits for a probe",
        estimated_ms=move.estimated_ms,
        window_s=WINDOW_SECONDS,
        measured_s=(move.measured_at or float("nan")) - move.missed_at,
        begun_s=move.begun_at - move.missed_at,
    )
