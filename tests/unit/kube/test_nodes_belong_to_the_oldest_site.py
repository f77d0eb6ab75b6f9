# SPDX-License-Identifier: Apache-2.0
"""Every node stands at one site at most, and whoever else claims it is told."""

from collections.abc import Iterable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.kube.members import Members
from aiworkload.snapshot.membership import Claim

PLANT = {"zone": "plant"}
Labels = Mapping[str, str]


def members(labels_of: Mapping[str, Labels | None], claims: Iterable[Claim]) -> Members:
    found = Members()
    found.update(labels_of, {claim.site: claim for claim in claims})
    return found


def test_a_site_takes_the_nodes_that_carry_all_its_labels() -> None:
    nodes = {"a": {"zone": "plant", "gpu": "yes"}, "b": {"zone": "plant"}, "c": {"zone": "cloud"}}
    found = members(nodes, [Claim("gpus", 1.0, {"zone": "plant", "gpu": "yes"})])
    assert found.nodes_of("gpus") == ("a",)
    assert found.site_of("b") is None


def test_of_two_sites_that_select_a_node_the_older_keeps_it_and_both_list_it() -> None:
    found = members({"n": PLANT}, [Claim("new", 2.0, PLANT), Claim("old", 1.0, PLANT)])
    assert found.site_of("n") == "old"
    assert (found.contested("old"), found.contested("new")) == ((("n", "new"),), (("n", "old"),))


def test_sites_of_the_same_age_go_by_name() -> None:
    assert members({"n": PLANT}, [Claim("b", 1.0, PLANT), Claim("a", 1.0, PLANT)]).site_of("n") == "a"


def test_a_site_without_selector_hosts_nothing() -> None:
    assert members({"n": PLANT}, [Claim("clients", 1.0, None)]).site_of("n") is None


@given(st.permutations([Claim("a", 3.0, PLANT), Claim("b", 1.0, PLANT), Claim("c", 1.0, {}), Claim("d", 2.0, PLANT)]))
def test_the_order_in_which_sites_are_listed_changes_nothing(claims: list[Claim]) -> None:
    found = members({"n": PLANT, "m": PLANT}, claims)
    assert [found.nodes_of(site) for site in "abcd"] == [(), ("m", "n"), (), ()]
