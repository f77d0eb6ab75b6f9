# SPDX-License-Identifier: Apache-2.0
"""`python -m localcluster lab` for people, from up to down."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster import ensure, kubectl, reaper
from localcluster.background import UP_SECONDS

pytestmark = [pytest.mark.lab, pytest.mark.timeout(UP_SECONDS + 100)]

ROOT = Path(__file__).parents[2]
TOPOLOGY = """
sites:
- {name: cloud, nodes: [cloud-1]}
- {name: plant-7, tier: Edge, nodes: [edge-1], clients: [client-7], link: {delayMilliseconds: 20}}
"""


def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "localcluster", "lab", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=UP_SECONDS + 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab that is up, in a state folder of the test's own, so that the developer's is left alone."""
    state = tmp_path_factory.mktemp("state")
    file = state / "topology.yaml"
    file.write_text(TOPOLOGY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state))
        folder = state / "aiworkload-operator" / "lab"
        try:
            started = lab("up", "--topology", str(file), "--metrics-server")
            assert started.returncode == 0, started.stderr
            assert started.stdout == f"export KUBECONFIG={folder / 'admin.kubeconfig'}\n"
            yield folder
        finally:
            down = lab("down")
        assert "stopped and removed" in down.stderr
        assert not folder.exists()
        assert not reaper.marked(folder)
        assert lab("status").returncode == 1


def test_status_tells_hosts_and_links_and_what_a_shell_evaluates(folder: Path) -> None:
    status = lab("status")
    assert status.stdout == f"export KUBECONFIG={folder / 'admin.kubeconfig'}\n"
    assert "plant-7 (Edge): 20 ms of round trip\n" in status.stderr
    assert "  edge-1 " in status.stderr


def test_metrics_are_served_where_they_were_asked_for(folder: Path) -> None:
    """The figures come some 20 s later, and another test waits for them."""
    program, kubeconfig = ensure(["kubectl"])["kubectl"], folder / "admin.kubeconfig"
    assert "NodeMetrics" in kubectl.run(program, kubeconfig, "api-resources", "--api-group=metrics.k8s.io")


def test_a_link_is_told_once_and_keeps_what_is_not_named(folder: Path) -> None:
    assert folder.exists()
    assert lab("link", "plant-7", "--loss", "2").stdout == "plant-7: 20 ms of round trip, 2 % loss\n"
    assert lab("link", "plant-7", "--cut").stdout == "plant-7: 20 ms of round trip, 2 % loss, CUT\n"
    assert lab("link", "plant-7", "--heal", "--loss", "0").stdout == "plant-7: 20 ms of round trip\n"


def test_a_command_runs_on_a_client_host_and_gives_its_exit_code(folder: Path) -> None:
    assert folder.exists()
    assert lab("client", "plant-7", "--", "hostname").stdout == "client-7\n"
    assert lab("exec", "edge-1", "--", "sh", "-c", "hostname; exit 7").returncode == 7


def test_a_node_that_another_process_stopped_and_started_ends_with_the_lab(folder: Path) -> None:
    """The fixture's end is the test: nothing bears the lab's mark after `down`."""
    assert lab("node", "edge-1", "--stop").stdout == "edge-1 is off\n"
    assert lab("node", "edge-1", "--start").stdout == "edge-1 is on\n"
    assert reaper.marked(folder)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("link", "plant-9"), "No site is called 'plant-9'; there are cloud, plant-7."),
        (("node", "edge-9", "--stop"), "No node is called 'edge-9'; there are cloud-1, edge-1."),
        (("client", "cloud", "--", "true"), "No client host, and no site with one, is called 'cloud'"),
        (("link", "plant-7", "--jitter", "50"), "its jitter may not exceed its delay"),
        (("up",), "A lab is already up: `make lab-down` stops it."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(folder: Path, arguments: tuple[str, ...], sentence: str) -> None:
    assert folder.exists()
    refused = lab(*arguments)
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
