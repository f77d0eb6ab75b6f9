# SPDX-License-Identifier: Apache-2.0
"""The ledger of one cycle: what it rules out in one comparison has no room for a replica either."""

import numpy as np
import pytest

from aiworkload.placement.capacity import Demand
from aiworkload.placement.columns import Columns
from aiworkload.placement.ledger import Ledger
from tests.builders import a_node, a_site, a_snapshot

RESOURCES = ("cpu", "memory", "pods")
SITES = ("bare", "big", "small")
GIBIBYTE = 1 << 30


def a_demand(cpu: int, gibibytes: int = 1) -> Demand:
    return (("cpu", cpu), ("memory", gibibytes * GIBIBYTE), ("pods", 1))


@pytest.fixture(name="ledger")
def a_ledger() -> Ledger:
    """A site without nodes, one of two nodes, and one of a single node."""
    nodes = [a_node("big-1", site="big"), a_node("big-2", site="big"), a_node("small-1", site="small", cpu="2")]
    snapshot = a_snapshot(sites=[a_site(name) for name in SITES], nodes=nodes)
    return Ledger(Columns.of(snapshot, RESOURCES, headroom_percent=0))


def may_have_room(ledger: Ledger, demand: Demand) -> list[bool]:
    found: list[bool] = ledger.may_have_room(np.arange(len(SITES), dtype=np.int32), demand).tolist()
    return found


def test_nothing_is_ruled_out_where_nothing_was_promised(ledger: Ledger) -> None:
    assert may_have_room(ledger, a_demand(1_000_000)) == [True, True, True]


def test_a_site_is_ruled_out_once_no_node_has_the_room_left(ledger: Ledger) -> None:
    assert ledger.reserve("small", a_demand(1500), 1)
    assert may_have_room(ledger, a_demand(500)) == [True, True, True]
    assert may_have_room(ledger, a_demand(501)) == [True, True, False]
    assert ledger.has_room("small", a_demand(500), 1)
    assert not ledger.has_room("small", a_demand(501), 1)


def test_what_is_left_on_two_nodes_is_not_room_for_one_replica(ledger: Ledger) -> None:
    assert ledger.reserve("big", a_demand(5000), 2)
    assert ledger.has_room("big", a_demand(3000), 2)
    assert not ledger.has_room("big", a_demand(3000), 3)
    assert not ledger.has_room("big", a_demand(3001), 1)


def test_a_resource_that_is_overdrawn_bars_only_who_asks_for_it() -> None:
    snapshot = a_snapshot(sites=[a_site("small")], nodes=[a_node("n", site="small", used_memory="15Gi")])
    tight = Ledger(Columns.of(snapshot, RESOURCES, headroom_percent=20))
    without_memory: Demand = (("cpu", 100), ("pods", 1))
    assert tight.reserve("small", without_memory, 1)
    column = np.zeros(1, np.int32)
    assert tight.may_have_room(column, without_memory).tolist() == [True]
    assert tight.may_have_room(column, a_demand(100)).tolist() == [False]
    assert tight.has_room("small", without_memory, 1)


def test_headroom_is_promised_only_where_there_is_no_other_way() -> None:
    """Both nodes could take it; had the first, a second one would be told of room that only the headroom leaves."""
    nodes = [a_node("n-1", site="small", cpu="8", used_cpu="3"), a_node("n-2", site="small", cpu="8", used_cpu="1")]
    ledger = Ledger(Columns.of(a_snapshot(sites=[a_site("small")], nodes=nodes), RESOURCES, headroom_percent=10))
    assert ledger.reserve("small", a_demand(5000), 1)
    assert not ledger.has_room("small", a_demand(5000), 1)
    assert ledger.reserve("small", a_demand(5000), 1)


def test_nothing_fits_where_there_is_no_node(ledger: Ledger) -> None:
    assert not ledger.reserve("bare", a_demand(1), 1)
    assert not ledger.has_room("bare", a_demand(1), 1)
