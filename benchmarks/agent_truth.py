# SPDX-License-Identifier: Apache-2.0
"""What an agent tells of a link against what the link is: loss by nftables, bandwidth by a token bucket of the kernel.

    sudo PYTHONPATH=operator:. python -m benchmarks.agent_truth [--seconds 120] [--loss 0 2 10] [--megabits 1 5 20 100]

Two network namespaces with a cable between them; one holds a whole answering agent, the other measures with the
agent's own parts. Loss is per packet and direction, so an exchange is lost with 1 - (1 - q)^2. `ping` looks at the same
time. Needs root, iproute2 with tbf, nftables and ping, and leaves nothing behind.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiworkload.agent.bandwidth import Budget, measure
from aiworkload.agent.burst import MAGIC, Stream
from aiworkload.agent.burst_receiver import BurstReceiver
from aiworkload.agent.datagram_echo import DatagramEcho
from aiworkload.agent.echo import EchoServer
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.measuring import Measuring
from aiworkload.agent.probe import ProbeTiming

NEAR, FAR = f"truth-a-{os.getpid()}", f"truth-b-{os.getpid()}"
ANSWERING = Endpoint("10.213.0.2", 9777)
UNLIMITED = 2.0**40
LOSSY = """\
flush ruleset
table inet truth {{
  chain come {{
    type filter hook input priority 0; policy accept;
    numgen random mod 1000 < {per_mille} drop
  }}
  chain go {{
    type filter hook output priority 0; policy accept;
    numgen random mod 1000 < {per_mille} drop
  }}
}}
"""


def run(command: str, stdin: str | None = None) -> str:
    """Run a command of words without spaces, and return what it printed.

    Raises:
        CalledProcessError: it failed; it has said why on standard error.
    """
    done = subprocess.run(command.split(), input=stdin, check=True, stdout=subprocess.PIPE, encoding="utf-8")  # noqa: S603 - our own words
    return done.stdout


@contextmanager
def cable(folder: Path) -> Iterator[None]:
    """Both namespaces, and an agent that answers in the far one."""
    try:
        for name in (NEAR, FAR):
            run(f"ip netns add {name}")
            run(f"ip -n {name} link set lo up")
        run(f"ip -n {NEAR} link add cable type veth peer name cable netns {FAR}")
        for name, address in ((NEAR, "10.213.0.1"), (FAR, ANSWERING.host)):
            run(f"ip -n {name} addr add {address}/24 dev cable")
            run(f"ip -n {name} link set cable up")
        answering = subprocess.Popen(_inside(FAR, "--answer", str(folder)))  # noqa: S603 - this very program
        try:
            time.sleep(2.0)
            yield
        finally:
            answering.terminate()
            answering.wait()
    finally:
        for name in (NEAR, FAR):
            subprocess.run(["ip", "netns", "del", name], check=False)  # noqa: S603, S607 - our own words


def _inside(namespace: str, *arguments: str) -> list[str]:
    return ["ip", "netns", "exec", namespace, sys.executable, "-m", "benchmarks.agent_truth", *arguments]


def lose(percent: float) -> None:
    """Drop so many packets each way at the far end."""
    run(f"ip netns exec {FAR} nft -f -", stdin=LOSSY.format(per_mille=round(10 * percent)))


def shape(megabits: float) -> None:
    """Let no more through than this, from the near end."""
    run(f"tc -n {NEAR} qdisc replace dev cable root tbf rate {megabits}mbit burst 32kb latency 200ms")


async def answer(folder: Path) -> None:
    """A whole answering agent, until it is ended."""
    keys = KeyFile(folder / "key")
    await EchoServer(bursts=BurstReceiver(keys, UNLIMITED)).listen(ANSWERING)
    await DatagramEcho(keys).listen(ANSWERING)
    await asyncio.Event().wait()


async def tell_loss(folder: Path, seconds: float) -> None:
    """Print what is told of the link after so long."""
    async with asyncio.TaskGroup() as group:
        measuring = Measuring(group, ProbeTiming(), 30, KeyFile(folder / "key"))
        measuring.probe({"far": ANSWERING})
        await asyncio.sleep(seconds)
        told = measuring.links()["far"]
        measuring.probe({})
    p50, p95 = (told.rtt_p50 or 0) / 1000, (told.rtt_p95 or 0) / 1000
    sys.stdout.write(
        f"told {told.loss_basis_points / 100:5.2f} % by {told.loss_source}, p50 {p50:.2f} ms, p95 {p95:.2f} ms"
    )


async def tell_bandwidth(folder: Path) -> None:
    """Print what one measurement tells, in Mbit/s."""
    reader, writer = await asyncio.open_connection(*ANSWERING)
    writer.write(MAGIC)
    found = await measure(
        Stream(reader, writer, KeyFile(folder / "key")), Budget(0.001, asyncio.get_running_loop().time()), lambda: False
    )
    sys.stdout.write("told nothing" if found is None else f"told {found / 1000:7.2f} Mbit/s")


def main() -> int:
    """Measure each, and print it beside the truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="to look at each loss")
    parser.add_argument("--loss", type=float, nargs="*", default=[0.0, 2.0, 10.0], help="percent each way")
    parser.add_argument("--megabits", type=float, nargs="*", default=[1.0, 5.0, 20.0, 100.0])
    for inner in ("--answer", "--tell-loss", "--tell-bandwidth"):
        parser.add_argument(inner, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        asyncio.run(answer(given.answer))
    elif given.tell_loss:
        asyncio.run(tell_loss(given.tell_loss, given.seconds))
    elif given.tell_bandwidth:
        asyncio.run(tell_bandwidth(given.tell_bandwidth))
    else:
        compare(given.seconds, given.loss, given.megabits)
    return 0


def compare(seconds: float, losses: list[float], rates: list[float]) -> None:
    """The whole measurement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key").write_text("a key for this benchmark only")
        with cable(folder):
            for percent in losses:
                lose(percent)
                ping = subprocess.Popen(  # noqa: S603 - our own words
                    f"ip netns exec {NEAR} ping -q -i 0.05 -c {round(20 * seconds)} {ANSWERING.host}".split(),
                    stdout=subprocess.PIPE,
                    encoding="utf-8",
                )
                told = run(" ".join(_inside(NEAR, "--tell-loss", name, "--seconds", str(seconds))))
                seen = re.search(r"([\d.]+)% packet loss", ping.communicate()[0])
                truth = 100 * (1 - (1 - percent / 100) ** 2)
                sys.stdout.write(f"lost {truth:5.2f} %, ping {float(seen[1]) if seen else -1:5.2f} %, {told}\n")
            lose(0)
            for rate in rates:
                shape(rate)
                sys.stdout.write(f"{rate:6.1f} Mbit/s, {run(' '.join(_inside(NEAR, '--tell-bandwidth', name)))}\n")


if __name__ == "__main__":
    sys.exit(main())
