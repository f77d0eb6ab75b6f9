# SPDX-License-Identifier: Apache-2.0
"""The container that the operator writes, run by a real Triton: it starts, is ready, tells of itself, and ends."""

import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.rollout.server import GRPC_PORT, HTTP_PORT, METRICS_PORT, pod_spec
from tests.integration.triton.conftest import Server

pytestmark = pytest.mark.integration

Start = Callable[[list[str]], Server]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def command_line(uri: str, repository: Path, ports: dict[int, int]) -> list[str]:
    """The rendered arguments, with this machine's folder and free ports in place of the container's."""
    spec = AIWorkloadSpec.model_validate({"model": {"uri": uri}, "migration": {"drainSeconds": 2}})
    (container,) = pod_spec(spec, spec.variants[0], "detector", "triton:test")["containers"]
    assert container["command"] == ["tritonserver"]
    arguments = [argument.replace("/models", str(repository)) for argument in container["args"]]
    for port, free in ports.items():
        arguments = [argument.replace(f"={port}", f"={free}") for argument in arguments]
    return arguments


def answer(port: int, path: str) -> int | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def eventually(port: int, path: str, server: Server, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while answer(port, path) != 200:
        assert server.process.poll() is None, server.log.read_text()[-2000:]
        assert time.monotonic() < deadline, f"{path} was not 200 within {seconds} s"
        time.sleep(0.1)  # between two looks; the deadline above ends it


def test_it_becomes_ready_and_serves_metrics_and_ends_on_sigterm(start: Start, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    ports = {port: free_port() for port in (HTTP_PORT, GRPC_PORT, METRICS_PORT)}

    server = start(command_line("s3://models/detector", repository, ports))

    eventually(ports[HTTP_PORT], "/v2/health/live", server)
    eventually(ports[HTTP_PORT], "/v2/health/ready", server)
    eventually(ports[METRICS_PORT], "/metrics", server)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=15) == 0


def test_a_claim_without_the_model_never_becomes_ready(start: Start, tmp_path: Path) -> None:
    """Readiness must not come from an empty server where a model was promised."""
    repository = tmp_path / "repository"
    repository.mkdir()
    ports = {port: free_port() for port in (HTTP_PORT, GRPC_PORT, METRICS_PORT)}

    server = start(command_line("pvc://models", repository, ports))

    assert server.process.wait(timeout=30) != 0
    assert "detector" in server.log.read_text()
