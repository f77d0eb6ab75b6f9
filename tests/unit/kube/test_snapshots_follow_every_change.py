# SPDX-License-Identifier: Apache-2.0
"""After any changes and any steps of the clock, what was kept up is what would be assembled from nothing."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.kube.assemble import Assembler
from aiworkload.snapshot.measured import declared
from aiworkload.snapshot.membership import Claim
from aiworkload.snapshot.snapshot import Snapshot
from tests.unit.kube.clusters import START, Cluster
from tests.unit.snapshot import references

NODES = ("n1", "n2", "n3")
SITES = ("a", "b", "c")
Change = Callable[[Cluster], None]

names, places = st.sampled_from(NODES), st.sampled_from(SITES)
labels = st.dictionaries(st.sampled_from(("zone", "line")), st.sampled_from(("x", "y")), max_size=2)
selectors = st.dictionaries(st.sampled_from(("zone", "line")), st.sampled_from(("x", "y")), min_size=1, max_size=2)
round_trips = st.dictionaries(places, st.sampled_from((900, 901, 5000, None)), max_size=3)


def _change(
    method: str, *positional: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]
) -> st.SearchStrategy[Change]:
    def applied(arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> Change:
        spread = {key: value for key, value in arguments[1].items() if key != "more"}
        return lambda cluster: getattr(cluster, method)(*arguments[0], **spread, **arguments[1].get("more", {}))

    return st.tuples(st.tuples(*positional), st.fixed_dictionaries(named)).map(applied)


def _wait(seconds: float) -> Change:
    def waited(cluster: Cluster) -> None:
        cluster.now += seconds

    return waited


MEASURED = st.one_of(
    _change(
        "report",
        names,
        valid=st.sampled_from((10, 30)),
        behind=st.sampled_from((0, 5)),
        cpu_percent=st.none() | st.sampled_from((3, 50, 52)),
        kilobits=st.none() | st.sampled_from((800, 9000)),
        asked=st.sets(places),
        more=round_trips,
    ),
    st.sampled_from((0.3, 5.0, 9.999, 10.0, 10.001, 30.0, 30.001, 4.9, 20.0)).map(_wait),
)
CHANGES = st.one_of(
    st.sampled_from((-7.0, -40.0)).map(_wait),
    _change("node", names, machine=st.sampled_from(("m", "another")), more=labels),
    _change("site", places, st.none() | selectors, age=st.integers(0, 2), more=st.dictionaries(places, st.just(7))),
    _change("workload", st.sampled_from(("w", "v")), priority_class=st.sampled_from((None, "high", "none"))),
    _change("pod", st.sampled_from(("p", "q")), st.none() | names, st.sampled_from(("0", "1"))),
    _change(
        "put",
        st.just("PriorityClass"),
        st.sampled_from(("high", "low")),
        value=st.sampled_from((5, 9)),
        globalDefault=st.booleans(),
    ),
    _change("delete", st.sampled_from(("Node", "NodeReport")), names),
    _change("delete", st.just("Site"), places),
    _change("delete", st.just("AIWorkload"), st.sampled_from(("w", "v")), st.just("ns")),
    _change("delete", st.just("Pod"), st.sampled_from(("p", "q")), st.just("ns")),
    _change("delete", st.just("PriorityClass"), st.sampled_from(("high", "low"))),
    _change("relist"),
)


def _settled() -> Cluster:
    """Two nodes of one site that look at the other's, and a third place: most random changes do something."""
    cluster = Cluster()
    for site, zone in (("a", "x"), ("b", "y")):
        cluster.site(site, {"zone": zone}, c=7)
    cluster.site("c", {"line": "x"}, age=1, a=7)
    for node, zone in (("n1", "x"), ("n2", "x"), ("n3", "y")):
        cluster.node(node, zone=zone)
        cluster.report(node, cpu_percent=50, a=901, b=900, c=5000)
    return cluster


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(MEASURED | MEASURED | CHANGES, min_size=1, max_size=4), min_size=2, max_size=10))
def test_what_was_kept_up_is_what_would_be_assembled_from_nothing(rounds: list[list[Change]]) -> None:
    cluster = _settled()
    kept_up = Assembler(cluster.store)
    for changes in rounds:
        for change in changes:
            change(cluster)
        found, anew = kept_up.snapshot(cluster.now), Assembler(cluster.store).snapshot(cluster.now)
        assert found == anew
        assert [list(view) for view in _views(found)] == [sorted(view) for view in _views(anew)]
        _agrees_with_the_references(cluster, found)


def _views(snapshot: Snapshot) -> tuple[Any, ...]:
    return (snapshot.sites, snapshot.nodes, snapshot.links, snapshot.workloads, snapshot.reports)


def _agrees_with_the_references(cluster: Cluster, found: Snapshot) -> None:
    store = cluster.store
    claims = [Claim(f.metadata.name, f.metadata.created_at, f.spec.get("nodeSelector")) for f in store.sites.values()]
    labels_of = {fact.metadata.name: fact.metadata.labels for fact in store.nodes.values()}
    site_of, nodes_of, contested = references.membership(labels_of, claims)
    assert {name: node.site for name, node in found.nodes.items()} == {name: site_of.get(name) for name in labels_of}
    assert {name: site.nodes for name, site in found.sites.items() if site.nodes} == nodes_of
    assert {name: site.contested_nodes for name, site in found.sites.items() if site.contested_nodes} == contested
    told = [
        (site_of[report.metadata.name], told)
        for report in sorted(store.reports.values(), key=lambda report: report.metadata.name)
        if report.metadata.name in site_of and report.metadata.name in store.contacts and report.status
        for told in store.recalled.of(report, store.contacts[report.metadata.name], cluster.now).values()
    ]
    by_word = (link for name, site in found.sites.items() for link in declared(name, site.spec))
    bandwidths = [(site, it.link.site, it.bandwidth) for site, it in told if it.bandwidth]
    measured = (it.from_site(site) for site, it in told)
    assert found.links == references.site_links(measured, by_word, bandwidths, cluster.now)


def test_the_clock_set_back_makes_fresh_again_what_is_not_that_old() -> None:
    cluster = Cluster()
    cluster.site("a", {"zone": "x"})
    cluster.node("n1", zone="x")
    cluster.report("n1", b=900, cpu_percent=50)
    assembler = Assembler(cluster.store)
    used = [dict(assembler.snapshot(now).nodes["n1"].used) for now in (START, START + 31, START + 5)]
    assert used == [{"cpu": 4000}, {}, {"cpu": 4000}]
