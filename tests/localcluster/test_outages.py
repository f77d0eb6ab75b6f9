# SPDX-License-Identifier: Apache-2.0
"""Faults that callers need: an API server that is away, and a watch whose past is forgotten."""

from collections.abc import Callable
from pathlib import Path

import pytest

from localcluster import ApiError, ControlPlane, KubectlError

pytestmark = pytest.mark.integration


def test_an_api_server_that_comes_back_has_the_same_address_and_objects(tmp_path: Path) -> None:
    with ControlPlane.start(tmp_path / "kept", controller_manager=False, scheduler=False) as cluster:
        cluster.run_kubectl("create", "namespace", "survivor")
        cluster.stop_apiserver()
        with pytest.raises(KubectlError, match="refused"):
            cluster.run_kubectl("get", "namespaces")
        cluster.restart_apiserver()
        assert "survivor" in cluster.run_kubectl("get", "namespaces")
    with ControlPlane.start(tmp_path / "kept", controller_manager=False, scheduler=False) as again:
        assert "survivor" in again.run_kubectl("get", "namespaces")


def test_a_whole_control_plane_comes_back_with_its_objects() -> None:
    with ControlPlane.start() as cluster:
        cluster.run_kubectl("create", "namespace", "survivor")
        before = set(cluster.pids)
        cluster.stop_all()
        assert not cluster.pids
        cluster.start_all()
        assert "survivor" in cluster.run_kubectl("get", "namespaces")
        assert set(cluster.pids) == before


def test_a_watch_that_resumes_from_a_compacted_revision_is_told_gone() -> None:
    flags = {"kube-apiserver": ["--watch-cache=false"]}
    with ControlPlane.start(controller_manager=False, scheduler=False, extra_args=flags) as cluster:
        expect_gone_after(cluster, cluster.compact)


def test_a_watch_that_resumes_from_before_a_restart_is_told_gone() -> None:
    with ControlPlane.start(controller_manager=False, scheduler=False) as cluster:
        expect_gone_after(cluster, cluster.restart_apiserver)


def expect_gone_after(cluster: ControlPlane, forget: Callable[[], object]) -> None:
    listed = cluster.api.request("GET", "/api/v1/configmaps")["metadata"]["resourceVersion"]
    for number in range(3):
        cluster.run_kubectl("create", "configmap", f"later-{number}")
    forget()
    assert code_of_a_watch_from(cluster, listed) == 410


def code_of_a_watch_from(cluster: ControlPlane, revision: str) -> int:
    """The server may refuse the request, or accept it and send the error as the first event."""
    try:
        event = cluster.api.request("GET", f"/api/v1/configmaps?watch=1&timeoutSeconds=1&resourceVersion={revision}")
    except ApiError as refused:
        return refused.status
    return int(event["object"]["code"])
