# SPDX-License-Identifier: Apache-2.0
"""How the tests of the lab ask: by ping, by HTTP, and what the API server says of a node or a pod."""

import json
import re
import subprocess
from dataclasses import dataclass
from typing import Any

from localcluster.lab import Lab
from localcluster.lab.client import Client


@dataclass(frozen=True, slots=True)
class Pings:
    """What ping saw: the median and spread of its round trips in milliseconds, and the lost share in percent."""

    median_ms: float
    deviation_ms: float
    lost_percent: float


def ping(client: Client, address: str, *, count: int = 50, interval: float = 0.05) -> Pings:
    """Ping from a client host. The median, since a busy machine delays some packets by more than any link."""
    command = ["ping", "-c", str(count), "-i", str(interval), "-W", "2", address]
    said = client.run(command, check=False).stdout
    times = sorted(float(found) for found in re.findall(r"time=([0-9.]+) ms", said))
    lost = re.search(r"([0-9.]+)% packet loss", said)
    spread = re.search(r"mdev = [0-9.]+/[0-9.]+/[0-9.]+/([0-9.]+) ms", said)
    return Pings(
        median_ms=times[len(times) // 2] if times else float("inf"),
        deviation_ms=float(spread[1]) if spread else 0.0,
        lost_percent=float(lost[1]) if lost else 100.0,
    )


def ask(client: Client, address: str, *, seconds: int = 3) -> str:
    """What a web server answers a client host, or nothing at all."""
    return answer_of(client.run(["curl", "-sS", "-m", str(seconds), f"http://{address}"], check=False))


def answer_of(done: subprocess.CompletedProcess[str]) -> str:
    """The answer of a request that succeeded, else nothing."""
    return done.stdout.strip() if done.returncode == 0 else ""


def ask_from_pod(lab: Lab, pod: str, address: str) -> str:
    """What a web server answers a pod; busybox's nc, since a static one cannot resolve names."""
    request = "printf 'GET / HTTP/1.0\\r\\n\\r\\n'"
    said = lab.kubectl("exec", pod, "--", "/bin/sh", "-c", f"{request} | busybox nc -w 5 {address.replace(':', ' ')}")
    return said.strip().splitlines()[-1]


def pod(lab: Lab, name: str) -> dict[str, Any]:
    """A pod of the default namespace as the API server knows it."""
    found: dict[str, Any] = json.loads(lab.kubectl("get", "pod", name, "--output=json"))
    return found


def restarts(pod: dict[str, Any]) -> int:
    """How often a pod's one container was started anew."""
    return int(pod["status"]["containerStatuses"][0]["restartCount"])


def serves(lab: Lab, name: str) -> bool:
    """Whether a web server's pod is Ready, and its container the one that the API server knows of, which answers."""
    status = pod(lab, name)["status"]
    ready = any(found["type"] == "Ready" and found["status"] == "True" for found in status.get("conditions", []))
    address = f"{status.get('podIP')}:8080"
    return ready and all(ask(client, address, seconds=1) for client in map(lab.client, lab.clients))


def service_address(lab: Lab) -> str:
    """The address of the Service `web`."""
    return lab.kubectl("get", "service", "web", "--output=jsonpath={.spec.clusterIP}")


def is_ready(lab: Lab, node: str) -> bool:
    """Whether the API server takes a node for Ready."""
    path = '--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    return lab.kubectl("get", "node", node, path) == "True"
