# SPDX-License-Identifier: Apache-2.0
"""Real operator processes under the product's own service account."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from localcluster import ControlPlane
from localcluster.ports import free_ports

ROOT = Path(__file__).parents[3]
START = "from aiworkload.handlers.main import main; main()"


class Operator:
    """One running operator."""

    def __init__(self, cluster: ControlPlane, log: Path) -> None:
        self.port = free_ports(1)[0]
        self.log = log
        kubeconfig = cluster.kubeconfig_for("aiworkload-system", "aiworkload-operator")
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "operator"),
            "KUBECONFIG": str(kubeconfig),
            "AIWORKLOAD_HTTP_ADDRESS": "127.0.0.1",
            "AIWORKLOAD_HTTP_PORT": str(self.port),
            "AIWORKLOAD_LOG_FORMAT": "text",
        }
        with log.open("w") as out:
            self.process = subprocess.Popen([sys.executable, "-c", START], env=environment, stdout=out, stderr=out)

    def page(self, path: str) -> str:
        """What it serves there; empty while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=1) as answer:
                return str(answer.read().decode())
        except (OSError, urllib.error.URLError):
            return ""

    def leads(self) -> bool:
        """Whether its metrics say so."""
        return "aiworkload_leader 1.0" in self.page("/metrics")

    def ready(self) -> bool:
        """Whether all its streams are complete."""
        return self.page("/readyz") == "ok\n"

    def cpu_seconds(self) -> float:
        """What it has used until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


def writes_by(cluster: ControlPlane, user: str) -> list[dict[str, str]]:
    """Every write of a user that the API server's audit log holds, Leases left out."""
    found: list[dict[str, str]] = []
    assert cluster.audit_log is not None
    for line in cluster.audit_log.read_text().splitlines():
        event = json.loads(line)
        reference = event.get("objectRef") or {}
        is_write = event["verb"] in {"create", "update", "patch", "delete"}
        if is_write and event["user"]["username"] == user and reference.get("resource") != "leases":
            found.append({"at": event["requestReceivedTimestamp"], "verb": event["verb"], **reference})
    return found
