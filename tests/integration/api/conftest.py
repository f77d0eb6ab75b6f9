# SPDX-License-Identifier: Apache-2.0
"""A real API server that knows the three kinds, and no operator: what it refuses, it refuses by itself."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcluster import ControlPlane
from localcluster.errors import KubectlError

ROOT = Path(__file__).resolve().parents[3]
NUMBER = itertools.count(1)

Refusal = Callable[[dict[str, Any]], str]
Create = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="package")
def api_server() -> Iterator[ControlPlane]:
    """An API server with the CRDs of this repository established."""
    with ControlPlane.start(controller_manager=False, scheduler=False) as cluster:
        cluster.run_kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
        cluster.run_kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
        yield cluster


@pytest.fixture
def create(api_server: ControlPlane) -> Create:
    """Create an object and return it as the API server keeps it."""

    def send(manifest: dict[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(
            api_server.run_kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(manifest))
        )
        return kept

    return send


@pytest.fixture
def refusal(create: Create) -> Refusal:
    """What kubectl prints about an object that must be refused."""

    def send(manifest: dict[str, Any]) -> str:
        with pytest.raises(KubectlError) as refused:
            create(manifest)
        return str(refused.value)

    return send


@pytest.fixture
def fresh_name() -> str:
    """A name that no other test uses."""
    return f"object-{next(NUMBER)}"
