# SPDX-License-Identifier: Apache-2.0
"""A topology file is checked before anything is started, and every host gets an address of its own."""

import ipaddress
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localcluster.lab import Link, TopologyError
from localcluster.lab.addresses import FIRST, LAST, Addresses, claim_octet
from localcluster.lab.topology import MOST_HOSTS, dump, parse, read

ROOT = Path(__file__).parents[2]


def test_the_default_is_a_cloud_a_fog_site_and_two_plants_with_a_client_each() -> None:
    plan = read()
    assert {site.name: (site.tier, site.nodes, site.clients) for site in plan.sites} == {
        "cloud": ("Cloud", ("cloud-1", "cloud-2"), ()),
        "fog-1": ("Fog", ("fog-1-1",), ()),
        "plant-7": ("Edge", ("edge-1",), ("client-7",)),
        "plant-8": ("Edge", ("edge-2",), ("client-8",)),
    }
    assert plan.control_plane == "cloud"
    assert plan.site("plant-7").link == Link(delay_ms=20, jitter_ms=2, bandwidth_kbit=50_000)


def test_what_is_written_down_reads_the_same_again() -> None:
    assert parse(dump(read())) == read()


def test_the_smallest_topology_is_one_site_and_holds_the_control_plane() -> None:
    plan = parse({"sites": [{"name": "home", "nodes": ["one"]}]})
    assert (plan.control_plane, plan.sites[0].tier, plan.sites[0].link) == ("home", "Cloud", Link())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "the file is None; a mapping with controlPlane, sites belongs there"),
        ({"sites": []}, "sites is empty; a lab needs at least one site"),
        ({"sites": {}}, "sites is {}; a list belongs there"),
        ({"sites": [{"name": "a"}], "site": 1}, "unknown field 'site'"),
        ({"sites": [{"name": "A"}]}, "a site's name is 'A'; it is 1 to 31 lower-case letters"),
        ({"sites": [{"name": "a", "tier": "edge"}]}, "tier of site a is 'edge'; it is one of Edge, Fog, Cloud"),
        ({"sites": [{"name": "a", "nodes": ["x", "x"]}]}, "'x' is given twice"),
        ({"sites": [{"name": "a"}, {"name": "a"}]}, "'a' is given twice"),
        ({"sites": [{"name": "a"}], "controlPlane": "b"}, "No site is called 'b'; there are a"),
        ({"sites": [{"name": "a", "nodes": ["backbone"]}]}, "'backbone' is the lab's own"),
        ({"sites": [{"name": "a", "link": {"delayMs": 1}}]}, "unknown field 'delayMs'; known are bandwidthKilobits"),
        ({"sites": [{"name": "a", "link": {"lossPercent": "much"}}]}, "holds something that is no number"),
        ({"sites": [{"name": "a", "link": {"lossPercent": 101}}]}, "loss is at most 100 percent"),
        ({"sites": [{"name": "a", "link": {"jitterMilliseconds": 5}}]}, "its jitter may not exceed its delay"),
    ],
)
# What a file holds is of any kind.
def test_what_cannot_be_built_is_refused_with_the_place_and_the_cure(content: Any, sentence: str) -> None:  # noqa: ANN401 -- see above
    with pytest.raises(TopologyError) as refused:
        parse(content)
    assert sentence in str(refused.value)


def test_a_refusal_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("sites: [")
    with pytest.raises(TopologyError, match=r"mine\.yaml cannot be read"):
        read(file)
    file.write_text("sites: 1")
    with pytest.raises(TopologyError, match=r"mine\.yaml: sites is 1"):
        read(file)


def test_every_host_and_every_node_s_pods_have_addresses_of_their_own() -> None:
    addresses = Addresses(140, read())
    hosts = [ipaddress.IPv4Address(host.ip) for host in (*addresses.hosts.values(), addresses.control_plane)]
    pods = [ipaddress.IPv4Network(network) for network in addresses.pod_networks.values()]
    assert len(set(hosts)) == 8
    assert len({host.mac for host in addresses.hosts.values()}) == 7
    assert all(host in ipaddress.IPv4Network(f"10.140.0.0/{addresses.prefix}") for host in hosts)
    assert all(network.subnet_of(ipaddress.IPv4Network(addresses.pods)) for network in pods)
    parts = [ipaddress.IPv4Network(part) for part in ("10.140.0.0/18", addresses.pods, addresses.services)]
    assert not any(one.overlaps(other) for one in parts for other in parts if one is not other)
    assert all(part.subnet_of(ipaddress.IPv4Network(addresses.whole)) for part in parts)


@pytest.mark.parametrize("kind", ["nodes", "clients"])
def test_all_hosts_of_a_lab_may_be_of_one_site(kind: str) -> None:
    site = {"name": "plant-7", "tier": "Edge", kind: [f"host-{number}" for number in range(MOST_HOSTS)]}
    addresses = Addresses(140, parse({"sites": [site]}))
    assert len({ipaddress.IPv4Address(host.ip) for host in addresses.hosts.values()}) == MOST_HOSTS


def test_a_client_reaches_services_by_a_node_of_its_own_site() -> None:
    """Else a cut plant could not use its own services."""
    addresses = Addresses(140, read())
    hosts = addresses.hosts
    assert addresses.service_gateway(hosts["client-7"]) == hosts["edge-1"].ip
    assert addresses.service_gateway(addresses.control_plane) == hosts["cloud-1"].ip
    assert addresses.service_gateway(hosts["edge-1"]) is None


def test_labs_that_start_together_take_different_networks() -> None:
    """None of them has a route yet by which the other could see it."""
    here = claim_octet()
    other = [sys.executable, "-c", "from localcluster.lab.addresses import claim_octet; print(claim_octet())"]
    elsewhere = int(subprocess.run(other, capture_output=True, text=True, check=True, cwd=ROOT).stdout)
    assert here not in {elsewhere, claim_octet()}
    assert all(FIRST <= octet <= LAST for octet in (here, elsewhere))
