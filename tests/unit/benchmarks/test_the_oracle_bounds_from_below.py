# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from benchmarks.oracle import Instance, Oracle


def _two_workloads(*, edge_room: float) -> Oracle:
    """Two workloads, each at the edge (2 an hour, always within) or in the cloud (1 an hour, within half the time)."""
    return Oracle(
        Instance(
            workload=np.array([0, 0, 1, 1]),
            site=np.array([0, 1, 0, 1]),
            cost=np.array([2.0, 1.0, 2.0, 1.0]),
            usage=np.ones((4, 1)),
            capacity=np.array([[edge_room], [2.0]]),
            value=np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 0.0]]),
            seconds=np.array([1800.0, 1800.0]),
            weight=np.ones(2),
        )
    )


def test_without_a_target_the_cheapest_wins() -> None:
    assert _two_workloads(edge_room=2).cheapest(0.0) == pytest.approx(2.0)


def test_the_edge_is_paid_only_while_the_cloud_is_late() -> None:
    """Half an hour of two workloads at the edge costs one more than the cloud alone."""
    assert _two_workloads(edge_room=2).cheapest(1.0) == pytest.approx(3.0, rel=1e-3)


def test_cost_is_convex_between() -> None:
    assert _two_workloads(edge_room=2).cheapest(0.75) == pytest.approx(2.5, rel=1e-3)


def test_scarce_room_limits_what_anybody_attains() -> None:
    oracle = _two_workloads(edge_room=1)
    assert oracle.highest_attainment() == pytest.approx(0.75)
    assert oracle.cheapest(0.75) == pytest.approx(2.5, rel=1e-3)
    assert oracle.cheapest(0.76) == np.inf
