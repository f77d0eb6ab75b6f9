# SPDX-License-Identifier: Apache-2.0
"""A site's only machine dies: the site is Lost in time, its workload replaced; a new machine inherits nothing."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from demo import sightings
from tests.e2e.product import figures, installation
from tests.e2e.product.words import Manifest, Product, a_workload, moves, seconds_of, settled_at, workload_pods

SITE, NODE, PLANT = "fog-1", "fog-1-1", "plant-7"
LOST_SECONDS = 120
"""Instead of 600 s, by the chart's settings."""
RESYNC_SECONDS = 30
"""The operator looks at least this often; silence counts from the last report, which is as old as that at most."""
PROBE_SECONDS = 2
"""Between an agent's probes, which vary by a tenth."""
NEVER = "1970-01-01T00:00:00Z"
WINDOWS = {"minDwellSeconds": 0, "failbackSeconds": 30, "drainSeconds": 5}
"""The window of a violation is the default, a minute: with one of a few seconds the dead paths of a dead machine are
reason enough to leave (`LatencyViolated`), before its silence is."""


@dataclass(frozen=True)
class Story:
    """What was seen of the death and of the return."""

    steps: dict[str, float]
    state_when_replaced: str
    moves: list[tuple[str, str, str, str]]
    first_reports: list[Manifest]
    """What the new machine's agent told until its site was Connected, oldest first."""
    pods: list[Manifest]
    deployments: list[str]
    booted_at: float


@pytest.fixture(scope="module")
def shortly_lost(product: Product) -> Iterator[Product]:
    """The product with a shorter time until a silent site is Lost; afterwards as it was."""
    installation.install(product.lab, f"--set=settings.policy.lostSeconds={LOST_SECONDS}")
    product.connected()
    yield product
    installation.install(product.lab)


@pytest.fixture(scope="module")
def story(shortly_lost: Product) -> Story:
    """Pull the plug of the fog's node; when it is Lost, put a machine with an empty disk in its place."""
    product, world = shortly_lost, shortly_lost.world
    latency: Manifest = {"p95Milliseconds": 150, "clients": [{"site": PLANT}]}
    product.apply(a_workload("detector", migration=WINDOWS, latency=latency))
    product.settled("detector", SITE)
    node = product.lab.node(NODE)
    node.stop()
    died = time.time()
    seen = {
        "disconnected_s": lambda: sightings.site_is(world, SITE, {"Disconnected", "Lost"}),
        "replaced_s": lambda: sightings.service_site(world, "detector") not in (None, SITE),
        "lost_s": lambda: sightings.site_is(world, SITE, {"Lost"}),
    }
    steps, states = {}, {}
    for name, step in seen.items():
        steps[name] = product.see(name, step, seconds=300) - died
        states[name] = (world.find("Site", SITE) or {})["status"]["connectivity"]
    node.replace()
    booted = time.time()
    node.start()
    installation.furnish(product.lab, NODE)
    product.lab.wait_ready(NODE, seconds=120)
    started = time.time()
    first_reports = _reports_until_connected(product, booted)
    steps["connected_again_s"] = time.time() - started
    home = product.see("home", lambda: settled_at(world, "detector", SITE), seconds=300)
    steps["home_s"] = home - started
    time.sleep(30)
    figures.note("machine dies", **steps)
    deployments = json.loads(product.lab.kubectl("get", "deployments", "--namespace=default", "--output=json"))["items"]
    names = [one["metadata"]["name"] for one in deployments]
    pods = workload_pods(world, "detector")
    return Story(steps, states["replaced_s"], moves(world, "detector"), first_reports, pods, names, booted)


def test_it_is_lost_within_the_documented_time(story: Story) -> None:
    """Silence counts from its last report; `lostSeconds` later, and a look of the operator after that, it is Lost."""
    assert LOST_SECONDS - RESYNC_SECONDS <= story.steps["lost_s"] <= LOST_SECONDS + RESYNC_SECONDS


def test_it_is_replaced_before_it_is_lost(story: Story) -> None:
    """The clients do not wait for certainty: Disconnected is enough where the boundary allows it."""
    assert story.state_when_replaced == "Disconnected"


def test_it_returns_once_and_without_a_double(story: Story) -> None:
    """One move away, one home; one Deployment, one pod."""
    assert [(trigger, result) for _, _, trigger, result in story.moves] == [
        ("SiteDisconnected", "Completed"),
        ("Failback", "Completed"),
    ]
    assert len(story.pods) == len(story.deployments) == 1


def test_the_new_machine_inherits_no_measurement(story: Story) -> None:
    """From its first report on all was measured since it booted, in no more probes than there was time for."""
    links = [link for report in story.first_reports for link in report["status"].get("links", [])]
    assert links
    for link in links:
        age = seconds_of(link["observedTime"]) - story.booted_at
        assert age > 0
        assert link["samples"] <= age / PROBE_SECONDS * 1.2 + 1, link


def _reports_until_connected(product: Product, booted: float) -> list[Manifest]:
    """Every version of the node's report that was written after that moment, until its site is Connected."""
    versions: dict[str, Manifest] = {}

    def connected() -> str | None:
        report = product.world.find("NodeReport", NODE)
        if report and seconds_of((report.get("status") or {}).get("observedTime", NEVER)) > booted:
            versions[report["metadata"]["resourceVersion"]] = report
        return sightings.site_is(product.world, SITE, {"Connected"})

    product.see(f"{SITE} Connected", connected, seconds=240)
    return list(versions.values())
