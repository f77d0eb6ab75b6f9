# SPDX-License-Identifier: Apache-2.0
"""What agents report against what ping sees on the same wires at the same time, and against what the wires are set to.

Three uplinks are set at a time, and the links from their sites to the cloud are looked at, whose own uplink is
perfect. Loss lies on two of them all the while: of datagrams there and back, 2 % and 10 % are lost.
"""

import math
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean

import pytest

from tests.e2e.product import figures
from tests.e2e.product.pings import Pinging, pinging, rank
from tests.e2e.product.words import Product, link_of

CLOUD = "cloud"
NODES = {"fog-1": "fog-1-1", "plant-7": "edge-1", "plant-8": "edge-2"}
ROUNDS = (
    {"fog-1": (1, 0), "plant-7": (5, 0), "plant-8": (20, 0)},
    {"fog-1": (20, 0), "plant-7": (80, 0), "plant-8": (200, 0)},
    {"fog-1": (5, 2), "plant-7": (1, 0), "plant-8": (200, 40)},
    {"fog-1": (80, 20), "plant-7": (20, 6), "plant-8": (5, 2)},
    {"fog-1": (200, 40), "plant-7": (200, 0), "plant-8": (80, 0)},
)
"""Delay and jitter in milliseconds of round trip, by site: every delay with and without loss, and, but for 1 ms, with
and without jitter: the wires wait whole milliseconds."""
DELAYS = {delay for settings in ROUNDS for delay, _ in settings.values()}
LOST_PERCENT = {"plant-7": 2.0, "plant-8": 10.0}
PINGS = {"fog-1": 5, "plant-7": 50, "plant-8": 50}
"""A second. Many where loss is counted; few where jitter is high, since packets do not overtake each other."""
BARE_SECONDS = 15
WINDOW_SECONDS = 60
"""An agent's window of round trips: 30 probes, one every 2 s."""
LOSS_WINDOW_SECONDS = 310
"""That of its loss, five minutes, and a slice."""
WITHIN_MS, WITHIN_SHARE, WITHIN_POINTS = 1.0, 0.10, 1.0
"""How near is near enough: the greater of the first two for a round trip, the last for a loss, in percent."""
P95_RANKS = (85, 99)
"""The p95 of thirty probes is the second longest, which is that of all packets give or take: in nine of ten windows it
lies between these ranks of theirs. By chance alone it is up to so far from their p95."""
NEAR_SHARE = 0.75
"""Of all comparisons, those that must be near ping's figure itself, whatever chance allows."""
NORMAL_P95, DEVIATIONS = 1.645, 3
"""Where a normal distribution has its p95; a wire's jitter is three standard deviations."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of a link: what the agent says, what ping says, what the wire is set to and takes by itself.

    `chance`: between which of ping's round trips the same figure of thirty of its packets would lie.
    `disturbed`: in that minute ping's own p95 was far above the wire's, so this machine delayed packets, and thirty
    probes need not have met what three thousand pings met.
    """

    link: str
    figure: str
    agent: float
    ping: float
    setting: float
    delay: int = 0
    jitter: int = 0
    chance: tuple[float, float] = (0.0, 0.0)
    disturbed: bool = False

    def far_off(self, truth: float) -> bool:
        """Whether the agent's round trip is further from the truth than allowed."""
        return abs(self.agent - truth) > max(WITHIN_MS, WITHIN_SHARE * truth)

    @property
    def beyond_chance(self) -> bool:
        """Whether it is further than allowed from whatever thirty of ping's packets would have said."""
        low, high = self.chance
        return self.far_off(min(max(self.agent, low), high))


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was compared."""

    round_trips: list[Compared]
    losses: list[Compared]


@pytest.fixture(scope="module")
def measured(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Five rounds of more than a minute, with ping on each of three links all the while."""
    for site, percent in LOST_PERCENT.items():
        product.lab.link(site).set(loss=each_way(percent))
    began = time.time()
    target = product.lab.node("cloud-1").address
    folder = tmp_path_factory.mktemp("pings")
    with ExitStack() as stack:
        pings = {
            site: stack.enter_context(pinging(product.lab.node(node), target, folder / site, per_second=PINGS[site]))
            for site, node in NODES.items()
        }
        bare = _bare(product, pings)
        round_trips = [one for settings in ROUNDS for one in _round(product, settings, pings, bare)]
        time.sleep(max(0.0, began + LOSS_WINDOW_SECONDS - time.time()))
        losses = [_loss(product, site, percent, began, pings[site]) for site, percent in LOST_PERCENT.items()]
    _note(round_trips, losses)
    return Measured(round_trips, losses)


def test_round_trips_are_those_of_ping(measured: Measured) -> None:
    """Median and p95 agree with ping of the same minute: all within what chance allows, most without it."""
    judged = _judged(measured.round_trips)
    assert not [one for one in judged if one.beyond_chance]
    assert sum(not one.far_off(one.ping) for one in judged) >= NEAR_SHARE * len(judged)


def test_round_trips_are_what_the_wires_are_set_to(measured: Measured) -> None:
    """Medians agree with the emulator, and p95 where jitter is more than this machine's own delays."""
    told = [one for one in _judged(measured.round_trips) if one.figure == "p50_ms" or one.jitter]
    assert not [one for one in told if one.far_off(one.setting)]


def test_loss_is_that_of_ping_and_of_the_wires(measured: Measured) -> None:
    """Within one percentage point of both, at 2 and at 10 percent."""
    for one in measured.losses:
        assert abs(one.agent - one.ping) <= WITHIN_POINTS
        assert abs(one.agent - one.setting) <= WITHIN_POINTS


def each_way(percent: float) -> float:
    """What a wire must lose in each direction for that share of exchanges to fail."""
    return 100 * (1 - math.sqrt(1 - percent / 100))


def _judged(compared: list[Compared]) -> list[Compared]:
    """Those of quiet minutes; skips where a delay has none."""
    quiet = [one for one in compared if not one.disturbed]
    if missing := DELAYS - {one.delay for one in quiet}:
        pytest.skip(f"this machine was too busy: ping itself was disturbed at {sorted(missing)} ms")
    return quiet


def _bare(product: Product, pings: dict[str, Pinging]) -> dict[str, float]:
    """What the wires take by themselves, in milliseconds: switches in programs are no copper."""
    for site in pings:
        product.lab.link(site).set(jitter_ms=0)
        product.lab.link(site).set(delay_ms=0)
    began = time.time()
    time.sleep(BARE_SECONDS)
    return {site: rank(ping.round_trips(began + 1, time.time()), 50) for site, ping in pings.items()}


def _round(
    product: Product, settings: dict[str, tuple[int, int]], pings: dict[str, Pinging], bare: dict[str, float]
) -> list[Compared]:
    """Set the wires, and compare once every agent's window holds nothing from before."""
    for site, (delay, jitter) in settings.items():
        link = product.lab.link(site)
        link.set(jitter_ms=0)
        link.set(delay_ms=delay, jitter_ms=jitter)
    changed = time.time()

    def all_new() -> bool:
        return all(_observed(product, site, CLOUD) > changed + WINDOW_SECONDS + 4 for site in settings)

    product.see("reports of the links as they are now", all_new, seconds=WINDOW_SECONDS + 90)
    return [one for site, link in settings.items() for one in _compared(product, site, link, pings[site], bare[site])]


def _compared(product: Product, site: str, link: tuple[int, int], ping: Pinging, bare: float) -> list[Compared]:
    reported = link_of(product.world, site, CLOUD)
    assert reported
    observed = _observed(product, site, CLOUD)
    truth = ping.round_trips(observed - WINDOW_SECONDS, observed)
    delay, jitter = link
    name = f"{site} {delay}±{jitter} ms, {LOST_PERCENT.get(site, 0):g} %"
    p50, p95 = bare + delay, bare + delay + NORMAL_P95 * jitter / DEVIATIONS
    disturbed = rank(truth, 95) > p95 + 2 * max(WITHIN_MS, WITHIN_SHARE * p95)
    median, low, most, high = (rank(truth, percent) for percent in (50, P95_RANKS[0], 95, P95_RANKS[1]))
    told = [reported[name] / 1000 for name in ("rttP50Microseconds", "rttP95Microseconds")]
    return [
        Compared(name, "p50_ms", told[0], median, p50, delay, jitter, (median, median), disturbed),
        Compared(name, "p95_ms", told[1], most, p95, delay, jitter, (low, high), disturbed),
    ]


def _loss(product: Product, site: str, percent: float, since: float, ping: Pinging) -> Compared:
    """The mean of what both ends of the link to the cloud say, as two witnesses of the same wire."""
    told = [link_of(product.world, *pair) for pair in ((site, CLOUD), (CLOUD, site))]
    assert all(link and link["lossSource"] == "Datagrams" for link in told), told
    agent = mean(link["lossBasisPoints"] / 100 for link in told if link)
    return Compared(site, "loss_percent", agent, ping.lost_percent(since + 1, time.time()), percent)


def _observed(product: Product, one: str, other: str) -> float:
    """When a link was last observed, in Unix seconds: all machines of the lab share a clock."""
    link = link_of(product.world, one, other)
    return datetime.fromisoformat(str(link["observedTime"])).timestamp() if link else 0.0


def _note(round_trips: list[Compared], losses: list[Compared]) -> None:
    quiet = [one for one in round_trips if not one.disturbed]
    for one in (*round_trips, *losses):
        told = {"agent": one.agent, "ping": one.ping, "set": one.setting}
        told |= {"disturbed": True} if one.disturbed else {}
        figures.note(f"measured {one.link} {one.figure}", **told)
    figures.note(
        "measured against ping",
        quiet=len(quiet),
        of=len(round_trips),
        near=sum(not one.far_off(one.ping) for one in quiet),
        worst_p50_error_ms=_worst(quiet, "p50_ms"),
        worst_p95_error_ms=_worst(quiet, "p95_ms"),
        worst_loss_error_points=max(abs(one.agent - one.ping) for one in losses),
    )


def _worst(compared: list[Compared], figure: str) -> float:
    return max((abs(one.agent - one.ping) for one in compared if one.figure == figure), default=0.0)


def test_nothing_is_compared_with_itself(tmp_path: Path) -> None:
    """The yardstick reads ping's own words, and a number that is missing is a loss."""
    log = tmp_path / "ping"
    line = "[{at}] 64 bytes from 10.0.0.1: icmp_seq={number} ttl=64 time={ms} ms\n"
    told = [(100.0, 1, 5.0), (101.0, 2, 7.0), (103.0, 4, 6.0), (104.0, 5, 99.0)]
    log.write_text("".join(line.format(at=at, number=number, ms=ms) for at, number, ms in told))
    assert Pinging(log).round_trips(100, 103) == [5.0, 6.0, 7.0]
    assert Pinging(log).lost_percent(100, 104) == pytest.approx(20)
    assert rank([5.0, 6.0, 7.0], 50) == 6.0
