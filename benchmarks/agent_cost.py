# SPDX-License-Identifier: Apache-2.0
"""What a node agent costs: CPU seconds an hour and resident memory of a real process, by its number of peers.

    PYTHONPATH=operator:. python -m benchmarks.agent_cost [--seconds 120] [--peers 3 16] [--json FILE]

The agent runs as it does in a pod: with a key, so with datagrams and bursts, looking at the machine, reporting by
heartbeat. Each peer is probed by it and probes it back, as sites do; all of them live in this process, and so does
the API server that takes its reports. Loopback loses nothing: this is the quiet of a healthy link. `--busy` lets the
agent take all links to be lossy, which is the most that it may cost.

Its target: 1 % of a core, 36 CPU seconds an hour, with 3 peers (four sites), in 48 MiB.
"""

import argparse
import asyncio
import json
import os
import re
import socket
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from aiohttp import web

from aiworkload.agent import datagram_probe
from aiworkload.agent.bandwidth_rounds import Rounds, Turns
from aiworkload.agent.burst_receiver import BurstReceiver
from aiworkload.agent.datagram_echo import DatagramEcho
from aiworkload.agent.echo import EchoServer
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.measuring import Measuring
from aiworkload.agent.probe import ProbeTiming

ROOT = Path(__file__).resolve().parent.parent
TARGET_CPU_SECONDS = 36.0
WARM_SECONDS = 15.0
"""Left out: starting, and the first connections."""


@dataclass(frozen=True)
class Cost:
    """Of one agent."""

    peers: int
    measured_seconds: float
    cpu_seconds_an_hour: float
    resident_mebibytes: float
    proportional_mebibytes: float
    """Of pages that processes share, its part: what the kernel and a kubelet would call its working set is between."""
    reports: int


class ApiServer:
    """Takes reports and asks for the peers."""

    def __init__(self, peers: dict[str, Endpoint]) -> None:
        self.reports = 0
        self._spec = {"peers": [{"site": site, "endpoint": str(peer)} for site, peer in peers.items()]}

    async def start(self, stack: AsyncExitStack) -> int:
        """Serve until the stack ends; the port."""
        app = web.Application()
        app.router.add_patch("/{path:.*}", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await (site := web.TCPSite(runner, "127.0.0.1", 0)).start()
        return int(site._server.sockets[0].getsockname()[1])  # type: ignore[union-attr]  # noqa: SLF001 -- no public way

    async def _take(self, request: web.Request) -> web.Response:
        report = await request.json()
        self.reports += 1
        return web.json_response({**report, "spec": self._spec})


async def a_peer(stack: AsyncExitStack, keys: KeyFile) -> Endpoint:
    """Another site's agent: its answering half."""
    endpoint = Endpoint("127.0.0.1", free_port())
    echo = EchoServer(bursts=BurstReceiver(keys, Turns().receive_bytes_per_hour))
    server = await echo.listen(endpoint)
    datagrams = DatagramEcho(keys)
    await datagrams.listen(endpoint)
    for close in (server.close, echo.close, datagrams.close):
        stack.callback(close)
    return endpoint


def free_port() -> int:
    """One that is free just now, for TCP and UDP."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


async def measured(count: int, seconds: float, *, busy: bool) -> Cost:
    """One agent with so many peers."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        key.write_text("a key for this benchmark only")
        keys = KeyFile(key)
        async with AsyncExitStack() as stack:
            peers = {f"site-{number}": await a_peer(stack, keys) for number in range(count)}
            server = ApiServer(peers)
            port = await server.start(stack)
            kubeconfig = Path(folder) / "kubeconfig"
            kubeconfig.write_text(json.dumps(_kubeconfig(port)))
            listen = Endpoint("127.0.0.1", free_port())
            agent = _Agent(listen, await _started(listen, kubeconfig, key, count, busy=busy))
            stack.push_async_callback(agent.end)
            return await _watched(agent, keys, server, count, seconds)


@dataclass(frozen=True)
class _Agent:
    """The one that is measured."""

    listen: Endpoint
    process: asyncio.subprocess.Process

    async def end(self) -> None:
        """As a kubelet ends it."""
        self.process.terminate()
        await self.process.wait()


def _busy_seconds(count: int) -> float:
    """Between two datagrams of one link when so many are lossy: each at full pace, or all at what they share."""
    return max(datagram_probe.BUSY_SECONDS, count / datagram_probe.BUSY_PER_SECOND)


async def _started(
    listen: Endpoint, kubeconfig: Path, key: Path, count: int, *, busy: bool
) -> asyncio.subprocess.Process:
    program = "import aiworkload.agent.main as agent; "
    if busy:
        program += f"import aiworkload.agent.datagram_probe as p; p.QUIET_SECONDS = {_busy_seconds(count)}; "
    flags = [f"--listen={listen}", f"--kubeconfig={kubeconfig}", f"--key-file={key}", f"--model-folder={key.parent}"]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program + "agent.main()",
        "--node-name=measured",
        *flags,
        env={**os.environ, "PYTHONPATH": str(ROOT / "operator")},
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _watched(agent: "_Agent", keys: KeyFile, server: ApiServer, count: int, seconds: float) -> Cost:
    pid = agent.process.pid
    async with asyncio.TaskGroup() as group:
        probing = []
        for _ in range(count):
            rounds = Rounds(keys, Turns(), lambda: False)
            measuring = Measuring(group, ProbeTiming(), 30, keys, rounds=rounds)
            measuring.probe({"measured": agent.listen})
            probing.append(measuring)
        await asyncio.sleep(WARM_SECONDS)
        before, began, reports = _cpu_seconds(pid), asyncio.get_running_loop().time(), server.reports
        await asyncio.sleep(seconds)
        passed = asyncio.get_running_loop().time() - began
        cost = Cost(
            peers=count,
            measured_seconds=round(passed, 1),
            cpu_seconds_an_hour=round((_cpu_seconds(pid) - before) / passed * 3600, 1),
            resident_mebibytes=round(_memory(pid, "Rss"), 1),
            proportional_mebibytes=round(_memory(pid, "Pss"), 1),
            reports=server.reports - reports,
        )
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if task.get_name().split()[0] in {"probe", "datagrams", "bandwidth"}:
                task.cancel()
        del probing
    return cost


def _cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int, what: str) -> float:
    found = re.search(
        rf"^{what}:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"), re.MULTILINE
    )
    return int(found[1]) / 1024 if found else 0.0


def _kubeconfig(port: int) -> dict[str, object]:
    return {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "agent"}}],
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "agent", "user": {"token": "none"}}],
    }


def main() -> int:
    """Measure, and print beside the target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="to measure each agent for")
    parser.add_argument("--peers", type=int, nargs="+", default=[3, 16])
    parser.add_argument("--busy", action="store_true", help="as if every link were lossy")
    parser.add_argument("--json", type=Path, help="keep the figures there")
    given = parser.parse_args()
    costs = [asyncio.run(measured(count, given.seconds, busy=given.busy)) for count in given.peers]
    sys.stdout.write(f"target with 3 peers: {TARGET_CPU_SECONDS:.0f} CPU s an hour (1 % of a core), 48 MiB\n")
    for cost in costs:
        sys.stdout.write(
            f"{cost.peers:3} peers: {cost.cpu_seconds_an_hour:6.1f} CPU s an hour"
            f" ({cost.cpu_seconds_an_hour / 36:.2f} % of a core), {cost.resident_mebibytes:.0f} MiB resident"
            f" ({cost.proportional_mebibytes:.0f} its own part),"
            f" {cost.reports} reports in {cost.measured_seconds:.0f} s\n"
        )
    if given.json:
        given.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
