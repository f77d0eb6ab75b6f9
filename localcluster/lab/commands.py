# SPDX-License-Identifier: Apache-2.0
"""`python -m localcluster lab`: a real cluster on bad links, for people.

lab up                                   start it: cloud, fog and two plants, with every node Ready
lab up --metrics-server                  the same with metrics.k8s.io, for `kubectl top nodes`
lab status                               its nodes, client hosts and links, and how to use it
lab link plant-7 --delay 80 --jitter 20 --loss 2
                                         make an uplink bad: ms of round trip, ms, percent in each direction
lab link plant-7 --cut                   cut it: the plant goes on by itself
lab link plant-7 --heal                  heal it: everything as it was before the cut
lab node edge-1 --reboot                 cut a machine's power and give it back (--stop, --start: by halves)
lab client plant-7 -- ping -c 3 10.0.0.1 run something on the host in a plant's network
lab exec edge-1 -- ctr -n k8s.io images ls
                                         run something on a node
lab image operator.tar                   load an image archive into every node
lab down                                 stop it, and leave nothing behind, also of a crashed one
"""

import argparse
import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from localcluster.background import LAB
from localcluster.binaries import ensure
from localcluster.lab import requirements, topology
from localcluster.lab.errors import LabError
from localcluster.lab.lab import Lab, programs

if TYPE_CHECKING:
    # The type of what `add_subparsers` gives has no public name.
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 -- see above


def add_to(commands: "Subparsers") -> None:
    """Add the lab's commands to those of localcluster."""
    lab = commands.add_parser(
        "lab",
        help="a lab of real nodes on emulated links (root)",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    todo = lab.add_subparsers(dest="todo", required=True, metavar="WHAT")
    for name, text in (("up", "start the lab; eval its output to use it"), ("serve", "")):
        up = todo.add_parser(name, help=text) if text else todo.add_parser(name)
        up.add_argument("--topology", type=Path, default=topology.DEFAULT, metavar="FILE", help="default: %(default)s")
        up.add_argument("--metrics-server", action="store_true", help="serve metrics.k8s.io, for `kubectl top`")
    todo.add_parser("down", help="stop it, and remove everything of it and of crashed ones")
    todo.add_parser("status", help="say what runs, and how each link behaves")
    check = todo.add_parser("check", help="say whether a lab can run on this machine, and what is missing")
    check.add_argument("--install", action="store_true", help="install missing packages first, as `up` does")
    check.add_argument("--tests", action="store_true", help="ask for what the lab's tests need, too")
    _add_link(todo)
    _add_node(todo)
    for name, where in (("client", "SITE"), ("exec", "NODE")):
        inside = todo.add_parser(name, help=f"run a command on {'a client host' if name == 'client' else 'a node'}")
        inside.add_argument("where", metavar=where)
        inside.add_argument("words", nargs="+", metavar="COMMAND", help="after --")
    image = todo.add_parser("image", help="load an image archive (docker's or OCI's) into every node")
    image.add_argument("archive", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """Run one of the lab's commands; returns the process's exit code."""
    return ACTIONS[arguments.todo](arguments)


def _add_link(todo: "Subparsers") -> None:
    link = todo.add_parser("link", help="slow, spoil, cut or heal a site's uplink; without options: say how it is")
    link.add_argument("site")
    link.add_argument("--delay", type=int, metavar="MS", help="milliseconds added to every round trip")
    link.add_argument("--jitter", type=int, metavar="MS", help="milliseconds by which the round trip varies")
    link.add_argument("--loss", type=float, metavar="PERCENT", help="lost in each direction")
    link.add_argument("--bandwidth", type=int, metavar="KBIT", help="kilobits a second in each direction; 0: no limit")
    power = link.add_mutually_exclusive_group()
    power.add_argument("--cut", action="store_true", help="let nothing through, silently")
    power.add_argument("--heal", action="store_true", help="let packets through again")


def _add_node(todo: "Subparsers") -> None:
    node = todo.add_parser("node", help="cut a node's power, or give it back")
    node.add_argument("name")
    power = node.add_mutually_exclusive_group(required=True)
    for act in ("stop", "start", "reboot"):
        power.add_argument(f"--{act}", dest="act", action="store_const", const=act)


def _up(arguments: argparse.Namespace) -> int:
    topology.read(arguments.topology)
    requirements.install()
    requirements.check()
    ensure(programs(metrics_server=arguments.metrics_server))
    began = time.monotonic()
    more = ["--metrics-server"] if arguments.metrics_server else []
    running = LAB.up(f"--topology={arguments.topology.resolve()}", *more)
    lab = Lab.attach(LAB.folder)
    print(f"{len(lab.nodes)} nodes are Ready after {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"kubectl is {running.kubectl}; `python -m localcluster lab --help` tells what to try", file=sys.stderr)
    print(f"export KUBECONFIG={shlex.quote(running.kubeconfig)}")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    plan = topology.read(arguments.topology)
    with Lab.start(plan, data_dir=LAB.folder, metrics_server=arguments.metrics_server) as lab:
        if lab.control_plane:
            LAB.say_running(lab.control_plane, every=lab.reap)
    return 0


def _down(_: argparse.Namespace) -> int:
    print("stopped and removed" if LAB.down() else "nothing was up", file=sys.stderr)
    return 0


def _status(_: argparse.Namespace) -> int:
    running = LAB.status()
    if running is None:
        print("not up; `python -m localcluster lab up` starts it", file=sys.stderr)
        return 1
    lab = Lab.attach(LAB.folder)
    for site in lab.topology.sites:
        print(f"{site.name} ({site.tier}): {_words(lab, site.name)}", file=sys.stderr)
        for name in (*site.nodes, *site.clients):
            host = lab.nodes.get(name) or lab.clients[name]
            print(f"  {name:<16} {host.address:<16} {'on' if host.machine.on else 'off'}", file=sys.stderr)
    print(f"up at {running.url} (process {running.pid}); logs: {lab.folder / 'logs'}", file=sys.stderr)
    print(f"export KUBECONFIG={shlex.quote(running.kubeconfig)}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    if arguments.install:
        requirements.install(for_tests=arguments.tests)
    found = requirements.obstacle(for_tests=arguments.tests)
    print(found or "a lab can run here")
    return 1 if found else 0


def _link(arguments: argparse.Namespace) -> int:
    lab = _attached()
    link = lab.link(arguments.site)
    asked = {"delay_ms": arguments.delay, "jitter_ms": arguments.jitter, "bandwidth_kbit": arguments.bandwidth}
    if arguments.loss is not None or any(value is not None for value in asked.values()):
        link.set(loss=arguments.loss, **asked)
    if arguments.cut:
        link.cut()
    if arguments.heal:
        link.heal()
    print(f"{arguments.site}: {_words(lab, arguments.site)}")
    return 0


def _node(arguments: argparse.Namespace) -> int:
    node = _attached().node(arguments.name)
    acts: dict[str, Callable[[], None]] = {"stop": node.stop, "start": node.start, "reboot": node.reboot}
    acts[arguments.act]()
    print(f"{node.name} is {'on' if node.on else 'off'}")
    return 0


def _client(arguments: argparse.Namespace) -> int:
    return _become(_attached().client(arguments.where).machine.enter(arguments.words))


def _exec(arguments: argparse.Namespace) -> int:
    return _become(_attached().node(arguments.where).machine.enter(arguments.words))


def _image(arguments: argparse.Namespace) -> int:
    lab = _attached()
    lab.load_image(arguments.archive.resolve())
    print(f"loaded into {', '.join(name for name, node in lab.nodes.items() if node.on)}")
    return 0


def _attached() -> Lab:
    if LAB.status() is None:
        raise LabError("No lab is up; `python -m localcluster lab up` starts one.")
    return Lab.attach(LAB.folder)


def _become(command: list[str | Path]) -> int:
    os.execvp(command[0], [str(word) for word in command])  # noqa: S606 -- the user's own command, without a shell


def _words(lab: Lab, site: str) -> str:
    now = lab.link(site).condition
    parts = [f"{now.link.delay_ms} ms of round trip", f"±{now.link.jitter_ms} ms" if now.link.jitter_ms else ""]
    parts += [f"{now.link.loss:g} % loss" if now.link.loss else ""]
    parts += [f"{now.link.bandwidth_kbit} kbit/s" if now.link.bandwidth_kbit else "", "CUT" if now.cut else ""]
    return ", ".join(part for part in parts if part)


ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "up": _up,
    "serve": _serve,
    "down": _down,
    "status": _status,
    "check": _check,
    "link": _link,
    "node": _node,
    "client": _client,
    "exec": _exec,
    "image": _image,
}
