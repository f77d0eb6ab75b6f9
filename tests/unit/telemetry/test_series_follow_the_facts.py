# SPDX-License-Identifier: Apache-2.0
"""Series are read off the last cycle; what is gone leaves none behind."""

import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client import generate_latest

from aiworkload.placement.advice import Advice
from aiworkload.placement.plan import Decision, DecisionReason, Plan
from aiworkload.reconcile.cycle import CycleReport
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from aiworkload.telemetry.health import Health
from aiworkload.telemetry.logs import JsonLines
from aiworkload.telemetry.metrics import Metrics
from aiworkload.telemetry.server import TelemetryServer


def cycle(*links: Link) -> CycleReport:
    snapshot = Snapshot(100.0, links={(link.from_site, link.to_site): link for link in links})
    key = WorkloadKey("ns", "w")
    return CycleReport(snapshot, Plan(100.0, {key: Decision(key, DecisionReason.STAYS, "")}, fresh=frozenset({key})))


def text(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_a_link_that_is_gone_takes_its_series_with_it() -> None:
    metrics = Metrics()
    metrics.observe_cycle(cycle(Link("a", "b", 1000, 2000, observed_at=100.0)), 0.1)
    assert 'aiworkload_link_rtt_seconds{from_site="a",quantile="0.95",source="Measured",to_site="b"} 0.002' in text(
        metrics
    )
    metrics.observe_cycle(cycle(), 0.1)
    assert 'from_site="a"' not in text(metrics)


def test_a_stale_measurement_is_not_shown_as_if_it_were_true() -> None:
    metrics = Metrics()
    metrics.observe_cycle(cycle(Link("a", "b", 1000, 2000, observed_at=10.0)), 0.1)
    assert 'from_site="a"' not in text(metrics)


def test_how_near_the_plan_is_to_the_best_is_told_once_it_was_looked_at() -> None:
    metrics = Metrics()
    metrics.observe_cycle(cycle(), 0.1)
    assert "aiworkload_plan_" not in text(metrics)
    advice = Advice(objective=110.0, bound=100.0, gap=0.1)
    metrics.observe_cycle(replace(cycle(), advice=advice, advice_seconds=2.5), 0.1)
    told = dict(line.split() for line in text(metrics).splitlines() if line.startswith("aiworkload_plan_"))
    assert {name: float(value) for name, value in told.items()} == {
        "aiworkload_plan_lost_points": 110.0,
        "aiworkload_plan_lost_points_bound": 100.0,
        "aiworkload_plan_gap_ratio": 0.1,
        "aiworkload_plan_advised": 0.0,
        "aiworkload_plan_advice_seconds": 2.5,
    }


def test_decisions_and_writes_are_counted() -> None:
    metrics = Metrics()
    metrics.observe_cycle(cycle(), 0.1)
    metrics.count_write("Deployment", "apply")
    assert 'aiworkload_decisions_total{reason="Stays"} 1.0' in text(metrics)
    assert 'aiworkload_api_writes_total{kind="Deployment",verb="apply"} 1.0' in text(metrics)


def health(*, age: float = 1.0, synced: bool = True, loop: float | None = 1.0) -> Health:
    return Health({"pods": lambda: age}, {"pods": lambda: synced}, lambda: 1.0, lambda: loop, 30.0)


@pytest.mark.parametrize(
    ("state", "ailment"),
    [
        (health(), []),
        (health(loop=None), []),
        (health(age=200), ["stream pods: no sign of life for 200 s"]),
        (health(loop=100), ["loop: no cycle for 100 s"]),
    ],
)
def test_alive_means_that_each_part_showed_a_sign_of_life(state: Health, ailment: list[str]) -> None:
    assert state.ailments() == ailment


def fetch(server: TelemetryServer, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{host}:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def served(state: Health, ask: Callable[[TelemetryServer], object]) -> object:
    server = TelemetryServer("127.0.0.1", 0, Metrics().registry, state)
    server.start()
    try:
        return ask(server)
    finally:
        server.stop()


def test_probes_answer_on_one_port_with_metrics_again_and_again() -> None:
    def ask(server: TelemetryServer) -> object:
        return [fetch(server, "/healthz"), fetch(server, "/readyz"), fetch(server, "/healthz"), fetch(server, "/")[0]]

    answers = served(health(synced=False), ask)
    assert answers == [(200, "ok\n"), (503, "stream pods: first list not complete\n"), (200, "ok\n"), 404]
    assert "aiworkload_cycle_seconds" in str(served(health(), lambda server: fetch(server, "/metrics")))


def test_who_asks_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("aiworkload.telemetry.server._Quiet.timeout", 0.1)

    def ask(server: TelemetryServer) -> object:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as caller:
            return caller.recv(1)

    assert served(health(), ask) == b""
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_every_address_is_every_one_of_ipv6_too() -> None:
    server = TelemetryServer("0.0.0.0", 0, Metrics().registry, health())  # noqa: S104 -- the setting's default
    server.start()
    try:
        assert [fetch(server, "/healthz", host)[0] for host in ("127.0.0.1", "[::1]")] == [200, 200]
    finally:
        server.stop()


def test_a_log_line_is_one_json_object() -> None:
    record = logging.LogRecord("aiworkload.kube", logging.WARNING, "f", 1, "%s is away\n", ("it",), None)
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["logger"], line["message"]) == ("warning", "aiworkload.kube", "it is away\n")
