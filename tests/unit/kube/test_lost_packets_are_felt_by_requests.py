# SPDX-License-Identifier: Apache-2.0
"""Where packets are counted, a loss that one request in twenty meets is part of the p95 that requests see."""

from typing import Any

import pytest

from aiworkload.kube.assemble import Assembler
from aiworkload.snapshot.measured import with_repeats
from tests.unit.kube.clusters import Cluster

TIME = "2026-11-23T10:00:00Z"


def p95(**link: object) -> int | None:
    cluster = Cluster()
    cluster.site("plant", {"zone": "plant"})
    cluster.node("plant-1", zone="plant")
    measured: dict[str, Any] = {"site": "cloud", "observedTime": TIME, **link}
    cluster.put("NodeReport", "plant-1", status={"observedTime": TIME, "links": [measured]})
    return Assembler(cluster.store).snapshot(cluster.now).links["plant", "cloud"].rtt_p95_microseconds


QUICK = {"rttP50Microseconds": 20_000, "rttP95Microseconds": 25_000}


def test_a_little_loss_is_not_felt_at_the_95th_percentile() -> None:
    assert p95(**QUICK, lossBasisPoints=499, lossSource="Datagrams") == 25_000


def test_a_request_in_twenty_that_waits_for_a_repeat_is() -> None:
    assert p95(**QUICK, lossBasisPoints=500, lossSource="Datagrams") == 240_000


def test_probes_over_tcp_have_waited_themselves() -> None:
    assert p95(**QUICK, lossBasisPoints=5000, lossSource="Probes") == 25_000


def test_silence_stays_silence() -> None:
    assert p95(lossBasisPoints=10_000, consecutiveLosses=9, lossSource="Datagrams") is None


@pytest.mark.parametrize("loss", [0, 500, 10_000])
def test_loss_never_makes_a_path_look_faster(loss: int) -> None:
    assert with_repeats(20_000, 900_000, loss) == 900_000
