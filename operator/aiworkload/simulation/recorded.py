# SPDX-License-Identifier: Apache-2.0
"""A recorded snapshot as a scenario in which nothing happens: what would the operator make of this cluster from here?

Every link keeps the p95 that decisions saw of it, and its loss; every client keeps its rate.
"""

from typing import Any

from aiworkload.simulation.contradictions import contradictions
from aiworkload.simulation.outages import Pair, pair_of
from aiworkload.simulation.scenario import Scenario
from aiworkload.snapshot.document.problems import BadDocument
from aiworkload.snapshot.document.reading import read
from aiworkload.snapshot.document.snapshot import to_document
from aiworkload.snapshot.snapshot import Snapshot

RECORDED_SECONDS = 3600.0
"""How long a snapshot is played where nobody says: longer than every window and back-off of a move. Ours."""


def scenario_of(snapshot: Snapshot, name: str) -> Scenario:
    """The cluster as it stands at the snapshot's moment, for an hour. Nodes that stand at no Site are left out.

    Raises:
        BadDocument: a workload names a Site that is not there.
    """
    recorded = to_document(snapshot)
    scenario = read(
        Scenario,
        {
            "apiVersion": recorded["apiVersion"],
            "kind": "Scenario",
            "metadata": {"name": name},
            "description": f"The cluster as recorded at {recorded['takenTime']}.",
            "duration": RECORDED_SECONDS,
            "startTime": recorded["takenTime"],
            "sites": recorded["sites"],
            "nodes": [node for node in recorded["nodes"] if node.get("site")],
            "links": _links(snapshot),
            "workloads": recorded["workloads"],
        },
    )
    if problems := tuple(contradictions(scenario)):
        raise BadDocument(problems)
    return scenario


def _links(snapshot: Snapshot) -> list[dict[str, Any]]:
    pairs = {pair_of(*ends) for ends in snapshot.links}
    known = snapshot.sites.keys()
    return [_link(snapshot, pair) for pair in sorted(pairs) if known >= {*pair} and pair[0] != pair[1]]


def _link(snapshot: Snapshot, pair: Pair) -> dict[str, Any]:
    link = snapshot.link(*pair)
    told = link.rtt_p95_microseconds if link is not None else None
    widths = [one.bandwidth_kilobits for ends, one in snapshot.links.items() if pair_of(*ends) == pair]
    narrowest = min((width for width in widths if width is not None), default=None)
    return {
        "between": list(pair),
        "rttMilliseconds": (told or 0) / 1000,
        "lossPercent": 100 if link is None or told is None else link.loss_basis_points / 100,
        **({} if narrowest is None else {"bandwidthMegabits": max(1, narrowest // 1000)}),
    }
