# SPDX-License-Identifier: Apache-2.0
"""Nodes that no Site selects are grouped into Sites that are created once."""

from aiworkload.api import names
from aiworkload.api.site import SiteSpec
from aiworkload.snapshot.discovery import discovered
from aiworkload.snapshot.node import Node


def zoned(name: str, zone: str, **more: str) -> Node:
    return Node(name, None, labels={names.ZONE_LABEL: zone, **more})


def test_nodes_of_one_zone_become_one_labelled_site_with_their_region() -> None:
    nodes = [zoned("a", "eu-1", **{names.REGION_LABEL: "eu"}), zoned("b", "eu-1")]
    (manifest,) = discovered(nodes, [])
    assert manifest["metadata"] == {"name": "eu-1", "labels": {names.DISCOVERED_LABEL: "true"}}
    assert manifest["spec"] == {"tier": "Cloud", "nodeSelector": {names.ZONE_LABEL: "eu-1"}, "region": "eu"}


def test_an_edge_node_without_zone_is_a_site_of_its_own() -> None:
    edge = Node("pi", None, labels={names.HOSTNAME_LABEL: "pi", names.EDGE_ROLE_LABEL: ""})
    (manifest,) = discovered([edge], [])
    assert manifest["spec"] == {"tier": "Edge", "nodeSelector": {names.HOSTNAME_LABEL: "pi"}}


def test_a_cloud_node_without_zone_stays_without_a_site() -> None:
    assert discovered([Node("x", None, labels={names.HOSTNAME_LABEL: "x"})], []) == ()


def test_an_existing_site_is_never_written_again() -> None:
    assert discovered([zoned("a", "eu-1")], ["eu-1"]) == ()


def test_a_node_that_stands_at_a_site_founds_none() -> None:
    assert discovered([Node("a", "plant", labels={names.ZONE_LABEL: "eu-1"})], []) == ()


def test_the_tier_label_wins_over_the_edge_role() -> None:
    fog = zoned("a", "z", **{names.TIER_LABEL: "fog", names.EDGE_ROLE_LABEL: ""})
    assert discovered([fog], [])[0]["spec"]["tier"] == "Fog"


def test_a_zone_that_is_no_dns_label_gets_a_name_that_is_one_and_stays_apart() -> None:
    names_found = [m["metadata"]["name"] for m in discovered([zoned("a", "Hall_1"), zoned("b", "hall-1")], [])]
    assert len(set(names_found)) == 2
    assert "hall-1" in names_found


def test_what_is_discovered_is_a_readable_site() -> None:
    (manifest,) = discovered([zoned("a", "eu-1")], [])
    assert SiteSpec.model_validate(manifest["spec"]).tier.value == "Cloud"
