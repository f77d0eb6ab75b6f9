# SPDX-License-Identifier: Apache-2.0
"""A plant with a fog site near and a cloud far away, and one detector that serves the plant."""

from dataclasses import dataclass, field, replace

import pytest

from aiworkload.api.site import SiteSpec
from aiworkload.api.workload import AIWorkloadSpec, Tier
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.cycle import Cycle, CycleReport, Options
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Workload, WorkloadKey
from tests.fakes import FakeClock, FakeCluster, FakeEvents

KEY = WorkloadKey("factory", "detector")
NODE_GRACE_SECONDS = 40
"""How long a node is silent before Kubernetes says that it is not ready: longer than it takes to see a cut."""
ROOM = {"cpu": 8000, "memory": 16 * 2**30, "pods": 110}
SPEC = {
    "model": {"uri": "s3://models/detector"},
    "requirements": {"latency": {"p95Milliseconds": 50, "clients": [{"site": "plant-7"}]}},
    "placement": {"tiers": ["Fog", "Cloud"]},
    "migration": {"violationSeconds": 10, "minDwellSeconds": 20, "drainSeconds": 5, "failbackSeconds": 30},
}


@dataclass
class World:
    """The loop over a cluster in memory, on a clock that the test moves."""

    cluster: FakeCluster
    clock: FakeClock
    events: FakeEvents = field(default_factory=FakeEvents)
    cut_off: set[str] = field(default_factory=set)
    """Sites that are silent: no reports, no node heartbeats, and probes to them are lost."""
    cut_since: dict[str, float] = field(default_factory=dict)

    async def cycle(self) -> CycleReport:
        options = Options(Policy(), "triton:test")
        return await Cycle(self.cluster, self.events, options).run()

    async def run(self, seconds: float, step: float = 1.0) -> None:
        """Cycles for so many seconds, with the links measured anew before each."""
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            self.clock.seconds += step
            self.measure()
            await self.cycle()

    def measure(self, **rtt_milliseconds: float) -> None:
        """The links from the plant, measured now."""
        now = self.clock.now()
        base = self.cluster.base
        links = {
            key: self._measured(link, rtt_milliseconds.get(link.to_site.replace("-", "_")), now)
            for key, link in base.links.items()
        }
        sites = {
            name: site if name in self.cut_off else replace(site, last_report_at=now)
            for name, site in base.sites.items()
        }
        self.cut_since = {site: self.cut_since.get(site, now) for site in self.cut_off}
        given_up = {site for site, since in self.cut_since.items() if now - since >= NODE_GRACE_SECONDS}
        nodes = {name: replace(node, ready=node.site not in given_up) for name, node in base.nodes.items()}
        self.cluster.base = replace(base, links=links, sites=sites, nodes=nodes)

    def _measured(self, link: Link, milliseconds: float | None, now: float) -> Link:
        if link.to_site in self.cut_off:
            return replace(link, observed_at=now, consecutive_losses=link.consecutive_losses + 1)
        p95 = link.rtt_p95_microseconds if milliseconds is None else int(milliseconds * 1000)
        return replace(link, observed_at=now, consecutive_losses=0, rtt_p50_microseconds=p95, rtt_p95_microseconds=p95)

    @property
    def serving(self) -> str:
        """The site that the Service selects."""
        service = self.cluster.services[KEY.namespace, KEY.name]
        return str(service["spec"]["selector"]["aiworkload.dev/site"])

    @property
    def standing(self) -> set[str]:
        """The sites that have a Deployment."""
        labels = (d.manifest["metadata"]["labels"] for d in self.cluster.deployments.values())
        return {str(found["aiworkload.dev/site"]) for found in labels}

    @property
    def moves(self) -> list[tuple[str, str, str, str]]:
        """The moves that the status records."""
        status = self.cluster.statuses[KEY]
        return [(m.from_site, m.to_site, m.trigger.value, m.result.value) for m in status.moves]


def make_world() -> World:
    clock = FakeClock()
    tiers = {"plant-7": Tier.EDGE, "fog-1": Tier.FOG, "cloud": Tier.CLOUD}
    nodes = {f"{site}-a": Node(f"{site}-a", site, uid=f"uid-{site}", allocatable=ROOM) for site in tiers}
    sites = {
        name: Site(name, SiteSpec(tier=tier, node_selector={"site": name}), nodes=(f"{name}-a",))
        for name, tier in tiers.items()
    }
    links = {
        ("plant-7", to): Link("plant-7", to, rtt, rtt, observed_at=clock.now())
        for to, rtt in (("fog-1", 5_000), ("cloud", 30_000))
    }
    detector = Workload(KEY, AIWorkloadSpec.model_validate(SPEC), uid="uid-detector", created_at=clock.now())
    world = World(FakeCluster(Snapshot(clock.now(), sites, nodes, links, {KEY: detector}), clock), clock)
    world.measure()
    return world


@pytest.fixture
def world() -> World:
    return make_world()
